"""The driver: make calls in the order of their values. Runs in the sandbox."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from problems.tps_scheduler.agenda import WAIT, Agenda, Call, State, Task
from problems.values import first_unusable, usable

ENTRY_POINT = "priority"


def decode(payload: Any) -> Task:
    """Rebuild an instance from plain data."""
    return Task(
        payload["cap"],
        [(slots, gap, fails) for slots, gap, fails in payload["servers"]],
        [
            (server, mean, sigma, tuple(deps), tuple(attempts))
            for server, mean, sigma, deps, attempts in payload["calls"]
        ],
    )


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Task, seed: int
) -> list[list[int]]:
    """Give call and start of all attempts that ``heuristic`` makes, in their order.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number; the text says where.
    """
    random.seed(seed)
    if entry_point != ENTRY_POINT:
        raise ValueError(f"no entry point {entry_point!r}")
    agenda = Agenda(instance)
    while agenda.offered:
        chosen = _chosen(heuristic, *agenda.offer())
        if chosen == WAIT:
            agenda.wait()
        else:
            agenda.make(chosen)
    return agenda.made


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> int:
    """Give the call to make, or ``WAIT``; raises as ``run``."""
    if entry_point != ENTRY_POINT:
        raise ValueError(f"no entry point {entry_point!r}")
    views = [Call._make(numbers) for numbers in observation["calls"]]
    return _chosen(heuristic, views, State._make(observation["state"]))


def _chosen(heuristic: Callable[..., Any], views: Sequence[Call], state: State) -> int:
    """Choose the smallest value; a positive one waits while anything is under way."""
    values = [heuristic(view, state) for view in views]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"priority of call {views[at].place}, at {state.t} ms, is {shown}, not a "
            "finite number"
        )
    least = min(values)
    if least > 0 and state.running:
        return WAIT
    return views[values.index(least)].place
