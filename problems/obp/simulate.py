"""The driver: pack the items with a heuristic. Runs in the sandbox."""

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.obp.packing import Bin, Levels, State
from problems.values import first_unusable, usable

_NUMERIC = "biuf"
"""Kinds of numpy's types that are real numbers."""


class Arrivals(NamedTuple):
    """An instance: the capacity of a bin, and the items in order."""

    capacity: int
    items: tuple[int, ...]


def decode(payload: Any) -> Arrivals:
    """Rebuild an instance from plain data."""
    return Arrivals(payload["capacity"], tuple(payload["items"]))


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Arrivals, seed: int
) -> list[int]:
    """Give the packing that ``heuristic`` makes: the index of a bin for each item.

    ``seed`` sets the generators of ``random`` and ``numpy.random``, so that a
    heuristic that draws from them repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number, or their number is wrong; the text
        says where.
    """
    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002  what a heuristic may draw from
    capacity, items = instance
    if entry_point == "cost":
        return _by_cost(heuristic, capacity, items)
    if entry_point == "priority":
        return _by_priority(heuristic, capacity, items)
    raise ValueError(f"no entry point {entry_point!r}")


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> int:
    """Give the bin for one item; raises as ``run``."""
    item = observation["item"]
    if entry_point == "cost":
        offered = [Bin._make(numbers) for numbers in observation["bins"]]
        return _cheapest(heuristic, offered, item, State._make(observation["state"]))
    capacity, n = observation["capacity"], observation["n"]
    at: list[int] = observation["at"]
    first: int = observation["empty_from"]
    bins = np.full(len(at) + n - first, capacity, dtype=np.int64)
    bins[: len(at)] = observation["free"]
    chosen = _foremost(heuristic, item, bins)
    return at[chosen] if chosen < len(at) else first + chosen - len(at)


def _by_cost(
    cost: Callable[..., Any], capacity: int, items: tuple[int, ...]
) -> list[int]:
    packing = Levels(capacity)
    answer = []
    for item in items:
        offered, state = packing.offer(item)
        index = _cheapest(cost, offered, item, state)
        packing.place(item, index)
        answer.append(index)
    return answer


def _cheapest(
    cost: Callable[..., Any], offered: list[Bin], item: int, state: State
) -> int:
    """Index of the bin of least cost; ties go to the bin opened first."""
    if len(offered) == 1:
        return offered[0].order
    values = [cost(one, item, state) for one in offered]
    if not usable(values):
        raise ValueError(_complaint(values, offered, state))
    least = min(values)
    if values.count(least) == 1:
        return offered[values.index(least)].order
    tied = zip(values, offered, strict=True)
    return min(one.order for value, one in tied if value == least)


def _complaint(values: list[Any], offered: list[Bin], state: State) -> str:
    at, shown = first_unusable(values)
    return (
        f"cost of bin {offered[at].order} for item {state.n - 1} is {shown}, "
        "not a finite number"
    )


def _by_priority(
    priority: Callable[..., Any], capacity: int, items: tuple[int, ...]
) -> list[int]:
    free = np.full(len(items), capacity, dtype=np.int64)
    answer = []
    for item in items:
        (at,) = np.nonzero(free >= item)
        index = int(at[_foremost(priority, item, free[at])])
        free[index] -= item
        answer.append(index)
    return answer


def _foremost(priority: Callable[..., Any], item: int, bins: NDArray[np.int64]) -> int:
    """Position of the largest priority; ties go to the left."""
    count = len(bins)
    values = np.asarray(priority(item, bins))
    if values.shape != (count,):
        raise ValueError(
            f"priority gave values of shape {values.shape} for {count} bins; "
            "return one number for each"
        )
    if values.dtype.kind not in _NUMERIC or not np.isfinite(values).all():
        raise ValueError(
            f"a priority for an item of size {item} is not a finite number "
            f"(type {values.dtype})"
        )
    return int(values.argmax())
