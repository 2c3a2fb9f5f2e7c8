"""The parallel schedule generation scheme. Runs in the sandbox, plain Python."""

from collections.abc import Callable, Sequence
from math import fsum
from typing import Any

from problems.rcpsp.views import Project, Startable, State
from problems.values import first_unusable, usable


def dispatched(
    dispatch: Callable[[Startable, State], Any], project: Project
) -> list[int]:
    """Start what can start and has the smallest value; ties go to lower indices.

    The heuristic is not asked where only one activity can start.
    """
    site = _Site(project)
    while site.left:
        startable = site.startable()
        if not startable:
            site.wait()
        elif len(startable) == 1:
            site.start(startable[0])
        else:
            state = site.state(startable)
            values = [dispatch(view, state) for view in site.views(startable)]
            if not usable(values):
                at, shown = first_unusable(values)
                raise ValueError(
                    f"dispatch of activity {startable[at]} at time {site.t} is "
                    f"{shown}, not a finite number"
                )
            site.start(startable[values.index(min(values))])
    return site.starts


class _Site:
    """Where the project stands at time ``t``.

    ``eligible`` are the activities that wait for nothing but resources, their release,
    downtime and what may not run beside them, in the order of their indices.
    """

    def __init__(self, project: Project) -> None:
        n = len(project.p)
        self.t = 0
        self.left = n
        self.starts = [-1] * n
        self._project = project
        self._waiting = [len(row) for row in project.preds]
        self._ready = list(project.release)
        self._eligible = [k for k in range(n) if not self._waiting[k]]
        self._running: list[int] = []
        self._free = list(project.capacities)
        self._work_left = project.stats.work

    def startable(self) -> list[int]:
        """Activities that could start now, each for itself."""
        return [k for k in self._eligible if self._fits(k)]

    def start(self, k: int) -> None:
        """Let an activity start now."""
        project = self._project
        self.starts[k] = self.t
        self.left -= 1
        self._work_left -= project.activities[k].work
        self._eligible.remove(k)
        self._running.append(k)
        for r, amount in project.needs[k]:
            self._free[r] -= amount
        if project.p[k] == 0:
            self._finish()

    def wait(self) -> None:
        """Go on to the next time at which something more could start."""
        project, t = self._project, self.t
        times = [self._end(k) for k in self._running]
        times += [project.release[k] for k in self._eligible if project.release[k] > t]
        times += [end for spans in project.downtime for _, end in spans if end > t]
        self.t = min(times)
        self._finish()

    def state(self, startable: Sequence[int]) -> State:
        """Numbers of the moment."""
        stats = self._project.stats
        shares = [
            free / capacity if capacity else 0.0
            for free, capacity in zip(self._free, self._project.capacities, strict=True)
        ]
        return State(
            self.t,
            len(startable),
            self.left,
            len(self._running),
            fsum(shares) / max(1, stats.m),
            self._work_left,
            stats.cpm,
            stats.load,
            stats.work,
            stats.p_max,
            stats.p_mean,
        )

    def views(self, startable: Sequence[int]) -> list[Startable]:
        """Give views of the activities that could start, in their order."""
        project, free = self._project, self._free
        latest = [project.activities[k].lst for k in startable]
        delayed = self._pairwise(startable)
        found = []
        for at, k in enumerate(startable):
            others = [other for other in range(len(startable)) if other != at]
            harm = max(delayed[at][other] - latest[other] for other in others)
            found.append(
                Startable(
                    *project.activities[k],
                    self.t - self._ready[k],
                    latest[at] - max(delayed[other][at] for other in others),
                    max(0, harm),
                    max((q / free[r] for r, q in project.needs[k]), default=0.0),
                )
            )
        return found

    def _pairwise(self, startable: Sequence[int]) -> list[list[int]]:
        """Row i, column j: when j could start if i starts now, by what runs then."""
        project = self._project
        moments = self._moments()
        rows = []
        for i in startable:
            end, uses = self.t + project.p[i], dict(project.needs[i])
            row = []
            for j in startable:
                needs = project.needs[j]
                first = end if j in project.apart[i] else self.t
                row.append(_first_fit(moments, first, end, uses, needs))
            rows.append(row)
        return rows

    def _moments(self) -> list[tuple[int, list[int]]]:
        """Now and every end of what runs, with what is free from then on."""
        free = self._free.copy()
        found = [(self.t, free.copy())]
        for k in sorted(self._running, key=self._end):
            for r, amount in self._project.needs[k]:
                free[r] += amount
            found.append((self._end(k), free.copy()))
        return found

    def _end(self, k: int) -> int:
        return self.starts[k] + self._project.p[k]

    def _fits(self, k: int) -> bool:
        project, free, t = self._project, self._free, self.t
        end = t + project.p[k]
        if project.release[k] > t:
            return False
        for r, amount in project.needs[k]:
            if free[r] < amount:
                return False
            for low, high in project.downtime[r]:
                if low < end and t < high:
                    return False
        return not any(
            0 <= self.starts[j] < end and t < self._end(j) for j in project.apart[k]
        )

    def _finish(self) -> None:
        """End what is done at the time, and let what waited for it be eligible."""
        project = self._project
        for k in [k for k in self._running if self._end(k) <= self.t]:
            self._running.remove(k)
            for r, amount in project.needs[k]:
                self._free[r] += amount
            for after in project.succs[k]:
                self._waiting[after] -= 1
                self._ready[after] = max(self._ready[after], self.t)
                if not self._waiting[after]:
                    self._eligible.append(after)
        self._eligible.sort()


def _first_fit(
    moments: Sequence[tuple[int, list[int]]],
    first: int,
    end: int,
    uses: dict[int, int],
    needs: Sequence[tuple[int, int]],
) -> int:
    """First time from ``first`` on at which ``needs`` are free beside ``uses``.

    ``uses`` are in use until ``end``. Without it everything fits at every moment, as
    all that runs started before and leaves in the order of the moments.
    """
    shared = [(r, amount + uses[r]) for r, amount in needs if r in uses]
    for time, free in moments:
        if time >= end:
            break
        if time < first:
            continue
        for r, amount in shared:
            if free[r] < amount:
                break
        else:
            return time
    return end
