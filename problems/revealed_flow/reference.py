"""Ground truth: shortest remaining processing time first, told everything, is optimal.

It minimises the total flow time on one machine with preemption (L. E. Schrage, A proof
of the optimality of the shortest remaining processing time discipline, Operations
Research 16 (1968) 687-690). What the pack ships is a digest of each instance with the
proved optimum, so that nothing else passes for it.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from heapq import heappop, heappush
from pathlib import Path
from types import MappingProxyType

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ReferenceMissingError
from problems.revealed_flow.instances import instances
from problems.revealed_flow.model import FlowInstance
from problems.revealed_flow.verify import verify

FILE = Path(__file__).parent / "data" / "references.json"

METHOD = "clairvoyant SRPT, judged by the verifier"
SOURCE = "problems.revealed_flow.reference"


def srpt(instance: FlowInstance) -> list[list[int]]:
    """Optimal pieces of work, job, start and end of each, in O(n log n)."""
    order = sorted(range(instance.n), key=lambda job: instance.jobs[job].release)
    there: list[tuple[int, int]] = []
    pieces: list[list[int]] = []
    t, k = 0, 0
    while there or k < len(order):
        if not there:
            t = max(t, instance.jobs[order[k]].release)
        while k < len(order) and instance.jobs[order[k]].release <= t:
            heappush(there, (sum(instance.jobs[order[k]].sizes), order[k]))
            k += 1
        rest, job = heappop(there)
        until = t + rest
        if k < len(order):
            until = min(until, instance.jobs[order[k]].release)
        pieces.append([job, t, until])
        if until < t + rest:
            heappush(there, (t + rest - until, job))
        t = until
    return pieces


def reference(instance: FlowInstance) -> Reference:
    """Look up the proved optimum.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    entry = _load(FILE).get(instance.id)
    if entry is None or entry[0] != digest(instance):
        raise ReferenceMissingError(
            f"revealed_flow has no reference for the data of {instance.id}; recompute "
            "them with `heuresis problems revealed_flow --solve-references`"
        )
    return proved(float(entry[1]))


def proved(value: float) -> Reference:
    """Make a reference of the value of an optimal schedule."""
    return Reference(lower=value, best=value, proved=True, method=METHOD, source=SOURCE)


def optimum(instance: FlowInstance) -> Json:
    """Pieces of work with the least total flow time."""
    return srpt(instance)


def best_flow(instance: FlowInstance) -> int:
    """Least total flow time, as the verifier recomputes it."""
    verdict = verify(instance, "", srpt(instance))
    assert verdict.objective is not None, verdict.violations
    return int(verdict.objective)


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all optima anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in (one for split in Split for one in instances(split)):
        value = best_flow(one)
        rows.append((one.id, digest(one), value))
        log(f"{one.id}: {value}, proved")
    stored.write(path, rows)
    _load.cache_clear()


def digest(instance: FlowInstance) -> str:
    """Tell instances apart by their data."""
    jobs = [[job.release, job.sizes] for job in instance.jobs]
    data = json.dumps([instance.law, instance.quantum, jobs])
    return sha256(data.encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _load(file: Path) -> Mapping[str, tuple[str, int]]:
    rows: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({name: (row[0], row[1]) for name, row in rows.items()})
