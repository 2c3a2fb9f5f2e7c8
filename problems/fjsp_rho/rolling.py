"""The rolling horizon, on the trusted side: window by window, within a budget.

A window holds the open operations with the most work behind them. Some of them are in
the last plan: these overlap, and a heuristic may fix the machines of some. CP-SAT then
schedules the window so that the largest end of a job, with the least work behind the
window added, is early; the operations that start first are carried out, and the next
window begins. Solver time is counted in CP-SAT's deterministic units, so that a run
repeats itself, and an instance has so much of it: large windows are not free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from problems.base import Json
from problems.fjsp.model import FjspInstance, Job
from problems.fjsp_rho.cpsat import Place, Solved, Task, Window, solve
from problems.fjsp_rho.views import Op, State

Key = tuple[int, int]
"""Job and number of an operation."""

UNITS_PER_OPERATION = 0.0006
"""Deterministic time that an instance has, for each of its operations."""

FEE = 0.00002
"""Deterministic time charged for each operation of a window, to build its model."""

LEAST = 0.0005
"""Deterministic time with which CP-SAT can do anything; with less it is not called."""

MOST_WINDOWS = 8
"""A step is at least this part of its window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """How the last window went: see ``State``."""

    size: int = 0
    step: int = 0
    proved: bool = False
    used: float = 0.0
    fixed: float = 0.0
    moved: float = 0.0


