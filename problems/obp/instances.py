"""The generators, and the splits made with them.

Sources: E. Falkenauer, A hybrid grouping genetic algorithm for bin packing, Journal of
Heuristics 2 (1996) 5-30, for the uniform class and the triplets of OR-Library; B.
Romera-Paredes et al., Mathematical discoveries from program search with large language
models, Nature 625 (2024) 468-475, for the Weibull class.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from problems.base import Split
from problems.obp.model import ObpInstance


class _Family(NamedTuple):
    """A distribution of sizes; ``code`` is the first number of its seeds."""

    code: int
    capacity: int
    draw: Callable[[np.random.Generator, int], np.ndarray]


class _Batch(NamedTuple):
    """``copies`` instances with the seeds from ``first_seed``."""

    family: str
    n: int
    copies: int
    first_seed: int


def _uniform(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(20, 101, n)


def _weibull(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.clip(np.rint(45 * rng.weibull(3, n)), 1, 100).astype(int)


def _normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.clip(np.rint(rng.normal(36, 12, n)), 1, 120).astype(int)


def _wide(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(1, 1001, n)


def _triplet(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw n / 3 full bins of three items, from 250 to 490, and shuffle the items."""
    first = rng.integers(380, 491, n // 3)
    # The second is at most what leaves 250 for the third, and the third is smaller.
    second = rng.integers(250, (1000 - first) // 2 + 1)
    return rng.permutation(np.concatenate([first, second, 1000 - first - second]))


FAMILIES: Mapping[str, _Family] = MappingProxyType(
    {
        "uniform": _Family(1, 150, _uniform),
        "weibull": _Family(2, 100, _weibull),
        "normal": _Family(3, 120, _normal),
        "wide": _Family(4, 1000, _wide),
        "triplet": _Family(5, 1000, _triplet),
    }
)
"""Uniform 20..100 in 150; Weibull of shape 3 and scale 45, rounded, 1..100, in 100;
N(36, 12), rounded, 1..120, in 120; uniform 1..1000 in 1000; triplets in 1000."""

_SPLITS: Mapping[Split, tuple[_Batch, ...]] = MappingProxyType(
    {
        Split.SMOKE: (_Batch("weibull", 60, 2, 1000), _Batch("uniform", 60, 2, 1000)),
        Split.TRAIN: (
            _Batch("weibull", 1000, 2, 2000),
            _Batch("uniform", 500, 4, 2000),
        ),
        Split.VALID: (
            _Batch("weibull", 1000, 5, 3000),
            _Batch("uniform", 500, 10, 3000),
        ),
        Split.TEST: (
            _Batch("weibull", 1000, 20, 4000),
            _Batch("uniform", 500, 20, 4000),
        ),
        Split.OOD: (
            _Batch("weibull", 2500, 5, 5000),
            _Batch("normal", 500, 10, 5000),
            _Batch("wide", 200, 10, 5000),
            _Batch("triplet", 249, 10, 5000),
        ),
    }
)


def generate(*, family: str, n: int, seed: int) -> ObpInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    family
        One of ``FAMILIES``.
    n
        Number of items; a multiple of 3 for triplets.
    """
    code, capacity, draw = FAMILIES[family]
    items = draw(np.random.default_rng([code, n, seed]), n)
    group = f"{family}{n}"
    return ObpInstance(
        id=f"{group}-s{seed}",
        group=group,
        capacity=capacity,
        items=tuple(items.tolist()),
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[ObpInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(one for batch in _SPLITS[split] for one in _draw(batch))


def or3_like() -> tuple[ObpInstance, ...]:
    """200 instances of the distribution of OR3, to compare with published figures."""
    return tuple(_draw(_Batch("uniform", 500, 200, 9000)))


def _draw(batch: _Batch) -> list[ObpInstance]:
    seeds = range(batch.first_seed, batch.first_seed + batch.copies)
    return [generate(family=batch.family, n=batch.n, seed=seed) for seed in seeds]
