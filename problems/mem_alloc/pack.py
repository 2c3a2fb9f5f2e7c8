"""The pack ``mem_alloc``: static memory allocation, smallest peak."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    COSTLY,
    PLAIN_MODULES,
    Bar,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Picture,
    Problem,
)
from problems.mem_alloc.baselines import baselines
from problems.mem_alloc.importer import read
from problems.mem_alloc.instances import instances
from problems.mem_alloc.model import MemInstance, describe, encode
from problems.mem_alloc.reference import optimum, reference, solve_references
from problems.mem_alloc.verify import verify

ROWS = 40
"""Offsets that a picture shows, the highest ones: they make the peak."""

_CARD = """\
**Static memory allocation, smallest peak.** n buffers of given sizes are alive for
given half-open intervals of time, all known beforehand, as in a compiler for machine
learning. Give each an offset in one block of memory so that buffers that are alive at
the same time do not overlap. Minimise the peak, the largest offset + size.

It is strip packing with positions fixed in one dimension, NP-hard in the strong sense.
The total size alive at one time bounds the peak from below. Buffers are placed one by
one, each at the lowest offset at which it fits beside those placed before; a heuristic
decides the order. From 24 to 300 buffers, sizes and times up to millions: compare them
with each other rather than with constants. Judged by the gap of the peak to a proved
optimum.
"""

_BUFFER = (
    "buf.size (bytes); buf.lower, buf.upper: alive from and until before, buf.life: "
    "for how long; buf.area: size times life; buf.degree: number of other buffers that "
    "are alive with it at some time; buf.load: largest total size, its own included, "
    "that is alive at one time of its life. "
)

_KEY = EntryPoint(
    name="key",
    signature="def key(buf, stats) -> float:",
    doc=(
        "Called once for each buffer, before anything is placed; buffers are placed in "
        "the order of their values, the smallest first, ties go to the lower index. "
        + _BUFFER
        + "stats.n: number of buffers; stats.span: time from the first to the last; "
        "stats.bound: largest total size alive at one time; stats.size_max, "
        "stats.size_mean, stats.life_max, stats.life_mean. Both are read-only; sizes "
        "and times are integers. Return a finite int or float."
    ),
    seed="size",
    features=(
        Feature(code="buf.size", doc="its size, positive", unit="bytes"),
        Feature(code="buf.lower", doc="start of its life, from 0", unit="time units"),
        Feature(code="buf.upper", doc="end of its life, from 0", unit="time units"),
        Feature(code="buf.life", doc="length of its life, positive", unit="time units"),
        Feature(code="buf.degree", doc="number (at least 0) of buffers beside it"),
        Feature(
            code="buf.load", doc="most alive during its life, positive", unit="bytes"
        ),
        Feature(
            code="stats.span", doc="length of all time, positive", unit="time units"
        ),
        Feature(
            code="stats.bound", doc="most alive at one time, positive", unit="bytes"
        ),
        Feature(code="stats.size_max", doc="largest size, positive", unit="bytes"),
        Feature(code="stats.size_mean", doc="mean size, positive", unit="bytes"),
        Feature(code="stats.life_max", doc="longest life, positive", unit="time units"),
        Feature(code="stats.life_mean", doc="mean life, positive", unit="time units"),
    ),
)

_NEXT = EntryPoint(
    name="next_buffer",
    signature="def next_buffer(buf, state) -> float:",
    doc=(
        "Called for every unplaced buffer before each placement; the one with the "
        "smallest value is placed, ties go to the lower index. "
        + _BUFFER
        + "buf.offset: lowest offset at which it fits now, buf.top: its end there; "
        "buf.waiting: number of other unplaced buffers that are alive with it at some "
        "time. state.n, state.left: number of buffers, and of unplaced ones; "
        "state.peak: largest top of placed ones; state.bound: largest total size alive "
        "at one time; state.span, state.size_max, state.life_max. Both are read-only; "
        "sizes and times are integers. Return a finite int or float."
    ),
    seed="lowest_longest",
    features=(
        Feature(
            code="buf.offset", doc="lowest place for it now, at least 0", unit="bytes"
        ),
        Feature(code="buf.top", doc="its end there, positive", unit="bytes"),
        Feature(code="buf.size", doc="its size, positive", unit="bytes"),
        Feature(code="buf.lower", doc="start of its life, from 0", unit="time units"),
        Feature(code="buf.upper", doc="end of its life, from 0", unit="time units"),
        Feature(code="buf.life", doc="length of its life, positive", unit="time units"),
        Feature(code="buf.degree", doc="number (at least 0) of buffers beside it"),
        Feature(code="buf.waiting", doc="number (at least 0) of those unplaced"),
        Feature(
            code="buf.load", doc="most alive during its life, positive", unit="bytes"
        ),
        Feature(code="state.peak", doc="peak so far, at least 0", unit="bytes"),
        Feature(
            code="state.bound", doc="most alive at one time, positive", unit="bytes"
        ),
        Feature(code="state.size_max", doc="largest size, positive", unit="bytes"),
        Feature(code="state.life_max", doc="longest life, positive", unit="time units"),
    ),
)


def gantt(instance: MemInstance, answer: Json) -> Sequence[Bar]:
    """Lives of buffers by offset, the highest offsets; what ends at the peak is marked.

    Buffers of one offset are never alive together.
    """
    tops = [offset + size for offset, size in zip(answer, instance.size, strict=True)]
    peak = max(tops)
    shown = set(sorted(set(answer))[-ROWS:])
    rows = zip(answer, instance.lower, instance.upper, tops, strict=True)
    bars = sorted(
        (offset, lower, upper, top, k)
        for k, (offset, lower, upper, top) in enumerate(rows)
        if offset in shown
    )
    return [
        Bar(
            row=f"at {offset}",
            start=lower,
            end=upper,
            label=str(k),
            late=top == peak,
        )
        for offset, lower, upper, top, k in bars
    ]


PACK: Problem[MemInstance] = Problem(
    name="mem_alloc",
    version=1,
    title="Static memory allocation, smallest peak",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({"key": _KEY, "next_buffer": _NEXT}),
    driver="problems.mem_alloc.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=optimum,
    solve_references=solve_references,
    card=_CARD,
    describe=describe,
    picture=Picture(
        along="time (time units of the instance)", marked="ends at the peak"
    ),
    read=read,
    campaign=MappingProxyType(
        {**COSTLY, "entry_point": "next_buffer", "seeds": ["lowest_longest"]}
    ),
)
