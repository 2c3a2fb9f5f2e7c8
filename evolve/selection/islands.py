"""Islands of programs: bounded living sets, tournaments, migration around a ring.

Score alone would let programs grow without end and lose the short ones, from which
most discoveries start. So the front of an island, its programs that no shorter one
equals, is safe from eviction and supplies a fixed share of the parents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from evolve.ports import View
from evolve.records import Placement, Program

Behaviour: TypeAlias = tuple[float | None, ...]
Rank: TypeAlias = tuple[float, int, int]

_FRONT_SHARE = 0.5
"""Share of parents drawn from the front, each of its programs alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IslandSettings:
    """How a population is kept and drawn from.

    Attributes
    ----------
    islands
        Number of islands; steps visit them in turn.
    island_size
        Most programs that live on one island.
    tournament
        Programs drawn per parent, the best of which is taken.
    migration_interval
        Steps between migrations of each island's best to its neighbour.
    """

    islands: int = 4
    island_size: int = 60
    tournament: int = 3
    migration_interval: int = 100

    def __post_init__(self) -> None:
        for name in ("islands", "island_size", "tournament", "migration_interval"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")


class IslandSelector:
    """Selects by score and length; programs that behave alike live once."""

    def __init__(self, settings: IslandSettings) -> None:
        self._settings = settings

    @property
    def islands(self) -> int:
        """Number of islands."""
        return self._settings.islands

    def island(self, view: View, rng: np.random.Generator) -> int:  # noqa: ARG002
        """Visit the islands in turn."""
        return view.step % self._settings.islands

    def parents(
        self, view: View, island: int, count: int, rng: np.random.Generator
    ) -> Sequence[Program]:
        """Draw different parents, fewer than ``count`` if there are not enough."""
        living = view.islands[island]
        able = [program for program in living if program.score is not None]
        chosen: list[Program] = []
        while able and len(chosen) < count:
            winner = self._draw(able, rng)
            chosen.append(winner)
            able = [program for program in able if program.id != winner.id]
        return chosen

    def admit(self, view: View, program: Program) -> Sequence[Placement]:
        """Let a program live if it works, is no copy, and there is room or a worse."""
        island = program.candidate.island
        return self._enter(view.islands[island], program, island)

    def hopeless_above(self, view: View, island: int, source: str) -> float | None:
        """Return the score above which ``admit`` is certain to refuse a program.

        That is a score which is worse than that of a program no longer than it, and
        worse than that of everybody else of whom this is so. None while anything that
        works is welcome.
        """
        living = view.islands[island]
        if len(living) < self._settings.island_size:
            return None
        _, outdone = _split(living)
        length = len(source)
        shorter = [rank(p) for p in living if len(p.candidate.source) <= length]
        if not shorter or not outdone:
            return None
        return max(min(shorter)[0], rank(outdone[-1])[0])

    def migrate(self, view: View) -> Sequence[Placement]:
        """Let each island's best program also live on the next island of the ring."""
        count = self._settings.islands
        if count < 2 or (view.step + 1) % self._settings.migration_interval:
            return ()
        placements: list[Placement] = []
        for home in range(count):
            able = [p for p in view.islands[home] if p.score is not None]
            if able:
                target = (home + 1) % count
                guest = min(able, key=rank)
                placements += self._enter(view.islands[target], guest, target)
        return placements

    def _draw(self, able: Sequence[Program], rng: np.random.Generator) -> Program:
        if rng.random() < _FRONT_SHARE:
            best = front(able)
            return best[int(rng.random() * len(best))]
        rivals = range(self._settings.tournament)
        return min((able[int(rng.random() * len(able))] for _ in rivals), key=rank)

    def _enter(
        self, living: Sequence[Program], program: Program, island: int
    ) -> list[Placement]:
        """Place a program on an island, and out of it whoever makes room."""
        if program.score is None or any(other.id == program.id for other in living):
            return []
        enter = Placement(program=program.id, island=island, living=True)
        twin = _twin(living, program)
        if twin is not None:
            loser = max(twin, program, key=rank)
        elif len(living) < self._settings.island_size:
            return [enter]
        else:
            loser = _weakest([*living, program])
        if loser is program:
            return []
        return [Placement(program=loser.id, island=island, living=False), enter]


def rank(program: Program) -> Rank:
    """Order programs: by score, then the shorter, then the older; failed ones last."""
    score = float("inf") if program.score is None else program.score
    return (score, len(program.candidate.source), program.candidate.step)


def front(programs: Sequence[Program]) -> list[Program]:
    """List the programs that are better than every shorter one, the best first."""
    return _split(programs)[0]


def behaviour(program: Program) -> Behaviour:
    """Objectives on all instances of the training split."""
    return tuple([verdict.objective for verdict in program.evaluation.verdicts])


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


def _twin(living: Sequence[Program], program: Program) -> Program | None:
    """Find a program with the same objective on every instance."""
    # Equal objectives give equal scores, so only these need a closer look.
    alike = [other for other in living if other.score == program.score]
    if not alike:
        return None
    own = behaviour(program)
    return next((other for other in alike if behaviour(other) == own), None)
