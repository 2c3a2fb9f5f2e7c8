"""Read flexible job shops in the usual text format, often called .fjs.

Jobs and machines (and the mean number of machines per operation, which is left aside),
then a line for each job: the number of its operations, and for each of them the number
of machines that can do it, followed by pairs of machine and time. Machines are counted
from 0 or, if there is none of that number, from 1. Empty lines and lines that begin
with # are left aside.
"""

from collections.abc import Iterator
from pathlib import Path

from problems.base import Imported, Reference
from problems.errors import ConfigError, ReferenceMissingError
from problems.fjsp.model import FjspInstance, Job, trivial_bound
from problems.fjsp.reference import reference

MAX_CHOICES = 1_000_000
"""Pairs of operation and machine of an instance, and jobs; more is a damaged file."""

_MAX_TIME = 10**9


def read(path: Path) -> tuple[Imported[FjspInstance], ...]:
    """Read the instance of a file; its name is that of the file.

    An instance that the pack has bounds for keeps those.

    Raises
    ------
    ConfigError
        If the file cannot be read or is damaged; the text names file and line.
    """
    number = 1
    try:
        with path.open(encoding="utf-8") as stream:
            reader = _Reader()
            for number, line in enumerate(stream, start=1):  # noqa: B007  for the message
                if line.strip() and not line.lstrip().startswith("#"):
                    reader.take(line)
            m, jobs = reader.end()
    except UnicodeDecodeError as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    except ValueError as error:
        raise ConfigError(
            f"{path}, line {number}: {error}; expected jobs and machines, then for "
            "each job its operations, each a number of machines with pairs of machine "
            "and time"
        ) from error
    group = f"{len(jobs)}x{m}"
    instance = FjspInstance(id=path.stem, group=group, m=m, jobs=jobs)
    return (Imported(instance=instance, reference=_bounded(instance, path.name)),)


class _Reader:
    """Takes the lines that say something; a ValueError says what is wrong with one."""

    def __init__(self) -> None:
        self._head: tuple[int, int] | None = None
        self._jobs: list[Job] = []
        self._choices = 0

    def take(self, line: str) -> None:
        """Read the next line."""
        if self._head is None:
            self._head = _sizes(line)
            return
        n, m = self._head
        if len(self._jobs) == n:
            raise ValueError(f"more lines than {n} jobs have")
        self._jobs.append(_job(line, m))
        self._choices += sum(map(len, self._jobs[-1]))
        if self._choices > MAX_CHOICES:
            raise ValueError(f"more than {MAX_CHOICES} pairs of machine and time")

    def end(self) -> tuple[int, tuple[Job, ...]]:
        """Give the number of machines and the jobs, machines counted from 0."""
        if self._head is None:
            raise ValueError("ends where jobs and machines should be")
        n, m = self._head
        if len(self._jobs) < n:
            raise ValueError(f"ends after {len(self._jobs)} of {n} jobs")
        return m, _from_zero(self._jobs, m)


def _sizes(head: str) -> tuple[int, int]:
    words = head.split()
    if len(words) not in (2, 3):
        raise ValueError(f"{head.strip()[:30]!r} are no numbers of jobs and machines")
    n, m = (_integer(word, "jobs and machines") for word in words[:2])
    if not 1 <= n <= MAX_CHOICES or not 1 <= m <= MAX_CHOICES:
        raise ValueError(f"{n} jobs on {m} machines are none or too many")
    return n, m


def _job(line: str, m: int) -> Job:
    words = iter(line.split())
    count = _next(words, "the number of operations")
    if not 1 <= count <= MAX_CHOICES:
        raise ValueError(f"{count} operations of a job are none or too many")
    job = tuple(_operation(words, k, m) for k in range(count))
    if next(words, None) is not None:
        raise ValueError(f"more numbers than {count} operations have")
    return job


def _operation(words: Iterator[str], k: int, m: int) -> tuple[tuple[int, int], ...]:
    count = _next(words, f"the number of machines of operation {k}")
    if not 1 <= count <= m:
        raise ValueError(f"operation {k} has {count} machines of {m}")
    pairs = tuple(
        (_next(words, f"a machine of operation {k}"), _next(words, f"time of {k}"))
        for _ in range(count)
    )
    if len({machine for machine, _ in pairs}) < count:
        raise ValueError(f"operation {k} names a machine twice")
    return pairs


def _next(words: Iterator[str], wanted: str) -> int:
    word = next(words, None)
    if word is None:
        raise ValueError(f"ends where {wanted} should be")
    return _integer(word, wanted)


def _integer(word: str, wanted: str) -> int:
    known = word.isascii() and word.isdigit() and len(word) <= len(str(_MAX_TIME))
    if not known or int(word) > _MAX_TIME:
        raise ValueError(
            f"{word[:20]!r} where {wanted} should be is no integer of 0 to {_MAX_TIME}"
        )
    return int(word)


def _from_zero(jobs: list[Job], m: int) -> tuple[Job, ...]:
    """Count machines from 0: nothing tells but the numbers that are used."""
    used = {machine for job in jobs for op in job for machine, _ in op}
    first = 0 if 0 in used else 1
    if max(used) - first >= m:
        raise ValueError(
            f"there is a machine {max(used)}, counted from {first}, of {m}"
        )
    return tuple(
        tuple(tuple((machine - first, p) for machine, p in op) for op in job)
        for job in jobs
    )


def _bounded(instance: FjspInstance, file: str) -> Reference:
    try:
        return reference(instance)
    except ReferenceMissingError:
        return Reference(
            lower=float(trivial_bound(instance)),
            best=None,
            proved=False,
            method="longest job, mean and forced loads, at shortest times",
            source=file,
        )
