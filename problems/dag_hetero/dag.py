"""A decoded workflow with what is known of it before anything is scheduled."""

from collections.abc import Sequence
from typing import Any, NamedTuple

Links = tuple[tuple[tuple[int, int], ...], ...]
"""By task: other tasks, and the time of the data between machines."""


class Task(NamedTuple):
    """A task before anything is scheduled; times of the instance.

    ``mean``, ``fastest`` and ``slowest`` are its times over the machines. ``up`` is
    its upward rank: mean times and mean transfers on the longest way from its start to
    the end; ``down`` its downward rank, the same from the beginning to its start;
    ``level`` is ``up`` without transfers. ``oct`` is the mean over machines of the
    optimistic cost: what must still follow it if all that follows had the machines
    that suit it best. ``data_in`` and ``data_out`` are sums of its transfers,
    ``parents`` and ``children`` their numbers, ``followers`` counts all tasks that
    need it, through others too. ``critical`` is 1 on the critical path, else 0.
    """

    mean: float
    fastest: int
    slowest: int
    up: float
    down: float
    level: float
    oct: float
    data_in: int
    data_out: int
    parents: int
    children: int
    followers: int
    critical: int


class Stats(NamedTuple):
    """The workflow in numbers.

    ``n`` tasks on ``m`` machines; ``span`` is the length of the critical path, ``work``
    the sum of the mean times over m, ``mean`` the mean time of a task, ``comm`` the
    mean of all transfers.
    """

    n: int
    m: int
    span: float
    work: float
    mean: float
    comm: float


class Graph(NamedTuple):
    """A workflow: times by task and machine, links, and views of its tasks.

    ``parents[i]`` and ``children[i]`` are pairs (task, transfer); ``order`` has each
    task behind its parents; ``optimistic[i][k]`` is what must follow task i on machine
    k; ``pinned`` is the machine that is fastest for the critical path.
    """

    cost: tuple[tuple[int, ...], ...]
    parents: Links
    children: Links
    order: tuple[int, ...]
    tasks: tuple[Task, ...]
    optimistic: tuple[tuple[int, ...], ...]
    pinned: int
    stats: Stats


def graph(
    cost: Sequence[Sequence[int]], edges: Sequence[tuple[int, int, int]]
) -> Graph:
    """Work out what is known of a workflow without cycles."""
    n, m = len(cost), len(cost[0])
    parents: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    children: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for i, j, c in edges:
        children[i].append((j, c))
        parents[j].append((i, c))
    order = _order(parents, children)
    means = [sum(row) / m for row in cost]
    # A transfer is free to one machine of m: this is its mean over pairs of machines.
    share = (m - 1) / m
    up = _longest(order, children, means, share)
    level = _longest(order, children, means, 0.0)
    from_start = _longest(order[::-1], parents, means, share)
    down = [found - mean for found, mean in zip(from_start, means, strict=True)]
    optimistic = _optimistic(order, children, cost)
    path = _critical(children, up, down, parents)
    totals = [sum(cost[i][k] for i in path) for k in range(m)]
    on_path = set(path)
    tasks = tuple(
        Task(
            means[i],
            min(cost[i]),
            max(cost[i]),
            up[i],
            down[i],
            level[i],
            sum(optimistic[i]) / m,
            sum([c for _, c in parents[i]]),
            sum([c for _, c in children[i]]),
            len(parents[i]),
            len(children[i]),
            followers,
            int(i in on_path),
        )
        for i, followers in enumerate(_followers(order, children))
    )
    transfers = [c for row in children for _, c in row]
    stats = Stats(
        n,
        m,
        max(up),
        sum(means) / m,
        sum(means) / n,
        sum(transfers) / max(1, len(transfers)),
    )
    return Graph(
        tuple(map(tuple, cost)),
        tuple(map(tuple, parents)),
        tuple(map(tuple, children)),
        tuple(order),
        tasks,
        tuple(map(tuple, optimistic)),
        totals.index(min(totals)),
        stats,
    )


def _order(
    parents: list[list[tuple[int, int]]], children: list[list[tuple[int, int]]]
) -> list[int]:
    missing = [len(row) for row in parents]
    order = [i for i, count in enumerate(missing) if count == 0]
    for i in order:  # grows while it is read
        for j, _ in children[i]:
            missing[j] -= 1
            if missing[j] == 0:
                order.append(j)
    return order


def _longest(
    order: Sequence[int], links: list[list[tuple[int, int]]], means: Any, share: float
) -> list[float]:
    """Length by task of the longest way along ``links``, with the task's own mean."""
    found = [0.0] * len(means)
    for i in reversed(order):
        found[i] = means[i] + max(
            [share * c + found[j] for j, c in links[i]], default=0
        )
    return found


def _optimistic(
    order: Sequence[int],
    children: list[list[tuple[int, int]]],
    cost: Sequence[Sequence[int]],
) -> list[list[int]]:
    rows = [[0] * len(cost[0]) for _ in cost]
    for i in reversed(order):
        row = rows[i]
        for j, c in children[i]:
            whole = [a + w for a, w in zip(rows[j], cost[j], strict=True)]
            away = min(whole) + c
            for k, at_home in enumerate(whole):
                row[k] = max(row[k], min(at_home, away))
    return rows


def _critical(
    children: list[list[tuple[int, int]]],
    up: Sequence[float],
    down: Sequence[float],
    parents: list[list[tuple[int, int]]],
) -> list[int]:
    """Tasks of a critical path, from the entry of the highest rank on."""
    entries = [i for i, row in enumerate(parents) if not row]
    path = [max(entries, key=lambda i: up[i])]
    while children[path[-1]]:
        after = [j for j, _ in children[path[-1]]]
        path.append(max(after, key=lambda j: up[j] + down[j]))
    return path


def _followers(
    order: Sequence[int], children: list[list[tuple[int, int]]]
) -> list[int]:
    reached = [0] * len(children)
    for i in reversed(order):
        for j, _ in children[i]:
            reached[i] |= reached[j] | 1 << j
    return [bits.bit_count() for bits in reached]
