"""The trusted judgement of a sequence; knows nothing of the driver that made it."""

from itertools import accumulate, islice
from operator import le, mul

from problems.base import Json, Verdict
from problems.smtt.model import SmttInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""


def verify(instance: SmttInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge a sequence of job indices, first job first, for either entry point.

    Violation codes: ``not_a_list``, ``wrong_length``, ``not_an_index:POSITION``,
    ``duplicate_job:JOB``, ``missing_job:JOB``. Features: the share of late jobs, the
    largest tardiness as a share of the makespan, and the shares of neighbours that
    are in order of processing time and of due date.
    """
    violations = _violations(instance.n, answer)
    if violations:
        return Verdict(objective=None, violations=tuple(violations[:_MAX_CODES]))
    p = [instance.p[job] for job in answer]
    d = [instance.d[job] for job in answer]
    late = [
        end - due if end > due else 0 for end, due in zip(accumulate(p), d, strict=True)
    ]
    total = sum(map(mul, late, [instance.w[job] for job in answer]))
    return Verdict(
        objective=float(total),
        features={
            "late_share": (len(late) - late.count(0)) / len(late),
            "max_tardiness_share": max(late) / max(1, sum(p)),
            "short_first_share": _in_order(p),
            "due_first_share": _in_order(d),
        },
    )


def _violations(n: int, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    # Nearly every answer is a permutation: that is seen at once.
    if set(map(type, answer)) == {int} and sorted(answer) == list(range(n)):
        return []
    codes = [] if len(answer) == n else ["wrong_length"]
    seen: set[int] = set()
    for position, job in enumerate(answer):
        # Positions that cannot matter any more are not looked at.
        if len(codes) >= _MAX_CODES:
            return codes
        if type(job) is not int or not 0 <= job < n:
            codes.append(f"not_an_index:{position}")
        elif job in seen:
            codes.append(f"duplicate_job:{job}")
        else:
            seen.add(job)
    codes += [f"missing_job:{job}" for job in range(n) if job not in seen]
    return codes


def _in_order(values: list[int]) -> float:
    """Share of neighbours that do not decrease; 1 for a single job."""
    if len(values) == 1:
        return 1.0
    in_order: int = sum(map(le, values, islice(values, 1, None)))
    return in_order / (len(values) - 1)
