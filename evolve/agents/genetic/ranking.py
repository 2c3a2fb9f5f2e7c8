"""Normal form of expressions that only rank objects by their value.

What is added to the value of all objects alike, or scales all of them alike, decides
nothing. Without it there are far fewer programs to try, and they are shorter.
"""

import re
from collections.abc import Mapping

from evolve.agents.genetic.expression import CONDITIONAL, Const, Expr, Op, Term, walk
from evolve.agents.genetic.safety import Sign, sign
from evolve.agents.genetic.simplify import (
    ADDITIVE,
    ONE,
    ZERO,
    build_sum,
    collect_product,
    collect_sum,
    fraction,
    short,
)
from problems.base import EntryPoint

_RANKS = re.compile(
    r"(smallest|lowest|least|largest|highest|greatest) (value|score|priority)",
    re.IGNORECASE,
)


class Ranking:
    """Drops what cannot change the order of the objects.

    Parameters
    ----------
    entry_point
        Ranks if its description says that the object with the smallest (largest, …)
        value is taken; objects differ in the first parameter, and share the others.
    parameter
        Name of the first parameter.
    signs
        Known signs of all terms, by code.

    Attributes
    ----------
    ranks
        Whether only the order counts.
    shared
        Codes of the terms that are the same for all objects.
    """

    def __init__(
        self, entry_point: EntryPoint, parameter: str, signs: Mapping[str, Sign]
    ) -> None:
        self.ranks = _RANKS.search(entry_point.doc) is not None
        own = re.compile(rf"\b{parameter}\b")
        self.shared = frozenset(code for code in signs if not own.search(code))
        self._signs = signs

    def normal(self, expr: Expr) -> Expr:
        """Return an expression in normal form that decides as ``expr`` does."""
        if not self.ranks:
            return expr
        while True:
            plain = self._step(expr)
            if plain == expr:
                return plain
            expr = plain

    def _step(self, expr: Expr) -> Expr:
        if self._is_shared(expr):
            return ZERO
        if not isinstance(expr, Op):
            return expr
        if expr.name in ADDITIVE:
            return self._sum(expr)
        if expr.name in ("*", "/"):
            return self._product(expr)
        if expr.name == CONDITIONAL and self._is_shared(expr.args[0]):
            test, yes, no = expr.args
            return Op(CONDITIONAL, (test, self.normal(yes), self.normal(no)))
        return expr

    def _sum(self, expr: Op) -> Expr:
        terms: dict[Expr, float] = {}
        collect_sum(expr, 1.0, terms)
        kept = {t: f for t, f in terms.items() if t != ONE and not self._is_shared(t)}
        if not kept:
            return ZERO
        first = abs(kept[min(kept, key=repr)])
        return build_sum({t: short(f / first) for t, f in kept.items()}, 0.0)

    def _product(self, expr: Op) -> Expr:
        above: list[Expr] = []
        below: list[Expr] = []
        scale = collect_product(expr, above, below)
        above = [factor for factor in above if not self._scales(factor)]
        below = [factor for factor in below if not self._scales(factor)]
        return fraction(-1.0 if scale < 0 else 1.0, above, below)

    def _scales(self, factor: Expr) -> bool:
        return self._is_shared(factor) and sign(factor, self._signs) is Sign.POSITIVE

    def _is_shared(self, expr: Expr) -> bool:
        return all(
            isinstance(sub, Const) or sub.code in self.shared
            for sub in walk(expr)
            if isinstance(sub, Const | Term)
        )