class Horizon:
    """Where a run stands; ``roll`` takes it one window further.

    Attributes
    ----------
    schedule
        Pairs of machine and start by job and operation; None where it is open.
    plan
        Places of operations that were planned and are still open.
    """

    def __init__(self, instance: FjspInstance) -> None:
        self.instance = instance
        self.schedule: list[list[Json]] = [[None] * len(job) for job in instance.jobs]
        self.plan: dict[Key, Place] = {}
        self.windows = 0
        self._kept: dict[Key, int] = {}
        self._open = instance.operations
        self._done = [0] * instance.n
        self._ready = [0] * instance.n
        self._free = [0] * instance.m
        self._tail = [_behind(job) for job in instance.jobs]
        self._budget = self._whole = UNITS_PER_OPERATION * instance.operations
        self._last = Last()

    @property
    def left(self) -> int:
        """Number of open operations."""
        return self._open

    def order(self) -> list[Key]:
        """Open operations in the order in which they enter a window."""
        found = [
            (-self._tail[j][k], j, k)
            for j, job in enumerate(self.instance.jobs)
            for k in range(self._done[j], len(job))
        ]
        return [(j, k) for _, j, k in sorted(found)]

    def overlap(self, size: int) -> list[Key]:
        """Planned operations among the ``size`` next ones, by their planned start."""
        known = [key for key in self.order()[:size] if key in self.plan]
        return sorted(known, key=lambda key: (self.plan[key][1], key))

    def foresee(self, size: int, limit: float) -> list[Key]:
        """Give those of the overlap that a plan made with more time leaves in place.

        Nothing is fixed in it, and its time is not counted. ``limit`` is in units.
        """
        keys = sorted(self.order()[:size])
        solved = solve(self._window(keys, frozenset()), limit)
        plan = dict(zip(keys, solved.places, strict=True))
        overlap = self.overlap(size)
        return [key for key in overlap if plan[key][0] == self.plan[key][0]]

    def roll(self, size: int, step: int, fixed: Sequence[Key]) -> None:
        """Plan the ``size`` next operations, and carry out the ``step`` first of them.

        Parameters
        ----------
        fixed
            Operations of the plan that keep their machines.
        """
        size = max(1, min(size, self._open))
        step = max(-(-size // MOST_WINDOWS), min(step, size))
        if size == self._open:
            step = size
        keys = sorted(self.order()[:size])
        given = self._budget * step / self._open - FEE * size
        window = self._window(keys, frozenset(fixed))
        solved = self._solve(window, given)
        plan = dict(zip(keys, solved.places, strict=True))
        overlap = [key for key in keys if key in self.plan]
        moved = [key for key in overlap if plan[key][0] != self.plan[key][0]]
        self._last = Last(
            size=size,
            step=step,
            proved=solved.proved,
            used=solved.spent / given if given >= LEAST else 0.0,
            fixed=len(fixed) / max(1, len(overlap)),
            moved=len(moved) / max(1, len(overlap)),
        )
        self._carry_out(plan, step)

    def _solve(self, window: Window, given: float) -> Solved:
        if given < LEAST:
            places = tuple(task.place for task in window.tasks)
            return Solved(places=places, spent=0.0, proved=False)
        # Rounded, so that equal windows of two runs are known to be equal.
        solved = solve(window, round(given, 7))
        cost = solved.spent + FEE * len(window.tasks)
        self._budget = max(0.0, self._budget - cost)
        return solved

    def _window(self, keys: Sequence[Key], fixed: frozenset[Key]) -> Window:
        places = self._list(keys)
        tasks = []
        ready, tail = list(self._ready), [0] * self.instance.n
        for j, k in self._borders(keys):
            tail[j] = self._tail[j][k]
        for j, k in keys:
            op, place = self.instance.jobs[j][k], places[j, k]
            kept = tuple(choice for choice in op if choice[0] == place[0])
            tasks.append(
                Task(job=j, choices=kept if (j, k) in fixed else op, place=place)
            )
            ready[j] = place[1] + dict(op)[place[0]]
        return Window(
            tasks=tuple(tasks),
            ready=tuple(self._ready),
            free=tuple(self._free),
            tail=tuple(tail),
            end=max(map(sum, zip(ready, tail, strict=True))),
        )

    def _borders(self, keys: Sequence[Key]) -> list[Key]:
        """Give the first operation of each job behind the window."""
        border = list(self._done)
        for j, _ in keys:
            border[j] += 1
        return list(enumerate(border))

    def _list(self, keys: Sequence[Key]) -> dict[Key, Place]:
        """Schedule a window at once: what ends early and has much work behind it.

        What is planned keeps its machine.
        """
        ready, free = list(self._ready), list(self._free)
        waiting: dict[int, list[Key]] = {}
        for key in reversed(keys):
            waiting.setdefault(key[0], []).append(key)
        places: dict[Key, Place] = {}
        while waiting:
            options = []
            for j, stack in waiting.items():
                key = stack[-1]
                for machine, p in self.instance.jobs[j][key[1]]:
                    if key not in self.plan or self.plan[key][0] == machine:
                        end = max(ready[j], free[machine]) + p
                        value = 2 * end - self._tail[j][key[1]]
                        options.append((value, j, machine, end, end - p))
            _, j, machine, end, start = min(options)
            places[waiting[j].pop()] = (machine, start)
            ready[j] = free[machine] = end
            if not waiting[j]:
                del waiting[j]
        return places

    def _carry_out(self, plan: Mapping[Key, Place], step: int) -> None:
        first = sorted(plan, key=lambda key: (plan[key][1], key))[:step]
        for j, k in first:
            machine, start = plan[j, k]
            end = start + dict(self.instance.jobs[j][k])[machine]
            self.schedule[j][k] = [machine, start]
            self._done[j] += 1
            self._ready[j] = end
            self._free[machine] = max(self._free[machine], end)
        self._open -= step
        self._kept = {
            key: 1 + self._kept.get(key, 0)
            if key in self.plan and self.plan[key][0] == place[0]
            else 1
            for key, place in plan.items()
        }
        gone = frozenset(first)
        self.plan = {key: place for key, place in plan.items() if key not in gone}
        self.windows += 1

    def state(self) -> State:
        """Tell what a heuristic may know of the run."""
        ahead = [self.instance.jobs[j][k] for j, k in self.order()]
        last = self._last
        return State(
            t=min(self._free),
            window=self.windows,
            n=len(self.plan),
            open=self._open,
            total=self.instance.operations,
            m=self.instance.m,
            p_mean=sum(min(p for _, p in op) for op in ahead) / max(1, len(ahead)),
            choices=sum(map(len, ahead)) / max(1, len(ahead)),
            load_mean=sum(self._loads().values()) / self.instance.m,
            budget=self._budget / self._whole,
            size=last.size,
            step=last.step,
            proved=int(last.proved),
            used=last.used,
            fixed=last.fixed,
            moved=last.moved,
        )

    def _loads(self) -> dict[int, int]:
        loads: dict[int, int] = {}
        for (j, k), (machine, _) in self.plan.items():
            p = dict(self.instance.jobs[j][k])[machine]
            loads[machine] = loads.get(machine, 0) + p
        return loads

    def views(self, keys: Sequence[Key]) -> list[Op]:
        """Tell what a heuristic may know of planned operations, in their order."""
        loads, now = self._loads(), min(self._free)
        mean = sum(loads.values()) / self.instance.m
        times = {key: dict(self.instance.jobs[key[0]][key[1]]) for key in keys}
        ends = {
            (j, k): self.plan[j, k][1] + times[j, k][self.plan[j, k][0]]
            for j, k in keys
        }
        latest = max(
            (end + self._tail[j][k + 1] for (j, k), end in ends.items()), default=0
        )
        return [
            Op(
                p=times[j, k][self.plan[j, k][0]],
                p_min=min(times[j, k].values()),
                gain=sum(times[j, k].values()) / len(times[j, k])
                - times[j, k][self.plan[j, k][0]],
                choices=len(times[j, k]),
                start=self.plan[j, k][1] - now,
                slack=latest - ends[j, k] - self._tail[j][k + 1],
                rest=self._tail[j][k],
                left=len(self.instance.jobs[j]) - k,
                kept=self._kept[j, k],
                place=place,
                load=loads[self.plan[j, k][0]],
                room=mean - loads[self.plan[j, k][0]],
            )
            for place, (j, k) in enumerate(keys)
        ]


def _behind(job: Job) -> list[int]:
    """Least work of a job from each of its operations on, and 0 behind the last."""
    found = [0]
    for op in reversed(job):
        found.append(found[-1] + min(p for _, p in op))
    return found[::-1]
