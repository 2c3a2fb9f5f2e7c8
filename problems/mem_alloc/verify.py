"""The trusted judgement of offsets; knows nothing of the driver that made them."""

from problems.base import Json, Verdict
from problems.mem_alloc.model import MemInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_LARGEST = 1 << 62
"""Offsets above this are no addresses."""


def verify(instance: MemInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge the offsets of all buffers, bytes, for either entry point.

    The objective is the peak: the largest offset + size. Violation codes:
    ``not_a_list``, ``wrong_length``, ``not_an_offset:BUFFER``,
    ``overlap:BUFFER:BUFFER``. Features: the mean share of the peak that is alive, the
    share of buffers at offset 0 and of those that end at the peak.
    """
    codes = _malformed(instance.n, answer) or _overlaps(instance, answer)
    if codes:
        return Verdict(objective=None, violations=tuple(codes[:_MAX_CODES]))
    tops = [offset + s for offset, s in zip(answer, instance.size, strict=True)]
    peak = max(tops)
    span = max(instance.upper) - min(instance.lower)
    rows = zip(instance.lower, instance.upper, instance.size, strict=True)
    area = sum((upper - lower) * size for lower, upper, size in rows)
    return Verdict(
        objective=float(peak),
        features={
            "fill": area / (span * peak),
            "bottom_share": answer.count(0) / instance.n,
            "top_share": tops.count(peak) / instance.n,
        },
    )


def _malformed(n: int, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    codes = [] if len(answer) == n else ["wrong_length"]
    for k, offset in enumerate(answer[:n]):
        if len(codes) >= _MAX_CODES:
            break
        if type(offset) is not int or not 0 <= offset <= _LARGEST:
            codes.append(f"not_an_offset:{k}")
    return codes


def _overlaps(instance: MemInstance, offsets: list[int]) -> list[str]:
    """Codes of buffers that share time and memory, by a sweep over time."""
    codes: list[str] = []
    alive: list[int] = []
    for k in sorted(range(instance.n), key=instance.lower.__getitem__):
        start, end = offsets[k], offsets[k] + instance.size[k]
        alive = [j for j in alive if instance.upper[j] > instance.lower[k]]
        codes += [
            f"overlap:{min(j, k)}:{max(j, k)}"
            for j in alive
            if offsets[j] < end and start < offsets[j] + instance.size[j]
        ]
        if len(codes) >= _MAX_CODES:
            break
        alive.append(k)
    return codes
