"""The graphs of workflows: who needs whom, and how heavy tasks and transfers are.

Random graphs: H. Topcuoglu, S. Hariri and M.-Y. Wu, Performance-effective and
low-complexity task scheduling for heterogeneous computing, IEEE Transactions on
Parallel and Distributed Systems 13 (2002) 260-274; Gaussian elimination and the fast
Fourier transform are in the same paper. The Cholesky factorisation is the one of
matrices in tiles.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

Pairs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A graph without times.

    Attributes
    ----------
    pairs
        (i, j): task j needs task i; i is below j.
    weights
        Mean work by task, relative to each other.
    """

    pairs: Pairs
    weights: list[float]


def random_graph(rng: np.random.Generator, n: int, alpha: float, degree: int) -> Shape:
    """Draw n tasks in layers: about sqrt(n) / alpha of them, sqrt(n) * alpha wide.

    Each task needs 1 to ``degree`` tasks of the layer before, and no task but those of
    the last layer is without one that needs it. Work is uniform.
    """
    height = max(2, round(rng.uniform(0.5, 1.5) * sqrt(n) / alpha))
    layer = np.sort(np.r_[np.arange(height), rng.integers(height, size=n - height)])
    pairs: set[tuple[int, int]] = set()
    for depth in range(1, height):
        before = np.flatnonzero(layer == depth - 1)
        here = np.flatnonzero(layer == depth)
        for j in here:
            count = min(len(before), int(rng.integers(1, degree + 1)))
            chosen = rng.choice(before, size=count, replace=False)
            pairs |= {(int(i), int(j)) for i in chosen}
        used = {i for i, _ in pairs}
        pairs |= {(int(i), int(rng.choice(here))) for i in before if int(i) not in used}
    weights = [float(w) for w in rng.uniform(0.1, 1.9, size=n)]
    return Shape(pairs=sorted(pairs), weights=weights)


def fft(points: int) -> Shape:
    """Fast Fourier transform of ``points``, a power of 2: calls, then butterflies."""
    pairs = [((k - 1) // 2, k) for k in range(1, 2 * points - 1)]
    before = list(range(points - 1, 2 * points - 1))
    step = 1
    while step < points:
        here = [before[-1] + 1 + k for k in range(points)]
        for k in range(points):
            pairs += [(before[k], here[k]), (before[k ^ step], here[k])]
        before, step = here, 2 * step
    n = before[-1] + 1
    return Shape(pairs=sorted(pairs), weights=[1.0] * n)


def gauss(size: int) -> Shape:
    """Gaussian elimination of a matrix: (size^2 + size - 2) / 2 tasks, column-wise.

    The pivot of step k precedes the updates of that step; an update precedes what
    happens to its column in the next step. Later steps work on shorter columns.
    """
    names = [(k, j) for k in range(1, size) for j in range(k, size + 1)]
    number = {name: at for at, name in enumerate(names)}
    pairs = []
    for k, j in names:
        if j > k:
            pairs.append((number[k, k], number[k, j]))
        if k > 1:
            pairs.append((number[k - 1, j], number[k, j]))
    return Shape(pairs=sorted(pairs), weights=[float(size + 1 - k) for k, _ in names])


def cholesky(tiles: int) -> Shape:
    """Cholesky factorisation of tiles x tiles tiles, with the work of its kernels."""
    last: dict[tuple[int, int], int] = {}
    pairs: set[tuple[int, int]] = set()
    weights: list[float] = []

    def task(work: float, reads: Pairs, writes: tuple[int, int]) -> None:
        pairs.update((last[t], len(weights)) for t in (*reads, writes) if t in last)
        last[writes] = len(weights)
        weights.append(work)

    for k in range(tiles):
        task(1 / 3, [], (k, k))
        for i in range(k + 1, tiles):
            task(1.0, [(k, k)], (i, k))
        for i in range(k + 1, tiles):
            task(1.0, [(i, k)], (i, i))
            for j in range(k + 1, i):
                task(2.0, [(i, k), (j, k)], (i, j))
    return Shape(pairs=sorted(pairs), weights=weights)
