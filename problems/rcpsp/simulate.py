"""The driver: schedule generation schemes. Runs in the sandbox, plain Python.

``priority`` feeds the serial scheme: activities are placed one by one, each as early as
it fits beside those placed before. ``justified`` does the same and then moves
everything to the right and to the left again, which never makes a schedule longer (V.
Valls, F. Ballestin and S. Quintanilla, Justification and RCPSP, European Journal of
Operational Research 165 (2005) 375-386). ``dispatch`` feeds the parallel scheme: time
moves on, and whatever can start at a moment does, unless something else that starts
first takes its resources.
"""

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from problems.rcpsp.parallel import dispatched
from problems.rcpsp.views import Activity, Project, Stats, decode
from problems.values import first_unusable, usable

__all__ = ["decode", "run"]

Spans = Sequence[Sequence[tuple[int, int]]]


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Project, seed: int
) -> list[int]:
    """Give the start of each activity, in the order of the instance.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number; the text says where.
    """
    random.seed(seed)
    if entry_point == "priority":
        return _serial(entry_point, heuristic, instance)
    if entry_point == "justified":
        return _justified(instance, _serial(entry_point, heuristic, instance))
    if entry_point == "dispatch":
        return dispatched(heuristic, instance)
    raise ValueError(f"no entry point {entry_point!r}")


class Calendar:
    """What is free of each resource from each of ``times`` until the next."""

    __slots__ = ("free", "times")

    def __init__(self, capacities: Sequence[int], downtime: Spans) -> None:
        edges = {t for spans in downtime for span in spans for t in span if t > 0}
        self.times = [0, *sorted(edges)]
        self.free = [
            [
                0 if any(start <= t < end for start, end in spans) else capacity
                for capacity, spans in zip(capacities, downtime, strict=True)
            ]
            for t in self.times
        ]

    def earliest(self, ready: int, p: int, needs: Sequence[tuple[int, int]]) -> int:
        """First time from ``ready`` on at which the needs are met for ``p``."""
        times, free = self.times, self.free
        k = bisect_right(times, ready) - 1
        start, end = ready, ready + p
        while k < len(times) and times[k] < end:
            row = free[k]
            k += 1
            for r, amount in needs:
                if row[r] < amount:
                    start, end = times[k], times[k] + p
                    break
        return start

    def take(self, start: int, end: int, needs: Sequence[tuple[int, int]]) -> None:
        """Use the needs from ``start`` until before ``end``."""
        if not needs:
            return
        first, last = self._edge(start), self._edge(end)
        for row in self.free[first:last]:
            for r, amount in needs:
                row[r] -= amount

    def _edge(self, t: int) -> int:
        k = bisect_right(self.times, t)
        if self.times[k - 1] == t:
            return k - 1
        self.times.insert(k, t)
        self.free.insert(k, self.free[k - 1].copy())
        return k


def _serial(
    name: str, priority: Callable[[Activity, Stats], Any], project: Project
) -> list[int]:
    """Place what is eligible and has the smallest value; ties go to lower indices."""
    values = [priority(activity, project.stats) for activity in project.activities]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(f"{name} of activity {at} is {shown}, not a finite number")
    waiting = [len(row) for row in project.preds]
    heap: list[tuple[Any, int]] = []
    for k, count in enumerate(waiting):
        if count == 0:
            heappush(heap, (values[k], k))
    order: list[int] = []
    while heap:
        _, k = heappop(heap)
        order.append(k)
        for after in project.succs[k]:
            waiting[after] -= 1
            if waiting[after] == 0:
                heappush(heap, (values[after], after))
    return _placed(project, order, project.release, project.preds, project.downtime)


def _placed(
    project: Project,
    order: Sequence[int],
    ready: Sequence[int],
    before: Sequence[Sequence[int]],
    downtime: Spans,
) -> list[int]:
    """Place the activities in the given order, each as early as it fits."""
    calendar = Calendar(project.capacities, downtime)
    starts = [-1] * len(order)
    for k in order:
        p, needs = project.p[k], project.needs[k]
        start = max([ready[k], *(starts[j] + project.p[j] for j in before[k])])
        while True:
            start = calendar.earliest(start, p, needs)
            clash = [
                starts[j] + project.p[j]
                for j in project.apart[k]
                if starts[j] >= 0
                and starts[j] < start + p
                and start < starts[j] + project.p[j]
            ]
            if not clash:
                break
            start = max(clash)
        starts[k] = start
        calendar.take(start, start + p, needs)
    return starts


def _justified(project: Project, starts: list[int]) -> list[int]:
    """Move everything as late as the end allows, the last first; then back again."""
    ends = list(map(int.__add__, starts, project.p))
    makespan = max(ends)
    mirrored = [
        [(makespan - end, makespan - start) for start, end in spans if start < makespan]
        for spans in project.downtime
    ]
    order = list(reversed(project.order))
    order.sort(key=lambda k: (-ends[k], -starts[k]))
    late = _placed(
        project,
        order,
        [0 if due is None else max(0, makespan - due) for due in project.due],
        project.succs,
        mirrored,
    )
    right = [makespan - start - p for start, p in zip(late, project.p, strict=True)]
    order = sorted(project.order, key=lambda k: (right[k], right[k] + project.p[k]))
    return _placed(project, order, project.release, project.preds, project.downtime)
