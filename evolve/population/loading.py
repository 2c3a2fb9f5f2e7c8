"""Programs out of rows, each decoded once: programs never change."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager

from evolve.population import rows, rules
from evolve.population import statements as sql
from evolve.population.changing import Reader
from evolve.records import Program, ProgramId

_CACHED_PROGRAMS = 1000
_CHUNK = 500
_DIGITS = "0123456789abcdef"
_AFTER_DIGITS = "g"


class Loader:
    """Loads programs by their steps and keeps those that were used last."""

    def __init__(self) -> None:
        self._programs: OrderedDict[int, Program] = OrderedDict()
        self._instances: dict[str, tuple[str, ...]] = {}

    def keep(self, program: Program) -> None:
        """Remember a program."""
        self._programs[program.candidate.step] = program
        self._programs.move_to_end(program.candidate.step)
        while len(self._programs) > _CACHED_PROGRAMS:
            self._programs.popitem(last=False)

    def load(self, read: Reader, steps: Iterable[int]) -> list[Program]:
        """Programs of ``steps``, in that order."""
        wanted = list(steps)
        found = {s: self._programs[s] for s in wanted if s in self._programs}
        missing = [step for step in wanted if step not in found]
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            for row in read(sql.load_programs, steps=chunk).all():
                found[row.step] = rows.program_of(row, self.instances(read, row))
        for program in found.values():
            self.keep(program)
        return [found[step] for step in wanted]

    def instances(self, read: Reader, row: rows.Row) -> Sequence[str]:
        """Names of the instances of a row with an evaluation."""
        key = row.instance_set
        if key is None:
            return ()
        if key not in self._instances:
            text = read(sql.instance_set, set_id=key).scalar_one()
            self._instances[key] = tuple(json.loads(text))
        return self._instances[key]


class KnownPrograms(AbstractSet[ProgramId]):
    """Ids of all programs, looked up in the store whenever one asks."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Reader]]) -> None:
        self._reading = reading

    def __contains__(self, program: object) -> bool:
        """Whether the population has a program of that id."""
        if not isinstance(program, str):
            return False
        with self._reading() as read:
            return read(sql.step_of, program=program).first() is not None

    def __iter__(self) -> Iterator[ProgramId]:
        """Ids in order of steps."""
        with self._reading() as read:
            found = [ProgramId(p) for p in read(sql.ids).scalars()]
        return iter(found)

    def __len__(self) -> int:
        """Count of programs."""
        with self._reading() as read:
            return read.ledger().candidates

    @classmethod
    def _from_iterable(cls, it: Iterable[ProgramId]) -> frozenset[ProgramId]:  # type: ignore[override]
        return frozenset(it)


def step_of(read: Reader, program: str) -> int:
    """Step of a program; raises StoreError if it is not in the population."""
    step: int | None = read(sql.step_of, program=program).scalar()
    if step is None:
        raise rules.unknown_program(program)
    return step


def matching(read: Reader, prefix: str) -> list[ProgramId]:
    """Ids that start with ``prefix``, found by the index.

    In every collation the digits come before the letters, both in order, so the ids
    of a prefix lie between it and the one with its last digit raised.
    """
    if not set(prefix) <= set(_DIGITS):
        return []
    following = dict(zip(_DIGITS, _DIGITS[1:] + _AFTER_DIGITS, strict=True))
    high = prefix[:-1] + following[prefix[-1]] if prefix else _AFTER_DIGITS
    found = read(sql.ids_between, low=prefix, high=high).scalars()
    return [ProgramId(program) for program in found]
