"""What a heuristic may return as a priority: checked by every driver, in the sandbox.

Plain Python without further imports, because drivers are loaded there.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

_NUMBERS = frozenset({bool, int, float})


def usable(values: Sequence[Any]) -> bool:
    """Whether all values are finite plain numbers; subclasses of numbers are not."""
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    try:
        return all(map(isfinite, values))
    except OverflowError:  # an integer beyond the range of floats is finite
        return all(type(value) is not float or isfinite(value) for value in values)


def first_unusable(values: Sequence[Any]) -> tuple[int, str]:
    """Index of the first value that is not usable, and what it is.

    The text of a value is shown only if it is a float: another object's could be
    anything, endless included.
    """
    index = next(i for i, value in enumerate(values) if not usable([value]))
    value = values[index]
    return index, repr(value) if type(value) is float else type(value).__name__
