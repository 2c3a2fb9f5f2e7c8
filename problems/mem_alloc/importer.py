"""Read the CSV files of minimalloc: columns id, lower, upper, size in any order."""

import csv
from itertools import islice
from pathlib import Path

from problems.base import Imported
from problems.errors import ConfigError
from problems.mem_alloc.model import MemInstance
from problems.mem_alloc.reference import bounded

_COLUMNS = ("id", "lower", "upper", "size")
_LARGEST = 10**15
"""Largest time or size to accept: sums of them stay exact in floats."""

_MOST = 20_000
"""Buffers of one file: judging takes time that grows with their square."""


def read(path: Path) -> tuple[Imported[MemInstance], ...]:
    """Read the instance of a file; its name is that of the file.

    The capacity in the names of the public files is not read: nothing proves it.

    Raises
    ------
    ConfigError
        If the file is not in the format; the text names file and line.
    """
    line = 1
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            try:
                rows = _rows(reader)
            finally:
                line = max(1, reader.line_num)
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigError(
            f"{path} line {line}: {error}; expected the columns id, lower, upper, size "
            "with 0 <= lower < upper and a positive size, all integers"
        ) from error
    lower, upper, size = zip(*rows, strict=True)
    instance = MemInstance(
        id=path.stem, group=path.stem, lower=lower, upper=upper, size=size
    )
    return (Imported(instance=instance, reference=bounded(instance, path.name)),)


def _rows(reader: "csv.DictReader[str]") -> list[tuple[int, int, int]]:
    missing = sorted(set(_COLUMNS) - set(reader.fieldnames or ()))
    if missing:
        raise ValueError(f"no column {missing[0]!r}")
    rows = list(map(_row, islice(reader, _MOST + 1)))
    if len(rows) > _MOST:
        raise ValueError(f"more than {_MOST} buffers")
    if not rows:
        raise ValueError("no buffers")
    return rows


def _row(row: dict[str, str | None]) -> tuple[int, int, int]:
    lower, upper, size = (_int(name, row[name]) for name in _COLUMNS[1:])
    if lower >= upper:
        raise ValueError(f"lower {lower} is not below upper {upper}")
    if size == 0:
        raise ValueError("size is 0")
    return lower, upper, size


def _int(name: str, text: str | None) -> int:
    digits = (text or "").strip()
    if not (
        digits.isascii() and digits.isdigit() and len(digits) <= len(str(_LARGEST))
    ):
        raise ValueError(f"{name} {digits[:20]!r} is not an integer of 0 to {_LARGEST}")
    return int(digits)
