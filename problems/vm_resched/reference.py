"""Ground truth: CP-SAT counts who leaves and who comes; then moves are put in order.

VMs that are alike on a node are exchangeable, so the model has two integers for each
class of VMs and node. Its bound holds for any order of the migrations; its answer
counts only once an order is found in which every migration has room. Only ``solve``
needs OR-Tools; what it found is kept in ``data/references.json``.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ConfigError, ReferenceMissingError
from problems.vm_resched import simulate
from problems.vm_resched.cpsat import Model
from problems.vm_resched.instances import instances
from problems.vm_resched.model import (
    VmInstance,
    encode,
    free_cores,
    rest,
    trivial_bound,
)
from problems.vm_resched.ordering import Plan, in_order
from problems.vm_resched.verify import verify

FILE = Path(__file__).parent / "data" / "references.json"

LIMIT = 2.0
"""Deterministic time of one solve; no shipped instance needs all of it."""

_ATTEMPTS = 4
"""Solves of an instance: each after the first forbids what could not be ordered."""

_MODEL = (
    "departures and arrivals by class and node, 1 worker, linearization level 2, "
    f"deterministic time {LIMIT:g} for each of at most {_ATTEMPTS} solves"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What is known of an instance, in cores that are in no whole block.

    ``migrations`` leave ``best`` of them; none can leave fewer than ``lower``.
    """

    lower: int
    best: int
    migrations: list[list[int]]


def solve(instance: VmInstance, limit: float = LIMIT) -> Solved:
    """Run CP-SAT in one thread, at most ``_ATTEMPTS`` times ``limit``.

    The result depends on the version of OR-Tools and on nothing else.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ConfigError(
            "solving references needs OR-Tools; install it with: "
            "pip install 'heuresis[solvers]'"
        ) from error
    migrations = _best_rule(instance)
    best, lower = _rest_after(instance, migrations), trivial_bound(instance)
    forbidden: list[Plan] = []
    while lower < best and len(forbidden) < _ATTEMPTS:
        model = Model(cp_model, instance, forbidden)
        model.hint(migrations)
        found = model.solve(limit)
        if not forbidden:
            # What was forbidden might be reached by moving a VM twice.
            lower = max(lower, found.lower)
        if found.plan is None:
            break
        ordered = in_order(instance, found.plan)
        if ordered is not None:
            after = _rest_after(instance, ordered)
            if after < best:
                best, migrations = after, ordered
            break
        forbidden.append(found.plan)
    return Solved(lower=lower, best=best, migrations=migrations)


def reference(instance: VmInstance) -> Reference:
    """Look up the bounds.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    method, rows = _load(FILE)
    entry = rows.get(instance.id)
    if entry is None or entry[0] != digest(instance):
        raise ReferenceMissingError(
            f"vm_resched has no reference for the data of {instance.id}; recompute "
            "them with `heuresis problems vm_resched --solve-references`"
        )
    _, lower, best, _ = entry
    return Reference(
        lower=lower / instance.free,
        best=best / instance.free,
        proved=lower == best,
        method=method,
        source="problems.vm_resched.reference",
    )


def bounded(instance: VmInstance, source: str) -> Reference:
    """Bound any instance at once by its sums; no migrations are known."""
    return Reference(
        lower=trivial_bound(instance) / max(instance.free, 1),
        best=None,
        proved=False,
        method="whole blocks in the sum of all free cores",
        source=source,
    )


def optimum(instance: VmInstance) -> Json | None:
    """Migrations with the best known rate; None for instances not drawn here."""
    entry = _load(FILE)[1].get(instance.id)
    if entry is None or entry[0] != digest(instance):
        return None
    return {"migrations": [list(row) for row in entry[3]]}


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[VmInstance] | None = None,
) -> None:
    """Bound all instances anew and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in _all() if chosen is None else chosen:
        begin = time.process_time()
        found = solve(one)
        rows.append((one.id, digest(one), found.lower, found.best, found.migrations))
        seconds = time.process_time() - begin
        log(f"{one.id}: {found.lower} to {found.best}, {seconds:.1f} CPU-seconds")
    method = f"CP-SAT {metadata.version('ortools')}: {_MODEL}"
    stored.write(path, rows, {"method": method})
    _load.cache_clear()


def digest(instance: VmInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps(encode(instance), sort_keys=True)
    return sha256(data.encode()).hexdigest()[:16]


_Row = tuple[str, int, int, list[list[int]]]


@lru_cache(maxsize=2)
def _load(file: Path) -> tuple[str, Mapping[str, _Row]]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return data["method"], MappingProxyType(data["instances"])


def _all() -> list[VmInstance]:
    return [one for split in Split for one in instances(split)]


def _rest_after(instance: VmInstance, migrations: list[list[int]]) -> int:
    """Cores in no whole block afterwards; the verifier has to agree."""
    verdict = verify(instance, "", {"migrations": migrations})
    assert verdict.objective is not None, verdict.violations
    at = list(instance.vm_node)
    for vm, node in migrations:
        at[vm] = node
    return rest(free_cores(instance, at))


def _best_rule(instance: VmInstance) -> list[list[int]]:
    """Migrations of two rules, the better ones: the solver starts from them."""
    cluster = simulate.decode(encode(instance))
    found = [
        simulate.run("score", rule, cluster, seed=0)["migrations"]
        for rule in (_steepest, _squares)
    ]
    return min(found, key=lambda moves: _rest_after(instance, moves))


def _steepest(move: simulate.Move, _: simulate.State) -> float:
    return -move.gain


def _squares(move: simulate.Move, _: simulate.State) -> float:
    """Gain first, then whatever makes remainders more unequal."""
    before = move.source_rest**2 + move.target_rest**2
    return before - move.source_after**2 - move.target_after**2 - 1000 * move.gain
