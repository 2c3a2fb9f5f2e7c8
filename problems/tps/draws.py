"""Draws that depend on nothing but their names: equal on every machine."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

from problems.base import Json

_T = TypeVar("_T")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def draw(seed: int, *parts: Json) -> int:
    """Draw a number of 64 bits, a pure function of the arguments."""
    text = "\x1f".join([str(seed), *map(str, parts)])
    hashed = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(hashed.digest(), "big")


def between(low: int, high: int, seed: int, *parts: Json) -> int:
    """Draw a whole number from ``low`` to ``high``, both included."""
    return low + draw(seed, *parts) % (high - low + 1)


def one_of(choices: Sequence[_T], seed: int, *parts: Json) -> _T:
    """Draw one of the choices."""
    return choices[draw(seed, *parts) % len(choices)]


def code(prefix: str, seed: int, *parts: Json) -> str:
    """Draw a code: ``prefix``, a dash, six characters and a check character."""
    number = draw(seed, prefix, *parts)
    letters = "".join(_LETTERS[number >> 5 * k & 31] for k in range(6))
    return f"{prefix}-{letters}{_check(prefix, letters)}"


def is_code(prefix: str, text: str) -> bool:
    """Whether a text has the form that ``code`` gives."""
    head, _, tail = text.partition("-")
    return head == prefix and len(tail) == 7 and tail[6] == _check(prefix, tail[:6])


def _check(prefix: str, letters: str) -> str:
    return _LETTERS[draw(0, "check", prefix, letters) & 31]
