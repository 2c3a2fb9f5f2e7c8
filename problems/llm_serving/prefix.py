"""The prefix cache of an engine: a tree of units of KV memory, least recently used.

Ids are those of whole prefixes, so a path in the tree is named by its last id. What a
call uses is held and stays; what nobody holds may go, leaves first. So what is here of
a prefix, and what is held of that, are leading units. Plain Python.
"""

from collections.abc import Sequence
from heapq import heappop, heappush


class _Node:
    __slots__ = ("children", "holders", "id", "parent", "stamp")

    def __init__(self, number: int, parent: "_Node | None") -> None:
        self.id = number
        self.parent = parent
        self.children = 0
        self.holders = 0
        self.stamp = 0


class PrefixCache:
    """Units in the memory: ``size`` of them, ``held`` by calls."""

    __slots__ = ("_clock", "_free", "_nodes", "held", "size")

    def __init__(self) -> None:
        self.size = 0
        self.held = 0
        self._clock = 0
        self._nodes: dict[int, _Node] = {}
        self._free: list[tuple[int, int]] = []

    def match(self, prefix: Sequence[int], limit: int) -> int:
        """Count the leading units that are here, ``limit`` at most."""
        nodes = self._nodes
        low, high = 0, min(limit, len(prefix))
        middle = high - 1
        while low < high:
            if prefix[middle] in nodes:
                low = middle + 1
            else:
                high = middle
            middle = (low + high) // 2
        return low

    def unheld(self, prefix: Sequence[int], stop: int) -> int:
        """Count those of the first ``stop`` units, all here, that nobody holds."""
        nodes = self._nodes
        low, high = 0, stop
        while low < high:
            middle = (low + high) // 2
            if nodes[prefix[middle]].holders:
                low = middle + 1
            else:
                high = middle
        return stop - low

    def hold(self, prefix: Sequence[int], start: int, stop: int) -> None:
        """Hold units ``start`` to ``stop``; those that are not here are made."""
        nodes = self._nodes
        parent = nodes[prefix[start - 1]] if start else None
        for unit in prefix[start:stop]:
            node = nodes.get(unit)
            if node is None:
                node = nodes[unit] = _Node(unit, parent)
                self.size += 1
                if parent is not None:
                    parent.children += 1
            if not node.holders:
                self.held += 1
            node.holders += 1
            parent = node

    def release(self, prefix: Sequence[int], stop: int) -> None:
        """No longer hold the first ``stop`` units."""
        self._clock += 1
        for unit in reversed(prefix[:stop]):
            node = self._nodes[unit]
            node.holders -= 1
            node.stamp = self._clock
            if not node.holders:
                self.held -= 1
                if not node.children:
                    heappush(self._free, (node.stamp, unit))

    def shrink(self, limit: int) -> None:
        """Drop units that nobody holds until ``limit`` are left at most."""
        while self.size > max(limit, self.held):
            stamp, unit = heappop(self._free)
            node = self._nodes.get(unit)
            if node is None or node.holders or node.children or node.stamp != stamp:
                continue
            del self._nodes[unit]
            self.size -= 1
            parent = node.parent
            if parent is not None:
                parent.children -= 1
                if not parent.children and not parent.holders:
                    heappush(self._free, (parent.stamp, parent.id))
