"""What an instance of a shared cluster is, and what its schedule is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from math import ceil, inf

from problems.base import Json

MAX_TASKS = 64
"""Tasks that a stage can be cut into, at most."""


class Aim(StrEnum):
    """What an instance judges: every workload is judged for both."""

    RESPONSE = "response"
    FAIRNESS = "fairness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job of a user: stages one after the other.

    Attributes
    ----------
    arrival
        Time units; jobs stand in order of arrival.
    user
        Index from 0.
    stages
        ``(work, tasks)`` of each: core time, and the number of tasks that it is cut
        into unless a heuristic decides that.
    """

    arrival: int
    user: int
    stages: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterInstance:
    """A workload of several users, and what is judged.

    Attributes
    ----------
    id, group
        ``bursty-s2003-response`` and ``bursty-response``.
    cores
        Tasks that run at the same time, at most.
    overhead
        Time that each task takes beside its part of the work, time units.
    """

    id: str
    group: str
    cores: int
    overhead: int
    jobs: tuple[Job, ...]
    aim: Aim


def length(work: int, tasks: int, overhead: int) -> int:
    """Time of each of the equal tasks of a stage."""
    return -(-work // tasks) + overhead


def size(job: Job, overhead: int) -> int:
    """Core time of a job, cut as the instance says."""
    return sum(tasks * length(work, tasks, overhead) for work, tasks in job.stages)


@lru_cache(maxsize=256)
def deadlines(instance: ClusterInstance) -> tuple[int, ...]:
    """When each job would end if the cores were divided like a fluid, rounded up.

    Users with unfinished jobs have equal shares at every moment, the unfinished jobs of
    a user equal parts of the user's share (user-job fairness).
    """
    jobs = instance.jobs
    left: dict[int, float] = {}
    ends = [0] * len(jobs)
    t, at = 0.0, 0
    while left or at < len(jobs):
        if not left:
            t = max(t, float(jobs[at].arrival))
        while at < len(jobs) and jobs[at].arrival <= t:
            left[at] = float(size(jobs[at], instance.overhead))
            at += 1
        rates = _rates(instance, list(left))
        until = jobs[at].arrival if at < len(jobs) else inf
        step = min(until - t, *(left[j] / rate for j, rate in rates.items()))
        t += step
        for j, rate in rates.items():
            left[j] -= rate * step
            if left[j] <= 1e-9 * (1 + t):
                del left[j]
                ends[j] = ceil(t - 1e-6)
    return tuple(ends)


def response_bound(instance: ClusterInstance) -> int:
    """No schedule has a smaller sum of response times.

    The larger of two: all cores as one that is as fast as all and serves the shortest
    remaining work first (optimal there), each stage in one task; and each job alone.
    """
    cores, overhead = instance.cores, instance.overhead
    alone = sum(
        -(-work // min(cores, MAX_TASKS)) + overhead
        for job in instance.jobs
        for work, _ in job.stages
    )
    # In units of 1 / cores of time, so that everything is whole.
    waiting: list[int] = []
    t = at = total = 0
    while waiting or at < len(instance.jobs):
        until: float = inf
        if at < len(instance.jobs):
            until = instance.jobs[at].arrival * cores
        if not waiting or until <= t:
            job = instance.jobs[at]
            t, at = max(t, job.arrival * cores), at + 1
            heappush(waiting, sum(work + overhead for work, _ in job.stages))
            continue
        rest = heappop(waiting)
        step = int(min(rest, until - t))
        total += step * (1 + len(waiting))
        t += step
        if step < rest:
            heappush(waiting, rest - step)
    return max(alone, -(-total // cores))


def fairness_bound(instance: ClusterInstance) -> int:
    """Sum of the times from arrival to deadline: late jobs only add to it."""
    pairs = zip(deadlines(instance), instance.jobs, strict=True)
    return sum(end - job.arrival for end, job in pairs)


def objective(instance: ClusterInstance, ends: list[int]) -> int:
    """Sum over jobs of the time from arrival to the end, or to a later deadline."""
    if instance.aim is Aim.FAIRNESS:
        ends = [max(pair) for pair in zip(ends, deadlines(instance), strict=True)]
    pairs = zip(ends, instance.jobs, strict=True)
    return sum(end - job.arrival for end, job in pairs)


def describe(instance: ClusterInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts: cores, users, jobs, load."""
    work = sum(size(job, instance.overhead) for job in instance.jobs)
    span = max(deadlines(instance)) - instance.jobs[0].arrival
    return {
        "cores": instance.cores,
        "users": len({job.user for job in instance.jobs}),
        "jobs": len(instance.jobs),
        "load": work / (span * instance.cores),
    }


def encode(instance: ClusterInstance) -> Json:
    """Give the driver the workload; a heuristic sees of it what has arrived."""
    return {
        "cores": instance.cores,
        "overhead": instance.overhead,
        "aim": str(instance.aim),
        "jobs": [
            [job.arrival, job.user, [list(stage) for stage in job.stages]]
            for job in instance.jobs
        ],
    }


def _rates(instance: ClusterInstance, active: list[int]) -> dict[int, float]:
    """Share of the cores by unfinished job."""
    counts: dict[int, int] = {}
    for j in active:
        user = instance.jobs[j].user
        counts[user] = counts.get(user, 0) + 1
    share = instance.cores / len(counts)
    return {j: share / counts[instance.jobs[j].user] for j in active}
