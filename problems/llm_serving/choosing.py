"""What a heuristic's answer at a point of an engine means. In the sandbox."""

from collections.abc import Callable, Sequence
from typing import Any

from problems.llm_serving.hosting import Scene
from problems.values import first_unusable, usable


def least(
    heuristic: Callable[..., Any], rows: Sequence[Any], state: Any
) -> tuple[Any, Any]:
    """Give the first row with the least value, and the value.

    Raises
    ------
    ValueError
        If a value is not a finite number; the text says which and when.
    """
    values = [heuristic(row, state) for row in rows]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"the value of call {rows[at].id}, at {state.t} s, is {shown}, not a "
            "finite number"
        )
    value = min(values)
    return rows[values.index(value)], value


def admitted(heuristic: Callable[..., Any], scene: Scene) -> int | None:
    """Admit the call with the least value if it is negative, or the batch is empty.

    Raises
    ------
    ValueError
        As ``least``.
    """
    row, value = least(heuristic, scene.rows, scene.state)
    number: int = row.id
    return number if value < 0 or not scene.state.running else None


def picked(heuristic: Callable[..., Any], scene: Scene) -> int | None:
    """Take the number of a waiting call, or None, from a policy.

    Raises
    ------
    ValueError
        If it gives anything else.
    """
    told = heuristic(tuple(scene.rows), tuple(scene.columns), scene.state)
    if told is None:
        return None
    where = f"at {scene.state.t} s: pick must return the id of a waiting call or None"
    if type(told) is not int:
        raise ValueError(f"{where}, not {type(told).__name__}")
    if all(told != row.id for row in scene.rows):
        raise ValueError(f"{where}, {told} does not wait")
    return told
