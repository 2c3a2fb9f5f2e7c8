"""Read job shop instances from files of three formats.

* JSON: ``{NAME: {"duration_matrix": [[...]], "machines_matrix": [[...]]}}``, machines
  from 0, as in ``shared/data/jsp``; ``metadata`` may hold ``lower_bound`` and
  ``upper_bound`` of the makespan.
* Standard text: jobs and machines, then a line of pairs (machine from 0, time) for
  each job.
* Taillard's text: a line of titles, jobs and machines (what follows them is left
  aside), ``Times`` and a line for each job, ``Machines`` (from 1) and a line for each
  job.

In texts, empty lines and lines that begin with # are left aside.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from problems.base import Imported, Json, Reference
from problems.errors import ConfigError, ReferenceMissingError
from problems.jssp.model import JsspInstance, Rows, trivial_bound
from problems.jssp.reference import reference

MAX_OPERATIONS = 1_000_000
"""Operations of an instance; a larger one is taken for a damaged file."""

_MAX_TIME = 10**9
_MAX_SPAN = MAX_OPERATIONS * _MAX_TIME


def read(path: Path) -> tuple[JsspInstance, ...]:
    """Read all instances of a file without their bounds, see ``read_bounded``."""
    return tuple(one.instance for one in read_bounded(path))


def read_bounded(path: Path) -> tuple[Imported[JsspInstance], ...]:
    """Read all instances of a file, in its order; all of them or none.

    An instance that the pack has bounds for keeps those: a file's may be stale. Without
    any bounds in the file, the longest job or machine load bounds the makespan.

    Raises
    ------
    ConfigError
        If the file cannot be read or is damaged; the text names file and line.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            lines = _Lines(path, enumerate(stream, start=1))
            first = lines.next("an instance")
            if first.startswith(("{", "[")):
                return _json(path, path.read_text(encoding="utf-8"))
            return (_bounded(_text(path.stem, first, lines), {}),)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error


@dataclass(slots=True)
class _Lines:
    """The lines of a text that say something, one after the other."""

    path: Path
    numbered: Iterator[tuple[int, str]]
    number: int = 1

    def next(self, wanted: str) -> str:
        """Give the next line; ``wanted`` says what it should hold."""
        found = self.more()
        return self.fail(f"ends where {wanted} should be") if found is None else found

    def more(self) -> str | None:
        """Give the next line, None at the end."""
        for number, line in self.numbered:
            self.number = number
            text = line.strip()
            if text and not text.startswith("#"):
                return text
        return None

    def ints(self, wanted: str, count: int) -> list[int]:
        """Give the numbers of the next line."""
        return self.parsed(self.next(wanted), wanted, count)

    def parsed(self, text: str, wanted: str, count: int) -> list[int]:
        """Give the integers in a line; ``count`` of them."""
        words = text.split()
        if len(words) != count:
            self.fail(f"{len(words)} entries where {wanted} should be {count} numbers")
        for word in words:
            if not word.removeprefix("-").isdecimal() or len(word) > 10:
                self.fail(f"{word[:20]!r} is not an integer of at most 10 characters")
        return [int(word) for word in words]

    def fail(self, fault: str) -> NoReturn:
        """Refuse the file at the line read last."""
        raise ConfigError(f"{self.path}, line {self.number}: {fault}")


def _text(name: str, first: str, lines: _Lines) -> JsspInstance:
    """Read the one instance of a text file."""
    if first.lower().startswith("nb of jobs"):
        machines, times = _taillard(lines)
    elif first.split(maxsplit=1)[0].isdecimal():
        machines, times = _standard(first, lines)
    else:
        lines.fail(
            f"{first[:30]!r} begins no known format: JSON, jobs and machines, or "
            "Taillard's 'Nb of jobs, ...'"
        )
    if lines.more() is not None:
        lines.fail(f"more lines than {len(times)} jobs have")
    return _instance(name, machines, times)


def _standard(first: str, lines: _Lines) -> tuple[Rows, Rows]:
    n, m = _sizes(lines.parsed(first, "jobs and machines", 2), lines)
    machines, times = [], []
    for job in range(n):
        row = lines.ints(f"machines and times of job {job}", 2 * m)
        machines.append(_route(row[::2], lines))
        times.append(_durations(row[1::2], lines))
    return tuple(machines), tuple(times)


def _taillard(lines: _Lines) -> tuple[Rows, Rows]:
    counts = lines.next("the numbers of jobs and machines").split()[:2]
    n, m = _sizes(lines.parsed(" ".join(counts), "jobs and machines", 2), lines)
    _heading("times", lines)
    times = [_durations(lines.ints(f"times of job {j}", m), lines) for j in range(n)]
    _heading("machines", lines)
    machines = []
    for job in range(n):
        row = lines.ints(f"machines of job {job}", m)
        machines.append(_route([machine - 1 for machine in row], lines))
    return tuple(machines), tuple(times)


