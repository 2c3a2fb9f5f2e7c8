"""(mu + lambda) selection: parents and children compete by rank.

Survival: H.-G. Beyer and H.-P. Schwefel, "Evolution strategies", Natural Computing 1
(2002): the mu best of parents and children live. Parents: Evolution of Heuristics
(F. Liu et al., ICML 2024) draws the program of rank r, from 0, of N in proportion to
1 / (r + 1 + N).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evolve.ports import View
from evolve.records import Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.ranking import last, rank, room, sample
from evolve.selection.settings import IslandSettings

MU = 10
"""Survivors, as in Evolution of Heuristics; fewer if the island is smaller."""


class Survivors:
    """The best few live, programs that behave alike once."""

    def __init__(self, settings: IslandSettings) -> None:
        self._size = min(MU, settings.island_size)

    def draw(
        self,
        view: View,  # noqa: ARG002
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw by rank."""
        ranked = sorted(living, key=rank)
        return sample(ranked, rank_weights(len(ranked)), count, rng)

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Let the last by rank make room."""
        return room(living, program, self._size, last)

    def hopeless_above(
        self,
        living: Sequence[Program],
        source: str,  # noqa: ARG002
    ) -> float | None:
        """Return the worst score that lives once the island is full."""
        return rank(last(living))[0] if len(living) >= self._size else None


class PlusSelector(Archipelago):
    """One island of survivors."""

    def __init__(self, settings: IslandSettings) -> None:
        super().__init__([Survivors(settings)], settings.migration_interval)


def rank_weights(count: int) -> NDArray[np.float64]:
    """Weights by rank, best first, shape ``(count,)``."""
    return 1.0 / (np.arange(count) + 1 + count)
