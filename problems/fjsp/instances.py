"""The splits: operations that mix machines at will, and held-out shops of other kinds.

``mix`` are the instances that learned dispatching is tested on (called SD2 there): each
operation can be done by 1 to m machines, and each has a time of its own, U{1..99}.
``alike`` are those called SD1: mean times U{1..20}, five times finer here, and times
within 20 % of it on at most 3 machines. In ``few`` shops most operations have one
machine, a third of them two, with the same time, as in Hurink's edata.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.fjsp.model import Choice, FjspInstance

KINDS = ("mix", "alike", "few")
"""Their order is part of the seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Instances of one group: seeds from ``first_seed``."""

    kind: str
    n: int
    m: int
    count: int
    first_seed: int


def draw(
    kind: str, n: int, m: int, seed: int, *, length: int | None = None
) -> FjspInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    kind
        One of ``KINDS``.
    n, m
        Numbers of jobs and of machines.
    length
        Operations of each job; ``m`` of them by default.
    """
    longer = [] if length is None else [length]
    rng = np.random.default_rng([KINDS.index(kind), n, m, seed, *longer])
    operation = {"mix": _mix, "alike": _alike, "few": _few}[kind]
    jobs = tuple(tuple(operation(rng, m) for _ in range(length or m)) for _ in range(n))
    group = "x".join([f"{kind}{n}", str(m), *map(str, longer)])
    return FjspInstance(id=f"{group}-s{seed}", group=group, m=m, jobs=jobs)


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[FjspInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(batch.kind, batch.n, batch.m, seed)
        for batch in _batches(split)
        for seed in range(batch.first_seed, batch.first_seed + batch.count)
    )


def _batches(split: Split) -> tuple[_Batch, ...]:
    match split:
        case Split.SMOKE:
            rows = [("mix", 6, 3, 3, 1000)]
        case Split.TRAIN:
            rows = [
                *(("mix", 8, 4, 10, 2000), ("mix", 12, 4, 12, 2000)),
                *(("mix", 16, 4, 12, 2000), ("mix", 24, 4, 8, 2000)),
            ]
        case Split.VALID:
            rows = [
                *(("mix", 8, 4, 8, 3000), ("mix", 12, 4, 8, 3000)),
                *(("mix", 16, 4, 8, 3000), ("mix", 24, 4, 6, 3000)),
            ]
        case Split.TEST:
            rows = [
                *(("mix", 8, 4, 16, 4000), ("mix", 12, 4, 16, 4000)),
                *(("mix", 16, 4, 16, 4000), ("mix", 24, 4, 12, 4000)),
            ]
        case Split.OOD:
            rows = [
                *(("mix", 20, 5, 8, 5000), ("mix", 32, 4, 4, 5000)),
                *(("alike", 16, 4, 10, 5000), ("few", 16, 4, 10, 5000)),
            ]
    return tuple(
        _Batch(kind=kind, n=n, m=m, count=count, first_seed=first)
        for kind, n, m, count, first in rows
    )


def _mix(rng: np.random.Generator, m: int) -> tuple[Choice, ...]:
    count = int(rng.integers(1, m + 1))
    times = rng.integers(1, 100, count).tolist()
    return _choices(rng, m, times)


def _alike(rng: np.random.Generator, m: int) -> tuple[Choice, ...]:
    count = min(3, int(rng.integers(1, m + 1)))
    mean = 5 * int(rng.integers(1, 21))
    times = rng.integers(mean * 4 // 5, mean * 6 // 5 + 1, count).tolist()
    return _choices(rng, m, times)


def _few(rng: np.random.Generator, m: int) -> tuple[Choice, ...]:
    count = 2 if rng.random() < 1 / 3 else 1
    return _choices(rng, m, [int(rng.integers(1, 100))] * count)


def _choices(rng: np.random.Generator, m: int, times: list[int]) -> tuple[Choice, ...]:
    machines = sorted(rng.permutation(m)[: len(times)].tolist())
    return tuple(zip(machines, times, strict=True))
