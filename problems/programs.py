"""The driver of programs that models write as an answer: called once with plain data.

It runs in the sandbox, in plain Python, and hands on what the program returns; whoever
asked for the program judges that.
"""

from collections.abc import Callable
from typing import Any

MODULES = (
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "random",
    "statistics",
    "typing",
)
"""What such a program may import."""


def decode(payload: Any) -> Any:
    """Return the data as they came."""
    return payload


def run(_entry_point: str, program: Callable[[Any], Any], data: Any, _seed: int) -> Any:
    """Call the program; what it raises is its own failure."""
    return program(data)
