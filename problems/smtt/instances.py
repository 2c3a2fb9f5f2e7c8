"""The generator of Potts and Van Wassenhove, and the splits made with it.

Source: C. N. Potts and L. N. Van Wassenhove, A decomposition algorithm for the single
machine total tardiness problem, Operations Research Letters 1 (1982) 177-181.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from problems.base import Split
from problems.smtt.model import SmttInstance

TARDINESS = (2, 4, 6, 8)
"""Tardiness factors TF in tenths: the higher, the more jobs must be late."""

RANGES = (2, 4, 6, 8, 10)
"""Relative ranges of due dates RDD in tenths."""

CELLS = tuple(product(TARDINESS, RANGES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Instances of one size: ``per_cell`` seeds from ``first_seed`` in every cell."""

    n: int
    per_cell: int
    first_seed: int
    normal: bool = False
    cells: tuple[tuple[int, int], ...] = CELLS


def generate(
    *, n: int, tf: int, rdd: int, seed: int, normal: bool = False
) -> SmttInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    With P the sum of the processing times, due dates are the floor of
    U[P(1 - TF - RDD/2), P(1 - TF + RDD/2)], at least 0.

    Parameters
    ----------
    tf, rdd
        Tardiness factor and relative range of due dates, in tenths.
    normal
        Processing times are N(50, 15), rounded, at least 1, instead of U{1..100}.
    """
    rng = np.random.default_rng([n, tf, rdd, seed])
    p = _normal_times(rng, n) if normal else rng.integers(1, 101, n)
    total = int(p.sum())
    middle, half = 1 - tf / 10, rdd / 10 / 2
    d = rng.uniform(total * (middle - half), total * (middle + half), n)
    group = f"n{n}normal" if normal else f"n{n}"
    return SmttInstance(
        id=f"{group}-tf{tf}-rdd{rdd}-s{seed}",
        group=group,
        p=tuple(p.tolist()),
        d=tuple(np.maximum(np.floor(d), 0).astype(int).tolist()),
        w=(1,) * n,
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[SmttInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(one for batch in _batches(split) for one in _draw(batch))


def grid() -> tuple[SmttInstance, ...]:
    """800 instances with 20 jobs, 40 per cell, to compare with published tables."""
    return tuple(_draw(_Batch(n=20, per_cell=40, first_seed=9000)))


def _batches(split: Split) -> tuple[_Batch, ...]:
    # Seeds from 0 belong to ``shared/data/smtt_generated``, from 9000 to ``grid``.
    match split:
        case Split.SMOKE:
            cells = ((4, 4), (6, 2), (6, 6), (8, 8))
            return (_Batch(n=20, per_cell=1, first_seed=1000, cells=cells),)
        case Split.TRAIN:
            return (
                _Batch(n=20, per_cell=2, first_seed=2000),
                _Batch(n=50, per_cell=1, first_seed=2000),
            )
        case Split.VALID:
            return (
                _Batch(n=20, per_cell=5, first_seed=3000),
                _Batch(n=50, per_cell=2, first_seed=3000),
            )
        case Split.TEST:
            return (
                _Batch(n=20, per_cell=10, first_seed=4000),
                _Batch(n=50, per_cell=5, first_seed=4000),
            )
        case Split.OOD:
            return (
                _Batch(n=100, per_cell=2, first_seed=5000),
                _Batch(n=200, per_cell=1, first_seed=5000),
                _Batch(n=20, per_cell=5, first_seed=5000, normal=True),
            )


def _draw(batch: _Batch) -> list[SmttInstance]:
    seeds = range(batch.first_seed, batch.first_seed + batch.per_cell)
    return [
        generate(n=batch.n, tf=tf, rdd=rdd, seed=seed, normal=batch.normal)
        for tf, rdd in batch.cells
        for seed in seeds
    ]


def _normal_times(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.maximum(np.rint(rng.normal(50, 15, n)), 1).astype(int)
