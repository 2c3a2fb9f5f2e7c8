"""Bounds by CP-SAT: intervals, cumulative resources, from the best rule's schedule.

Only ``solve`` needs OR-Tools; what it found is kept in ``data/references.json``.
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
from typing import TYPE_CHECKING

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ConfigError, ReferenceMissingError
from problems.rcpsp import simulate
from problems.rcpsp.baselines import baselines
from problems.rcpsp.instances import instances
from problems.rcpsp.model import RcpspInstance, encode, trivial_bound
from problems.rcpsp.verify import verify

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar

FILE = Path(__file__).parent / "data" / "references.json"

_LARGE = 60
_LIMITS = (2.0, 1.0)
"""Deterministic time for projects of up to 60 activities, and for larger ones."""

_MODEL = "intervals and cumulative, 1 worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a solver knows of an instance.

    ``starts`` has the makespan ``best``; both are None if nothing was found.
    ``infeasible`` is proved.
    """

    lower: int
    best: int | None
    starts: list[int] | None
    infeasible: bool = False


def solve(instance: RcpspInstance, limit: float) -> Solved:
    """Run CP-SAT for ``limit`` units of deterministic time, in one thread.

    The result depends on the version of OR-Tools and on nothing else. A unit takes
    three to eight seconds of CPU time.

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
    hint, lower = _best_of_rules(instance), trivial_bound(instance)
    upper = _makespan(instance, hint) if hint else _enough(instance)
    latest = [_latest(instance, k, upper) for k in range(instance.n)]
    if any(last < instance.released(k) for k, last in enumerate(latest)):
        return Solved(lower=lower, best=None, starts=None, infeasible=True)
    model = cp_model.CpModel()
    starts = _add_constraints(model, instance, latest)
    end = model.new_int_var(0, upper, "makespan")
    for start, p in zip(starts, instance.durations, strict=True):
        model.add(end >= start + p)
    model.minimize(end)
    for start, hinted in zip(starts, hint or (), strict=False):
        model.add_hint(start, hinted)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Solved(lower=lower, best=None, starts=None, infeasible=True)
    bound = max(lower, round(solver.best_objective_bound))
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        hint = [solver.value(start) for start in starts]
    if hint is None:
        return Solved(lower=bound, best=None, starts=None)
    return Solved(lower=bound, best=_makespan(instance, hint), starts=hint)


def _latest(instance: RcpspInstance, k: int, upper: int) -> int:
    """Latest start of an activity if the project ends by ``upper``."""
    due = instance.due(k)
    return (upper if due is None else min(due, upper)) - instance.durations[k]


def _add_constraints(
    model: "CpModel", instance: RcpspInstance, latest: list[int]
) -> list["IntVar"]:
    """Add all constraints to a model; give the variables of the starts."""
    starts, bars = [], []
    for k, (p, last) in enumerate(zip(instance.durations, latest, strict=True)):
        start = model.new_int_var(instance.released(k), last, f"start of {k}")
        starts.append(start)
        bars.append(model.new_fixed_size_interval_var(start, p, f"{k}"))
    for k, row in enumerate(instance.successors):
        for after in row:
            model.add(starts[after] >= starts[k] + instance.durations[k])
    for a, b in instance.disjunctive:
        first = model.new_bool_var(f"{a} before {b}")
        for x, y, when in ((a, b, first), (b, a, first.negated())):
            end = starts[x] + instance.durations[x]
            model.add(starts[y] >= end).only_enforce_if(when)
    for r, capacity in enumerate(instance.capacities):
        users = [k for k, row in enumerate(instance.demands) if row[r]]
        down = instance.downtime[r] if instance.downtime else ()
        model.add_cumulative(
            [bars[k] for k in users]
            + [model.new_fixed_size_interval_var(a, b - a, "down") for a, b in down],
            [instance.demands[k][r] for k in users] + [capacity] * len(down),
            capacity,
        )
    return starts


def reference(instance: RcpspInstance) -> Reference:
    """Look up the bounds.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    method, source, rows = _load(FILE)
    entry = rows.get(instance.id)
    if entry is None or entry[0] != digest(instance):
        raise ReferenceMissingError(
            f"rcpsp has no reference for the data of {instance.id}; recompute them "
            "with `heuresis problems rcpsp --solve-references`"
        )
    _, lower, best = entry
    return Reference(
        lower=float(lower),
        best=float(best),
        proved=lower == best,
        method=method,
        source=source,
    )


def bounded(instance: RcpspInstance, source: str) -> Reference:
    """Bound any instance at once; no schedule is known."""
    return Reference(
        lower=float(trivial_bound(instance)),
        best=None,
        proved=False,
        method="critical path, or work over capacity",
        source=source,
    )


def no_optimum(_: RcpspInstance) -> Json | None:
    """No schedules are stored: solving again gives them."""
    return None


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[RcpspInstance] | None = None,
) -> None:
    """Bound all instances anew and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written.
    """
    every = (one for split in Split for one in instances(split))
    rows = []
    for one in every if chosen is None else chosen:
        begin = time.process_time()
        found = solve(one, time_limit(one))
        assert found.best is not None, one.id  # without deadlines every rule finds one
        rows.append((one.id, digest(one), found.lower, found.best))
        seconds = time.process_time() - begin
        log(f"{one.id}: {found.lower} to {found.best}, {seconds:.1f} CPU-seconds")
    head = {
        "method": f"CP-SAT {metadata.version('ortools')}: {_MODEL}, deterministic "
        f"time {' or '.join(f'{limit:g}' for limit in _LIMITS)}",
        "source": "problems.rcpsp.reference",
    }
    stored.write(path, rows, head)
    _load.cache_clear()


def time_limit(instance: RcpspInstance) -> float:
    """Deterministic time that ``solve_references`` spends on an instance."""
    return _LIMITS[instance.n > _LARGE]


def digest(instance: RcpspInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps(encode(instance), sort_keys=True)
    return sha256(data.encode()).hexdigest()[:16]


_Rows = Mapping[str, tuple[str, int, int]]


@lru_cache(maxsize=2)
def _load(file: Path) -> tuple[str, str, _Rows]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    rows = {name: (row[0], row[1], row[2]) for name, row in data["instances"].items()}
    return data["method"], data["source"], MappingProxyType(rows)


def _best_of_rules(instance: RcpspInstance) -> list[int] | None:
    """Shortest schedule of the rules that meets all constraints, if one does."""
    project = simulate.decode(encode(instance))
    found = []
    for name, rule in baselines().items():
        module = import_module(f"problems.rcpsp.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        starts = simulate.run(rule.entry_point, heuristic, project, seed=0)
        verdict = verify(instance, "", starts)
        if verdict.objective is not None:
            found.append((verdict.objective, starts))
    return min(found)[1] if found else None


def _makespan(instance: RcpspInstance, starts: list[int]) -> int:
    """Makespan as the verifier recomputes it: nothing infeasible becomes a bound."""
    verdict = verify(instance, "", starts)
    assert verdict.objective is not None, verdict.violations
    return int(verdict.objective)


def _enough(instance: RcpspInstance) -> int:
    """Time in which everything fits one after the other, once nothing hinders it."""
    free = max((end for spans in instance.downtime for _, end in spans), default=0)
    return max(free, *instance.release, 0) + sum(instance.durations)
