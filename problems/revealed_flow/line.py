"""One machine and the jobs that have come, and what a heuristic may see of them.

The driver in the sandbox and the simulator on the trusted side both step through it;
the verifier does not know it. What is shown of a job are its operations up to the
current one; whether another one follows shows only when that is complete.

A decision is due when at least two jobs are there, and each time that a job arrives, an
operation ends, or a quantum is over. A job that is alone runs without a question.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from problems.base import Json
from problems.revealed_flow.gittins import Gittins


class Job(NamedTuple):
    """A job that is there.

    ``rest`` is what is left of its current operation, ``served`` what has been done of
    it, ``elapsed`` what has been done of the job in all; ``done`` counts the operations
    behind it. It came at ``arrival`` and was last served at ``last`` (its arrival if it
    never was). ``behind`` is the mean work behind an operation of this place in a job,
    over the jobs that came so far and are complete; 0 as long as there are none.
    """

    rest: int
    served: int
    elapsed: int
    done: int
    arrival: int
    last: int
    behind: float


class KnownJob(NamedTuple):
    """A job that is there, with the law that it is drawn from.

    As ``Job``, but ``behind`` is the expected work behind its current operation, and
    ``rank`` the inverse of its Gittins index, time units per completion.
    """

    rest: int
    served: int
    elapsed: int
    done: int
    arrival: int
    last: int
    behind: float
    rank: float


class State(NamedTuple):
    """The moment of a decision.

    ``t`` is the time, ``n`` the number of jobs that are there, ``m`` the largest number
    of operations of a job, ``quantum`` the longest time to the next decision.
    ``finished`` counts the complete jobs, ``total_mean`` is their mean size, 0 if there
    are none; ``rest_mean`` is the mean of ``rest`` of the jobs that are there.
    """

    t: int
    n: int
    m: int
    quantum: int
    finished: int
    total_mean: float
    rest_mean: float


Arrivals = Sequence[tuple[int, Sequence[int]]]
"""Release and sizes of each job."""

_new = tuple.__new__


class Line:
    """A run; ``segments`` are the pieces of work so far: job, start and end."""

    def __init__(
        self,
        jobs: Arrivals,
        law: Sequence[tuple[float, Sequence[int]]],
        quantum: int,
        *,
        informed: bool,
    ) -> None:
        n = len(jobs)
        self.segments: list[list[int]] = []
        self.alive: list[int] = []
        self.t = 0
        self._jobs = jobs
        self._quantum = quantum
        self._law = Gittins(law) if informed else None
        self._m = len(law)
        self._coming = sorted(range(n), key=lambda job: (jobs[job][0], job))
        self._next = 0
        self._rest = [sizes[0] for _, sizes in jobs]
        self._done = [0] * n
        self._elapsed = [0] * n
        self._last = [release for release, _ in jobs]
        self._seen = [0] * self._m
        self._behind = [0] * self._m
        self._finished = 0
        self._total = 0
        self._settle()

    def offer(self) -> tuple[list[Job] | list[KnownJob], State]:
        """Give the jobs that are there, in order of arrival, and the moment."""
        alive, jobs, rest = self.alive, self._jobs, self._rest
        done, elapsed = self._done, self._elapsed
        views: list[Any] = []
        for job in alive:
            k = done[job]
            left = rest[job]
            release, sizes = jobs[job]
            seen = (left, sizes[k] - left, elapsed[job], k, release, self._last[job])
            if self._law is None:
                behind = self._behind[k] / max(1, self._seen[k])
                views.append(_new(Job, (*seen, behind)))
            else:
                known = self._law.behind[k], self._law.rank(k, left)
                views.append(_new(KnownJob, (*seen, *known)))
        n = len(alive)
        mean = self._total / max(1, self._finished)
        about = (self.t, n, self._m, self._quantum, self._finished, mean)
        state = _new(State, (*about, sum([rest[job] for job in alive]) / n))
        return views, state

    def serve(self, job: int) -> None:
        """Serve a job that is there until the next decision is due."""
        self._work(job, min(self._rest[job], self._quantum))
        self._settle()

    def _settle(self) -> None:
        """Go on to where at least two jobs are there, or all are complete."""
        while True:
            if not self.alive:
                if self._next == len(self._coming):
                    return
                self.t = max(self.t, self._jobs[self._coming[self._next]][0])
            self._admit()
            if len(self.alive) > 1:
                return
            self._work(self.alive[0], self._rest[self.alive[0]])

    def _admit(self) -> None:
        """Let in who has come by now."""
        while self._next < len(self._coming):
            job = self._coming[self._next]
            if self._jobs[job][0] > self.t:
                return
            self.alive.append(job)
            self._next += 1

    def _work(self, job: int, time: int) -> None:
        """Serve a job for ``time``, or until another one arrives."""
        if self._next < len(self._coming):
            time = min(time, self._jobs[self._coming[self._next]][0] - self.t)
        start, self.t = self.t, self.t + time
        latest = self.segments[-1] if self.segments else [-1, 0, 0]
        if latest[0] == job and latest[2] == start:
            latest[2] = self.t
        else:
            self.segments.append([job, start, self.t])
        self._rest[job] -= time
        self._elapsed[job] += time
        self._last[job] = self.t
        if self._rest[job] == 0:
            self._end_operation(job)

    def _end_operation(self, job: int) -> None:
        sizes = self._jobs[job][1]
        self._done[job] += 1
        if self._done[job] < len(sizes):
            self._rest[job] = sizes[self._done[job]]
            return
        self.alive.remove(job)
        self._finished += 1
        self._total += self._elapsed[job]
        behind = self._elapsed[job]
        for k, size in enumerate(sizes):
            behind -= size
            self._seen[k] += 1
            self._behind[k] += behind


class Desk:
    """One run on the trusted side: it holds the jobs and shows those that are there."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._broken: list[Json] = []
        self._seen: Json = None

    def observe(self) -> Json | None:
        """Show the jobs that are there; None once all are complete, or it failed."""
        if self._broken or not self._line.alive:
            return None
        if self._seen is None:
            views, state = self._line.offer()
            self._seen = {
                "ids": list(self._line.alive),
                "jobs": [list(view) for view in views],
                "state": list(state),
            }
        return self._seen

    def act(self, decision: Json) -> None:
        """Serve the job ``decision``; anything else ends the run."""
        if self.observe() is None:
            return
        self._seen = None
        if type(decision) is not int or decision not in self._line.alive:
            self._broken = [decision]
            return
        self._line.serve(decision)

    def trace(self) -> Json:
        """Return the pieces of work so far, and behind them what broke the run."""
        return [list(one) for one in self._line.segments] + self._broken
