"""The trusted judgement of a schedule of calls; knows nothing of who made it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from problems.base import Json, Verdict
from problems.tps_scheduler.model import ToolInstance, critical_path

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_LARGEST = 1 << 40
"""Starts above this are no times."""

_Bar = tuple[int, int, int]
"""Start and end of an attempt, and its call."""


def verify(instance: ToolInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge attempts ``[call, start]``, in any order.

    The objective is the makespan in milliseconds, the end of the last call. Violation
    codes: ``not_a_list``, ``not_a_pair:PLACE`` (no list of two integers),
    ``not_a_call:PLACE``, ``not_a_start:PLACE``, ``wrong_attempts:CALL`` (not as many as
    it takes until one succeeds), ``same_time:CALL`` (an attempt before the last one of
    the call has ended), ``too_early:CALL:CALL`` (before a result it needs is there),
    ``over_cap:CALL``, ``over_slots:CALL`` (the first one at whose beginning too many
    are under way, once for each server),
    ``too_soon:CALL`` (the server had another call less than its gap before).
    Features: scheduling efficiency (critical path over makespan), mean number of calls
    under way, share of the attempts that failed.
    """
    codes = tuple(islice(_violations(instance, answer), _MAX_CODES))
    if codes:
        return Verdict(objective=None, violations=codes)
    bars = [bar for row in _bars(instance, answer) for bar in row]
    makespan = max(end for _, end, _ in bars)
    return Verdict(
        objective=float(makespan),
        features={
            "efficiency": critical_path(instance) / makespan,
            "under_way": sum(end - start for start, end, _ in bars) / makespan,
            "failed_share": 1 - instance.n / len(bars),
        },
    )


def _violations(instance: ToolInstance, answer: Json) -> Iterator[str]:
    if type(answer) is not list:
        yield "not_a_list"
        return
    malformed = False
    for place, pair in enumerate(answer):
        code = _malformed(instance, pair)
        if code:
            malformed = True
            yield f"{code}:{place}"
    if malformed:
        return
    counts = [0] * instance.n
    for k, _ in answer:
        counts[k] += 1
    wrong = [
        k for k, call in enumerate(instance.calls) if counts[k] != len(call.attempts)
    ]
    if wrong:
        yield from (f"wrong_attempts:{k}" for k in wrong)
        return
    yield from _misplaced(instance, _bars(instance, answer))


def _malformed(instance: ToolInstance, pair: Json) -> str:
    """Name what is wrong with the form of an attempt; empty if nothing is."""
    if type(pair) is not list or [type(value) for value in pair] != [int, int]:
        return "not_a_pair"
    if not 0 <= pair[0] < instance.n:
        return "not_a_call"
    return "" if 0 <= pair[1] <= _LARGEST else "not_a_start"


def _bars(instance: ToolInstance, answer: Sequence[Sequence[int]]) -> list[list[_Bar]]:
    """Sort the attempts of each call; every one takes its own time."""
    starts: list[list[int]] = [[] for _ in instance.calls]
    for k, start in answer:
        starts[k].append(start)
    return [
        [
            (start, start + time, k)
            for start, time in zip(sorted(starts[k]), call.attempts, strict=True)
        ]
        for k, call in enumerate(instance.calls)
    ]


def _misplaced(instance: ToolInstance, bars: list[list[_Bar]]) -> Iterator[str]:
    every = [bar for row in bars for bar in row]
    yield from (f"over_cap:{k}" for k in _crowded(every, instance.cap))
    for s, server in enumerate(instance.servers):
        own = sorted(bar for bar in every if instance.calls[bar[2]].server == s)
        yield from (f"over_slots:{k}" for k in _crowded(own, server.slots))
        for (first, _, _), (second, _, k) in pairwise(own):
            if second - first < server.gap:
                yield f"too_soon:{k}"
    for k, call in enumerate(instance.calls):
        if any(start < end for (_, end, _), (start, _, _) in pairwise(bars[k])):
            yield f"same_time:{k}"
        for before in call.deps:
            if bars[k][0][0] < bars[before][-1][1]:
                yield f"too_early:{k}:{before}"


def _crowded(bars: Iterable[_Bar], most: int) -> list[int]:
    """Find the first call at whose beginning more than ``most`` are under way."""
    ends: list[int] = []
    for start, end, k in sorted(bars):
        ends = [one for one in ends if one > start]
        ends.append(end)
        if len(ends) > most:
            return [k]
    return []
