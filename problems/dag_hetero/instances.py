"""The sets of workflows; equal seeds give equal instances on every machine."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from problems.base import Split
from problems.dag_hetero import shapes
from problems.dag_hetero.model import DagInstance, Edges
from problems.dag_hetero.shapes import Shape

MEAN = 100
"""Mean time of a task, time units."""

_ALPHAS = (0.5, 1.0, 2.0)
_CCRS = (0.1, 0.5, 1.0, 2.0, 5.0)
_BETAS = (0.25, 0.5, 1.0)
_DEGREE = 4
_SIZES = {"fft": {15: 4, 39: 8, 95: 16}, "gauss": {14: 5, 20: 6, 27: 7, 54: 10}}
_SIZES["chol"] = {10: 3, 20: 4, 35: 5, 84: 7}
_SPEEDS = (2, 3, 4, 8)
"""Of the machines of planted workflows: 1, 1.5, 2, 4 in halves."""

_PER_TASK = 24
"""Work of planted tasks is a multiple: every speed gives a whole number of units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """An instance with a schedule that leaves no machine idle before its end.

    ``answer`` holds machine and start by task.
    """

    instance: DagInstance
    answer: tuple[tuple[int, int], ...]


def draw(kind: str, n: int, m: int, seed: int) -> DagInstance:
    """Draw one instance with unrelated times.

    The transfers of an edge and the differences between machines are those of the
    random graphs of Topcuoglu et al.: CCR and heterogeneity go through 0.1 to 5 and
    0.25 to 1 with the seed.

    Parameters
    ----------
    kind
        ``rnd``, ``fft``, ``gauss`` or ``chol``.
    n, m
        Numbers of tasks and machines.
    """
    rng = np.random.default_rng([*map(ord, kind), n, m, seed])
    shape = _shape(rng, kind, n, seed)
    ccr = _CCRS[seed % len(_CCRS)]
    beta = _BETAS[seed // len(_CCRS) % len(_BETAS)]
    scale = MEAN * n / sum(shape.weights)
    cost = tuple(
        tuple(
            max(1, round(float(rng.uniform(1 - beta / 2, 1 + beta / 2)) * w * scale))
            for _ in range(m)
        )
        for w in shape.weights
    )
    edges = tuple(
        (i, j, round(float(rng.uniform(0, 2 * ccr * MEAN)))) for i, j in shape.pairs
    )
    return DagInstance(
        id=f"{kind}{n}-s{seed}", group=f"{kind}{n}", cost=cost, edges=edges
    )


def _shape(rng: np.random.Generator, kind: str, n: int, seed: int) -> Shape:
    if kind == "rnd":
        return shapes.random_graph(rng, n, _ALPHAS[seed % len(_ALPHAS)], _DEGREE)
    make = {"fft": shapes.fft, "gauss": shapes.gauss, "chol": shapes.cholesky}[kind]
    return make(_SIZES[kind][n])


def plant(n: int, seed: int) -> Planted:
    """Draw n tasks on four machines of known speeds around a schedule without a gap.

    The schedule comes first: every machine is busy until the same moment. Then tasks
    are made to need others whose data are there in time. As all machines are busy, the
    sum of the work over the sum of the speeds is the makespan: it is optimal.
    """
    rng = np.random.default_rng([7, n, seed])
    total = sum(_SPEEDS)
    counts = np.maximum(1, np.round([n * s / total for s in _SPEEDS])).astype(int)
    counts[-1] += n - counts.sum()
    # Long enough for the busiest machine to have tasks of whole numbers of units.
    end = _PER_TASK * int(rng.integers(9, 12)) * int(max(counts)) // 2
    tasks = [
        (int(k), start, until)
        for k, count in enumerate(counts)
        for start, until in _cut(rng, end, int(count), _PER_TASK // _SPEEDS[k])
    ]
    tasks = [tasks[at] for at in rng.permutation(n)]
    cost = tuple(
        tuple((until - start) * _SPEEDS[k] // s for s in _SPEEDS)
        for k, start, until in tasks
    )
    instance = DagInstance(
        id=f"planted{n}-s{seed}",
        group=f"planted{n}",
        cost=cost,
        edges=_fitting(rng, tasks, _CCRS[seed % len(_CCRS)] * end / max(counts)),
    )
    return Planted(instance=instance, answer=tuple((k, start) for k, start, _ in tasks))


def _cut(
    rng: np.random.Generator, end: int, count: int, grain: int
) -> list[tuple[int, int]]:
    """Cut the time until ``end`` into pieces that are multiples of the grain."""
    inner = rng.choice(np.arange(1, end // grain), size=count - 1, replace=False)
    marks = [0, *(int(at) * grain for at in np.sort(inner)), end]
    return list(pairwise(marks))


def _fitting(
    rng: np.random.Generator, tasks: list[tuple[int, int, int]], mean: float
) -> Edges:
    """Draw up to four needs for each task, with transfers that come in time."""
    edges = []
    for j, (home, start, _) in enumerate(tasks):
        early = [i for i, (_, _, until) in enumerate(tasks) if until <= start]
        early.sort(key=lambda i: tasks[i][2])
        recent = early[-12:]
        count = min(len(recent), int(rng.integers(1, _DEGREE + 1)))
        for at in rng.permutation(len(recent))[:count]:
            i = recent[int(at)]
            wanted = round(float(rng.uniform(0, 2 * mean)))
            here = tasks[i][0] == home
            edges.append((i, j, wanted if here else min(wanted, start - tasks[i][2])))
    return tuple(sorted(edges))


@lru_cache(maxsize=len(Split))
def planted(split: Split) -> tuple[Planted, ...]:
    """Instances of a split that were planted, always in the same order."""
    return tuple(
        plant(n, seed)
        for kind, n, _, count, first in _BATCHES[split]
        if kind == "planted"
        for seed in range(first, first + count)
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[DagInstance, ...]:
    """Instances of a split, always in the same order."""
    drawn = tuple(
        draw(kind, n, m, seed)
        for kind, n, m, count, first in _BATCHES[split]
        if kind != "planted"
        for seed in range(first, first + count)
    )
    return drawn + tuple(one.instance for one in planted(split))


_BATCHES: dict[Split, list[tuple[str, int, int, int, int]]] = {
    Split.SMOKE: [("rnd", 12, 3, 3, 1000)],
    Split.TRAIN: [
        *(("rnd", 20, 4, 12, 2000), ("rnd", 30, 4, 12, 2000)),
        *(("fft", 15, 4, 7, 2000), ("gauss", 20, 4, 7, 2000)),
        ("chol", 20, 4, 7, 2000),
    ],
    Split.VALID: [
        *(("rnd", 20, 4, 10, 3000), ("rnd", 30, 4, 10, 3000)),
        *(("fft", 15, 4, 5, 3000), ("gauss", 20, 4, 5, 3000)),
        ("chol", 20, 4, 5, 3000),
    ],
    Split.TEST: [
        *(("rnd", 20, 4, 15, 4000), ("rnd", 30, 4, 15, 4000)),
        *(("fft", 15, 4, 10, 4000), ("gauss", 20, 4, 10, 4000)),
        ("chol", 20, 4, 10, 4000),
    ],
    Split.OOD: [
        *(("rnd", 60, 6, 5, 5000), ("fft", 39, 4, 5, 5000)),
        *(("gauss", 27, 3, 5, 5000), ("chol", 35, 4, 5, 5000)),
        ("planted", 80, 4, 10, 5000),
    ],
}
"""Kind, tasks, machines, number of instances and first seed."""
