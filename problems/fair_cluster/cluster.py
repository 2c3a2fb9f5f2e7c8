"""A shared cluster while jobs arrive, and what a heuristic may see of it.

The driver in the sandbox and the simulator on the trusted side both step through it;
the verifier does not know it. Nothing that is shown tells of a job before it arrives.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

MAX_TASKS = 64
"""Tasks that a stage can be cut into, at most."""

Jobs: TypeAlias = Sequence[tuple[int, int, Sequence[tuple[int, int]]]]
"""Arrival, user, and (work, tasks) of each stage, in order of arrival."""


class Job(NamedTuple):
    """A job with a task that could start.

    ``size`` is all its core time, ``left`` that of its tasks that have not started;
    ``running`` counts its tasks on cores, ``stages`` its stages from the present one
    on. ``tag`` is its virtual end if every job had an equal share of the cores;
    ``user_tag`` if every user had, and the job all of its user's; ``queue_tag`` if jobs
    of a user came one after the other.
    """

    arrival: int
    size: int
    left: int
    running: int
    stages: int
    tag: float
    user_tag: float
    queue_tag: float


class User(NamedTuple):
    """The user of the job: all of its unfinished jobs together.

    ``jobs`` counts them, ``running`` their tasks on cores, ``left`` is the core time of
    their tasks that have not started, ``served`` the core time that was ever given to
    the user.
    """

    jobs: int
    running: int
    left: int
    served: int


class Stage(NamedTuple):
    """The present stage of the job.

    ``work`` without overhead, ``tasks`` it is cut into, ``waiting`` of them not
    started, ``length`` of each with overhead, ``rest`` core time of later stages.
    """

    work: int
    tasks: int
    waiting: int
    length: int
    rest: int


class State(NamedTuple):
    """The cluster at time ``t``: cores, free ones, unfinished jobs and their users.

    ``left`` is the core time of all tasks of arrived jobs that have not started.
    """

    t: int
    cores: int
    free: int
    users: int
    jobs: int
    left: int
    overhead: int


Offer: TypeAlias = tuple[list[tuple[Job, User, Stage]], State]


class Clock:
    """Virtual time: how far a fluid has served each flow that has work in it.

    A. Demers, S. Keshav and S. Shenker, Analysis and simulation of a fair queueing
    algorithm, SIGCOMM (1989). It advances at the cores over the number of flows.
    """

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._t = 0.0
        self._virtual = 0.0
        self._last: dict[int, float] = {}

    def tags(self, t: int, flow: int, work: int) -> tuple[float, float]:
        """Virtual ends of work that arrives at ``t``: at once, and behind its flow."""
        while self._t < t:
            backlog = [tag for tag in self._last.values() if tag > self._virtual]
            if not backlog:
                self._t = float(t)
                break
            rate = self._cores / len(backlog)
            step = min((min(backlog) - self._virtual) / rate, t - self._t)
            if self._t + step >= t:
                self._virtual += (t - self._t) * rate
                self._t = float(t)
            else:
                self._virtual, self._t = min(backlog), self._t + step
        begin = max(self._virtual, self._last.get(flow, 0.0))
        self._last[flow] = begin + work
        return self._virtual + work, self._last[flow]


class _Live:
    """An arrived job."""

    __slots__ = ("at", "index", "left", "running", "size", "starts", "tags", "user")

    def __init__(self, index: int, user: int, size: int) -> None:
        self.index, self.user = index, user
        self.size = self.left = size
        self.at = self.running = 0
        self.starts: list[list[int]] = [[]]
        self.tags = (0.0, 0.0, 0.0)


class Cluster:
    """Cores, arrived jobs, and the next decision."""

    def __init__(self, cores: int, overhead: int, jobs: Jobs) -> None:
        self.t = 0
        self.cores = self.free = cores
        self._overhead = overhead
        self._jobs = jobs
        self._cuts = [[tasks for _, tasks in stages] for *_, stages in jobs]
        self._arrived = 0
        self._live: dict[int, _Live] = {}
        self._done: dict[int, list[list[int]]] = {}
        self._ends: list[tuple[int, int]] = []
        self._served: dict[int, int] = {}
        # Of users with unfinished jobs: these, their running tasks, what is left.
        self._users: dict[int, list[int]] = {}
        self._by_job, self._by_user = Clock(cores), Clock(cores)

    def answer(self) -> list[list[list[int]]]:
        """Give the starts of tasks by job and stage, as far as they are known."""
        live = {index: job.starts for index, job in self._live.items()}
        return [
            self._done.get(index, live.get(index, []))
            for index in range(len(self._jobs))
        ]

    def advance(self) -> list[int]:
        """Go to the next moment with a free core and a waiting task.

        Gives the jobs that have one, by index; none once nothing is left to do.
        """
        while True:
            ready = self.ready()
            if ready and self.free:
                return ready
            times = [self._ends[0][0]] if self._ends else []
            if self._arrived < len(self._jobs):
                times.append(self._jobs[self._arrived][0])
            if not times:
                return []
            self.t = max(self.t, min(times))
            self._finish()
            self._arrive()

    def ready(self) -> list[int]:
        """Arrived jobs with a task that waits, by index."""
        return [
            index
            for index, job in self._live.items()
            if len(job.starts[-1]) < self._cuts[index][job.at]
        ]

    def fresh(self, index: int) -> bool:
        """Whether no task of the present stage of a job has started."""
        return not self._live[index].starts[-1]

    def stage(self, index: int) -> int:
        """Which stage of a job is the present one, from 0."""
        return self._live[index].at

    def cut(self, index: int, tasks: int) -> None:
        """Cut the present stage of a job, of which nothing has started, into tasks."""
        job = self._live[index]
        before = self._core_time(index, job.at)
        self._cuts[index][job.at] = tasks
        more = self._core_time(index, job.at) - before
        job.left += more
        self._users[job.user][2] += more

    def start(self, index: int) -> None:
        """Start a task of a job that is ready on a free core."""
        job = self._live[index]
        length = self._length(index, job.at)
        job.starts[-1].append(self.t)
        job.left -= length
        job.running += 1
        self.free -= 1
        row = self._users[job.user]
        row[1] += 1
        row[2] -= length
        self._served[job.user] = self._served.get(job.user, 0) + length
        heappush(self._ends, (self.t + length, index))

    def offer(self, indices: Sequence[int]) -> Offer:
        """Give the views of some jobs that are ready."""
        users = self._users
        rows = []
        for index in indices:
            job = self._live[index]
            arrival, user, stages = self._jobs[index]
            tasks, length = self._cuts[index][job.at], self._length(index, job.at)
            waiting = tasks - len(job.starts[-1])
            sums = (job.size, job.left, job.running, len(stages) - job.at)
            served = self._served.get(user, 0)
            rest = job.left - waiting * length
            jobs, on_cores, to_start = users[user]
            rows.append(
                (
                    Job(arrival, *sums, *job.tags),
                    User(jobs, on_cores, to_start, served),
                    Stage(stages[job.at][0], tasks, waiting, length, rest),
                )
            )
        left = sum([row[2] for row in users.values()])
        counts = (self.cores, self.free, len(users), len(self._live), left)
        return rows, State(self.t, *counts, self._overhead)

    def _length(self, index: int, at: int) -> int:
        return -(-self._jobs[index][2][at][0] // self._cuts[index][at]) + self._overhead

    def _core_time(self, index: int, at: int) -> int:
        return self._cuts[index][at] * self._length(index, at)

    def _finish(self) -> None:
        while self._ends and self._ends[0][0] <= self.t:
            _, index = heappop(self._ends)
            job = self._live[index]
            job.running -= 1
            self.free += 1
            self._users[job.user][1] -= 1
            if job.running or len(job.starts[-1]) < self._cuts[index][job.at]:
                continue
            job.at += 1
            if job.at == len(self._cuts[index]):
                self._done[index] = job.starts
                del self._live[index]
                self._leave(job.user)
            else:
                job.starts.append([])

    def _arrive(self) -> None:
        while (
            self._arrived < len(self._jobs) and self._jobs[self._arrived][0] <= self.t
        ):
            index = self._arrived
            arrival, user, stages = self._jobs[index]
            size = sum(self._core_time(index, at) for at in range(len(stages)))
            job = _Live(index, user, size)
            tag, _ = self._by_job.tags(arrival, index, size)
            job.tags = (tag, *self._by_user.tags(arrival, user, size))
            self._live[index] = job
            row = self._users.setdefault(user, [0, 0, 0])
            row[0] += 1
            row[2] += size
            self._arrived += 1

    def _leave(self, user: int) -> None:
        self._users[user][0] -= 1
        if self._users[user][0] == 0:
            del self._users[user]