def _heading(title: str, lines: _Lines) -> None:
    found = lines.next(f"the heading {title.title()!r}")
    if found.lower() != title:
        lines.fail(f"{found[:30]!r} where the heading {title.title()!r} should be")


def _sizes(sizes: list[int], lines: _Lines) -> tuple[int, int]:
    n, m = sizes
    if n < 1 or m < 1 or n * m > MAX_OPERATIONS:
        lines.fail(
            f"{n} jobs on {m} machines; expected at least 1 of each and at most "
            f"{MAX_OPERATIONS} operations"
        )
    return n, m


def _route(row: list[int], lines: _Lines) -> tuple[int, ...]:
    if fault := _route_fault(row):
        lines.fail(fault)
    return tuple(row)


def _durations(row: list[int], lines: _Lines) -> tuple[int, ...]:
    if fault := _time_fault(row):
        lines.fail(fault)
    return tuple(row)


def _route_fault(row: list[int]) -> str:
    if sorted(row) == list(range(len(row))):
        return ""
    return f"the job does not visit each of the {len(row)} machines once"


def _time_fault(row: list[int]) -> str:
    wrong = next((time for time in row if not 0 <= time <= _MAX_TIME), None)
    return "" if wrong is None else f"{wrong} is no processing time (0 to {_MAX_TIME})"


def _json(path: Path, text: str) -> tuple[Imported[JsspInstance], ...]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ConfigError(f"{path}, line {line}: not JSON: {error}") from error
    if not isinstance(data, dict) or not data:
        raise ConfigError(f"{path}, line 1: not an object with an entry per instance")
    found = []
    for name, entry in data.items():
        try:
            found.append(_bounded(_entry(name, entry), entry.get("metadata")))
        except (ValueError, TypeError, KeyError) as error:
            line = text.count("\n", 0, max(0, text.find(json.dumps(name)))) + 1
            fault = f"no {error}" if isinstance(error, KeyError) else error
            raise ConfigError(f"{path}, line {line}: {name[:40]!r}: {fault}") from error
    return tuple(found)


def _entry(name: str, entry: Json) -> JsspInstance:
    times = _matrix(entry["duration_matrix"], "duration_matrix")
    machines = _matrix(entry["machines_matrix"], "machines_matrix")
    if [len(row) for row in times] != [len(row) for row in machines]:
        raise ValueError("the two matrices have different shapes")
    if len({len(row) for row in times}) != 1 or not times[0]:
        raise ValueError("the jobs do not have the same number of operations")
    for job, (route, row) in enumerate(zip(machines, times, strict=True)):
        if fault := _route_fault(route) or _time_fault(row):
            raise ValueError(f"job {job}: {fault}")
    return _instance(name, tuple(map(tuple, machines)), tuple(map(tuple, times)))


def _matrix(value: Json, name: str) -> list[list[int]]:
    rows: list[list[int]] = value if isinstance(value, list) else []
    plain = [isinstance(row, list) and {int}.issuperset(map(type, row)) for row in rows]
    if not plain or not all(plain):
        raise TypeError(f"{name} is not a list of lists of integers")
    return rows


def _instance(name: str, machines: Rows, times: Rows) -> JsspInstance:
    group = f"{len(times)}x{len(times[0])}"
    return JsspInstance(id=name, group=group, machines=machines, times=times)


def _bounded(instance: JsspInstance, said: Json) -> Imported[JsspInstance]:
    """Add the bounds of the pack, else those in ``said``, else the trivial one."""
    try:
        return Imported(instance=instance, reference=reference(instance))
    except ReferenceMissingError:
        pass
    trivial = trivial_bound(instance)
    stated = said if isinstance(said, dict) else {}
    lower, best = _bound(stated, "lower_bound"), _bound(stated, "upper_bound")
    if best is not None and best < max(trivial, lower or 0):
        raise ValueError(
            f"upper_bound {best} is below the lower bound {max(trivial, lower or 0)}"
        )
    by_file = lower is not None and lower > trivial
    return Imported(
        instance=instance,
        reference=Reference(
            lower=float(max(trivial, lower or 0)),
            best=None if best is None else float(best),
            proved=best == max(trivial, lower or 0),
            method="as the file says" if by_file else "longest job or machine load",
            source="the imported file" if by_file or best else "problems.jssp.importer",
        ),
    )


def _bound(said: dict[str, Json], key: str) -> int | None:
    value = said.get(key)
    if value is not None and (type(value) is not int or not 0 <= value <= _MAX_SPAN):
        raise ValueError(f"{key} {str(value)[:20]!r} is not a whole number")
    return value
