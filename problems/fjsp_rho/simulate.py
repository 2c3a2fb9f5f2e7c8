"""The driver: asks a heuristic what to fix, or how large a window is.

The horizon itself, with its solver, stays on the trusted side (``desk.py``).
"""

import random
from collections.abc import Callable
from typing import Any

from problems.fjsp_rho.views import Op, State
from problems.values import first_unusable, usable

FIX, WINDOW = "fix", "next_window"


def decode(payload: Any) -> Any:
    """Take the instance as it is: in the sandbox there never is one."""
    return payload


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Any, seed: int
) -> Any:
    """Roll the horizon beside the heuristic; give the schedule. For trusted programs.

    ``seed`` sets the generator of the ``random`` module.

    Raises
    ------
    ValueError
        If a decision is none; the text says where.
    """
    # The sandbox decides only, and has neither solver nor horizon.
    from problems.fjsp_rho.desk import Desk, shop

    random.seed(seed)
    desk = Desk(shop(instance), entry_point)
    while (seen := desk.observe()) is not None:
        desk.act(decide(entry_point, heuristic, seen))
    return desk.trace()


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> Any:
    """Say of each operation of the overlap whether it is fixed, or give a window.

    Raises
    ------
    ValueError
        If what the heuristic returns is of another kind; the text says where.
    """
    state = State._make(observation["state"])
    if entry_point == WINDOW:
        return _window(heuristic(state), state)
    ops = [Op._make(numbers) for numbers in observation["ops"]]
    values = [heuristic(op, state) for op in ops]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"fix of operation {at} of the overlap, in window {state.window}, is "
            f"{shown}, not a finite number"
        )
    return [value > 0 for value in values]


def _window(value: Any, state: State) -> list[int]:
    if type(value) not in (tuple, list) or [type(x) for x in value] != [int, int]:
        raise ValueError(
            f"next_window in window {state.window} gave no pair of integers, size and "
            "step"
        )
    # Cut, so that the number fits any message.
    return [max(-1, min(10**6, x)) for x in value]
