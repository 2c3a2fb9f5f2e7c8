"""Tunes the numbers of a found heuristic with CMA-ES, on train and within the budget.

Hansen (2016), The CMA evolution strategy: a tutorial, arXiv:1604.00772; the
implementation is that of the package ``cmaes``. Steps are multiplicative: a coordinate
is the logarithm of the factor that a number is changed by.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evolve.agents.constants import Constants, Literal, constants
from evolve.llm.ledger import BudgetExhausted
from evolve.ports import Brief
from evolve.program import program_id
from evolve.records import Candidate, Operator, Program, Reason, Rejection

if TYPE_CHECKING:
    from cmaes import CMA

TRIALS = 12
"""Most programs that a step tries out before the one that it ends with."""

_GENERATION = 4
_SIGMA = 0.3
"""First step: one standard deviation changes a number by about a third."""

_REACH = 2.3
"""A step changes no number by more than a factor of about ten."""

_MOST = 10
"""Numbers tuned at once: with few trials more cannot be told apart."""

_GAIN = 1e-9
"""What counts as a better score."""


class TuningProposer:
    """Changes nothing but numbers; those of the first parent are the start."""

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Try out some settings; end with the mean of what the optimiser has learned.

        It ends with a rejection if the program has no number to tune, or nothing that
        was tried out is better than the parent.
        """
        parent = brief.parents[0]
        found = constants(parent.candidate.source)
        if found is None or not found.literals or parent.score is None:
            return _nothing(brief, "the program has no number to tune")
        tuner = _Tuner(brief, parent, found, _chosen(found, rng))
        optimiser = _optimiser(len(tuner.chosen), rng)
        try:
            for _ in range(TRIALS // _GENERATION):
                points = [optimiser.ask() for _ in range(_GENERATION)]
                optimiser.tell([(x, await tuner.score(x)) for x in points])
        except BudgetExhausted:
            pass  # the candidate of this step still has room
        if tuner.best >= parent.score - _GAIN:
            count = len(tuner.scores) - 1
            return _nothing(brief, f"none of {count} settings is better")
        source = tuner.source(optimiser.mean)
        if source in tuner.scores:
            return _nothing(brief, f"the best of the settings tried has {tuner.best:g}")
        return Candidate(
            id=program_id(source), step=brief.step, source=source,
            operator=Operator.TUNING, island=brief.island, parents=(parent.id,),
            rationale=f"mean of the settings tuned in {TRIALS} trials",
        )  # fmt: skip


@dataclass(slots=True)
class _Tuner:
    """Judges settings of one program.

    Attributes
    ----------
    chosen
        Which literals are tuned.
    scores
        By source: of the parent, and of what was tried out.
    """

    brief: Brief
    parent: Program
    constants: Constants
    chosen: tuple[int, ...]
    scores: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.parent.score is not None
        self.scores[self.parent.candidate.source] = self.parent.score

    @property
    def best(self) -> float:
        """Lowest score so far, that of the parent included."""
        return min(self.scores.values())

    def source(self, point: NDArray[np.float64]) -> str:
        """Write the program that a point stands for."""
        values: list[float] = [literal.value for literal in self.constants.literals]
        for number, coordinate in zip(self.chosen, point, strict=False):
            literal = self.constants.literals[number]
            values[number] = literal.value * np.exp(coordinate * _stride(literal))
        return self.constants.written(values)

    async def score(self, point: NDArray[np.float64]) -> float:
        """Judge a point; infinite if its program has no score."""
        source = self.source(point)
        if source not in self.scores:
            outcome = await self.brief.trial(
                source,
                operator=Operator.TUNING,
                parents=(self.parent.id,),
                rationale="tuned numbers",
            )
            score = outcome.score if isinstance(outcome, Program) else None
            self.scores[source] = float("inf") if score is None else score
        return self.scores[source]


def _chosen(found: Constants, rng: np.random.Generator) -> tuple[int, ...]:
    count = len(found.literals)
    if count <= _MOST:
        return tuple(range(count))
    drawn = rng.choice(count, size=_MOST, replace=False)
    return tuple(sorted(int(number) for number in drawn))


def _stride(literal: Literal) -> float:
    """Scale steps so that a small whole number reaches its neighbours, too."""
    if isinstance(literal.value, float):
        return 1.0
    return max(1.0, float(np.log1p(1 / literal.value)) / _SIGMA)


def _optimiser(numbers: int, rng: np.random.Generator) -> "CMA":
    """Start CMA-ES at the parent.

    It needs two dimensions: beside a single number there is one that changes nothing.
    """
    from cmaes import CMA

    size = max(2, numbers)
    return CMA(
        mean=np.zeros(size),
        sigma=_SIGMA,
        bounds=np.array([[-_REACH, _REACH]] * size),
        population_size=_GENERATION,
        seed=int(rng.integers(1 << 31)),
    )


def _nothing(brief: Brief, why: str) -> Rejection:
    return Rejection(
        step=brief.step, operator=Operator.TUNING, island=brief.island,
        reason=Reason.NO_PROPOSAL, detail=why,
        parents=tuple(parent.id for parent in brief.parents[:1]),
    )  # fmt: skip
