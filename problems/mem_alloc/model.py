"""What an instance of static memory allocation is."""

from collections.abc import Mapping
from dataclasses import dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class MemInstance:
    """Buffers that are known beforehand.

    Attributes
    ----------
    id
        Says how the instance was generated: ``cut120-s2003``, or its file.
    group
        Kind and number of buffers: ``cut120``, ``sliding150``.
    lower, upper
        Buffer k is alive from time ``lower[k]`` until just before ``upper[k]``; each
        ``(n,)``, in time units of the instance.
    size
        Memory of each buffer, ``(n,)``, positive, in bytes.
    """

    id: str
    group: str
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of buffers."""
        return len(self.size)


def live_bound(instance: MemInstance) -> int:
    """Largest total size that is alive at one time, bytes: no peak is lower."""
    changes = sorted(
        [(t, size) for t, size in zip(instance.lower, instance.size, strict=True)]
        + [(t, -size) for t, size in zip(instance.upper, instance.size, strict=True)]
    )
    live = most = 0
    for _, change in changes:  # what ends at a time comes before what begins there
        live += change
        most = max(most, live)
    return most


def describe(instance: MemInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts: buffers, and how full the memory must be.

    ``fill`` is the mean of what is alive over time, as a share of the live-set bound.
    """
    span = max(instance.upper) - min(instance.lower)
    rows = zip(instance.lower, instance.upper, instance.size, strict=True)
    area = sum((upper - lower) * size for lower, upper, size in rows)
    return {"buffers": instance.n, "fill": area / (span * live_bound(instance))}


def encode(instance: MemInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {
        "lower": list(instance.lower),
        "upper": list(instance.upper),
        "size": list(instance.size),
    }
