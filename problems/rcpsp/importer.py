"""Read projects in the formats of PSPLIB (``.sm``) and of Patterson (``.rcp``).

Both are told apart by what is in them. Jobs are numbered from 1 there; a first job
without predecessors and a last one without successors that take neither time nor
resources, the source and the sink, are left aside, so that activity 0 is job 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from problems.base import Imported
from problems.errors import ConfigError, ReferenceMissingError
from problems.rcpsp.model import RcpspInstance, ordered
from problems.rcpsp.reference import bounded, reference

_LARGEST = 10**9
"""Largest duration or amount to accept."""

_MOST = 2000
"""Jobs of one file: judging takes time that grows faster than their number."""

_RESOURCES = 100
_HEADER = 100
"""Lines that come before the precedences at most."""

_HEADINGS = ("precedence relations", "requests/durations", "resourceavailabilities")


def read(path: Path) -> tuple[Imported[RcpspInstance], ...]:
    """Read the project of a file; its name is that of the file.

    Raises
    ------
    ConfigError
        If the file cannot be read or is damaged; the text names file and line.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            words = _Words(path, enumerate(stream, start=1))
            first = words.peek()
            jobs = _patterson(words) if first.isdecimal() else _psplib(words)
            instance = _project(path.stem, jobs, words)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    try:
        known = reference(instance)
    except ReferenceMissingError:
        known = bounded(instance, path.name)
    return (Imported(instance=instance, reference=known),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Jobs:
    """What a file says: rows by job, successors from 0."""

    capacities: list[int]
    durations: list[int]
    demands: list[list[int]]
    successors: list[list[int]]


@dataclass(slots=True)
class _Words:
    """The words of a text, one after the other, whatever lines they are in."""

    path: Path
    numbered: Iterator[tuple[int, str]]
    number: int = 1
    line: list[str] = field(default_factory=list)

    def peek(self) -> str:
        """Give the next word without going on; empty at the end."""
        while not self.line:
            number, text = next(self.numbered, (self.number, None))
            self.number = number
            if text is None:
                return ""
            self.line = text.split()
        return self.line[0]

    def skip_to(self, heading: str) -> None:
        """Go to the line after the one that begins with ``heading``."""
        while self.peek():
            text = " ".join(self.line).lower()
            self.line = []
            if text.startswith(heading):
                return
        self.fail(f"ends where {heading.upper()!r} should be")

    def skip_line(self) -> list[str]:
        """Give what is left of a line, or the next line, and go on."""
        self.peek()
        line, self.line = self.line, []
        return line

    def int(self, wanted: str, most: int = _LARGEST, least: int = 0) -> int:
        """Give the next word as a number of ``least`` to ``most``."""
        word = self.peek()
        if not word:
            self.fail(f"ends where {wanted} should be")
        if not (word.isascii() and word.isdecimal() and len(word) <= 10):
            self.fail(
                f"{word[:20]!r} where {wanted} should be, an integer from {least}"
            )
        if not least <= int(word) <= most:
            self.fail(f"{word} where {wanted} should be {least} to {most}")
        self.line = self.line[1:]
        return int(word)

    def fail(self, fault: str) -> NoReturn:
        """Refuse the file at the line read last."""
        raise ConfigError(f"{self.path}, line {self.number}: {fault}")


def _patterson(words: _Words) -> _Jobs:
    n = words.int("the number of jobs", _MOST, 1)
    m = words.int("the number of resources", _RESOURCES)
    jobs = _Jobs(
        capacities=[words.int(f"the amount of resource {r + 1}") for r in range(m)],
        durations=[],
        demands=[],
        successors=[],
    )
    for k in range(1, n + 1):
        jobs.durations.append(words.int(f"the duration of job {k}"))
        jobs.demands.append(_demands(words, k, jobs.capacities))
        jobs.successors.append(_successors(words, k, n))
    if words.peek():
        words.fail(f"{words.peek()[:20]!r} after the last of {n} jobs")
    return jobs


def _psplib(words: _Words) -> _Jobs:
    counts = {"jobs": 0, "renewable": 0, "nonrenewable": 0, "doubly": 0}
    for _ in range(_HEADER):
        if not words.peek() or words.line[0].lower() == "precedence":
            break
        line = [word for word in words.skip_line() if word not in ("-", ":")]
        key = line[0].lower() if line else ""
        if key in counts:
            digits = [word for word in line if word.isdecimal() and len(word) < 5]
            if not digits:
                words.fail(f"no number of {key} in {' '.join(line)[:40]!r}")
            counts[key] = int(digits[0])
    n, m = counts["jobs"], counts["renewable"]
    if not 1 <= n <= _MOST or not 1 <= m <= _RESOURCES:
        words.fail(
            "no known format: expected the numbers of Patterson's format, or PSPLIB's "
            f"with 1 to {_MOST} jobs and 1 to {_RESOURCES} renewable resources before "
            "'PRECEDENCE RELATIONS'"
        )
    if counts["nonrenewable"] or counts["doubly"]:
        words.fail("resources that are not renewable are not supported")
    successors = _precedences(words, n)
    durations, rows = _requests(words, n, m)
    words.skip_to(_HEADINGS[2])
    words.skip_line()
    capacities = [words.int(f"the amount of resource {r + 1}") for r in range(m)]
    rest = words.peek()
    if rest and not rest.startswith("*"):
        words.fail(f"{rest[:20]!r} after the amounts of {m} resources")
    for k, row in enumerate(rows, start=1):
        _check_demands(words, k, row, capacities)
    return _Jobs(
        capacities=capacities, durations=durations, demands=rows, successors=successors
    )


def _precedences(words: _Words, n: int) -> list[list[int]]:
    words.skip_to(_HEADINGS[0])
    _titles(words, "jobnr.")
    found = []
    for k in range(1, n + 1):
        _numbered(words, k)
        words.int(f"the number of modes of job {k}, 1", 1, 1)
        found.append(_successors(words, k, n))
        if words.line:
            words.fail(f"more successors of job {k} than it says")
    return found


def _requests(words: _Words, n: int, m: int) -> tuple[list[int], list[list[int]]]:
    words.skip_to(_HEADINGS[1])
    _titles(words, "jobnr.")
    durations, rows = [], []
    for k in range(1, n + 1):
        _numbered(words, k)
        words.int(f"the mode of job {k}, of which there is one", 1, 1)
        durations.append(words.int(f"the duration of job {k}"))
        rows.append([words.int(f"demand of job {k}") for _ in range(m)])
        if words.line:
            words.fail(f"more than {m} demands of job {k}")
    return durations, rows


def _titles(words: _Words, first: str) -> None:
    line = words.skip_line()
    if not line or line[0].lower() != first:
        words.fail(f"no line of titles that begins with {first!r}")
    if words.peek().startswith("-"):
        words.skip_line()


def _numbered(words: _Words, k: int) -> None:
    if words.int(f"the number of job {k}", _MOST) != k:
        words.fail(f"another job where job {k} should be")


def _demands(words: _Words, k: int, capacities: list[int]) -> list[int]:
    row = [words.int(f"demand of job {k}") for _ in capacities]
    _check_demands(words, k, row, capacities)
    return row


def _check_demands(
    words: _Words, k: int, row: list[int], capacities: list[int]
) -> None:
    for r, (amount, capacity) in enumerate(zip(row, capacities, strict=True)):
        if amount > capacity:
            words.fail(
                f"job {k} needs {amount} of resource {r + 1}, of which there is "
                f"{capacity}"
            )


def _successors(words: _Words, k: int, n: int) -> list[int]:
    count = words.int(f"the number of successors of job {k}", n)
    row = [words.int(f"a successor of job {k}", n, 1) - 1 for _ in range(count)]
    if len(set(row)) < count:
        words.fail(f"job {k} has a successor twice")
    return row


def _project(name: str, jobs: _Jobs, words: _Words) -> RcpspInstance:
    try:
        ordered(jobs.successors)
    except ValueError as error:
        words.fail(f"{error} (job 1 is activity 0)")
    n = len(jobs.durations)
    behind = {after for row in jobs.successors for after in row}
    idle = [jobs.durations[k] == 0 and not any(jobs.demands[k]) for k in range(n)]
    first = int(n > 1 and idle[0] and 0 not in behind)
    last = n - int(n - first > 1 and idle[-1] and not jobs.successors[-1])
    kept = range(first, last)
    return RcpspInstance(
        id=name,
        group=name,
        durations=tuple(jobs.durations[k] for k in kept),
        demands=tuple(tuple(jobs.demands[k]) for k in kept),
        capacities=tuple(jobs.capacities),
        successors=tuple(
            tuple(after - first for after in jobs.successors[k] if after in kept)
            for k in kept
        ),
    )
