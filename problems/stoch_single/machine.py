"""The machine: what runs, and what is known of the types. Plain Python.

The driver in the sandbox and the simulator on the trusted side both use it.
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

SLICE = 20
"""Age in ticks at which a job can be interrupted first."""


class Type(NamedTuple):
    """A type with jobs left, as far as it is known; times in ticks.

    ``left`` jobs are not complete, ``done`` are; the machine has worked for ``time`` on
    the type, for ``elapsed`` of that on the job that it does next, the first incomplete
    one. ``mean`` is time / done, or time if none is done. The mean duration lies
    between ``low`` and ``high`` with a confidence that grows with the number n of all
    jobs: time / (sqrt(done) + c)^2 and time / (sqrt(done) - c)^2 for c = sqrt(ln(n) /
    2), where ``high`` is 10^9 if done <= c^2. ``running`` is 1 for the type that ran
    last, if its job is not complete, otherwise 0.
    """

    left: int
    done: int
    time: int
    elapsed: int
    mean: float
    low: float
    high: float
    running: int


class State(NamedTuple):
    """The moment of a decision.

    It is tick ``t``; ``left`` of ``n`` jobs are not complete, of ``k`` types.
    ``best_high`` is the least ``high`` and ``next_low`` the least but one ``low`` of
    those types, ``least_time`` the least ``time``.
    """

    t: int
    n: int
    left: int
    k: int
    best_high: float
    next_low: float
    least_time: int


class Machine:
    """One run. With ``preemptive`` there are decisions while a job is incomplete too.

    A job can then be interrupted at age ``SLICE`` and at twice the age each time; what
    is done of it is kept.
    """

    def __init__(self, durations: Sequence[Sequence[int]], *, preemptive: bool) -> None:
        self.t = 0
        self.answer: list[int] = []
        self._durations = durations
        self._preemptive = preemptive
        self._done = [0] * len(durations)
        self._time = [0] * len(durations)
        self._elapsed = [0] * len(durations)
        self._running = -1
        self._n = sum(map(len, durations))
        self._c = sqrt(log(max(2, self._n)) / 2)
        self._known = [self._view(k) for k in range(len(durations))]

    def open(self) -> list[int]:
        """Types with jobs left; the run is over once there is no choice."""
        rows = zip(self._durations, self._done, strict=True)
        return [k for k, (row, done) in enumerate(rows) if done < len(row)]

    def views(self, types: Sequence[int]) -> list[Type]:
        """Give what is known of the types."""
        return [self._known[k] for k in types]

    def state(self, types: Sequence[Type]) -> State:
        """Give the numbers of the moment; there are at least two types."""
        return State(
            self.t,
            self._n,
            sum(one.left for one in types),
            len(types),
            min(one.high for one in types),
            sorted(one.low for one in types)[1],
            min(one.time for one in types),
        )

    def work(self, k: int) -> None:
        """Work on a type until its job is complete or can be interrupted."""
        self.answer.append(k)
        rest = self._durations[k][self._done[k]] - self._elapsed[k]
        until = max(SLICE, self._elapsed[k]) if self._preemptive else rest
        step = min(rest, until)
        last, self._running = self._running, -1
        self.t += step
        self._time[k] += step
        if step == rest:
            self._done[k] += 1
            self._elapsed[k] = 0
        else:
            self._elapsed[k] += step
            self._running = k
        self._known[k] = self._view(k)
        if last not in (k, -1):
            self._known[last] = self._view(last)

    def _view(self, k: int) -> Type:
        done, time = self._done[k], self._time[k]
        root = sqrt(done)
        return Type(
            len(self._durations[k]) - done,
            done,
            time,
            self._elapsed[k],
            time / max(1, done),
            time / (root + self._c) ** 2,
            time / (root - self._c) ** 2 if root > self._c else 1e9,
            int(k == self._running),
        )
