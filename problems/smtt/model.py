"""What an instance of single-machine total tardiness is."""

from collections.abc import Mapping
from dataclasses import dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SmttInstance:
    """All jobs are available at time 0; one machine, one job at a time, no preemption.

    Attributes
    ----------
    id
        Says how the instance was generated: ``n20-tf2-rdd10-s2000``, in tenths.
    group
        Size and distribution: ``n20``, ``n20normal``.
    p, d, w
        Processing times, due dates and weights by job, each ``(n,)``; times in the
        unit of the instance. All weights are 1 in the shipped sets.
    """

    id: str
    group: str
    p: tuple[int, ...]
    d: tuple[int, ...]
    w: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of jobs."""
        return len(self.p)


def encode(instance: SmttInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {"p": list(instance.p), "d": list(instance.d), "w": list(instance.w)}


def describe(instance: SmttInstance) -> Mapping[str, float]:
    """Say how large an instance is, and how tight and how spread its due dates are.

    ``tightness`` is 1 - mean(d) / sum(p), ``range`` is (max(d) - min(d)) / sum(p):
    the two factors of the usual generator, as they came out.
    """
    total = sum(instance.p)
    return {
        "jobs": float(instance.n),
        "mean p": total / instance.n,
        "tightness": 1 - sum(instance.d) / instance.n / total,
        "range": (max(instance.d) - min(instance.d)) / total,
    }
