"""What an instance of resource-constrained project scheduling is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from problems.base import Json

Span = tuple[int, int]
"""Times from the first until before the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RcpspInstance:
    """A project that is known beforehand; times and amounts are integers.

    Attributes
    ----------
    id
        Says how the instance was generated, or its file.
    group
        Kind and number of activities: ``n30``, ``varied30``.
    durations
        Of each activity, ``(n,)``, at least 0, in time units of the instance.
    demands
        Amount of each resource that an activity uses while it runs, ``(n, m)``.
    capacities
        Amount of each resource that there is, ``(m,)``; no demand is larger.
    successors
        Of each activity: those that may not start before it ends; no cycles.
    downtime
        By resource, spans in which nothing that uses it may run; ``()`` for none.
    release, deadline
        Earliest start and latest end of each activity, None for no deadline; ``()``
        for none at all.
    disjunctive
        Pairs of activities that may not run at the same time.
    horizon
        Latest end of the project, None for none.
    """

    id: str
    group: str
    durations: tuple[int, ...]
    demands: tuple[tuple[int, ...], ...]
    capacities: tuple[int, ...]
    successors: tuple[tuple[int, ...], ...]
    downtime: tuple[tuple[Span, ...], ...] = ()
    release: tuple[int, ...] = ()
    deadline: tuple[int | None, ...] = ()
    disjunctive: tuple[Span, ...] = ()
    horizon: int | None = None

    @property
    def n(self) -> int:
        """Number of activities."""
        return len(self.durations)

    @property
    def m(self) -> int:
        """Number of resources."""
        return len(self.capacities)

    def released(self, k: int) -> int:
        """Earliest start of an activity."""
        return self.release[k] if self.release else 0

    def due(self, k: int) -> int | None:
        """Latest end of an activity: its deadline or the horizon, None for neither."""
        deadline = self.deadline[k] if self.deadline else None
        limits = [limit for limit in (deadline, self.horizon) if limit is not None]
        return min(limits, default=None)


def ordered(successors: Sequence[Sequence[int]]) -> list[int]:
    """Give the activities so that each comes before its successors.

    Raises
    ------
    ValueError
        If there is a cycle.
    """
    open_before = [0] * len(successors)
    for row in successors:
        for k in row:
            open_before[k] += 1
    order = [k for k, count in enumerate(open_before) if count == 0]
    for k in order:  # grows while it is read
        for after in successors[k]:
            open_before[after] -= 1
            if open_before[after] == 0:
                order.append(after)
    if len(order) < len(successors):
        stuck = next(k for k, count in enumerate(open_before) if count > 0)
        raise ValueError(f"activity {stuck} is on a cycle of precedences, or behind it")
    return order


def cpm_bound(instance: RcpspInstance) -> int:
    """Length of the project if every resource were plentiful; no makespan is lower."""
    starts = [instance.released(k) for k in range(instance.n)]
    for k in ordered(instance.successors):
        end = starts[k] + instance.durations[k]
        for after in instance.successors[k]:
            starts[after] = max(starts[after], end)
    return max(map(int.__add__, starts, instance.durations))


def trivial_bound(instance: RcpspInstance) -> int:
    """Larger one of the bounds by precedence and by the use of a resource."""
    work = [
        sum(
            p * row[r]
            for p, row in zip(instance.durations, instance.demands, strict=True)
        )
        for r in range(instance.m)
    ]
    by_use = [
        -(-used // capacity)
        for used, capacity in zip(work, instance.capacities, strict=True)
        if capacity
    ]
    return max(cpm_bound(instance), *by_use, 0)


def describe(instance: RcpspInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts.

    ``load`` is the bound by the use of resources over that by precedence, ``arcs`` the
    mean number of successors, ``uses`` the mean share of the resources that an activity
    needs.
    """
    cpm = max(1, cpm_bound(instance))
    cells = [q > 0 for row in instance.demands for q in row]
    work = [
        sum(
            p * row[r]
            for p, row in zip(instance.durations, instance.demands, strict=True)
        )
        / max(1, instance.capacities[r])
        for r in range(instance.m)
    ]
    return {
        "activities": instance.n,
        "arcs": sum(map(len, instance.successors)) / instance.n,
        "uses": sum(cells) / max(1, len(cells)),
        "load": max(work, default=0.0) / cpm,
        "downtimes": sum(map(len, instance.downtime)),
        "disjunctive_pairs": len(instance.disjunctive),
    }


def encode(instance: RcpspInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    n = instance.n
    return {
        "durations": list(instance.durations),
        "demands": [list(row) for row in instance.demands],
        "capacities": list(instance.capacities),
        "successors": [list(row) for row in instance.successors],
        "downtime": [
            [list(span) for span in spans]
            for spans in instance.downtime or ((),) * instance.m
        ],
        "release": [instance.released(k) for k in range(n)],
        "due": [instance.due(k) for k in range(n)],
        "disjunctive": [list(pair) for pair in instance.disjunctive],
    }
