"""What an instance of a workflow on different machines is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from problems.base import Json

Rows = tuple[tuple[int, ...], ...]
Edges = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DagInstance:
    """Tasks with precedence, each on one of several machines, known beforehand.

    Attributes
    ----------
    id
        Says how the instance was generated: ``rnd30-s2003``, or its file.
    group
        Kind and number of tasks: ``rnd30``, ``gauss20``.
    cost
        Time of task i on machine k, ``(n, m)``, positive, in time units.
    edges
        ``(i, j, c)``: task j needs what task i makes, once; c is the time that the
        data take from one machine to another, 0 or more, time units. There is no
        cycle.
    """

    id: str
    group: str
    cost: Rows
    edges: Edges

    @property
    def n(self) -> int:
        """Number of tasks."""
        return len(self.cost)

    @property
    def m(self) -> int:
        """Number of machines."""
        return len(self.cost[0])


def topological(n: int, edges: Edges) -> list[int]:
    """Give the tasks, each behind all that it needs.

    Raises
    ------
    ValueError
        If there is a cycle.
    """
    children: list[list[int]] = [[] for _ in range(n)]
    missing = [0] * n
    for i, j, _ in edges:
        children[i].append(j)
        missing[j] += 1
    order = [i for i in range(n) if missing[i] == 0]
    for i in order:  # grows while it is read
        for j in children[i]:
            missing[j] -= 1
            if missing[j] == 0:
                order.append(j)
    if len(order) < n:
        raise ValueError("the tasks need each other in a circle")
    return order


def path_bound(instance: DagInstance) -> int:
    """Longest path if every task of it had the machine that suits the path best."""
    m = instance.m
    children: list[list[tuple[int, int]]] = [[] for _ in instance.cost]
    for i, j, c in instance.edges:
        children[i].append((j, c))
    least = [[0] * m for _ in instance.cost]
    for i in reversed(topological(instance.n, instance.edges)):
        ahead = [0] * m
        for j, c in children[i]:
            away = min(least[j]) + c
            ahead = [
                max(a, min(at_home, away))
                for a, at_home in zip(ahead, least[j], strict=True)
            ]
        least[i] = [a + w for a, w in zip(ahead, instance.cost[i], strict=True)]
    return max(min(row) for row in least)


def load_bound(instance: DagInstance) -> int:
    """Work over machines, weighted by any shares: the larger of two such bounds.

    For shares that sum to 1, no makespan is below the sum over tasks of the smallest
    share times cost. Equal shares, and shares that grow with the speed of a machine;
    these are exact where all tasks agree on the speeds.
    """
    totals = [sum(column) for column in zip(*instance.cost, strict=True)]
    # In whole numbers, so that no rounding lifts the bound.
    speeds = [(1 << 40) // total for total in totals]
    bounds: list[int] = []
    for shares in ([1] * instance.m, speeds):
        work = sum(
            min(s * w for s, w in zip(shares, row, strict=True))
            for row in instance.cost
        )
        bounds.append(-(-work // sum(shares)))
    return max(bounds)


@lru_cache(maxsize=1024)
def trivial_bound(instance: DagInstance) -> int:
    """Larger of the bounds by path and by load: no makespan is lower."""
    return max(path_bound(instance), load_bound(instance))


def describe(instance: DagInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts.

    ``ccr`` is the mean time of an edge over the mean time of a task, ``width`` the
    load bound over the path bound: how far the machines, and not the paths, decide.
    """
    mean = sum(map(sum, instance.cost)) / (instance.n * instance.m)
    edges = instance.edges
    return {
        "tasks": instance.n,
        "machines": instance.m,
        "edges": len(edges),
        "ccr": sum(c for *_, c in edges) / max(1, len(edges)) / mean,
        "width": load_bound(instance) / path_bound(instance),
    }


def encode(instance: DagInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {
        "cost": [list(row) for row in instance.cost],
        "edges": [list(edge) for edge in instance.edges],
    }


def scaled(seconds: float, speed: float) -> int:
    """Milliseconds on a machine of a speed, at least 1."""
    return max(1, round(1000 * seconds / speed))
