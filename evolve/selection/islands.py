"""Islands of programs: bounded living sets, tournaments, migration around a ring.

Score alone would let programs grow without end and lose the short ones, from which
most discoveries start. So the front of an island, its programs that no shorter one
equals, is safe from eviction and supplies a fixed share of the parents.
"""

from collections.abc import Sequence

import numpy as np

from evolve.ports import View
from evolve.records import Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.ranking import rank, room
from evolve.selection.settings import IslandSettings

_FRONT_SHARE = 0.5
"""Share of parents drawn from the front, each of its programs alike."""


class Tournament:
    """Selects by score and length; programs that behave alike live once."""

    def __init__(self, settings: IslandSettings) -> None:
        self._size = settings.island_size
        self._rivals = settings.tournament

    def draw(
        self,
        view: View,  # noqa: ARG002
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw from the front, or the best of a few."""
        able = list(living)
        chosen: list[Program] = []
        while able and len(chosen) < count:
            winner = self._winner(able, rng)
            chosen.append(winner)
            able = [program for program in able if program.id != winner.id]
        return chosen

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Let the worst beside the front make room."""
        return room(living, program, self._size, _weakest)

    def hopeless_above(self, living: Sequence[Program], source: str) -> float | None:
        """Return the score above which a program is certain to be refused.

        That is a score which is worse than that of a program no longer than it, and
        worse than that of everybody else of whom this is so. None while anything that
        works is welcome.
        """
        if len(living) < self._size:
            return None
        _, outdone = _split(living)
        length = len(source)
        shorter = [rank(p) for p in living if len(p.candidate.source) <= length]
        if not shorter or not outdone:
            return None
        return max(min(shorter)[0], rank(outdone[-1])[0])

    def _winner(self, able: Sequence[Program], rng: np.random.Generator) -> Program:
        if rng.random() < _FRONT_SHARE:
            best = front(able)
            return best[int(rng.random() * len(best))]
        rivals = range(self._rivals)
        return min((able[int(rng.random() * len(able))] for _ in rivals), key=rank)


class IslandSelector(Archipelago):
    """Tournaments on islands that are visited in turn."""

    def __init__(self, settings: IslandSettings) -> None:
        pools = [Tournament(settings)] * settings.islands
        super().__init__(pools, settings.migration_interval)


def front(programs: Sequence[Program]) -> list[Program]:
    """List the programs that are better than every shorter one, the best first."""
    return _split(programs)[0]


def _split(programs: Sequence[Program]) -> tuple[list[Program], list[Program]]:
    """Split programs into the front and the others, each with the best first."""
    leading: list[Program] = []
    others: list[Program] = []
    shortest = float("inf")
    for program in sorted(programs, key=rank):
        length = len(program.candidate.source)
        if length < shortest:
            shortest = length
            leading.append(program)
        else:
            others.append(program)
    return leading, others


def _weakest(programs: Sequence[Program]) -> Program:
    """Find the worst program beside the front, or of the front if that is all."""
    leading, others = _split(programs)
    return (others or leading)[-1]
