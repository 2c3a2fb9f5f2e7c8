"""The offline proposer: typed genetic programming on the evolve block."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from evaluators import bundle
from evolve.agents.genetic.behaviour import Probe
from evolve.agents.genetic.crossover import cross
from evolve.agents.genetic.expression import Const, Expr, size, walk
from evolve.agents.genetic.mutation import mutate
from evolve.agents.genetic.program import NotEvolvableError, Parsed, parse, render
from evolve.agents.genetic.ranking import Ranking
from evolve.agents.genetic.safety import denominators, powers, protect, tame
from evolve.agents.genetic.simplify import simplify
from evolve.agents.genetic.units import MixedUnitsError, Unit, consistent, unit_of
from evolve.agents.genetic.vocabulary import Vocabulary, vocabulary
from evolve.ports import Brief
from evolve.program import program_id
from evolve.records import Candidate, Operator, Program, ProgramId, Reason, Rejection
from problems.base import AnyProblem, EntryPoint
from problems.errors import ConfigError

MAX_SIZE = 60
"""Operators and leaves of an expression; larger parents may keep their size."""

_ATTEMPTS = 36
_STRUCTURE_ATTEMPTS = 30

_CROSS = 0.7
"""Share of steps with two parents that cross them; others change the first alone."""

_AGAIN = 0.15
"""Chance of one more mutation after each."""

_ANY_UNITS = 0.05
"""Share of products that may mix units."""

_ANY_RESULT = 0.2
"""Share of products whose whole may be in another unit than the first parent."""

_DRAWS = 8
"""Draws after which units are given up."""

_TUNING_FROM = 8
_TUNING_SPAN = 10
"""Size at which constants come into full use, and by how much more fully."""

_TUNING_LEAST = 0.25
"""Use of constants in small expressions: some rules are a scaled term away."""

_CACHED = 1024


@dataclass(frozen=True, slots=True)
class _Product:
    """An expression that came out of one or more operators."""

    expr: Expr
    operator: Operator
    rationale: str


class GeneticProposer:
    """Changes the expression that a heuristic returns; needs no model.

    A pure function of the parents, the generator and ``known``.

    Parameters
    ----------
    problem
        The pack, for messages.
    entry_point
        Its features are the terms of new expressions.
    known
        Ids of programs that exist: they are not worth proposing again. May be a view
        that grows while the campaign runs.

    Raises
    ------
    ConfigError
        If the entry point has no features.
    """

    def __init__(
        self,
        problem: AnyProblem,
        entry_point: EntryPoint,
        known: Collection[ProgramId] = (),
    ) -> None:
        if not entry_point.features:
            raise ConfigError(
                f"{problem.name}: entry point {entry_point.name!r} has no features for "
                "the offline proposer; choose another entry point, or a model"
            )
        self._entry_point = entry_point.name
        self._parameters = _parameters(entry_point)
        self._words = vocabulary(entry_point.features)
        self._ranking = Ranking(entry_point, self._parameters[0], self._words.signs)
        # Parents come again and again. What is kept is a pure function of the key.
        self._behaviour = lru_cache(_CACHED)(Probe(self._ranking).behaviour)
        self._parsed = lru_cache(_CACHED)(self._parse)
        self._known = known

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Make one candidate; a second parent lends parts to the first."""
        step, island, parents = brief.step, brief.island, _lending(brief.parents)
        ids = tuple(parent.id for parent in parents)
        operator = Operator.CROSSOVER if len(parents) > 1 else Operator.MUTATION
        try:
            parsed = [self._parsed(p.candidate.source) for p in parents[:2]]
        except NotEvolvableError as error:
            return Rejection(
                step=step, operator=operator, island=island, parents=ids,
                reason=Reason.NO_ENTRY_POINT, detail=str(error),
            )  # fmt: skip
        reason = Reason.UNCHANGED
        exprs = [parent.expr for parent in parsed]
        for attempt in range(_ATTEMPTS):
            words = self._words_for(exprs[0], attempt)
            product = self._product(exprs, words, rng)
            if product is None:
                continue
            source = render(parsed[0], product.expr, self._words.signs)
            identifier = program_id(source)
            if identifier in self._known or identifier in ids:
                reason = Reason.DUPLICATE
                continue
            return Candidate(
                id=identifier, step=step, source=source, operator=product.operator,
                island=island, rationale=product.rationale,
                parents=ids[:1] if product.operator is Operator.MUTATION else ids[:2],
            )  # fmt: skip
        return Rejection(
            step=step, operator=operator, island=island, parents=ids, reason=reason,
            detail=f"{_ATTEMPTS} attempts gave nothing new",
        )  # fmt: skip

    def _parse(self, source: str) -> Parsed:
        return parse(source, self._entry_point, self._parameters)

    def _words_for(self, expr: Expr, attempt: int) -> Vocabulary:
        """Allow for constants if the expression is large, or all else seems known."""
        if attempt >= _STRUCTURE_ATTEMPTS:
            return self._words
        tuning = (size(expr) - _TUNING_FROM) / _TUNING_SPAN
        return replace(self._words, tuning=min(1.0, max(_TUNING_LEAST, tuning)))

    def _product(
        self, exprs: Sequence[Expr], words: Vocabulary, rng: np.random.Generator
    ) -> _Product | None:
        """Draw and apply operators; None if the product is of no use."""
        product = self._consistent(exprs, words, rng)
        if product is None:
            return None
        guarded = protect(product.expr, words.signs, denominators(exprs))
        expr = self._ranking.normal(simplify(guarded))
        if not self._acceptable(expr, exprs):
            return None
        return _Product(expr, product.operator, product.rationale)

    def _acceptable(self, expr: Expr, parents: Sequence[Expr]) -> bool:
        """Whether an expression is worth an evaluation, as far as one can see."""
        limit = max(MAX_SIZE, *map(size, parents))
        if isinstance(expr, Const) or expr in parents or size(expr) > limit:
            return False
        fresh = powers([expr]) - powers(parents)
        if not (_sound(expr) and all(tame(p, self._words.signs) for p in fresh)):
            return False
        deeds = self._behaviour(expr)
        return deeds is None or deeds not in map(self._behaviour, parents)

    def _consistent(
        self, exprs: Sequence[Expr], words: Vocabulary, rng: np.random.Generator
    ) -> _Product | None:
        """Draw until the units fit, or for once, or too often, they need not."""
        product = self._changed(exprs, words, rng)
        if rng.random() < _ANY_UNITS:
            return product
        wanted = None if rng.random() < _ANY_RESULT else self._unit(exprs[0])
        for _ in range(_DRAWS):
            if product and consistent(product.expr, words.units, wanted):
                return product
            product = self._changed(exprs, words, rng)
        return product

    def _unit(self, expr: Expr) -> Unit | None:
        try:
            return unit_of(expr, self._words.units)
        except MixedUnitsError:
            return None

    def _changed(
        self, exprs: Sequence[Expr], words: Vocabulary, rng: np.random.Generator
    ) -> _Product | None:
        product = self._drawn(exprs, words, rng)
        while product is not None and rng.random() < _AGAIN:
            change = mutate(product.expr, words, rng)
            if change is not None:
                name, expr = change
                rationale = f"{product.rationale}, {name}"
                product = _Product(expr, product.operator, rationale)
        return product

    def _drawn(
        self, exprs: Sequence[Expr], words: Vocabulary, rng: np.random.Generator
    ) -> _Product | None:
        """Cross two parents, or change the first one."""
        if len(exprs) > 1 and rng.random() < _CROSS:
            operator = Operator.CROSSOVER
            change = cross(exprs[0], exprs[1], words, rng)
        else:
            operator = Operator.MUTATION
            change = mutate(exprs[0], words, rng)
        return None if change is None else _Product(change[1], operator, change[0])


def _lending(parents: Sequence[Program]) -> Sequence[Program]:
    """Leave out parents whose terms may need helper files that the first has not."""
    lenders = (p for p in parents[1:] if not bundle.split(p.candidate.source).files)
    return [*parents[:1], *lenders]


def _parameters(entry_point: EntryPoint) -> tuple[str, ...]:
    module = ast.parse(f"{entry_point.signature.rstrip().rstrip(':')}: ...")
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    return tuple(arg.arg for arg in function.args.args)


def _sound(expr: Expr) -> bool:
    """Whether all constants are of a size that a person would write."""
    return all(
        sub.value == 0.0 or 1e-5 < abs(sub.value) < 1e6
        for sub in walk(expr)
        if isinstance(sub, Const)
    )
