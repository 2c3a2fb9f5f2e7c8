"""How fast hardware serves a model: rows of constants with their sources.

The rows are in ``data/profiles.json``, in milliseconds; ``fitting.py`` makes such rows
from tables of latencies. Plain Python, and no file is read on import.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

from problems.base import Json
from problems.errors import ConfigError
from problems.llm_serving.cost import CostModel

_FILE = Path(__file__).parent / "data" / "profiles.json"
_TIMES = ("a0", "a1", "b", "p1", "p2", "h0", "h1")
_MOST = 1 << 20
"""Bytes of the largest file of rows."""


class Status(StrEnum):
    """Whether a simulation with the row was compared with a run of a real engine."""

    VALIDATED = "validated"
    NOT_VALIDATED = "not validated end to end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Constants of one model on one kind of hardware.

    Attributes
    ----------
    name
        ``HARDWARE-MODEL``.
    hardware, model
        With the number of devices and the type of the weights.
    dense
        Knots ``(tokens, milliseconds)`` of the part that depends on the number of
        tokens in the step alone.
    a0, a1, b, p1, p2, h0, h1, over
        As in ``CostModel``, but in milliseconds.
    mix
        As in ``CostModel``, a factor; 1 where it was not measured.
    kv_bytes
        Of one token in the KV memory, None if not known.
    kv_blocks
        Blocks of 16 tokens that an engine had, None if that was not measured.
    source
        Publication or program that the figures come from.
    status
        Whether they were validated.
    note
        What else one should know to quote them.
    """

    name: str
    hardware: str
    model: str
    dense: tuple[tuple[int, float], ...]
    a0: float = 0.0
    a1: float = 0.0
    b: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    h0: float = 0.0
    h1: float = 0.0
    over: float = 0.0
    mix: float = 1.0
    kv_bytes: int | None
    kv_blocks: int | None
    source: str
    status: Status
    note: str = ""

    def cost(self, *, scale: float = 1.0, over: float | None = None) -> CostModel:
        """Return the cost model, in seconds.

        Parameters
        ----------
        scale
            Factor on all times but the overhead: above 1 is a slower device.
        over
            Overhead of a step in milliseconds instead of the one of the row.
        """
        factor = scale / 1000
        return CostModel(
            dense=tuple((tokens, factor * value) for tokens, value in self.dense),
            **{name: factor * getattr(self, name) for name in _TIMES},
            over=(self.over if over is None else over) / 1000,
            mix=self.mix,
        )


def names() -> tuple[str, ...]:
    """Names of the rows that are shipped, in order."""
    return tuple(_shipped())


def profile(name: str) -> Profile:
    """Return a row that is shipped.

    Raises
    ------
    ConfigError
        If there is none of that name; the text lists the known ones.
    """
    try:
        return _shipped()[name]
    except KeyError as error:
        raise ConfigError(
            f"no hardware profile {name!r}; known: {', '.join(names())}"
        ) from error


def cost(name: str, *, scale: float = 1.0, over: float | None = None) -> CostModel:
    """Return the cost model of a shipped row; see ``Profile.cost``."""
    return profile(name).cost(scale=scale, over=over)


def read(path: Path) -> Mapping[str, Profile]:
    """Read a file of rows by name, such as ``heuresis calibrate --out`` writes.

    Raises
    ------
    ConfigError
        If it cannot be read or a row is faulty; the text names file, row and key.
    """
    try:
        with path.open("rb") as file:
            found = _rows(file.read(_MOST + 1))
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return MappingProxyType(found)


def document(row: Profile) -> dict[str, Json]:
    """Plain data of a row, as it stands behind its name in a file of rows."""
    return {key: value for key, value in asdict(row).items() if key != "name"}


@cache
def _shipped() -> Mapping[str, Profile]:
    return read(_FILE)


def _rows(data: bytes) -> dict[str, Profile]:
    if len(data) > _MOST:
        raise ValueError(f"more than {_MOST} bytes")
    rows = json.loads(data)
    if not isinstance(rows, dict) or not rows:
        raise ValueError("expected an object with a row for each name")
    return {name: _row(name, row) for name, row in rows.items()}


def _row(name: str, row: Json) -> Profile:
    place = f"row {ascii(name)[:40]}"
    if not isinstance(row, dict):
        raise ValueError(f"{place}: expected an object")  # noqa: TRY004
    unknown = sorted({*row} - {*_READ})
    missing = sorted({*_READ} - {*row} - _OPTIONAL)
    if unknown or missing:
        fault = f"unknown key {ascii(unknown[0])[:40]}" if unknown else ""
        raise ValueError(f"{place}: {fault or f'no key {missing[0]!r}'}")
    values: dict[str, Any] = {
        key: _READ[key](f"{place}: {key}", value) for key, value in row.items()
    }
    return Profile(name=name, **values)


def _knots(place: str, value: Json) -> tuple[tuple[int, float], ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{place}: expected a list of [tokens, milliseconds]")
    knots = []
    for knot in value:
        if not isinstance(knot, list) or len(knot) != 2:
            raise ValueError(f"{place}: expected a list of [tokens, milliseconds]")
        knots.append((_count(place, knot[0]), _number(place, knot[1])))
    if any(a >= b for (a, _), (b, _) in pairwise(knots)):
        raise ValueError(f"{place}: tokens must ascend")
    return tuple(knots)


def _number(place: str, value: Json) -> float:
    if type(value) not in (int, float) or not isfinite(value) or value < 0:
        raise ValueError(f"{place}: expected a finite number, at least 0")
    return float(value)


def _count(place: str, value: Json) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{place}: expected an integer, at least 1")
    return value


def _word(place: str, value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place}: expected a text")  # noqa: TRY004
    return value


def _status(place: str, value: Json) -> Status:
    if value not in tuple(Status):
        raise ValueError(f"{place}: expected one of {', '.join(Status)}")
    return Status(value)


def _if_known(place: str, value: Json) -> int | None:
    return None if value is None else _count(place, value)


_READ: Mapping[str, Callable[[str, Json], object]] = MappingProxyType(
    {
        "hardware": _word,
        "model": _word,
        "dense": _knots,
        **dict.fromkeys((*_TIMES, "over", "mix"), _number),
        "kv_bytes": _if_known,
        "kv_blocks": _if_known,
        "source": _word,
        "status": _status,
        "note": _word,
    }
)
_OPTIONAL = frozenset({*_TIMES, "over", "mix", "note"})
