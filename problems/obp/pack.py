"""The pack ``obp``: online bin packing."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    Bar,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Picture,
    Problem,
    Simulator,
)
from problems.obp.baselines import baselines
from problems.obp.importer import read
from problems.obp.instances import instances
from problems.obp.model import ObpInstance, encode
from problems.obp.packing import Line, start
from problems.obp.published import PUBLISHED
from problems.obp.reference import reference, solve_references
from problems.obp.verify import verify

ROWS = 25
"""Bins in a picture: a report has no room for more."""

_CARD = """\
**Online bin packing.** Items come one after another; each must be put at once into a
bin that has room for it, for good, before the next one is known. All bins have the same
capacity; sizes are integers from 1 to the capacity. Use as few bins as possible.

Sizes are drawn independently from one distribution that is not told (100 to 150 units
of capacity, 500 to 1000 items; held-out sets differ), so the items so far say what is
likely to come. A gap in a bin is lost if no item will ever fill it: best fit loses by
leaving small gaps. Judged by the gap of the bins used to the proven optimum or bound.
"""

_COST = EntryPoint(
    name="cost",
    signature="def cost(bin, item, state) -> float:",
    doc=(
        "Called for each item if an open bin has room for it: once for every distinct "
        "free capacity of the open bins with room, and once for an empty bin. The bin "
        "with the smallest value gets the item, ties go to the bin opened first; of "
        "bins with equal free capacity the one opened first is meant. bin.free, "
        "bin.after: free capacity before and after the item is put in. bin.alike, "
        "bin.after_alike: number of open bins with that free capacity (0 for an empty "
        "bin, and for a full one). bin.exact, bin.fitting: number of earlier items "
        "that have just the size bin.after, and that are at most as large. bin.order: "
        "number of bins opened before this one; an empty bin is last. item: its size. "
        "state.capacity: of a bin. state.n, state.mean, state.largest: number, "
        "mean size and largest size of the items so far, this one included. "
        "state.open, state.room: number of open bins that are not full, and their "
        "total free capacity. All are read-only. Keep nothing between calls. Return "
        "a finite int or float."
    ),
    seed="first_fit",
    features=(
        Feature(
            code="bin.free", doc="free capacity before the item is put in (positive)"
        ),
        Feature(
            code="bin.after", doc="free capacity after the item is put in (at least 0)"
        ),
        Feature(code="bin.alike", doc="number of open bins with as much free before"),
        Feature(code="bin.after_alike", doc="number of open bins with as much free"),
        Feature(
            code="bin.exact", doc="number of earlier items of the size that is free"
        ),
        Feature(code="bin.fitting", doc="number of earlier items that would fit after"),
        Feature(code="bin.order", doc="number of bins opened before this one"),
        Feature(code="item", doc="size of the item (positive)"),
        Feature(code="state.capacity", doc="capacity of a bin (positive)"),
        Feature(code="state.n", doc="number of items so far (at least 1)"),
        Feature(code="state.mean", doc="mean size of the items so far (positive)"),
        Feature(code="state.largest", doc="largest size so far (positive)"),
        Feature(code="state.open", doc="number of open bins that are not full"),
        Feature(
            code="state.room", doc="total free capacity of the open bins (at least 0)"
        ),
    ),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(item, bins) -> Sequence[float]:",
    doc=(
        "The interface of FunSearch: called for each item with its size and a numpy "
        "array of the free capacities of all bins that have room for it, in order of "
        "their index. There are as many bins as items to come in all, so that most of "
        "them are empty; an empty bin has the full capacity. Return one finite number "
        "for each of these bins, as an array or a list. The item goes to the bin with "
        "the largest value, ties go to the lower index. Keep nothing between calls."
    ),
    seed="best_fit_bins",
)


def gantt(instance: ObpInstance, answer: Json) -> Sequence[Bar]:
    """Items of the bins that were opened first, each from one fill level to the next.

    A row is a bin; times are units of size.
    """
    shown = list(dict.fromkeys(answer))[:ROWS]
    fill = dict.fromkeys(shown, 0)
    bars = []
    for item, (size, index) in enumerate(zip(instance.items, answer, strict=True)):
        if index in fill:
            begin, fill[index] = fill[index], fill[index] + size
            row = f"bin {index}"
            bars.append(Bar(row=row, start=begin, end=fill[index], label=f"{item}"))
    return bars


def simulator(instance: ObpInstance, entry_point: str) -> Simulator:
    """Start a packing that shows one item at a time."""
    packing = start(entry_point, instance.capacity, instance.n)
    return Line(packing, instance.items)


PACK: Problem[ObpInstance] = Problem(
    name="obp",
    version=1,
    title="Online bin packing",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"cost": _COST, "priority": _PRIORITY}),
    driver="problems.obp.simulate",
    modules=(
        "bisect",
        "collections",
        "functools",
        "heapq",
        "itertools",
        "math",
        "numpy",
        "operator",
        "random",
        "statistics",
    ),
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=lambda _: None,
    solve_references=solve_references,
    card=_CARD,
    simulator=simulator,
    picture=Picture(along="fill of a bin (units of size)", marked=None),
    published=PUBLISHED,
    read=read,
)
