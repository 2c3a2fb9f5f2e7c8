"""Types drawn at random, near to each other or far apart, and the splits of them."""

from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.stoch_single.model import StochInstance

_SHORTEST = (60, 400)
"""Mean of the shortest type is drawn from here, in ticks: no constant is worth much."""

_RATIOS = {"near": (1.2, 3.0), "far": (8.0, 40.0), "level": (1.02, 1.2)}
"""Longest mean over the shortest one is drawn from here, evenly in logarithms."""


def draw(kind: str, types: int, most: int, seed: int) -> StochInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    kind
        ``near``, ``far`` or ``level``.
    types
        Number of types, at least 2.
    most
        Number of jobs of a type at most; half as many at least.
    """
    rng = np.random.default_rng([len(kind), types, most, seed])
    low, high = np.log(_RATIOS[kind])
    ratio = float(np.exp(rng.uniform(low, high)))
    inner = sorted(rng.uniform(0.0, 1.0, types - 2).tolist())
    shortest = int(rng.integers(*_SHORTEST))
    means = [round(shortest * ratio**x) for x in (0.0, *inner, 1.0)]
    means = [means[k] for k in rng.permutation(types)]
    counts = rng.integers((most + 1) // 2, most + 1, types).tolist()
    return StochInstance(
        id=f"{kind}{types}-s{seed}",
        group=f"{kind}{types}",
        means=tuple(means),
        durations=tuple(
            tuple(rng.geometric(1 / mean, count).tolist())
            for mean, count in zip(means, counts, strict=True)
        ),
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[StochInstance, ...]:
    """Instances of a split, always in the same order."""
    match split:
        case Split.SMOKE:
            rows = [("near", 3, 4, 2, 1000), ("far", 4, 4, 2, 1000)]
        case Split.TRAIN:
            rows = _rows(12, 2000)
        case Split.VALID:
            rows = _rows(20, 3000)
        case Split.TEST:
            rows = _rows(40, 4000)
        case Split.OOD:
            rows = [
                *(("level", 3, 20, 15, 5000), ("far", 2, 60, 15, 5000)),
                *[("near", 6, 20, 15, 5000), ("far", 6, 20, 15, 5000)],
            ]
    return tuple(
        draw(kind, types, most, seed)
        for kind, types, most, count, first in rows
        for seed in range(first, first + count)
    )


def _rows(count: int, first: int) -> list[tuple[str, int, int, int, int]]:
    return [(kind, k, 16, count, first) for kind in ("near", "far") for k in (2, 4)]
