"""Read text files of records, one a line, plain or gzipped: all of them or none."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from problems.base import Json
from problems.errors import ConfigError

MOST = 1_000_000
"""Records of the longest file to read."""

_MOST_CHARACTERS = 1 << 29
_LONGEST = 1 << 20
"""Characters of the longest line to read."""

_FAULTS = (OSError, ValueError, EOFError, RecursionError, zlib.error)

_INTEGER = re.compile(r"-?\d{1,20}", re.ASCII)
_REAL = re.compile(r"-?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?", re.ASCII)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Number:
    """The numbers that a field may hold: from ``low`` to ``high``, both included."""

    low: float
    high: float

    def integer(self, name: str, value: Json) -> int:
        """Check that plain data is such an integer.

        Raises
        ------
        ValueError
            Naming the field.
        """
        if type(value) is not int or not self.low <= value <= self.high:
            raise ValueError(
                f"{name} {_shown(value)} is not an integer of {self.low:.0f} to "
                f"{self.high:.0f}"
            )
        return value

    def real(self, name: str, value: Json) -> float:
        """Check that plain data is such a number; see ``integer``."""
        if type(value) not in (int, float) or not self.low <= value <= self.high:
            raise ValueError(
                f"{name} {_shown(value)} is not a number of {self.low:g} to "
                f"{self.high:g}"
            )
        return float(value)

    def read_integer(self, name: str, text: str) -> int:
        """Read such an integer from decimal digits; see ``integer``."""
        return self.integer(name, int(text) if _INTEGER.fullmatch(text) else text)

    def read_real(self, name: str, text: str) -> float:
        """Read such a number from text in decimal notation; see ``integer``."""
        return self.real(name, float(text) if _REAL.fullmatch(text) else text)


def csv(
    path: Path, columns: Sequence[str], parse: Callable[[Sequence[str]], T]
) -> tuple[T, ...]:
    """Read a CSV file without quotes; columns of other names are passed over.

    Parameters
    ----------
    columns
        That the head must name, in any order.
    parse
        Makes a record of the fields of ``columns``; raises ValueError.

    Raises
    ------
    ConfigError
        If the file is faulty; the text names file and line.
    """

    def start(source: Iterator[str]) -> Callable[[str], T]:
        names = next(source, "").split(",")
        for name in columns:
            if names.count(name) != 1:
                raise ValueError(f"not one column {name!r}")
        places = [names.index(name) for name in columns]

        def record(text: str) -> T:
            row = text.split(",")
            if len(row) != len(names):
                raise ValueError(f"{len(row)} fields instead of {len(names)}")
            return parse([row[place] for place in places])

        return record

    return _records(path, start, f"the columns {', '.join(columns)}")


def jsonl(
    path: Path, keys: Sequence[str], parse: Callable[[Sequence[Json]], T]
) -> tuple[T, ...]:
    """Read a file with a JSON object on each line; other keys are passed over.

    Parameters
    ----------
    keys
        That each object must have.
    parse
        Makes a record of the values of ``keys``; raises ValueError.

    Raises
    ------
    ConfigError
        If the file is faulty; the text names file and line.
    """

    def record(text: str) -> T:
        row = json.loads(text)
        if not isinstance(row, dict):
            raise ValueError("no JSON object")  # noqa: TRY004
        for key in keys:
            if key not in row:
                raise ValueError(f"no key {key!r}")
        return parse([row[key] for key in keys])

    return _records(path, lambda _: record, f"objects with {', '.join(keys)}")


def head(path: Path) -> str:
    """Return the first line of a file.

    Raises
    ------
    ConfigError
        If there is none.
    """
    found = ""
    try:
        for text in _Lines(path):
            found = text
            break
    except _FAULTS as error:
        raise ConfigError(f"{path} line 1: {_reason(error)}") from error
    return found


def _records(
    path: Path, start: Callable[[Iterator[str]], Callable[[str], T]], expected: str
) -> tuple[T, ...]:
    source = _Lines(path)
    try:
        texts = iter(source)
        record = start(texts)
        found = tuple(map(record, texts))
        if not found:
            raise ValueError("no records")
    except _FAULTS as error:
        raise ConfigError(
            f"{path} line {max(1, source.line)}: {_reason(error)}; expected {expected}"
        ) from error
    return found


class _Lines:
    """The lines of a file without their ends, and how many were begun."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        size = 0
        with _open(self.path) as file:
            while True:
                self.line += 1
                text = file.readline(_LONGEST + 1)
                if not text:
                    return
                size += len(text)
                if len(text) > _LONGEST:
                    raise ValueError(f"more than {_LONGEST} characters")
                if size > _MOST_CHARACTERS or self.line > MOST + 1:
                    raise ValueError(
                        f"more than {MOST} lines or {_MOST_CHARACTERS} characters"
                    )
                yield text.removesuffix("\n").removesuffix("\r")


def _open(path: Path) -> TextIO:
    if not path.is_file():
        raise OSError("no such file, or not a plain one")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _shown(value: Json) -> str:
    plain = value is None or isinstance(value, (str, int, float))
    return ascii(value if plain else type(value).__name__)[:24]
