"""The driver: order a batch by priorities, or by a whole policy. In the sandbox."""

import random
from collections.abc import Callable
from typing import Any

from problems.llm_offline_prefix.views import Batch, batch
from problems.values import first_unusable, usable

_SHOWN = 10**9
"""Integers beyond this are not shown in messages."""


def decode(payload: Any) -> Batch:
    """Rebuild an instance from plain data."""
    return batch(payload)


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Batch, seed: int
) -> list[int]:
    """Give the numbers of the requests in the order in which they are to wait.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that draws
    from it repeats itself.

    Raises
    ------
    ValueError
        If a priority is not a finite real number, or an order not one of all requests;
        the text says where.
    """
    random.seed(seed)
    if entry_point == "priority":
        return _by_priority(heuristic, instance)
    if entry_point == "order":
        return _as_told(heuristic, instance)
    raise ValueError(f"no entry point {entry_point!r}")


def _by_priority(priority: Callable[..., Any], instance: Batch) -> list[int]:
    """Sort by the priorities, the smallest first; ties go to lower numbers."""
    state = instance.state
    values = [
        priority(request, place, state)
        for request, place in zip(instance.requests, instance.places, strict=True)
    ]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(f"priority of request {at} is {shown}, not a finite number")
    return sorted(range(len(values)), key=values.__getitem__)


def _as_told(order: Callable[..., Any], instance: Batch) -> list[int]:
    told = order(instance.requests, instance.tree, instance.state)
    n = instance.state.n
    if type(told) not in (list, tuple) or len(told) != n:
        raise ValueError(f"order must return a list of {n} requests")
    seen: set[int] = set()
    for place, number in enumerate(told):
        if type(number) is not int or not 0 <= number < n:
            plain = type(number) is int and abs(number) < _SHOWN
            shown = number if plain else type(number).__name__
            raise ValueError(f"order: {shown} at place {place} is no request")
        if number in seen:
            raise ValueError(f"order: request {number} is there twice")
        seen.add(number)
    return list(told)
