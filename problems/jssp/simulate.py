"""The drivers: dispatch a job shop with a rule. Run in the sandbox, plain Python.

``priority`` makes non-delay schedules: a machine never stands idle while an operation
waits for it. ``active_priority`` makes active ones (B. Giffler and G. L. Thompson,
Algorithms for solving production-scheduling problems, Operations Research 8 (1960)
487-503): a machine may wait for an operation that would otherwise be delayed.
"""

import random
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NamedTuple

from problems.dispatch import non_delay
from problems.values import first_unusable, usable


class Op(NamedTuple):
    """An operation that could be next on a machine, with what its job has done.

    ``p`` is its processing time; ``done``, ``rest`` and ``total`` are the work of its
    job before it, from it on (it included) and altogether; ``left`` counts the
    operations from it on. ``next_p`` and ``next_machine`` belong to the operation
    behind it, 0 and -1 if it is the last. ``ready`` is the time at which the operation
    before it ends.
    """

    p: int
    done: int
    rest: int
    total: int
    left: int
    next_p: int
    next_machine: int
    ready: int


class State(NamedTuple):
    """The moment of a decision for one machine.

    ``t`` is the earliest time at which the machine can start one of the candidates,
    ``n`` their number, ``p_mean`` and ``rest_mean`` the means of their ``p`` and
    ``rest``; ``load`` is the work that the machine has still to start.
    ``queue_work`` and ``machine_load`` hold by machine the work of the operations that
    are next for their job, and all work not yet started; the last entry is 0, so that
    ``next_machine`` may be used as the index.
    """

    t: int
    n: int
    load: int
    p_mean: float
    rest_mean: float
    queue_work: tuple[int, ...]
    machine_load: tuple[int, ...]


Fixed = tuple[int, int, int, int, int, int, int]
"""The fields of an operation that the instance decides: all but ``ready``."""

Priority = Callable[[Op, State], Any]


class Shop(NamedTuple):
    """An instance: machine and fixed fields by job and operation."""

    machines: tuple[tuple[int, ...], ...]
    fixed: tuple[tuple[Fixed, ...], ...]


def decode(payload: Any) -> Shop:
    """Rebuild an instance from plain data."""
    machines = tuple(map(tuple, payload["machines"]))
    times = payload["times"]
    return Shop(machines, tuple(map(_fixed, machines, times)))


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Shop, seed: int
) -> list[list[int]]:
    """Give the schedule that ``heuristic`` makes: start times by job and operation.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a priority is not a finite real number; the text says where.
    """
    random.seed(seed)
    floor = _Floor(instance, heuristic)
    if entry_point == "priority":
        non_delay(floor)
    elif entry_point == "active_priority":
        _active(floor)
    else:
        raise ValueError(f"no entry point {entry_point!r}")
    return floor.starts


def _fixed(machines: Sequence[int], times: Sequence[int]) -> tuple[Fixed, ...]:
    total, count = sum(times), len(times)
    next_times, next_machines = [*times[1:], 0], [*machines[1:], -1]
    rows: list[Fixed] = []
    done = 0
    for k, p in enumerate(times):
        after = next_times[k], next_machines[k]
        rows.append((p, done, total - done, total, count - k, *after))
        done += p
    return tuple(rows)


