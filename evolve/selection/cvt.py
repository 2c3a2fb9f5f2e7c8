"""CVT-MAP-Elites: as many kinds as programs may live, evenly spread.

V. Vassiliades, K. Chatzilygeroudis and J.-B. Mouret, "Using centroidal Voronoi
tessellations to scale up the multidimensional archive of phenotypic elites", IEEE
Transactions on Evolutionary Computation 22 (2018). The centroids are those of k-means
(Lloyd) over a uniform sample of the unit cube; they depend on their number alone and
never move. A program's cell is that of the nearest centroid.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evolve.records import Program
from evolve.selection.archipelago import Archipelago
from evolve.selection.descriptors import DIMENSIONS, Descriptor
from evolve.selection.map_elites import Cell, Elites
from evolve.selection.settings import IslandSettings

_SAMPLE = 40
"""Points of the sample per centroid."""

_ROUNDS = 20


class CvtSelector(Archipelago):
    """A tessellation on each of the islands, which are visited in turn."""

    def __init__(self, settings: IslandSettings) -> None:
        describe = Descriptor()
        centres = centroids(settings.island_size)

        @lru_cache(4096)
        def near(point: tuple[float, ...]) -> Cell:
            return (nearest(centres, np.array(point)),)

        def cell(program: Program) -> Cell:
            return near(describe(program))

        pools = [Elites(settings, cell)] * settings.islands
        super().__init__(pools, settings.migration_interval)


def centroids(count: int) -> NDArray[np.float64]:
    """Centres of the cells, shape ``(count, DIMENSIONS)``."""
    rng = np.random.default_rng(count)
    points = rng.random((_SAMPLE * count, DIMENSIONS))
    centres = points[:count].copy()
    for _ in range(_ROUNDS):
        apart = ((points[:, None, :] - centres) ** 2).sum(axis=2)
        owner = apart.argmin(axis=1)
        size = np.bincount(owner, minlength=count)
        total = np.zeros_like(centres)
        np.add.at(total, owner, points)
        taken = size > 0
        centres[taken] = total[taken] / size[taken, None]
    return centres


def nearest(centres: NDArray[np.float64], point: NDArray[np.float64]) -> int:
    """Index of the nearest centre, the first of several."""
    return int(((centres - point) ** 2).sum(axis=1).argmin())
