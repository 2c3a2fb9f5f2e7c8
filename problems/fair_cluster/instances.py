"""The workloads; equal seeds give equal workloads on every machine."""

from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.fair_cluster.model import MAX_TASKS, Aim, ClusterInstance, Job

OVERHEAD = 1
"""Time units that a task takes beside its work."""

_TAIL = 1.3
"""Exponent of the sizes of jobs: their mean exists, their variance does not."""

_SMALLEST = 60
"""Core time of the smallest jobs."""

_KINDS = {
    # users, cores, jobs, load, jobs of a burst, share of user 0
    "bursty": (5, 8, 24, 0.9, 4, 0.2),
    "greedy": (5, 8, 24, 0.9, 2, 0.6),
    "crowded": (10, 12, 40, 1.0, 3, 0.1),
    "small": (3, 4, 16, 0.8, 3, 1 / 3),
    "tiny": (2, 2, 6, 0.8, 2, 0.5),
}


def draw(kind: str, seed: int, aim: Aim) -> ClusterInstance:
    """Draw one workload; both aims of a seed have the same one.

    Bursts of jobs come at random moments, each of one user; sizes are Pareto
    distributed, cut at a hundred times the smallest. A job has 1 to 3 stages; a stage
    has one task for every 8 to 24 time units of work.
    """
    users, cores, count, load, burst, first = _KINDS[kind]
    rng = np.random.default_rng([*map(ord, kind), seed])
    sizes = np.minimum(100, 1 + rng.pareto(_TAIL, size=count)) * _SMALLEST
    horizon = float(sizes.sum()) / (cores * load)
    rows: list[tuple[int, int]] = []
    while len(rows) < count:
        t = int(rng.uniform(0, horizon))
        rest = (1 - first) / (users - 1)
        user = int(rng.choice(users, p=[first, *[rest] * (users - 1)]))
        together = min(count - len(rows), 1 + int(rng.integers(0, 2 * burst - 1)))
        rows += [(t + k, user) for k in range(together)]
    rows.sort()
    jobs = tuple(
        Job(arrival=t, user=user, stages=_stages(rng, float(work)))
        for (t, user), work in zip(rows, sizes, strict=True)
    )
    return ClusterInstance(
        id=f"{kind}-s{seed}-{aim}",
        group=f"{kind}-{aim}",
        cores=cores,
        overhead=OVERHEAD,
        jobs=jobs,
        aim=aim,
    )


def _stages(rng: np.random.Generator, work: float) -> tuple[tuple[int, int], ...]:
    shares = rng.dirichlet([2.0] * int(rng.integers(1, 4)))
    parts = [max(1, round(work * float(share))) for share in shares]
    return tuple(
        (part, min(MAX_TASKS, max(1, round(part / float(rng.uniform(8, 24))))))
        for part in parts
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[ClusterInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(kind, seed, aim)
        for kind, count, first in _BATCHES[split]
        for aim in Aim
        for seed in range(first, first + count)
    )


_BATCHES: dict[Split, list[tuple[str, int, int]]] = {
    Split.SMOKE: [("tiny", 2, 1000)],
    Split.TRAIN: [("bursty", 5, 2000), ("greedy", 5, 2000)],
    Split.VALID: [("bursty", 6, 3000), ("greedy", 6, 3000)],
    Split.TEST: [("bursty", 12, 4000), ("greedy", 12, 4000)],
    Split.OOD: [("crowded", 6, 5000), ("small", 10, 5000)],
}
"""Kind, number of workloads, first seed; each workload is two instances."""
