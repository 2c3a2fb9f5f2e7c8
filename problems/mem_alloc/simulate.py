"""The driver: place buffers where they fit lowest. Runs in the sandbox."""

import random
from bisect import insort
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from problems.values import first_unusable, usable


class Buffer(NamedTuple):
    """A buffer before anything is placed; times and bytes of the instance.

    It is alive from ``lower`` until before ``upper``, for ``life``; ``area`` is size
    times life, ``degree`` the number of other buffers that are alive with it at some
    time, ``load`` the largest total size, its own included, that is alive at one time
    of its life.
    """

    size: int
    lower: int
    upper: int
    life: int
    area: int
    degree: int
    load: int


class Unplaced(NamedTuple):
    """A buffer that is not placed yet: a ``Buffer``, and where it would be put now.

    ``offset`` is the lowest at which it fits, ``top`` its end there, ``waiting`` the
    number of unplaced buffers, itself not counted, that are alive with it at some time.
    """

    size: int
    lower: int
    upper: int
    life: int
    area: int
    degree: int
    load: int
    offset: int
    top: int
    waiting: int


class Stats(NamedTuple):
    """The instance in numbers.

    ``n`` buffers in a time of ``span``; ``bound`` is the largest total size that is
    alive at one time: no peak is lower.
    """

    n: int
    span: int
    bound: int
    size_max: int
    size_mean: float
    life_max: int
    life_mean: float


class State(NamedTuple):
    """The moment of a decision: ``left`` buffers to place, ``peak`` of those placed."""

    n: int
    left: int
    peak: int
    bound: int
    span: int
    size_max: int
    life_max: int


class Memory(NamedTuple):
    """A decoded instance: its buffers, and with which others each is alive."""

    buffers: tuple[Buffer, ...]
    beside: tuple[tuple[int, ...], ...]
    stats: Stats


def decode(payload: Any) -> Memory:
    """Rebuild an instance from plain data."""
    rows = list(zip(payload["size"], payload["lower"], payload["upper"], strict=True))
    beside = tuple(
        tuple(
            other
            for other, (_, low, up) in enumerate(rows)
            if other != k and low < upper and lower < up
        )
        for k, (_, lower, upper) in enumerate(rows)
    )
    buffers = tuple(
        Buffer(
            size,
            lower,
            upper,
            upper - lower,
            size * (upper - lower),
            len(beside[k]),
            _load(rows, k, beside[k]),
        )
        for k, (size, lower, upper) in enumerate(rows)
    )
    n = len(buffers)
    stats = Stats(
        n,
        max(b.upper for b in buffers) - min(b.lower for b in buffers),
        max(b.load for b in buffers),
        max(b.size for b in buffers),
        sum(b.size for b in buffers) / n,
        max(b.life for b in buffers),
        sum(b.life for b in buffers) / n,
    )
    return Memory(buffers, beside, stats)


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Memory, seed: int
) -> list[int]:
    """Give the offset of each buffer, in the order of the instance, bytes.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number; the text says where.
    """
    random.seed(seed)
    if entry_point == "key":
        return _by_key(heuristic, instance)
    if entry_point == "next_buffer":
        return _one_by_one(heuristic, instance)
    raise ValueError(f"no entry point {entry_point!r}")


def lowest(taken: Sequence[tuple[int, int]], size: int) -> int:
    """Lowest offset with ``size`` free bytes; ``taken`` are [from, to) in order."""
    offset = 0
    for start, end in taken:
        if start - offset >= size:
            break
        offset = max(offset, end)
    return offset


def _load(rows: Sequence[tuple[int, int, int]], k: int, beside: Sequence[int]) -> int:
    size, lower, _ = rows[k]
    # The most is alive when something begins: this buffer, or one within its life.
    starts = {lower, *(rows[other][1] for other in beside if rows[other][1] > lower)}
    alive = [
        sum(rows[other][0] for other in beside if rows[other][1] <= t < rows[other][2])
        for t in starts
    ]
    return size + max(alive)


def _by_key(key: Callable[[Buffer, Stats], Any], memory: Memory) -> list[int]:
    """Place in the order of the keys, the smallest first; ties go to lower indices."""
    values = [key(buffer, memory.stats) for buffer in memory.buffers]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(f"key of buffer {at} is {shown}, not a finite number")
    offsets = [-1] * len(values)
    for k in sorted(range(len(values)), key=values.__getitem__):
        taken = sorted(
            (offsets[other], offsets[other] + memory.buffers[other].size)
            for other in memory.beside[k]
            if offsets[other] >= 0
        )
        offsets[k] = lowest(taken, memory.buffers[k].size)
    return offsets


def _one_by_one(
    next_buffer: Callable[[Unplaced, State], Any], memory: Memory
) -> list[int]:
    """Place the buffer of the smallest value again and again, ties to lower indices."""
    buffers, stats = memory.buffers, memory.stats
    offsets = [-1] * stats.n
    taken: list[list[tuple[int, int]]] = [[] for _ in buffers]
    views = {
        k: Unplaced(*buffer, 0, buffer.size, buffer.degree)
        for k, buffer in enumerate(buffers)
    }
    peak = 0
    while views:
        state = State(
            stats.n,
            len(views),
            peak,
            stats.bound,
            stats.span,
            stats.size_max,
            stats.life_max,
        )
        values = [next_buffer(view, state) for view in views.values()]
        if not usable(values):
            at, shown = first_unusable(values)
            name = list(views)[at]
            raise ValueError(
                f"next_buffer of buffer {name} with {len(views)} left is {shown}, "
                "not a finite number"
            )
        k = list(views)[values.index(min(values))]
        chosen = views.pop(k)
        offsets[k] = chosen.offset
        peak = max(peak, chosen.top)
        for other in memory.beside[k]:
            if other in views:
                insort(taken[other], (chosen.offset, chosen.top))
                views[other] = _moved(views[other], taken[other])
    return offsets


def _moved(view: Unplaced, taken: Sequence[tuple[int, int]]) -> Unplaced:
    """Return the view once one more of its neighbours is placed."""
    offset = lowest(taken, view.size)
    return view._replace(
        offset=offset, top=offset + view.size, waiting=view.waiting - 1
    )
