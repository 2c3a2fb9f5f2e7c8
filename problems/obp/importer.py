"""Read instance files: the text format of OR-Library, and FunSearch's JSON.

OR-Library's ``binpackN.txt``: the number of problems; then for each a line with its
name, one with the capacity, the number of items and the best known number of bins, and
one line for each size. JSON: ``{NAME: {"capacity", "num_items", "items"}}``.

A file is read as a whole or not at all.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from problems.base import Imported, Reference
from problems.errors import ConfigError
from problems.obp.model import ObpInstance
from problems.obp.reference import martello_toth, size_bound

MAX_BYTES = 16 << 20
"""Size of the largest file to read: the public sets have less than 2 MB."""

MAX_CAPACITY = 10**12
"""With all digits behind the point it is still a 64-bit integer."""

MAX_DIGITS = 6
"""Digits behind the point of a size in the text format; OR-Library's have one."""


class _FaultError(Exception):
    """What is wrong with a file, and in which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def read(path: Path) -> tuple[Imported[ObpInstance], ...]:
    """Read all instances of a file, in its order; the format is told by the content.

    The lower bound of a reference is computed, L1 or L2; the best known number of bins
    is the file's, and proved only where the two meet.

    Raises
    ------
    ConfigError
        If the file cannot be read or has neither format; names file and line.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(
                f"{path} line 1: {size} bytes are more than the {MAX_BYTES} that a "
                "file of bin packing instances may have; split it"
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    try:
        return tuple(
            _json(text) if text.lstrip().startswith("{") else _or_library(text)
        )
    except _FaultError as fault:
        raise ConfigError(
            f"{path} line {fault.line}: {fault}; expected OR-Library's binpack format "
            'or {NAME: {"capacity", "num_items", "items"}}'
        ) from fault


class _Lines:
    """The lines of a text, with the number of the last one that was taken."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self.number = 0

    def take(self, what: str) -> str:
        """Give the next line, which holds ``what``."""
        if self.number >= len(self._lines):
            raise _FaultError(self.number, f"the file ends before {what}")
        self.number += 1
        return self._lines[self.number - 1].strip()

    def numbers(self, what: str, count: int) -> list[Decimal]:
        """Read the next line as ``count`` numbers."""
        words = self.take(what).split()
        try:
            found = [Decimal(word) for word in words]
        except InvalidOperation:
            raise self.fault(f"{' '.join(words)[:40]!r} is not {what}") from None
        if len(found) != count:
            raise self.fault(f"{len(found)} numbers instead of {count}: {what}")
        if not all(n.is_finite() and n >= 0 for n in found):
            raise self.fault(f"{' '.join(words)[:40]!r} has a negative or no number")
        return found

    def rest(self) -> Iterator[str]:
        """Take what is left."""
        while self.number < len(self._lines):
            yield self.take("nothing")

    def fault(self, what: str) -> _FaultError:
        """Make an error about the line that was taken last."""
        return _FaultError(self.number, what)


def _or_library(text: str) -> list[Imported[ObpInstance]]:
    lines = _Lines(text)
    (count,) = lines.numbers("the number of problems", 1)
    found = [_problem(lines) for _ in range(_whole(lines, count, least=1))]
    for line in lines.rest():
        if line:
            raise lines.fault(f"{line[:40]!r} behind the last problem")
    _distinct([one.instance.id for one in found], lines.number)
    return found


def _problem(lines: _Lines) -> Imported[ObpInstance]:
    name = lines.take("the name of a problem")
    if not name:
        raise lines.fault("the name of a problem is empty")
    capacity, count, best = lines.numbers("capacity, number of items, best", 3)
    if not 0 < capacity <= MAX_CAPACITY:
        raise lines.fault(f"capacity {capacity} is not above 0 and at most 10^12")
    n, bins = _whole(lines, count, least=1), _whole(lines, best, least=0)
    sizes = []
    for k in range(n):
        (size,) = lines.numbers(f"size {k + 1} of the {n} of problem {name[:40]!r}", 1)
        if not 0 < size <= capacity:
            raise lines.fault(f"size {size} is not above 0 and at most {capacity}")
        sizes.append(size)
    digits = max(-int(x.normalize().as_tuple().exponent) for x in [capacity, *sizes])
    if digits > MAX_DIGITS:
        raise lines.fault(f"a number of problem {name[:40]!r} has {digits} decimals")
    scale = Decimal(10) ** max(0, digits)
    instance = ObpInstance(
        id=name,
        group=f"imported{n}",
        capacity=int(capacity * scale),
        items=tuple(int(size * scale) for size in sizes),
    )
    reference = _reference(instance, bins or None)
    if bins and bins < reference.lower:
        raise lines.fault(
            f"the file says {bins} bins for problem {name[:40]!r}, but "
            f"{reference.lower:g} are needed"
        )
    return Imported(instance=instance, reference=reference)


def _reference(instance: ObpInstance, best: int | None) -> Reference:
    bounds = {"L1": size_bound(instance), "L2": martello_toth(instance)}
    lower = max(bounds.values())
    return Reference(
        lower=float(lower),
        best=None if best is None else float(best),
        proved=best == lower,
        method=next(name for name, bound in bounds.items() if bound == lower),
        source="problems.obp.importer" if best is None else "best: the imported file",
    )


def _whole(lines: _Lines, value: Decimal, *, least: int) -> int:
    # A huge decimal has no remainder, so its size comes first.
    if not least <= value <= MAX_BYTES or value % 1:
        raise lines.fault(f"{value} is not a whole number of at least {least}")
    return int(value)


def _json(text: str) -> list[Imported[ObpInstance]]:
    names: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names.extend(name for name, value in found if isinstance(value, dict))
        return dict(found)

    try:
        sets = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise _FaultError(error.lineno, f"no JSON: {error.msg}") from None
    except RecursionError:
        raise _FaultError(1, "no JSON: nested too deeply") from None
    if not sets:
        raise _FaultError(1, "no instances")
    _distinct(names, 1)
    return [_record(text, name, row) for name, row in sets.items()]


def _record(text: str, name: str, row: Any) -> Imported[ObpInstance]:
    line = text.count("\n", 0, max(0, text.find(json.dumps(name)))) + 1

    def fault(what: str) -> _FaultError:
        return _FaultError(line, f"instance {name[:40]!r}: {what}")

    match row:
        case {"capacity": int(capacity), "num_items": int(n), "items": list(items)}:
            pass
        case _:
            raise fault("capacity, num_items or items is missing or of another type")
    if not 1 <= capacity <= MAX_CAPACITY:
        raise fault("capacity is not from 1 to 10^12")
    if len(items) != n:
        raise fault(f"{len(items)} items, num_items says {n}")
    if not items:
        raise fault("no items")
    for position, size in enumerate(items):
        if type(size) is not int or not 1 <= size <= capacity:
            raise fault(
                f"item {position} is {str(size)[:40]}, not a whole number from 1 to "
                f"the capacity {capacity}"
            )
    instance = ObpInstance(
        id=name, group=f"imported{n}", capacity=capacity, items=tuple(items)
    )
    return Imported(instance=instance, reference=_reference(instance, None))


def _distinct(names: list[str], line: int) -> None:
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise _FaultError(line, f"two instances are called {twice[:40]!r}")