class _Floor:
    """Where every job stands, and the choice among candidates on one machine.

    ``ops[k]`` are the operations that are next for their job and need machine k, in
    the order in which they came to be so; ``jobs[k]`` are their jobs, ``work[k]`` and
    ``rest[k]`` the sums of their ``p`` and ``rest``.
    """

    def __init__(self, shop: Shop, priority: Priority) -> None:
        m = len(shop.machines[0])
        self.ops: list[list[Op]] = [[] for _ in range(m)]
        self.jobs: list[list[int]] = [[] for _ in range(m)]
        self.work = [0] * (m + 1)
        self.rest = [0] * m
        self.starts: list[list[int]] = [[] for _ in shop.machines]
        self._shop = shop
        self._priority = priority
        self._load = [0] * (m + 1)
        for machines, fixed in zip(*shop, strict=True):
            for machine, row in zip(machines, fixed, strict=True):
                self._load[machine] += row[0]
        for job in range(len(shop.machines)):
            self.advance(job, 0)

    def advance(self, job: int, t: int) -> int:
        """Let a job wait for its next machine from ``t`` on; -1 if it is complete."""
        k = len(self.starts[job])
        machines = self._shop.machines[job]
        if k == len(machines):
            return -1
        machine = machines[k]
        op = _new(Op, (*self._shop.fixed[job][k], t))
        self.ops[machine].append(op)
        self.jobs[machine].append(job)
        self.work[machine] += op[0]
        self.rest[machine] += op[2]
        return machine

    def start(self, machine: int, at: int, t: int) -> tuple[int, int]:
        """Start the operation at place ``at`` of a queue; give its end and job."""
        op = self.ops[machine].pop(at)
        job = self.jobs[machine].pop(at)
        self.starts[job].append(t)
        p = op[0]
        self.work[machine] -= p
        self.rest[machine] -= op[2]
        self._load[machine] -= p
        return t + p, job

    def first_of_queue(self, machine: int, t: int) -> int:
        """Choose among all that wait for a machine; gives a place in its queue."""
        ops = self.ops[machine]
        if len(ops) == 1:
            return 0
        sums = self.work[machine], self.rest[machine]
        return self._choose(machine, ops, self.jobs[machine], t, *sums)

    def first_of(self, machine: int, places: list[int], t: int) -> int:
        """Choose among some places in the queue of a machine; gives one of them."""
        ops = [self.ops[machine][place] for place in places]
        jobs = [self.jobs[machine][place] for place in places]
        sums = sum([op[0] for op in ops]), sum([op[2] for op in ops])
        return places[self._choose(machine, ops, jobs, t, *sums)]

    def _choose(
        self,
        machine: int,
        ops: list[Op],
        jobs: list[int],
        t: int,
        work: int,
        rest: int,
    ) -> int:
        """Give the index of the smallest priority, the first one of ties."""
        n = len(ops)
        load = self._load
        about = (t, n, load[machine], work / n, rest / n, tuple(self.work), tuple(load))
        state = _new(State, about)
        priority = self._priority
        values = [priority(op, state) for op in ops]
        if not usable(values):
            raise ValueError(_complaint(values, jobs, machine, t))
        return values.index(min(values))


_new = tuple.__new__
"""Makes a named tuple at half the cost of calling its class."""


def _active(floor: _Floor) -> None:
    """Give the machine of the earliest possible end to one that would delay that end.

    Of several machines with the same earliest end the one of lower index is first;
    ties between operations go to the job of lower index.
    """
    free = [0] * len(floor.ops)
    earliest = [_earliest_end(queue, 0) for queue in floor.ops]
    while (end := min(earliest)) < inf:
        machine = earliest.index(end)
        since, queue = free[machine], floor.ops[machine]
        places = _conflicting(queue, since, end)
        if len(places) > 1:
            places.sort(key=floor.jobs[machine].__getitem__)
            t = max(since, min([queue[place].ready for place in places]))
            at = floor.first_of(machine, places, t)
        else:
            at = places[0]
        free[machine], job = floor.start(machine, at, max(queue[at].ready, since))
        waits_for = floor.advance(job, free[machine])
        earliest[machine] = _earliest_end(queue, free[machine])
        if waits_for >= 0:
            latest = floor.ops[waits_for][-1]
            reached = max(latest.ready, free[waits_for]) + latest.p
            earliest[waits_for] = min(earliest[waits_for], reached)


def _conflicting(queue: Sequence[Op], since: int, end: float) -> list[int]:
    """Give the places of operations that can start before ``end``, the earliest one."""
    if since < end:
        places = [place for place, op in enumerate(queue) if op.ready < end]
        if places:
            return places
    # Only an operation without length can end when it starts.
    ends = [max(op.ready, since) + op.p for op in queue]
    return [place for place, reached in enumerate(ends) if reached == end]


def _earliest_end(queue: Sequence[Op], free: int) -> float:
    """Give the earliest end of an operation on a machine that is free from ``free``."""
    # Without a call of max, which would cost more than all the rest.
    ends = [
        (op.ready if op.ready > free else free) + op.p  # noqa: FURB136
        for op in queue
    ]
    return min(ends, default=inf)


def _complaint(values: list[Any], jobs: list[int], machine: int, t: int) -> str:
    at, shown = first_unusable(values)
    return (
        f"priority of job {jobs[at]} on machine {machine} at time {t} is {shown}, "
        "not a finite number"
    )
