"""Proven optima: an exact decomposition, and the file of values made with it.

Order the jobs by due date and look at the longest one. Some optimal sequence puts
exactly the jobs up to a position r, at or behind its own, in front of it (Lawler 1977);
most positions can be ruled out (Potts and Van Wassenhove 1982; Szwarc, Grosso and Della
Croce 2001); the jobs before and those after it are two smaller problems.

E. L. Lawler, A pseudopolynomial algorithm for sequencing jobs to minimize total
tardiness, Annals of Discrete Mathematics 1 (1977) 331-342. C. N. Potts and L. N. Van
Wassenhove, A decomposition algorithm for the single machine total tardiness problem,
Operations Research Letters 1 (1982) 177-181. W. Szwarc, A. Grosso and F. Della Croce,
Algorithmic paradoxes of the single-machine total tardiness problem, Journal of
Scheduling 4 (2001) 93-104.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from problems import stored
from problems.base import Reference, Split
from problems.errors import ReferenceMissingError
from problems.smtt.instances import instances
from problems.smtt.model import SmttInstance

FILE = Path(__file__).parent / "data" / "references.json"

_METHOD = "exact decomposition on the longest job with memo, problems.smtt.reference 1"
_SOURCE = "Lawler 1977; Potts and Van Wassenhove 1982; Szwarc et al. 2001"

_Jobs = tuple[int, ...]


class _Split(NamedTuple):
    """Optimum of a subproblem: the longest job stands at ``longest`` in its jobs.

    It goes right behind the job at ``behind``, or stays where it is if they are equal.
    """

    value: int
    longest: int
    behind: int


def exact(instance: SmttInstance) -> int:
    """Total tardiness of an optimal sequence.

    Takes about 0.2, 1 and 12 ms for 20, 50 and 100 jobs, and up to some seconds and
    100 MB for 200. The recursion needs up to two frames a job: within the usual limit
    of 1000 for some 400 jobs.

    Raises
    ------
    ValueError
        If a weight is not 1: the decomposition does not hold then.
    """
    solver = _Decomposition(instance)
    return solver.value(solver.by_due_date, 0)


def optimal_sequence(instance: SmttInstance) -> list[int]:
    """Job indices of an optimal sequence, first job first; raises as ``exact``."""
    solver = _Decomposition(instance)
    return list(solver.sequence(solver.by_due_date, 0))


def reference(instance: SmttInstance) -> Reference:
    """Look up the proven optimum.

    Raises
    ------
    ReferenceMissingError
        If the file has no value for exactly this instance.
    """
    entry = _load().get(instance.id)
    if entry is None or entry[0] != _digest(instance):
        fault = "no reference" if entry is None else "a reference for other data"
        raise ReferenceMissingError(
            f"smtt has {fault} under {instance.id}; recompute them with "
            "`heuresis problems smtt --solve-references`"
        )
    return Reference(
        lower=float(entry[1]),
        best=float(entry[1]),
        proved=True,
        method=_METHOD,
        source=_SOURCE,
    )


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute the optima of all splits anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for split in Split:
        start, ready = time.process_time(), instances(split)
        rows += [[one.id, _digest(one), exact(one)] for one in ready]
        seconds = time.process_time() - start
        log(f"{split}: {len(ready)} instances proved in {seconds:.1f} CPU-seconds")
    stored.write(path, rows)
    _load.cache_clear()


@lru_cache(maxsize=1)
def _load() -> Mapping[str, tuple[str, int]]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType({name: (row[0], row[1]) for name, row in rows.items()})


def _digest(instance: SmttInstance) -> str:
    data = json.dumps([instance.p, instance.d, instance.w])
    return sha256(data.encode()).hexdigest()[:16]


class _Decomposition:
    """The recursion for one instance with its memo.

    A subproblem is a tuple of jobs by due date and the time at which the first starts.
    """

    def __init__(self, instance: SmttInstance) -> None:
        if any(weight != 1 for weight in instance.w):
            raise ValueError(f"{instance.id} has weights; only unit weights are exact")
        p, d = instance.p, instance.d
        self.p, self.d = p, d
        self.by_due_date = tuple(sorted(range(len(p)), key=lambda j: (d[j], p[j], j)))
        self._memo: dict[tuple[_Jobs, int], _Split] = {}

    def value(self, jobs: _Jobs, start: int) -> int:
        """Least total tardiness of the subproblem."""
        head = self._without_idle_tail(jobs, start)
        easy = self._easy(head, start)
        return easy if easy is not None else self._best_split(head, start).value

    def sequence(self, jobs: _Jobs, start: int) -> _Jobs:
        """Jobs of the subproblem in an optimal order."""
        head = self._without_idle_tail(jobs, start)
        if self._easy(head, start) is not None:
            return jobs
        best = self._best_split(head, start)
        k, r = best.longest, best.behind
        left, right = head[:k] + head[k + 1 : r + 1], head[r + 1 :]
        end = start + sum(self.p[j] for j in head[: r + 1])
        before, after = self.sequence(left, start), self.sequence(right, end)
        return (*before, head[k], *after, *jobs[len(head) :])

    def _without_idle_tail(self, jobs: _Jobs, start: int) -> _Jobs:
        """Drop the last jobs while they are in time behind all others."""
        end = start + sum(map(self.p.__getitem__, jobs))
        n = len(jobs)
        while n and self.d[jobs[n - 1]] >= end:
            n -= 1
            end -= self.p[jobs[n]]
        return jobs[:n]

    def _easy(self, jobs: _Jobs, start: int) -> int | None:
        """Tardiness by due date if that is optimal: at most one job is late then."""
        end, total, late = start, 0, 0
        for j in jobs:
            end += self.p[j]
            if end > self.d[j]:
                total += end - self.d[j]
                late += 1
        return total if late <= 1 else None

    def _best_split(self, jobs: _Jobs, start: int) -> _Split:
        known = self._memo.get((jobs, start))
        if known is not None:
            return known
        p = self.p
        # Of equally long jobs the decomposition needs the one due last.
        times = [p[j] for j in jobs]
        k = len(jobs) - 1 - times[::-1].index(max(times))
        due, best = self.d[jobs[k]], None
        for r, end in self._positions(jobs, k, start):
            value = max(0, end - due)
            if best is not None and value >= best.value:
                break
            value += self.value(jobs[r + 1 :], end)
            if best is not None and value >= best.value:
                continue
            value += self.value(jobs[:k] + jobs[k + 1 : r + 1], start)
            if best is None or value < best.value:
                best = _Split(value=value, longest=k, behind=r)
        assert best is not None
        self._memo[jobs, start] = best
        return best

    def _positions(self, jobs: _Jobs, k: int, start: int) -> Iterator[tuple[int, int]]:
        """Positions that the job at ``k`` may move behind, with its completion time.

        Behind r it needs not stand if it would then end after the next job is due, or
        before some job i that it passes is at its due date plus processing time.
        """
        p, d = self.p, self.d
        end = start + sum(p[j] for j in jobs[: k + 1])
        latest = 0
        for r in range(k, len(jobs)):
            if r > k:
                end += p[jobs[r]]
                latest = max(latest, d[jobs[r]] + p[jobs[r]])
            if latest <= end and (r + 1 == len(jobs) or end < d[jobs[r + 1]]):
                yield r, end
