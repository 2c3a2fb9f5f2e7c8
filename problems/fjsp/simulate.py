"""The driver: route and dispatch a flexible job shop. Runs in the sandbox.

An operation that comes free joins the queue of a machine, for good; a machine that
comes free takes one out of its queue. A heuristic decides both.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from problems.dispatch import non_delay
from problems.values import first_unusable, usable


class Op(NamedTuple):
    """An operation, whatever machine does it.

    ``p_min`` and ``p_mean`` are the shortest and mean of its times, ``choices`` the
    number of its machines; ``done``, ``rest`` and ``total`` are the mean work of its
    job before it, from it on (it included) and altogether; ``left`` counts the
    operations from it on, ``next_p`` is the mean time of the one behind it, 0 if it is
    the last. ``ready`` is the time at which the operation before it ends.
    """

    p_min: int
    p_mean: float
    choices: int
    done: float
    rest: float
    total: float
    left: int
    next_p: float
    ready: int


class Machine(NamedTuple):
    """A machine, as the operation finds it.

    ``p`` is its time for the operation; ``wait`` is the work in front of it now, what
    is left of the running operation and the whole queue, 0 once the machine is free to
    choose; ``end`` is the time now + ``wait`` + ``p``. ``queue`` counts the operations
    that wait there, this one not counted; ``load`` is all the work that was ever sent
    there, this operation's not counted.
    """

    p: int
    wait: int
    end: int
    queue: int
    load: int


class State(NamedTuple):
    """The moment of a decision.

    ``routing`` is True where an operation chooses among machines, False where a machine
    chooses among operations, ``n`` of them either way; ``p_mean`` is the mean of their
    times. ``t`` is the time now, ``m`` the number of machines, ``load_mean`` the mean
    of their loads; ``ahead`` is the work of all operations that have not been sent to
    any machine yet, at their shortest times.
    """

    routing: bool
    t: int
    n: int
    m: int
    p_mean: float
    load_mean: float
    ahead: int


Priority = Callable[[Op, Machine, State], Any]

Fixed = tuple[int, float, int, float, float, float, int, float]
"""The fields of an operation that the instance decides: all but ``ready``."""


class Shop(NamedTuple):
    """An instance: choices and fixed fields by job and operation."""

    m: int
    jobs: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
    fixed: tuple[tuple[Fixed, ...], ...]


def decode(payload: Any) -> Shop:
    """Rebuild an instance from plain data."""
    jobs = tuple(
        tuple(tuple((pair[0], pair[1]) for pair in op) for op in job)
        for job in payload["jobs"]
    )
    return Shop(payload["m"], jobs, tuple(map(_fixed, jobs)))


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Shop, seed: int
) -> list[list[list[int]]]:
    """Give the schedule that ``heuristic`` makes: machine and start of each operation.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a priority is not a finite real number; the text says where.
    """
    random.seed(seed)
    if entry_point != "priority":
        raise ValueError(f"no entry point {entry_point!r}")
    floor = _Floor(instance, heuristic)
    non_delay(floor)
    return floor.schedule


def _fixed(job: Sequence[Sequence[tuple[int, int]]]) -> tuple[Fixed, ...]:
    times = [[p for _, p in op] for op in job]
    means = [sum(row) / len(row) for row in times]
    total = sum(means)
    behind = [*means[1:], 0.0]
    rows: list[Fixed] = []
    done = 0.0
    for k, row in enumerate(times):
        work = done, sum(means[k:]), total
        rows.append((min(row), means[k], len(row), *work, len(job) - k, behind[k]))
        done += means[k]
    return tuple(rows)


_new = tuple.__new__
"""Makes a named tuple at half the cost of calling its class."""


class _Floor:
    """Where every job stands, and what is sent where.

    ``ops[k]`` are the operations that wait for machine k, in the order in which they
    came, ``jobs[k]`` their jobs and ``times[k]`` their times on it.
    """

    def __init__(self, shop: Shop, priority: Priority) -> None:
        m = shop.m
        self.ops: list[list[Op]] = [[] for _ in range(m)]
        self.jobs: list[list[int]] = [[] for _ in range(m)]
        self.times: list[list[int]] = [[] for _ in range(m)]
        self.schedule: list[list[list[int]]] = [[] for _ in shop.jobs]
        self._shop = shop
        self._priority = priority
        self._queued = [0] * m
        self._free = [0] * m
        self._load = [0] * m
        self._sent = 0
        self._ahead = sum([row[0] for fixed in shop.fixed for row in fixed])
        for job in range(len(shop.jobs)):
            self.advance(job, 0)

    def advance(self, job: int, t: int) -> int:
        """Send a job to its next machine at ``t``; -1 if it is complete."""
        k = len(self.schedule[job])
        fixed = self._shop.fixed[job]
        if k == len(fixed):
            return -1
        op = _new(Op, (*fixed[k], t))
        self._ahead -= op[0]
        choices = self._shop.jobs[job][k]
        at = self._route(job, op, choices, t) if len(choices) > 1 else 0
        machine, p = choices[at]
        self.ops[machine].append(op)
        self.jobs[machine].append(job)
        self.times[machine].append(p)
        self._queued[machine] += p
        self._load[machine] += p
        self._sent += p
        return machine

    def start(self, machine: int, at: int, t: int) -> tuple[int, int]:
        """Start the operation at place ``at`` of a queue; give its end and job."""
        del self.ops[machine][at]
        job = self.jobs[machine].pop(at)
        p = self.times[machine].pop(at)
        self.schedule[job].append([machine, t])
        self._queued[machine] -= p
        self._free[machine] = t + p
        return t + p, job

    def first_of_queue(self, machine: int, t: int) -> int:
        """Choose among all that wait for a machine; gives a place in its queue."""
        ops = self.ops[machine]
        n = len(ops)
        if n == 1:
            return 0
        load, times = self._load[machine], self.times[machine]
        state = self._state(False, t, n, sum(times) / n)
        priority = self._priority
        values = [
            priority(op, _new(Machine, (p, 0, t + p, n - 1, load - p)), state)
            for op, p in zip(ops, times, strict=True)
        ]
        if not usable(values):
            at, shown = first_unusable(values)
            raise ValueError(_complaint(shown, self.jobs[machine][at], machine, t))
        return values.index(min(values))

    def _route(
        self, job: int, op: Op, choices: Sequence[tuple[int, int]], t: int
    ) -> int:
        """Choose among the machines of an operation; gives a place in ``choices``."""
        state = self._state(True, t, len(choices), op[1])
        priority, queued, free, load = (
            self._priority,
            self._queued,
            self._free,
            self._load,
        )
        values = []
        for machine, p in choices:
            wait = queued[machine] + max(0, free[machine] - t)
            about = (p, wait, t + wait + p, len(self.ops[machine]), load[machine])
            values.append(priority(op, _new(Machine, about), state))
        if not usable(values):
            at, shown = first_unusable(values)
            raise ValueError(_complaint(shown, job, choices[at][0], t))
        return values.index(min(values))

    def _state(self, routing: bool, t: int, n: int, p_mean: float) -> State:
        m = self._shop.m
        about = (routing, t, n, m, p_mean, self._sent / m, self._ahead)
        return _new(State, about)


def _complaint(shown: str, job: int, machine: int, t: int) -> str:
    return (
        f"priority of job {job} on machine {machine} at time {t} is {shown}, "
        "not a finite number"
    )
