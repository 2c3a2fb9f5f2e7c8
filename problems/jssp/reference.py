"""Bounds: published ones for Taillard's instances, CP-SAT's for those drawn here.

The model has an interval for each operation, no overlap on each machine, and starts
from the best schedule of the dispatching rules. Only ``solve`` needs OR-Tools; what it
found is kept in ``data/references.json``.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import import_module, metadata
from pathlib import Path
from types import MappingProxyType

from problems import stored
from problems.base import Json, Reference
from problems.errors import ConfigError, ReferenceMissingError
from problems.jssp import simulate
from problems.jssp.baselines import baselines
from problems.jssp.instances import own
from problems.jssp.model import JsspInstance, encode, trivial_bound
from problems.jssp.verify import verify

FILE = Path(__file__).parent / "data" / "references.json"
PUBLISHED = Path(__file__).parent / "data" / "published.json"

_LARGE = 225
_LIMITS = (3.0, 1.0)
"""Deterministic time for instances of up to 225 operations, and for larger ones."""

_MODEL = "intervals and no-overlap, 1 worker, linearization level 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a solver knows of an instance; ``starts`` has the makespan ``best``."""

    lower: int
    best: int
    starts: list[list[int]]


def solve(instance: JsspInstance, limit: float) -> Solved:
    """Run CP-SAT for ``limit`` units of deterministic time, in one thread.

    The result depends on the version of OR-Tools and on nothing else. A unit takes 4
    to 10 seconds of CPU time.

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
    hint = _best_dispatched(instance)
    upper, lower = int(_makespan(instance, hint)), trivial_bound(instance)
    model = cp_model.CpModel()
    end = model.new_int_var(lower, upper, "makespan")
    lines: list[list[cp_model.IntervalVar]] = [[] for _ in range(instance.m)]
    starts = []
    rows = zip(hint, instance.machines, instance.times, strict=True)
    for job, row in enumerate(rows):
        ready: cp_model.LinearExprT = 0
        for hinted, machine, p in zip(*row, strict=True):
            start = model.new_int_var(0, upper - p, f"start of {job}")
            model.add(start >= ready)
            model.add_hint(start, hinted)
            lines[machine].append(model.new_fixed_size_interval_var(start, p, ""))
            ready = start + p
            starts.append(start)
        model.add(end >= ready)
    for line in lines:
        model.add_no_overlap(line)
    model.minimize(end)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 0
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    bound = max(lower, round(solver.best_objective_bound))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved(lower=bound, best=upper, starts=hint)
    values = iter(solver.value(start) for start in starts)
    found = [[next(values) for _ in row] for row in instance.times]
    return Solved(lower=bound, best=int(_makespan(instance, found)), starts=found)


def reference(instance: JsspInstance) -> Reference:
    """Look up the bounds; raises as ``look_up``."""
    return look_up(instance, (PUBLISHED, FILE), "jssp")


def look_up(instance: JsspInstance, files: Iterable[Path], pack: str) -> Reference:
    """Take the bounds from the first of ``files`` that has some.

    Parameters
    ----------
    pack
        The one whose references are missing if there are none.

    Raises
    ------
    ReferenceMissingError
        If no file has bounds for exactly this instance.
    """
    for file in files:
        method, source, rows = _load(file)
        entry = rows.get(instance.id)
        if entry is not None and entry[0] == digest(instance):
            _, lower, best = entry
            return Reference(
                lower=float(lower),
                best=float(best),
                proved=lower == best,
                method=method,
                source=source,
            )
    raise ReferenceMissingError(
        f"{pack} has no reference for the data of {instance.id}; recompute them with "
        f"`heuresis problems {pack} --solve-references`"
    )


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[JsspInstance] | None = None,
) -> None:
    """Bound all instances that were drawn here anew and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in own() if chosen is None else chosen:
        begin = time.process_time()
        found = solve(one, time_limit(one))
        rows.append((one.id, digest(one), found.lower, found.best))
        seconds = time.process_time() - begin
        log(f"{one.id}: {found.lower} to {found.best}, {seconds:.1f} CPU-seconds")
    write(path, rows)


def time_limit(instance: JsspInstance) -> float:
    """Deterministic time that ``solve_references`` spends on an instance."""
    return _LIMITS[instance.n * instance.m > _LARGE]


def write(path: Path, rows: Iterable[tuple[str, str, int, int]]) -> None:
    """Write names, digests, lower bounds and best values in the form of ``FILE``."""
    version = metadata.version("ortools")
    limits = " or ".join(f"{limit:g}" for limit in _LIMITS)
    head = {
        "method": f"CP-SAT {version}: {_MODEL}, deterministic time {limits}",
        "source": "problems.jssp.reference",
    }
    stored.write(path, rows, head)
    _load.cache_clear()


def digest(instance: JsspInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps([instance.machines, instance.times])
    return sha256(data.encode()).hexdigest()[:16]


_Rows = Mapping[str, tuple[str, int, int]]


@lru_cache(maxsize=4)
def _load(file: Path) -> tuple[str, str, _Rows]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    rows = {name: (row[0], row[1], row[2]) for name, row in data["instances"].items()}
    return data["method"], data["source"], MappingProxyType(rows)


def _best_dispatched(instance: JsspInstance) -> list[list[int]]:
    """Shortest schedule of the dispatching rules."""
    shop = simulate.decode(encode(instance))
    schedules = []
    for name, rule in baselines().items():
        module = import_module(f"problems.jssp.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        schedules.append(simulate.run(rule.entry_point, heuristic, shop, seed=0))
    return min(schedules, key=lambda starts: _makespan(instance, starts))


def _makespan(instance: JsspInstance, starts: list[list[int]]) -> float:
    """Makespan as the verifier recomputes it: nothing infeasible becomes a bound."""
    verdict = verify(instance, "", starts)
    assert verdict.objective is not None, verdict.violations
    return verdict.objective
