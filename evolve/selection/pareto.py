"""Fronts by instance: a program breeds for being the best at something.

L. A. Agrawal et al., "GEPA: reflective prompt evolution can outperform reinforcement
learning", arXiv:2507.19457. Each instance has a front, the programs with its lowest
objective. Programs are dropped, the worst score first, as long as each front that holds
one also holds another that is left. A parent is drawn in proportion to the number of
fronts that it is still on.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evolve.ports import View
from evolve.records import Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.ranking import behaviour, rank, room, sample
from evolve.selection.settings import IslandSettings


class Fronts:
    """Lives for being the best on an instance, then for the score."""

    def __init__(self, settings: IslandSettings) -> None:
        self._size = settings.island_size

    def draw(
        self,
        view: View,  # noqa: ARG002
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw in proportion to the fronts that are left to a program."""
        ranked = sorted(living, key=rank)
        member = fronts(ranked)
        wins = member[reduced(member)].sum(axis=1)
        cover = [ranked[i] for i in reduced(member)]
        chosen = sample(cover, wins.astype(np.float64), count, rng)
        if len(chosen) < count:
            taken = {program.id for program in chosen}
            others = [program for program in ranked if program.id not in taken]
            missing = count - len(chosen)
            chosen += sample(others, np.ones(len(others)), missing, rng)
        return chosen

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Let the one that is on the fewest fronts make room, of those the worst."""
        return room(living, program, self._size, _weakest)

    def hopeless_above(
        self,
        living: Sequence[Program],  # noqa: ARG002
        source: str,  # noqa: ARG002
    ) -> float | None:
        """Refuse nothing by its score: a bad program may be the best somewhere."""
        return None


class ParetoSelector(Archipelago):
    """One island of fronts."""

    def __init__(self, settings: IslandSettings) -> None:
        super().__init__([Fronts(settings)], settings.migration_interval)


def fronts(programs: Sequence[Program]) -> NDArray[np.bool_]:
    """Whether a program is on the front of an instance, ``(programs, instances)``.

    Programs without verdicts have one front, that of the score.
    """
    deeds = [behaviour(program) for program in programs]
    width = min(map(len, deeds))
    if not width:
        deeds, width = [(program.score,) for program in programs], 1
    cells = [[np.inf if x is None else x for x in deed[:width]] for deed in deeds]
    objective = np.array(cells, dtype=np.float64)
    return np.asarray(objective == objective.min(axis=0))


def reduced(member: NDArray[np.bool_]) -> list[int]:
    """Rows that are left when the rest is dropped, the last row first.

    A row is dropped if every front that holds it also holds a row that is left.
    """
    count = member.sum(axis=0)
    left = []
    for row in range(len(member) - 1, -1, -1):
        if np.all(count[member[row]] > 1):
            count = count - member[row]
        else:
            left.append(row)
    return left[::-1]


def _weakest(programs: Sequence[Program]) -> Program:
    wins = fronts(programs).sum(axis=1)
    order = [(-int(n), *rank(p)) for n, p in zip(wins, programs, strict=True)]
    return programs[max(range(len(programs)), key=order.__getitem__)]
