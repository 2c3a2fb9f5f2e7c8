"""The state of a packing while items arrive, and what a heuristic may see of it.

The driver in the sandbox and the simulator on the trusted side both step through it;
the verifier does not know it. Nothing here knows of an item before it has come.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

import numpy as np

from problems.base import Json


class Bin(NamedTuple):
    """Where the item can go: the open bins of one free capacity, or an empty bin.

    ``free`` and ``after`` are the free capacity without and with the item; ``alike``
    and ``after_alike`` count the open bins that have just these (0 for a full bin);
    ``exact`` and ``fitting`` count the earlier items that would just fill, and that
    would fit into, what is left; ``order`` is the number of bins opened before the
    earliest of these bins, which is its index.
    """

    free: int
    after: int
    alike: int
    after_alike: int
    exact: int
    fitting: int
    order: int


class State(NamedTuple):
    """The moment of a decision.

    ``capacity`` of a bin; ``n``, ``mean`` and ``largest`` are the number of the items
    so far and their mean and largest size, this one included; ``open`` and ``room``
    are the number of bins with an item and room for another, and their total free
    capacity.
    """

    capacity: int
    n: int
    mean: float
    largest: int
    open: int
    room: int


class Packing(Protocol):
    """Bins, and the item that has come."""

    def observe(self, item: int) -> Json:
        """Return as plain data what a heuristic may know about placing ``item``."""

    def place(self, item: int, index: int) -> bool:
        """Put ``item`` into a bin that was offered; False if there is no such bin."""


class Levels:
    """Bins by their free capacity, for heuristics that see one choice of each.

    The first item goes to bin 0; bins are numbered in the order of opening.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._free: list[int] = []
        self._levels: list[int] = []
        self._bins: list[list[int]] = [[] for _ in range(capacity + 1)]
        self._alike = [0] * (capacity + 1)
        self._sizes: list[int] = []
        self._exact = [0] * (capacity + 1)
        self._total = 0
        self._largest = 0
        self._open = 0
        self._room = 0

    def offer(self, item: int) -> tuple[list[Bin], State]:
        """Choices by free capacity, the empty bin last; and the moment."""
        alike, exact, bins, sizes = self._alike, self._exact, self._bins, self._sizes
        levels = self._levels
        make = Bin._make
        offered = []
        for free in levels[bisect_left(levels, item) :]:
            after = free - item
            offered.append(
                make(
                    (
                        free,
                        after,
                        alike[free],
                        alike[after],
                        exact[after],
                        bisect_right(sizes, after),
                        bins[free][0],
                    )
                )
            )
        return [*offered, self._empty(item)], self._state(item)

    def observe(self, item: int) -> Json:
        """Choices and moment as lists of numbers."""
        offered, state = self.offer(item)
        return {"item": item, "bins": offered, "state": state}

    def place(self, item: int, index: int) -> bool:
        """Put ``item`` into the bin ``index``, the earliest of its free capacity."""
        if not self._offered(item, index):
            return False
        if index == len(self._free):
            self._free.append(self._capacity)
            self._room += self._capacity
            self._open += 1
        else:
            self._take(self._free[index])
        self._free[index] -= item
        self._put(index)
        self._room -= item
        self._total += item
        self._largest = max(self._largest, item)
        insort(self._sizes, item)
        self._exact[item] += 1
        return True

    def _empty(self, item: int) -> Bin:
        after = self._capacity - item
        return Bin(
            self._capacity,
            after,
            0,
            self._alike[after],
            self._exact[after],
            bisect_right(self._sizes, after),
            len(self._free),
        )

    def _state(self, item: int) -> State:
        n = len(self._sizes) + 1
        return State(
            self._capacity,
            n,
            (self._total + item) / n,
            max(self._largest, item),
            self._open,
            self._room,
        )

    def _offered(self, item: int, index: int) -> bool:
        if not 0 <= index < len(self._free):
            return index == len(self._free)
        free = self._free[index]
        return free >= item and self._bins[free][0] == index

    def _put(self, index: int) -> None:
        free = self._free[index]
        if not free:
            self._open -= 1
            return
        if not self._alike[free]:
            insort(self._levels, free)
        self._alike[free] += 1
        heappush(self._bins[free], index)

    def _take(self, free: int) -> None:
        heappop(self._bins[free])
        self._alike[free] -= 1
        if not self._alike[free]:
            del self._levels[bisect_left(self._levels, free)]


class Row:
    """All n bins in a row, for heuristics that rank every bin with room.

    n is the number of items, so that most bins stay empty, and an empty bin may be
    chosen before those to its left: as in FunSearch.
    """

    def __init__(self, capacity: int, n: int) -> None:
        self._capacity = capacity
        self._n = n
        self._free = np.full(n, capacity, dtype=np.int64)
        self._touched = 0

    def observe(self, item: int) -> Json:
        """Free capacities of the bins with room; those that follow are all empty."""
        head = self._free[: self._touched]
        (at,) = np.nonzero(head >= item)
        return {
            "item": item,
            "capacity": self._capacity,
            "at": at.tolist(),
            "free": head[at].tolist(),
            "empty_from": self._touched,
            "n": self._n,
        }

    def place(self, item: int, index: int) -> bool:
        """Put ``item`` into the bin ``index`` if it has room."""
        if not 0 <= index < self._n or self._free[index] < item:
            return False
        self._free[index] -= item
        self._touched = max(self._touched, index + 1)
        return True


def start(entry_point: str, capacity: int, n: int) -> Packing:
    """Begin a packing as the heuristics of ``entry_point`` see it."""
    if entry_point == "cost":
        return Levels(capacity)
    if entry_point == "priority":
        return Row(capacity, n)
    raise ValueError(f"no entry point {entry_point!r}")


class Line:
    """One run on the trusted side: it holds the items and shows one at a time."""

    def __init__(self, packing: Packing, items: Sequence[int]) -> None:
        self._packing = packing
        self._items = items
        self._trace: list[Json] = []
        self._broken = False
        self._seen: Json = None

    def observe(self) -> Json | None:
        """Show the next item and the bins; None once all are placed, or it failed."""
        if self._broken or len(self._trace) == len(self._items):
            return None
        if self._seen is None:
            self._seen = self._packing.observe(self._items[len(self._trace)])
        return self._seen

    def act(self, decision: Json) -> None:
        """Place the item in the bin ``decision``; anything else ends the run."""
        if self.observe() is None:
            return
        item = self._items[len(self._trace)]
        self._trace.append(decision)
        self._seen = None
        if type(decision) is not int or not self._packing.place(item, decision):
            self._broken = True

    def trace(self) -> Json:
        """Return the bins of the items so far."""
        return self._trace
