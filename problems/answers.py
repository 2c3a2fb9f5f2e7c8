"""Find the JSON object of an answer in whatever text a model wrote around it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from problems.base import Json

_LONGEST = 1_000_000
"""Characters of a text that are looked at, from its end."""

_OPENINGS = 200
"""Places at which an object may begin that are tried, from the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A JSON object, and whether the text held nothing else."""

    value: dict[str, Json]
    strict: bool


def last_object(text: str) -> Found | None:
    """Return the last JSON object in a text that is not part of another one.

    Fences and words around it are ignored; never raises, whatever the text.
    """
    text = text[-_LONGEST:].strip()
    whole = _decoded(text, 0)
    if whole is not None and whole[1] == len(text):
        return Found(value=whole[0], strict=True)
    best: tuple[int, int, dict[str, Json]] | None = None
    for start in _openings(text):
        found = _decoded(text, start)
        if found is None:
            continue
        value, end = found
        # A later start may be inside an object that begins earlier and ends later.
        if best is None or (start < best[0] and end >= best[1]):
            best = start, end, value
    return None if best is None else Found(value=best[2], strict=False)


def _openings(text: str) -> Iterator[int]:
    at = len(text)
    for _ in range(_OPENINGS):
        at = text.rfind("{", 0, at)
        if at < 0:
            return
        yield at


_decoder = json.JSONDecoder()


def _decoded(text: str, start: int) -> tuple[dict[str, Json], int] | None:
    if not text.startswith("{", start):
        return None
    try:
        value, end = _decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None
