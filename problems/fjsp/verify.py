"""The trusted judgement of a schedule; knows nothing of the driver that made it."""

from collections.abc import Iterator
from itertools import islice

from problems.base import Json, Verdict
from problems.fjsp.model import FjspInstance, horizon

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_Slot = tuple[int, int, int]
"""Start, end and job, in the order in which a machine is used."""


def verify(instance: FjspInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge pairs of machine and start time by job and operation.

    Violation codes: ``not_a_list``, ``wrong_length``, ``not_a_list:JOB``,
    ``wrong_length:JOB``, ``not_a_pair:JOB:OPERATION``,
    ``not_a_machine:JOB:OPERATION`` (none that can do it), ``not_a_time:JOB:OPERATION``
    (no integer from 0 up to the sum of the longest times),
    ``precedence:JOB:OPERATION`` (starts before its job is through with the one before),
    ``overlap:MACHINE:JOB`` (starts while another job is on the machine). Features:
    share of the time that machines are idle, largest over mean load less 1, work done
    over work at the shortest times less 1, share of operations on their fastest
    machine.
    """
    for found in (_malformed, _conflicts):
        codes = tuple(islice(found(instance, answer), _MAX_CODES))
        if codes:
            return Verdict(objective=None, violations=codes)
    makespan = max(line[-1][1] for line in _lines(instance, answer) if line)
    return Verdict(
        objective=float(makespan), features=_features(instance, answer, makespan)
    )


def _malformed(instance: FjspInstance, answer: Json) -> Iterator[str]:
    if type(answer) is not list:
        yield "not_a_list"
        return
    if len(answer) != instance.n:
        yield "wrong_length"
    latest = horizon(instance)
    for j, (job, row) in enumerate(zip(instance.jobs, answer, strict=False)):
        if type(row) is not list:
            yield f"not_a_list:{j}"
            continue
        if len(row) != len(job):
            yield f"wrong_length:{j}"
        for k, (op, pair) in enumerate(zip(job, row, strict=False)):
            if type(pair) is not list or len(pair) != 2:
                yield f"not_a_pair:{j}:{k}"
                continue
            machine, start = pair
            able = type(machine) is int and any(one == machine for one, _ in op)
            if not able:
                yield f"not_a_machine:{j}:{k}"
            if type(start) is not int or not 0 <= start <= latest:
                yield f"not_a_time:{j}:{k}"


def _time(op: tuple[tuple[int, int], ...], machine: int) -> int:
    return next(p for one, p in op if one == machine)


def _lines(instance: FjspInstance, answer: Json) -> list[list[_Slot]]:
    lines: list[list[_Slot]] = [[] for _ in range(instance.m)]
    for j, (job, row) in enumerate(zip(instance.jobs, answer, strict=True)):
        for op, (machine, start) in zip(job, row, strict=True):
            lines[machine].append((start, start + _time(op, machine), j))
    for line in lines:
        line.sort()
    return lines


def _conflicts(instance: FjspInstance, answer: Json) -> Iterator[str]:
    for j, (job, row) in enumerate(zip(instance.jobs, answer, strict=True)):
        end = 0
        for k, (op, (machine, start)) in enumerate(zip(job, row, strict=True)):
            if start < end:
                yield f"precedence:{j}:{k}"
            end = start + _time(op, machine)
    for machine, line in enumerate(_lines(instance, answer)):
        end = 0
        for start, until, j in line:
            if start < end:
                yield f"overlap:{machine}:{j}"
            end = max(end, until)


def _features(instance: FjspInstance, answer: Json, makespan: int) -> dict[str, float]:
    lines = _lines(instance, answer)
    loads = [sum(end - start for start, end, _ in line) for line in lines]
    work = max(1, sum(loads))
    shortest, fastest = 0, 0
    for job, row in zip(instance.jobs, answer, strict=True):
        for op, (machine, _) in zip(job, row, strict=True):
            least = min(p for _, p in op)
            shortest += least
            fastest += _time(op, machine) == least
    return {
        "idle_share": 1 - sum(loads) / (instance.m * max(1, makespan)),
        "imbalance": max(loads) * instance.m / work - 1,
        "extra_work": sum(loads) / max(1, shortest) - 1,
        "fastest_share": fastest / instance.operations,
    }
