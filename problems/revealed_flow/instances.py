"""Families of jobs, and the splits made with them.

A job is drawn stage by stage: the size of an operation from a short list, then whether
the job ends with it. Jobs arrive as a Poisson process, rounded to whole times, in
``bursts`` ten at once. Families differ in what an operation tells about the rest:

* ``chain``: nothing; any number of operations, exponential sizes.
* ``tests``: a test of the same length for all, then a heavy-tailed rest.
* ``iceberg``: a short operation, half of the time with a long one behind it.
* ``decoy``: seven of ten jobs are one operation of about 19; the others have three
  more, each a bit shorter than that, so that a rule that looks at one operation only
  prefers the longest jobs.
* ``long``: eight operations, like ``chain``, held out.
* ``bursts``: the jobs of ``chain`` and ``tests`` in one, held out.
* ``lure``: up to twelve operations, each shorter than the one before, held out: the
  worst for a rule that looks at one operation only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log
from types import MappingProxyType

import numpy as np

from problems.base import Split
from problems.revealed_flow.model import FlowInstance, Job, Stage

LOADS = (0.8, 0.95)
"""Share of the time that the machine is busy in the long run; instances take turns."""

SCALES = 4
"""Times of an instance are a multiple of 1 to 4: no constant is worth learning."""

QUANTUM = 8
"""Longest time between decisions, before scaling."""

_BURST = 10


def _exponential(mean: float, count: int = 12) -> tuple[int, ...]:
    """Give quantiles of an exponential distribution, rounded up."""
    return tuple(int(-mean * log(1 - (k + 0.5) / count)) + 1 for k in range(count))


_HEAVY = (1, 1, 2, 2, 3, 4, 6, 9, 14, 24, 48, 120)

FAMILIES: Mapping[str, tuple[Stage, ...]] = MappingProxyType(
    {
        "chain": (*[(0.4, _exponential(16))] * 3, (1.0, _exponential(16))),
        "tests": ((0.0, (8,)), (1.0, _HEAVY)),
        "iceberg": ((0.5, (2, 3, 4, 6)), (0.6, (30, 50, 70)), (1.0, (4, 90))),
        "decoy": (
            (0.7, (18, 19, 20)),
            *[(0.05, (14, 15, 16, 17))] * 2,
            (1.0, (14, 15, 16, 17)),
        ),
        "long": (*[(0.2, _exponential(10))] * 7, (1.0, _exponential(10))),
        "bursts": ((0.3, (4, 8, 8, 12)), (0.5, _HEAVY), (1.0, _exponential(16))),
        "lure": (
            (0.6, (20, 21, 22)),
            *[(0.0, (20 - k, 19 - k)) for k in range(1, 11)],
            (1.0, (8,)),
        ),
    }
)
"""Laws by name; the order is part of the seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Instances of one group: seeds from ``first_seed``."""

    family: str
    n: int
    count: int
    first_seed: int


def draw(family: str, n: int, seed: int) -> FlowInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    family
        One of ``FAMILIES``.
    n
        Number of jobs.
    """
    rng = np.random.default_rng([list(FAMILIES).index(family), n, seed])
    scale = int(rng.integers(1, SCALES + 1))
    law = tuple(
        (ends, tuple(size * scale for size in sizes))
        for ends, sizes in FAMILIES[family]
    )
    gap = _mean_size(law) / LOADS[seed % len(LOADS)]
    at_once = _BURST if family == "bursts" else 1
    release, jobs = 0.0, []
    for k in range(n):
        if k % at_once == 0:
            release += float(rng.exponential(gap * at_once))
        jobs.append(Job(release=round(release), sizes=_sizes(rng, law)))
    return FlowInstance(
        id=f"{family}{n}-s{seed}",
        group=f"{family}{n}",
        law=law,
        quantum=QUANTUM * scale,
        jobs=tuple(jobs),
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[FlowInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(batch.family, batch.n, seed)
        for batch in _batches(split)
        for seed in range(batch.first_seed, batch.first_seed + batch.count)
    )


def _batches(split: Split) -> tuple[_Batch, ...]:
    known = ("chain", "tests", "iceberg", "decoy")
    match split:
        case Split.SMOKE:
            rows = [("chain", 12, 2, 1000), ("decoy", 12, 1, 1000)]
        case Split.TRAIN:
            rows = [(family, 40, 8, 2000) for family in known]
        case Split.VALID:
            rows = [(family, 40, 8, 3000) for family in known]
        case Split.TEST:
            rows = [(family, 40, 16, 4000) for family in known]
        case Split.OOD:
            rows = [
                *[(family, 60, 8, 5000) for family in ("long", "bursts", "lure")],
                *[("decoy", 120, 4, 5000)],
            ]
    return tuple(
        _Batch(family=family, n=n, count=count, first_seed=first)
        for family, n, count, first in rows
    )


def _sizes(rng: np.random.Generator, law: tuple[Stage, ...]) -> tuple[int, ...]:
    sizes: list[int] = []
    for ends, choices in law:
        sizes.append(choices[rng.integers(len(choices))])
        if rng.random() < ends:
            break
    return tuple(sizes)


def _mean_size(law: tuple[Stage, ...]) -> float:
    """Return the expected total size of a job."""
    mean = 0.0
    for ends, sizes in reversed(law):
        mean = sum(sizes) / len(sizes) + (1 - ends) * mean
    return mean
