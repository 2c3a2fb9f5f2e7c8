"""Islands of programs: tournament, bounded living sets, migration around a ring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from evolve.records import Placement, Program

CAP = 0.4
Behaviour: TypeAlias = tuple[float | None, ...]
Rank: TypeAlias = tuple[float, int, int]


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
    tournament: int = 4
    migration_interval: int = 100

    def __post_init__(self) -> None:
        for name in ("islands", "island_size", "tournament", "migration_interval"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")


class IslandSelector:
    """Selects by score alone; programs that behave alike live once, the shortest."""

    def __init__(self, settings: IslandSettings) -> None:
        self._settings = settings

    def island(self, step: int) -> int:
        """Visit the islands in turn."""
        return step % self._settings.islands

    def parents(
        self, living: Sequence[Program], count: int, rng: np.random.Generator
    ) -> Sequence[Program]:
        """Draw parents by tournament, different ones while there are enough."""
        able = [program for program in living if program.score is not None]
        chosen: list[Program] = []
        while able and len(chosen) < count:
            winner = self._tournament(able, rng)
            chosen.append(winner)
            if len(able) > 1:
                able = [program for program in able if program.id != winner.id]
        return chosen

    def _tournament(self, able: Sequence[Program], rng: np.random.Generator) -> Program:
        if rng.random() < CAP:
            front = _front(able)
            return front[int(rng.random() * len(front))]
        drawn = [
            able[int(rng.random() * len(able))]
            for _ in range(self._settings.tournament)
        ]
        return min(drawn, key=rank)

    def admit(self, living: Sequence[Program], program: Program) -> Sequence[Placement]:
        """Let a program live if it works, is no copy, and there is room or a worse."""
        return self._enter(living, program, program.candidate.island)

    def hopeless_above(self, living: Sequence[Program], source: str) -> float | None:
        """Return the score above which ``admit`` is certain to refuse a program.

        That is a score which is worse than that of a program no longer than it, and
        worse than that of everybody else of whom this is so. None while anything that
        works is welcome.
        """
        if len(living) < self._settings.island_size:
            return None
        shorter = [rank(p) for p in living if _length(p) <= len(source)]
        outdone = _outdone(living)
        if not shorter or not outdone:
            return None
        return max(min(shorter)[0], rank(outdone[-1])[0])

    def migrate(
        self, islands: Sequence[Sequence[Program]], step: int
    ) -> Sequence[Placement]:
        """Send a copy of each island's best program to the next island of the ring."""
        if len(islands) < 2 or (step + 1) % self._settings.migration_interval:
            return ()
        placements: list[Placement] = []
        for home, living in enumerate(islands):
            able = [program for program in living if program.score is not None]
            if able:
                target = (home + 1) % len(islands)
                guest = min(able, key=rank)
                placements += self._enter(islands[target], guest, target)
        return placements

    def _enter(
        self, living: Sequence[Program], program: Program, island: int
    ) -> list[Placement]:
        if program.score is None or any(other.id == program.id for other in living):
            return []
        twin = _twin(living, program)
        full = len(living) >= self._settings.island_size
        rival = twin or (_weakest([*living, program]) if full else None)
        enter = Placement(program=program.id, island=island, living=True)
        if rival is None:
            return [enter]
        if rival is program or (rival is twin and rank(rival) <= rank(program)):
            return []
        return [Placement(program=rival.id, island=island, living=False), enter]


def rank(program: Program) -> Rank:
    """Order programs: by score, then the shorter, then the older; failed ones last."""
    score = float("inf") if program.score is None else program.score
    return (score, len(program.candidate.source), program.candidate.step)


def _length(program: Program) -> int:
    return len(program.candidate.source)


def _front(programs: Sequence[Program]) -> list[Program]:
    front: list[Program] = []
    shortest = float("inf")
    for program in sorted(programs, key=rank):
        if _length(program) < shortest:
            shortest = _length(program)
            front.append(program)
    return front


def _weakest(programs: Sequence[Program]) -> Program:
    """Find the worst program of those that a shorter one outdoes, if there are any."""
    outdone = _outdone(programs)
    return outdone[-1] if outdone else max(programs, key=rank)


def _outdone(programs: Sequence[Program]) -> list[Program]:
    """Programs for which there is a better and no longer one, best first."""
    outdone: list[Program] = []
    shortest = float("inf")
    for program in sorted(programs, key=rank):
        if _length(program) < shortest:
            shortest = _length(program)
        else:
            outdone.append(program)
    return outdone


def behaviour(program: Program) -> Behaviour:
    """Objectives on all instances of the training split."""
    return tuple([verdict.objective for verdict in program.evaluation.verdicts])


def _twin(living: Sequence[Program], program: Program) -> Program | None:
    """Find a program with the same objective on every instance."""
    # Equal objectives give equal scores, so only these need a closer look.
    alike = [other for other in living if other.score == program.score]
    if not alike:
        return None
    own = behaviour(program)
    return next((other for other in alike if behaviour(other) == own), None)
