"""Weighted sampling of ShinkaEvolve: good programs with few children breed.

R. T. Lange et al., "ShinkaEvolve: towards open-ended and sample-efficient program
evolution", arXiv:2509.19349: with fitness alpha, higher is better, a program's weight
is sigmoid(lambda (alpha - median) / max(MAD, 1e-6)) / (1 + children), where MAD is the
median absolute deviation of the island's fitness and lambda is 10. Our fitness is the
negative score.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evolve.ports import View
from evolve.records import Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.ranking import last, rank, room, sample, scores
from evolve.selection.settings import IslandSettings

SHARPNESS = 10.0
_LEAST_SPREAD = 1e-6


class Weighted:
    """Draws by score and by the number of children; the best live."""

    def __init__(self, settings: IslandSettings) -> None:
        self._size = settings.island_size

    def draw(
        self,
        view: View,
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw by the published weights."""
        children = [view.children.get(program.id, 0) for program in living]
        return sample(living, weights(scores(living), children), count, rng)

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


class ShinkaSelector(Archipelago):
    """Weighted sampling on islands that are visited in turn."""

    def __init__(self, settings: IslandSettings) -> None:
        pools = [Weighted(settings)] * settings.islands
        super().__init__(pools, settings.migration_interval)


def weights(score: ArrayLike, children: ArrayLike) -> NDArray[np.float64]:
    """Weights of programs by score, lower is better, and by number of children."""
    from scipy.special import expit

    gaps = np.asarray(score, dtype=np.float64)
    centre = np.median(gaps)
    spread = max(float(np.median(np.abs(gaps - centre))), _LEAST_SPREAD)
    quality = expit(SHARPNESS * (centre - gaps) / spread)
    return np.asarray(quality / (1.0 + np.asarray(children, dtype=np.float64)))
