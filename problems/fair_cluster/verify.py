"""The trusted judgement of a schedule; knows nothing of the driver that made it."""

from problems.base import Json, Verdict
from problems.fair_cluster.model import (
    MAX_TASKS,
    ClusterInstance,
    deadlines,
    length,
    objective,
)

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_LARGEST = 1 << 62
"""Starts above this are no times."""


def verify(instance: ClusterInstance, entry_point: str, answer: Json) -> Verdict:
    """Judge the starts of all tasks by job and stage.

    The objective is the sum of response times, or with the aim of fairness the sum of
    the times from arrival to the end or the deadline, whichever is later. Violation
    codes: ``not_a_list``, ``wrong_length``, ``wrong_stages:JOB``,
    ``wrong_tasks:JOB:STAGE``, ``not_a_start:JOB:STAGE``, ``too_early:JOB:STAGE`` before
    arrival or the end of the stage before, ``overload:TIME``. Features: mean response
    time, that of the smaller half of the jobs over their deadlines', the share of jobs
    that are late, mean lateness, and the share of the time in which cores work.
    """
    cutting = entry_point == "partition"
    codes = _malformed(instance, answer, cutting=cutting)
    ends: list[int] = []
    if not codes:
        ends, codes = _ends(instance, answer)
        codes = codes or _overload(instance, answer)
    if codes:
        return Verdict(objective=None, violations=tuple(codes[:_MAX_CODES]))
    return Verdict(
        objective=float(objective(instance, ends)),
        features=_features(instance, answer, ends),
    )


def _malformed(instance: ClusterInstance, answer: Json, *, cutting: bool) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    if len(answer) != len(instance.jobs):
        return ["wrong_length"]
    codes = []
    for j, (job, stages) in enumerate(zip(instance.jobs, answer, strict=True)):
        if type(stages) is not list or len(stages) != len(job.stages):
            codes.append(f"wrong_stages:{j}")
            continue
        for s, starts in enumerate(stages):
            tasks = job.stages[s][1]
            if type(starts) is not list or not (
                1 <= len(starts) <= MAX_TASKS if cutting else len(starts) == tasks
            ):
                codes.append(f"wrong_tasks:{j}:{s}")
            elif any(type(t) is not int or not 0 <= t <= _LARGEST for t in starts):
                codes.append(f"not_a_start:{j}:{s}")
    return codes


def _ends(instance: ClusterInstance, answer: Json) -> tuple[list[int], list[str]]:
    """Give the ends of the jobs, and codes of stages that start too early."""
    ends, codes = [], []
    for j, (job, stages) in enumerate(zip(instance.jobs, answer, strict=True)):
        ready = job.arrival
        for s, starts in enumerate(stages):
            if min(starts) < ready:
                codes.append(f"too_early:{j}:{s}")
            work = job.stages[s][0]
            ready = max(starts) + length(work, len(starts), instance.overhead)
        ends.append(ready)
    return ends, codes


def _runs(instance: ClusterInstance, answer: Json) -> list[tuple[int, int]]:
    """Start and length of every task."""
    return [
        (t, length(job.stages[s][0], len(starts), instance.overhead))
        for job, stages in zip(instance.jobs, answer, strict=True)
        for s, starts in enumerate(stages)
        for t in starts
    ]


def _overload(instance: ClusterInstance, answer: Json) -> list[str]:
    runs = _runs(instance, answer)
    changes = sorted([(t, 1) for t, _ in runs] + [(t + p, -1) for t, p in runs])
    busy = 0
    for t, change in changes:  # what ends at a time comes before what begins there
        busy += change
        if busy > instance.cores:
            return [f"overload:{t}"]
    return []


def _features(
    instance: ClusterInstance, answer: Json, ends: list[int]
) -> dict[str, float]:
    rows = [
        (job.arrival, end, fluid)
        for job, end, fluid in zip(
            instance.jobs, ends, deadlines(instance), strict=True
        )
    ]
    by_fluid = sorted(rows, key=lambda row: row[2] - row[0])
    small = by_fluid[: max(1, len(rows) // 2)]
    allowed = sum(fluid - arrival for arrival, _, fluid in small)
    used = sum(p for _, p in _runs(instance, answer))
    span = max(ends) - instance.jobs[0].arrival
    return {
        "response": sum(end - arrival for arrival, end, _ in rows) / len(rows),
        "small_slowdown": sum(end - t for t, end, _ in small) / max(1, allowed),
        "late_share": sum(end > fluid for _, end, fluid in rows) / len(rows),
        "lateness": sum(max(0, end - fluid) for _, end, fluid in rows) / len(rows),
        "busy": used / (span * instance.cores),
    }
