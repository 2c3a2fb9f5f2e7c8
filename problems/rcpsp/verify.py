"""The trusted judgement of start times; knows nothing of the driver that made them."""

from collections.abc import Iterator, Sequence
from itertools import islice

from problems.base import Json, Verdict
from problems.rcpsp.model import RcpspInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_LARGEST = 1 << 62
"""Starts above this are no times."""


def verify(instance: RcpspInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge the start times of all activities, for any entry point.

    The objective is the makespan: the latest end. Violation codes: ``not_a_list``,
    ``wrong_length``, ``not_a_start:ACTIVITY``, and those of ``violations``. Features:
    the mean share of all capacity that is in use until the end, and the share of the
    activities that start at 0.
    """
    codes = _malformed(instance.n, answer) or list(
        islice(violations(instance, answer), _MAX_CODES)
    )
    if codes:
        return Verdict(objective=None, violations=tuple(codes))
    makespan = max(map(int.__add__, answer, instance.durations))
    rows = zip(instance.durations, instance.demands, strict=True)
    used = sum(p * sum(row) for p, row in rows)
    return Verdict(
        objective=float(makespan),
        features={
            "use": used / max(1, makespan * sum(instance.capacities)),
            "begin_share": answer.count(0) / instance.n,
        },
    )


def violations(instance: RcpspInstance, starts: Sequence[int]) -> Iterator[str]:
    """Give every violated constraint of complete start times, plain integers from 0.

    Codes: ``precedence:BEFORE:AFTER``, ``release:ACTIVITY``, ``deadline:ACTIVITY``,
    ``horizon:ACTIVITY``, ``disjunctive:ACTIVITY:ACTIVITY``,
    ``downtime:RESOURCE:ACTIVITY``, ``capacity:RESOURCE:TIME`` for the first time at
    which a resource is overused. An activity of duration 0 uses nothing.
    """
    ends = list(map(int.__add__, starts, instance.durations))
    users = [
        [k for k, row in enumerate(instance.demands) if row[r] and starts[k] < ends[k]]
        for r in range(instance.m)
    ]
    for r, chosen in enumerate(users):
        yield from _overused(instance, r, chosen, starts)
    for k, row in enumerate(instance.successors):
        yield from (f"precedence:{k}:{j}" for j in row if starts[j] < ends[k])
    yield from _out_of_time(instance, starts, ends)
    for a, b in instance.disjunctive:
        if starts[a] < ends[b] and starts[b] < ends[a]:
            yield f"disjunctive:{a}:{b}"
    for r, spans in enumerate(instance.downtime):
        for start, end in spans:
            hit = [k for k in users[r] if starts[k] < end and start < ends[k]]
            yield from (f"downtime:{r}:{k}" for k in hit)


def _out_of_time(
    instance: RcpspInstance, starts: Sequence[int], ends: Sequence[int]
) -> Iterator[str]:
    for k, release in enumerate(instance.release):
        if starts[k] < release:
            yield f"release:{k}"
    for k, deadline in enumerate(instance.deadline):
        if deadline is not None and ends[k] > deadline:
            yield f"deadline:{k}"
    for k, end in enumerate(ends):
        if instance.horizon is not None and end > instance.horizon:
            yield f"horizon:{k}"


def _overused(
    instance: RcpspInstance, r: int, users: Sequence[int], starts: Sequence[int]
) -> Iterator[str]:
    changes = [(starts[k], instance.demands[k][r]) for k in users]
    changes += [
        (starts[k] + instance.durations[k], -instance.demands[k][r]) for k in users
    ]
    used = 0
    for time, change in sorted(changes):  # what ends comes before what begins there
        used += change
        if used > instance.capacities[r]:
            yield f"capacity:{r}:{time}"
            return


def _malformed(n: int, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    codes = [] if len(answer) == n else ["wrong_length"]
    for k, start in enumerate(answer[:n]):
        if len(codes) >= _MAX_CODES:
            break
        if type(start) is not int or not 0 <= start <= _LARGEST:
            codes.append(f"not_a_start:{k}")
    return codes
