"""MAP-Elites: the best program of every kind lives, and each is as likely to breed.

J.-B. Mouret and J. Clune, "Illuminating search spaces by mapping elites",
arXiv:1504.04909. Kinds are the cells of a grid over ``descriptors`` whose bins are
fixed, so that no cell is ever stale. On a full island the worst elite makes room.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from evolve.ports import View
from evolve.records import Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.descriptors import Descriptor
from evolve.selection.ranking import last, rank, sample
from evolve.selection.settings import IslandSettings

BINS = 5
"""Bins of each dimension, of equal width."""

Cell: TypeAlias = tuple[int, ...]


class Elites:
    """One program lives in a cell, its best.

    Parameters
    ----------
    cell
        Cell of a program; a pure function.
    """

    def __init__(
        self, settings: IslandSettings, cell: Callable[[Program], Cell]
    ) -> None:
        self._size = settings.island_size
        self._cell = cell

    def draw(
        self,
        view: View,  # noqa: ARG002
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw elites, each alike."""
        return sample(living, np.ones(len(living)), count, rng)

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Let whoever held the cell make room, and the worst if there is none."""
        cell = self._cell(program)
        rivals = [other for other in living if self._cell(other) == cell]
        if any(rank(other) < rank(program) for other in rivals):
            return None
        outdone = {other.id for other in rivals}
        rest = [*(p for p in living if p.id not in outdone), program]
        rest.sort(key=rank)
        losers = rest[self._size :]
        if any(loser.id == program.id for loser in losers):
            return None
        return [*rivals, *losers]

    def hopeless_above(
        self,
        living: Sequence[Program],
        source: str,  # noqa: ARG002
    ) -> float | None:
        """Return the worst score that lives once the island is full."""
        return rank(last(living))[0] if len(living) >= self._size else None


class MapElitesSelector(Archipelago):
    """A grid on each of the islands, which are visited in turn."""

    def __init__(self, settings: IslandSettings) -> None:
        describe = Descriptor()

        def cell(program: Program) -> Cell:
            return bins(describe(program))

        pools = [Elites(settings, cell)] * settings.islands
        super().__init__(pools, settings.migration_interval)


def bins(point: Sequence[float]) -> Cell:
    """Find the cell of a point of the unit cube."""
    return tuple(min(BINS - 1, int(x * BINS)) for x in point)
