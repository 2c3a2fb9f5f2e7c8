"""Driver of the attacked problem: runs in the sandbox."""

from collections.abc import Callable, Mapping
from typing import Any


def decode(payload: Mapping[str, Any]) -> list[int]:
    """Return the processing times: deliberately a list, which a program can change."""
    return list(payload["p"])


def run(
    entry_point: str,
    heuristic: Callable[..., Any],
    instance: list[int],
    seed: int,
) -> Any:
    """Return the order that the program makes, or that its priorities give."""
    if entry_point == "raw":
        return heuristic(instance, seed)
    order: list[int] = []
    left, time = list(range(len(instance))), 0
    while left:
        job = min(left, key=lambda j: (heuristic(instance[j], time), j))
        order.append(job)
        left.remove(job)
        time += instance[job]
    return order
