"""The trusted judgement of a schedule; knows nothing of the drivers that make them."""

from collections.abc import Iterator
from itertools import islice, pairwise

from problems.base import Json, Verdict
from problems.jssp.model import JsspInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""


def verify(instance: JsspInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge start times by job and operation, for either entry point.

    Violation codes: ``not_a_list``, ``wrong_length``, ``not_a_list:JOB``,
    ``wrong_length:JOB``, ``not_a_time:JOB:OPERATION`` (no integer from 0 up to the
    summed processing times), ``precedence:JOB:OPERATION`` (starts before its job is
    through with the one before), ``overlap:MACHINE:JOB`` (starts while another job is
    on the machine). Features: shares of the makespan that a machine is idle and a
    job waits, and the shares of neighbours on a machine that are in order of
    processing time, and of remaining work with the most in front.
    """
    codes = list(islice(_malformed(instance, answer), _MAX_CODES))
    if codes:
        return Verdict(objective=None, violations=tuple(codes))
    lines = _machine_lines(instance, answer)
    codes = list(islice(_conflicts(instance, answer, lines), _MAX_CODES))
    if codes:
        return Verdict(objective=None, violations=tuple(codes))
    makespan = max(line[-1][1] for line in lines)
    return Verdict(
        objective=float(makespan), features=_features(instance, lines, makespan)
    )


_Slot = tuple[int, int, int, int]
"""Start, end, job and operation, in the order in which a machine is used."""


def _malformed(instance: JsspInstance, answer: Json) -> Iterator[str]:
    if type(answer) is not list:
        yield "not_a_list"
        return
    if len(answer) != instance.n:
        yield "wrong_length"
    latest = sum(map(sum, instance.times))
    for job, starts in enumerate(answer[: instance.n]):
        if type(starts) is not list:
            yield f"not_a_list:{job}"
            continue
        if len(starts) != instance.m:
            yield f"wrong_length:{job}"
        for k, start in enumerate(starts[: instance.m]):
            if type(start) is not int or not 0 <= start <= latest:
                yield f"not_a_time:{job}:{k}"


def _machine_lines(instance: JsspInstance, answer: Json) -> list[list[_Slot]]:
    lines: list[list[_Slot]] = [[] for _ in range(instance.m)]
    rows = zip(answer, instance.machines, instance.times, strict=True)
    for job, row in enumerate(rows):
        for k, (start, machine, p) in enumerate(zip(*row, strict=True)):
            lines[machine].append((start, start + p, job, k))
    for line in lines:
        line.sort()
    return lines


def _conflicts(
    instance: JsspInstance, answer: Json, lines: list[list[_Slot]]
) -> Iterator[str]:
    for job, (starts, times) in enumerate(zip(answer, instance.times, strict=True)):
        end = 0
        for k, (start, p) in enumerate(zip(starts, times, strict=True)):
            if start < end:
                yield f"precedence:{job}:{k}"
            end = start + p
    for machine, line in enumerate(lines):
        end = 0
        for start, until, job, _ in line:
            if start < end:
                yield f"overlap:{machine}:{job}"
            end = max(end, until)


def _features(
    instance: JsspInstance, lines: list[list[_Slot]], makespan: int
) -> dict[str, float]:
    work = sum(map(sum, instance.times))
    span = max(1, makespan)
    flow = [0] * instance.n
    for line in lines:
        for _, end, job, _ in line:
            flow[job] = max(flow[job], end)
    rest = [[sum(times[k:]) for k in range(instance.m)] for times in instance.times]
    short, urgent, pairs = 0, 0, 0
    for line in lines:
        for (s, e, job, k), (s2, e2, job2, k2) in pairwise(line):
            short += e - s <= e2 - s2
            urgent += rest[job][k] >= rest[job2][k2]
            pairs += 1
    pairs = max(1, pairs)
    return {
        "idle_share": 1 - work / (instance.m * span),
        "wait_share": (sum(flow) - work) / (instance.n * span),
        "short_first_share": short / pairs,
        "urgent_first_share": urgent / pairs,
    }
