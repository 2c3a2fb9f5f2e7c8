"""Best of N: every candidate is made from a seed; the control of every study.

Nothing that is found is built on, so what a strategy is worth is what it gains over
this one at the same number of candidates.
"""

from collections.abc import Sequence

import numpy as np

from evolve.ports import View
from evolve.records import Operator, Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.ranking import sample
from evolve.selection.settings import IslandSettings


class Seeds:
    """Only seeds live and breed, each alike."""

    def __init__(self, settings: IslandSettings) -> None:
        self._size = settings.island_size

    def draw(
        self,
        view: View,  # noqa: ARG002
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw seeds, each alike."""
        return sample(living, np.ones(len(living)), count, rng)

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Refuse what is no seed; nobody leaves."""
        seed = program.candidate.operator is Operator.SEED
        return () if seed and len(living) < self._size else None

    def hopeless_above(
        self,
        living: Sequence[Program],  # noqa: ARG002
        source: str,  # noqa: ARG002
    ) -> float | None:
        """Judge everything to the end: what never lives may still be the champion."""
        return None


class BestOfNSelector(Archipelago):
    """One island of seeds."""

    def __init__(self, settings: IslandSettings) -> None:
        super().__init__([Seeds(settings)], settings.migration_interval)
