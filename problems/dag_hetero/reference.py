"""Bounds: CP-SAT's for drawn workflows; planted ones meet their load bound.

The model has an optional interval for each task and machine, no overlap on a machine,
a literal for each edge whose ends share one, and starts from the best schedule of the
baselines. Only ``solve`` needs OR-Tools; what it found is kept in
``data/references.json``.
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
from problems.base import Json, Reference, Split
from problems.dag_hetero import simulate
from problems.dag_hetero.baselines import baselines
from problems.dag_hetero.instances import instances, planted
from problems.dag_hetero.model import DagInstance, encode, trivial_bound
from problems.dag_hetero.verify import verify
from problems.errors import ConfigError, InfrastructureError, ReferenceMissingError

FILE = Path(__file__).parent / "data" / "references.json"

LIMIT = 1.0
"""Deterministic time for one instance; a unit takes 4 to 10 seconds of CPU time."""

_MODEL = "optional intervals and no-overlap, 1 worker, linearization level 0"
_PLANTED = "planted schedule, judged by the verifier, equal to work over speed"
_SOURCE = "problems.dag_hetero.reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a solver knows of an instance; ``answer`` has the makespan ``best``."""

    lower: int
    best: int
    answer: list[list[int]]


def solve(instance: DagInstance, limit: float) -> Solved:
    """Run CP-SAT for ``limit`` units of deterministic time, in one thread.

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
    hint = _best_scheduled(instance)
    upper, lower = int(_makespan(instance, hint)), trivial_bound(instance)
    model = cp_model.CpModel()
    end = model.new_int_var(lower, upper, "makespan")
    lines: list[list[cp_model.IntervalVar]] = [[] for _ in range(instance.m)]
    starts, ends, on = [], [], []
    for i, row in enumerate(instance.cost):
        start = model.new_int_var(0, upper, f"start of {i}")
        finish = model.new_int_var(0, upper, f"end of {i}")
        here = [model.new_bool_var(f"{i} on {k}") for k in range(instance.m)]
        model.add_exactly_one(here)
        for k, w in enumerate(row):
            lines[k].append(
                model.new_optional_interval_var(start, w, finish, here[k], "")
            )
            model.add_hint(here[k], k == hint[i][0])
        model.add_hint(start, hint[i][1])
        model.add(end >= finish)
        starts.append(start)
        ends.append(finish)
        on.append(here)
    for k, line in enumerate(lines):
        model.add_no_overlap(line)
        work = [row[k] * here[k] for row, here in zip(instance.cost, on, strict=True)]
        model.add(sum(work) <= end)
    for i, j, c in instance.edges:
        same = model.new_bool_var("")
        for a, b in zip(on[i], on[j], strict=True):
            model.add_bool_or(~same, ~a, b)
        model.add(starts[j] >= ends[i])
        model.add(starts[j] >= ends[i] + c).only_enforce_if(~same)
    model.minimize(end)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 0
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    bound = max(lower, round(solver.best_objective_bound))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved(lower=bound, best=upper, answer=hint)
    found = [
        [[solver.boolean_value(x) for x in here].index(True), solver.value(start)]
        for here, start in zip(on, starts, strict=True)
    ]
    return Solved(lower=bound, best=int(_makespan(instance, found)), answer=found)


def reference(instance: DagInstance) -> Reference:
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
            f"dag_hetero has no reference for the data of {instance.id}; recompute "
            "them with `heuresis problems dag_hetero --solve-references`"
        )
    _, lower, best = entry
    return Reference(
        lower=float(lower),
        best=float(best),
        proved=lower == best,
        method=_PLANTED if instance.group.startswith("planted") else method,
        source=_SOURCE,
    )


def bounded(instance: DagInstance, source: str) -> Reference:
    """Bound any instance at once by paths and load; no schedule is known."""
    return Reference(
        lower=float(trivial_bound(instance)),
        best=None,
        proved=False,
        method="longest path on the best machines, or work over machines",
        source=source,
    )


def optimum(instance: DagInstance) -> Json | None:
    """Give the planted schedule; None for instances that were not planted here."""
    for split in Split:
        for one in planted(split):
            if one.instance == instance:
                return [list(pair) for pair in one.answer]
    return None


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[DagInstance] | None = None,
) -> None:
    """Bound all instances anew and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written, or a planted schedule is not optimal.
    """
    rows = []
    if chosen is None:
        chosen = [one for split in Split for one in instances(split)]
    for one in chosen:
        begin = time.process_time()
        lower, best = _bounds(one)
        rows.append((one.id, digest(one), lower, best))
        seconds = time.process_time() - begin
        log(f"{one.id}: {lower} to {best}, {seconds:.1f} CPU-seconds")
    write(path, rows)


def write(path: Path, rows: Iterable[tuple[str, str, int, int]]) -> None:
    """Write names, digests, lower bounds and best values in the form of ``FILE``."""
    method = (
        f"CP-SAT {metadata.version('ortools')}: {_MODEL}, deterministic time {LIMIT:g}"
    )
    stored.write(path, rows, {"method": method})
    _load.cache_clear()


def digest(instance: DagInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps([instance.cost, instance.edges])
    return sha256(data.encode()).hexdigest()[:16]


def _bounds(instance: DagInstance) -> tuple[int, int]:
    answer = optimum(instance)
    if answer is None:
        found = solve(instance, LIMIT)
        return found.lower, found.best
    best, lower = _makespan(instance, answer), trivial_bound(instance)
    if best != lower:
        raise InfrastructureError(
            f"the schedule of {instance.id} takes {best:g}, its bound is {lower}: this "
            "version of numpy draws other instances"
        )
    return lower, lower


@lru_cache(maxsize=2)
def _load(file: Path) -> tuple[str, Mapping[str, tuple[str, int, int]]]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    rows = {name: (row[0], row[1], row[2]) for name, row in data["instances"].items()}
    return data["method"], MappingProxyType(rows)


def _best_scheduled(instance: DagInstance) -> list[list[int]]:
    """Shortest schedule of the baselines."""
    dag = simulate.decode(encode(instance))
    schedules = []
    for name, rule in baselines().items():
        module = import_module(f"problems.dag_hetero.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        schedules.append(simulate.run(rule.entry_point, heuristic, dag, seed=0))
    return min(schedules, key=lambda answer: _makespan(instance, answer))


def _makespan(instance: DagInstance, answer: list[list[int]]) -> float:
    """Makespan as the verifier recomputes it: nothing infeasible becomes a bound."""
    verdict = verify(instance, "", answer)
    assert verdict.objective is not None, verdict.violations
    return verdict.objective
