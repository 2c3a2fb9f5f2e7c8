"""The driver: decide which type runs next. Runs in the sandbox, plain Python."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from problems.stoch_single.machine import Machine, State, Type
from problems.values import first_unusable, usable

Durations = tuple[tuple[int, ...], ...]


def decode(payload: Any) -> Durations:
    """Rebuild an instance from plain data."""
    return tuple(map(tuple, payload["durations"]))


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Durations, seed: int
) -> list[int]:
    """Give the type that was chosen at each decision.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number; the text says where.
    """
    random.seed(seed)
    if entry_point not in ("choose", "preempt"):
        raise ValueError(f"no entry point {entry_point!r}")
    machine = Machine(instance, preemptive=entry_point == "preempt")
    while len(types := machine.open()) > 1:
        views = machine.views(types)
        machine.work(_least(entry_point, heuristic, types, views, machine.state(views)))
    return machine.answer


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> int:
    """Give the type for one decision; raises as ``run``."""
    return _least(
        entry_point,
        heuristic,
        observation["types"],
        [Type._make(numbers) for numbers in observation["views"]],
        State._make(observation["state"]),
    )


def _least(
    name: str,
    heuristic: Callable[..., Any],
    types: Sequence[int],
    views: Sequence[Type],
    state: State,
) -> int:
    """Choose the type of the least value; ties go to the lower index."""
    values = [heuristic(view, state) for view in views]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"{name} of type {types[at]} at tick {state.t} is {shown}, not a finite "
            "number"
        )
    return types[values.index(min(values))]
