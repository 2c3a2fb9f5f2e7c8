"""The trusted judgement of a schedule, one code per kind of violation."""

from collections.abc import Iterator, Mapping

from problems.base import Json
from problems.rconstraint.case import Case, Starts

CODES = (
    "model_failed",
    "no_output",
    "truncated",
    "parse",
    "program",
    "schema",
    "unknown_task",
    "missing_task",
    "duplicate_task",
    "non_integer",
    "negative",
    "precedence",
    "capacity",
    "downtime",
    "release",
    "deadline",
    "disjunctive",
    "horizon",
)
"""All kinds of error, those of the text first, then those of the schedule."""


def read_answer(case: Case, value: Json) -> tuple[dict[str, int], dict[str, int]]:
    """Read ``{"schedule": [{"task": id, "start": time}, …]}``.

    Returns
    -------
    starts, errors
        Usable start times by task, the first one of duplicates, and how often each
        kind of error occurred; never raises.
    """
    rows = value.get("schedule") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return {}, {"schema": 1}
    starts: dict[str, int] = {}
    errors: dict[str, int] = {}
    seen: set[str] = set()
    for row in rows:
        found = _read_row(case, row, seen)
        if isinstance(found, str):
            errors[found] = errors.get(found, 0) + 1
        else:
            starts[row["task"]] = found
    missing = len(case.tasks.keys() - seen)
    if missing:
        errors["missing_task"] = missing
    return starts, errors


def _read_row(case: Case, row: Json, seen: set[str]) -> int | str:
    """Return the start that a row gives, or the code of what is wrong with it."""
    if not isinstance(row, dict) or "start" not in row:
        return "schema"
    task, start = row.get("task"), row["start"]
    if type(task) is not str:
        return "schema"
    if task not in case.tasks:
        return "unknown_task"
    if task in seen:
        return "duplicate_task"
    seen.add(task)
    if type(start) is float and start.is_integer():
        start = int(start)  # 3.0 is how some JSON writers put 3
    if type(start) is not int:
        return "non_integer"
    return "negative" if start < 0 else start


def violations(case: Case, starts: Starts) -> dict[str, int]:
    """Count what a schedule violates, by code; of tasks without a start nothing.

    ``capacity`` counts maximal intervals in which a resource that is up is used beyond
    its capacity, ``downtime`` pairs of a task and an interval in which a resource that
    it needs is down.
    """
    found: dict[str, int] = {}
    for code in _violated(case, starts):
        found[code] = found.get(code, 0) + 1
    return found


def _violated(case: Case, starts: Starts) -> Iterator[str]:
    ends = {task: case.end(task, start) for task, start in starts.items()}
    for before, after in case.precedence:
        if before in ends and after in starts and starts[after] < ends[before]:
            yield "precedence"
    for a, b in case.disjunctive:
        both = a in starts and b in starts
        if both and starts[a] < ends[b] and starts[b] < ends[a]:
            yield "disjunctive"
    for name, start in starts.items():
        task = case.tasks[name]
        if task.release is not None and start < task.release:
            yield "release"
        if task.deadline is not None and ends[name] > task.deadline:
            yield "deadline"
        if case.horizon is not None and ends[name] > case.horizon:
            yield "horizon"
    yield from _resources(case, starts, ends)


def _resources(case: Case, starts: Starts, ends: Mapping[str, int]) -> Iterator[str]:
    for name, resource in case.resources.items():
        users = [
            (starts[task], ends[task], case.tasks[task].demand.get(name, 0))
            for task in starts
        ]
        users = [user for user in users if user[2] and user[0] < user[1]]
        for low, high in resource.downtime:
            for start, end, _ in users:
                if start < high and low < end:
                    yield "downtime"
        changes: dict[int, int] = {}
        for start, end, demand in users:
            changes[start] = changes.get(start, 0) + demand
            changes[end] = changes.get(end, 0) - demand
        used, above = 0, False
        for time in sorted(changes):
            used += changes[time]
            if used > resource.capacity and not above:
                yield "capacity"
            above = used > resource.capacity
