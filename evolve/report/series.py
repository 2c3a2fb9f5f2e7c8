"""What charts draw, computed before anything is drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evolve.report.records import InstanceGaps, Point

_ZERO = 1e-9
"""Gaps below are rounding errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapAxis:
    """Limits and ticks of an axis for gaps.

    ``linear_below`` is None where the axis is purely logarithmic; else it is linear
    up to that size, and logarithmic beyond.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    linear_below: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Champion against one other program, instance by instance."""

    wins: int
    ties: int
    losses: int


def improvements(points: Sequence[Point]) -> list[Point]:
    """Keep the points that were better than all before them."""
    kept: list[Point] = []
    best = float("inf")
    for point in points:
        if point.score is not None and point.score < best:
            best = point.score
            kept.append(point)
    return kept


def thinned(points: Sequence[Point], limit: int) -> list[Point]:
    """Keep all improvements, and of the rest an even share of up to ``limit``."""
    if len(points) <= limit:
        return list(points)
    steps = {point.step for point in improvements(points)}
    stride = -(-len(points) // limit)
    return [p for i, p in enumerate(points) if p.step in steps or i % stride == 0]


def time_unit(seconds: float) -> tuple[str, float]:
    """Choose the unit for a time axis, and its length in seconds."""
    if seconds < 180:
        return "seconds", 1.0
    if seconds < 3 * 3600:
        return "minutes", 60.0
    return "hours", 3600.0


def gap_axis(values: Sequence[float]) -> GapAxis:
    """Choose an axis for at least one gap."""
    values = [value if abs(value) >= _ZERO else 0.0 for value in values]
    low, high = min(values), max(values)
    if low > 0:
        low, high = low / 1.25, high * 1.25
        return GapAxis(
            low=low, high=high, ticks=_log_ticks(low, high), linear_below=None
        )
    size = max(abs(low), abs(high)) or 0.01
    smallest = min((abs(v) for v in values if v), default=size)
    linear = 10.0 ** math.floor(math.log10(max(smallest, size / 1e3)))
    decades = range(round(math.log10(linear)), math.ceil(math.log10(size)) + 1)
    sizes = [10.0**decade for decade in decades]
    ends = (min(1.3 * low, -0.2 * linear), max(1.3 * high, 0.2 * linear))
    ticks = [*(-s for s in reversed(sizes)), 0.0, *sizes]
    return GapAxis(
        low=ends[0],
        high=ends[1],
        ticks=tuple(t for t in ticks if ends[0] <= t <= ends[1]),
        linear_below=linear,
    )


def spread(wanted: Sequence[float], distance: float) -> list[float]:
    """Move positions apart until all differ by ``distance``, each as little as may be.

    Neighbours that overlap share the displacement (pool-adjacent-violators); the
    order of the positions is kept. The result is in the order of ``wanted``.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[float, list[int]]] = []
    for index in order:
        members, centre = [index], wanted[index]
        while blocks and _overlap(blocks[-1], (centre, members), distance):
            below_centre, below = blocks.pop()
            total = below_centre * len(below) + centre * len(members)
            members = below + members
            centre = total / len(members)
        blocks.append((centre, members))
    moved = [0.0] * len(wanted)
    for centre, members in blocks:
        for rank, index in enumerate(members):
            moved[index] = centre + (rank - (len(members) - 1) / 2) * distance
    return moved


def duel(instances: Sequence[InstanceGaps], ours: str, other: str) -> Duel:
    """Count on how many instances ``ours`` has the lower, same, higher gap."""
    pairs = [
        (ours_gap, other_gap)
        for line in instances
        if (ours_gap := line.gaps.get(ours)) is not None
        and (other_gap := line.gaps.get(other)) is not None
    ]
    ties = sum(abs(a - b) <= _ZERO for a, b in pairs)
    wins = sum(a < b - _ZERO for a, b in pairs)
    return Duel(wins=wins, ties=ties, losses=len(pairs) - ties - wins)


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Round numbers between the ends, about five, the coarsest series that does."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = range(first, last + 1, max(1, (last - first) // 6))
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
        ticks = tuple(
            tick for d in decades for s in steps if low <= (tick := s * 10.0**d) <= high
        )
        if len(ticks) >= 3:
            return ticks
    return _even_ticks(low, high)


def _even_ticks(low: float, high: float) -> tuple[float, ...]:
    """Multiples of a round step between the ends, three to six of them."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda s: abs(math.log(s * power / rough)))
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(step * i for i in range(first, last + 1))


def _overlap(
    below: tuple[float, list[int]], above: tuple[float, list[int]], distance: float
) -> bool:
    needed = distance * (len(below[1]) + len(above[1])) / 2
    return above[0] - below[0] < needed
