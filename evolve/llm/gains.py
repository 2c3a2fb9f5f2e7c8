"""What came of the steps that asked models: how far each improved on its parent.

It follows from the calls and programs in the store, so that whoever learns from it
knows the same after a restart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evolve.ports import Population
from evolve.records import Program, ProgramId, Proposal, Rejection

_PAGE = 500


def relative_gain(parent: float | None, child: float | None) -> float:
    """Improvement of a child as a share of its parent's gap, at least 0.

    Whatever works is an improvement of a program that failed, by all of it.
    """
    if child is None:
        return 0.0
    if parent is None:
        return 1.0
    return max((parent - child) / max(abs(parent), 1e-12), 0.0)


class Gains:
    """Tells the gain of each outcome; remembers the scores of parents."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._scores: dict[ProgramId, float | None] = {}

    def of(self, outcome: Program | Rejection) -> tuple[int, float]:
        """Return the step of an outcome and its gain, 0 for a rejection."""
        if isinstance(outcome, Rejection):
            return outcome.step, 0.0
        self._scores[outcome.id] = outcome.score
        parents = outcome.candidate.parents
        if not parents:
            return outcome.candidate.step, 0.0
        if parents[0] not in self._scores:
            self._scores[parents[0]] = self._population.get(parents[0]).score
        gain = relative_gain(self._scores[parents[0]], outcome.score)
        return outcome.candidate.step, gain


@dataclass(frozen=True, slots=True, kw_only=True)
class PastGains:
    """Gains of the steps that are in the store.

    Attributes
    ----------
    pending
        Steps under way.
    """

    gains: Mapping[int, float]
    pending: frozenset[int]

    def of(self, step: int) -> float | None:
        """Return the gain of a step; None while it is under way."""
        return None if step in self.pending else self.gains.get(step, 0.0)


def past_gains(population: Population, after: int) -> PastGains:
    """Read the gains of the steps above ``after``."""
    return PastGains(
        gains={
            program.candidate.step: relative_gain(
                population.get(program.candidate.parents[0]).score, program.score
            )
            for program in _programs(population, after)
            if program.candidate.parents
        },
        pending=frozenset(p.call.step for p in population.pending()),
    )


def proposals_after(population: Population, after: int) -> Iterator[Proposal]:
    """Read the calls of the steps above ``after``, in order."""
    key = (after, 1 << 30)
    while page := population.proposals(key, _PAGE):
        yield from page
        key = page[-1].call.key


def _programs(population: Population, after: int) -> Iterator[Program]:
    while page := population.programs(after, _PAGE):
        yield from page
        after = page[-1].candidate.step
