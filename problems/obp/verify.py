"""The trusted judgement of a packing; knows nothing of the driver that made it."""

from collections import defaultdict

from problems.base import Json, Verdict
from problems.obp.model import ObpInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_NEARLY = 0.05
"""Free share of the capacity up to which a bin counts as nearly full."""


def verify(instance: ObpInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge a list of bins, one index from 0 to n - 1 for each item, in order.

    The objective is the number of bins with an item. Violation codes:
    ``not_a_list``, ``wrong_length``, ``not_a_bin:POSITION``, ``overfull:BIN``.
    Features: the shares of bins that are full, nearly full (5 % free), and half empty.
    """
    violations = _violations(instance, answer)
    if violations:
        return Verdict(objective=None, violations=tuple(violations[:_MAX_CODES]))
    capacity = instance.capacity
    free = [capacity - load for load in _loads(instance, answer).values()]
    bins = len(free)
    return Verdict(
        objective=float(bins),
        features={
            "full_share": free.count(0) / bins,
            "nearly_full_share": sum(f <= _NEARLY * capacity for f in free) / bins,
            "half_empty_share": sum(2 * f >= capacity for f in free) / bins,
        },
    )


def _violations(instance: ObpInstance, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    n = instance.n
    codes = [] if len(answer) == n else ["wrong_length"]
    # Of a longer answer the positions behind the last item hold no bins.
    for position, index in enumerate(answer[:n]):
        if len(codes) >= _MAX_CODES:
            return codes
        if type(index) is not int or not 0 <= index < n:
            codes.append(f"not_a_bin:{position}")
    if codes:
        return codes
    loads = _loads(instance, answer)
    return [f"overfull:{b}" for b, load in loads.items() if load > instance.capacity]


def _loads(instance: ObpInstance, answer: list[int]) -> dict[int, int]:
    loads: dict[int, int] = defaultdict(int)
    for item, index in zip(instance.items, answer, strict=True):
        loads[index] += item
    return loads
