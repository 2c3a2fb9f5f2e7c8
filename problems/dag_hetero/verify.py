"""The trusted judgement of a schedule; knows nothing of the driver that made it."""

from itertools import pairwise

from problems.base import Json, Verdict
from problems.dag_hetero.model import DagInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_LARGEST = 1 << 62
"""Starts above this are no times."""


def verify(instance: DagInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge machine and start of all tasks, for any entry point.

    The objective is the makespan, the end of the last task. Violation codes:
    ``not_a_list``, ``wrong_length``, ``not_a_pair:TASK``, ``no_machine:TASK``,
    ``not_a_start:TASK``, ``overlap:TASK:TASK`` on one machine, ``too_early:TASK:TASK``
    for a task that starts before the data of another are there. Features: the share of
    the time in which machines work, of machines used, of edges between machines, and
    the work over that of the fastest machines.
    """
    codes = _malformed(instance, answer) or [
        *_overlaps(instance, answer),
        *_early(instance, answer),
    ]
    if codes:
        return Verdict(objective=None, violations=tuple(codes[:_MAX_CODES]))
    work = [instance.cost[i][k] for i, (k, _) in enumerate(answer)]
    makespan = max(start + w for (_, start), w in zip(answer, work, strict=True))
    apart = sum(answer[i][0] != answer[j][0] for i, j, _ in instance.edges)
    return Verdict(
        objective=float(makespan),
        features={
            "busy": sum(work) / (makespan * instance.m),
            "machines_used": len({k for k, _ in answer}) / instance.m,
            "edges_apart": apart / max(1, len(instance.edges)),
            "slowness": sum(work) / sum(map(min, instance.cost)),
        },
    )


def _malformed(instance: DagInstance, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    codes = [] if len(answer) == instance.n else ["wrong_length"]
    for i, pair in enumerate(answer[: instance.n]):
        if len(codes) >= _MAX_CODES:
            break
        if type(pair) is not list or len(pair) != 2:
            codes.append(f"not_a_pair:{i}")
        elif type(pair[0]) is not int or not 0 <= pair[0] < instance.m:
            codes.append(f"no_machine:{i}")
        elif type(pair[1]) is not int or not 0 <= pair[1] <= _LARGEST:
            codes.append(f"not_a_start:{i}")
    return codes


def _overlaps(instance: DagInstance, answer: list[list[int]]) -> list[str]:
    """Codes of neighbours in time on a machine that share some of it."""
    codes = []
    order = sorted(range(instance.n), key=lambda i: (answer[i], i))
    for i, j in pairwise(order):
        (k, start), (other, after) = answer[i], answer[j]
        if k == other and start + instance.cost[i][k] > after:
            codes.append(f"overlap:{min(i, j)}:{max(i, j)}")
    return codes


def _early(instance: DagInstance, answer: list[list[int]]) -> list[str]:
    codes = []
    for i, j, c in instance.edges:
        (k, start), (other, after) = answer[i], answer[j]
        there = start + instance.cost[i][k] + (0 if k == other else c)
        if after < there:
            codes.append(f"too_early:{j}:{i}")
    return codes
