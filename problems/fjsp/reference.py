"""Bounds by CP-SAT, in three steps; published ones for Brandimarte's instances.

1. Loads alone: a machine for each operation so that the largest load, or longest job,
   is least. Its bound is a lower bound on the makespan.
2. A schedule of that assignment, an ordinary job shop. With many more jobs than
   machines it often needs no more than the bound, which proves it.
3. Else everything at once, from the best schedule known.

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

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ConfigError, ReferenceMissingError
from problems.fjsp import simulate
from problems.fjsp.baselines import baselines
from problems.fjsp.instances import instances
from problems.fjsp.model import FjspInstance, Job, encode, horizon, trivial_bound
from problems.fjsp.verify import verify

FILE = Path(__file__).parent / "data" / "references.json"
PUBLISHED = Path(__file__).parent / "data" / "published.json"

_LOADS, _ORDER, _WHOLE = 1.0, 0.3, 0.7
"""Deterministic time of the three steps."""

Schedule = list[list[list[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a solver knows of an instance; ``schedule`` has the makespan ``best``."""

    lower: int
    best: int
    schedule: Schedule


def solve(instance: FjspInstance) -> Solved:
    """Run CP-SAT in one thread, for a limited deterministic time.

    The result depends on the version of OR-Tools and on nothing else.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    found = _best_dispatched(instance)
    lower, assigned = _balance(instance)
    if found.best > lower:
        tried = _schedule(instance, assigned, found, lower, _ORDER)
        found = min(found, tried, key=lambda one: one.best)
    if found.best > lower:
        tried = _schedule(instance, instance.jobs, found, lower, _WHOLE)
        lower = max(lower, tried.lower)
        found = min(found, tried, key=lambda one: one.best)
    return Solved(lower=lower, best=found.best, schedule=found.schedule)


def _solver(limit: float) -> tuple[Json, Json]:
    """Give the module of CP-SAT and a solver."""
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ConfigError(
            "solving references needs OR-Tools; install it with: "
            "pip install 'heuresis[solvers]'"
        ) from error
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = limit
    return cp_model, solver


def _balance(instance: FjspInstance) -> tuple[int, tuple[Job, ...]]:
    """Bound the makespan by loads; give jobs with the one machine chosen for each."""
    cp_model, solver = _solver(_LOADS)
    model = cp_model.CpModel()
    end = model.new_int_var(trivial_bound(instance), horizon(instance), "makespan")
    loads: list[list[Json]] = [[] for _ in range(instance.m)]
    chosen = [[[model.new_bool_var("") for _ in op] for op in j] for j in instance.jobs]
    for job, picks in zip(instance.jobs, chosen, strict=True):
        length = []
        for op, literals in zip(job, picks, strict=True):
            model.add_exactly_one(literals)
            for (machine, p), literal in zip(op, literals, strict=True):
                loads[machine].append(p * literal)
                length.append(p * literal)
        model.add(sum(length) <= end)
    for load in loads:
        model.add(sum(load) <= end)
    model.minimize(end)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return trivial_bound(instance), instance.jobs
    jobs = tuple(
        tuple(
            tuple(
                choice
                for choice, literal in zip(op, literals, strict=True)
                if solver.value(literal)
            )
            for op, literals in zip(job, picks, strict=True)
        )
        for job, picks in zip(instance.jobs, chosen, strict=True)
    )
    return max(trivial_bound(instance), round(solver.best_objective_bound)), jobs


def _schedule(
    instance: FjspInstance,
    jobs: tuple[Job, ...],
    known: Solved,
    lower: int,
    limit: float,
) -> Solved:
    """Schedule ``jobs``, those of the instance with all or some of their choices.

    ``lower`` of what is returned bounds the makespan for these choices.
    """
    cp_model, solver = _solver(limit)
    model = cp_model.CpModel()
    upper = horizon(instance)
    end = model.new_int_var(lower, upper, "makespan")
    lines: list[list[Json]] = [[] for _ in range(instance.m)]
    loads: list[list[Json]] = [[] for _ in range(instance.m)]
    made = []
    for job, hinted in zip(jobs, known.schedule, strict=True):
        ready: Json = 0
        for op, hint in zip(job, hinted, strict=True):
            start = model.new_int_var(0, upper, "")
            length = model.new_int_var(min(p for _, p in op), max(p for _, p in op), "")
            until = start + length
            literals = [model.new_bool_var("") for _ in op]
            model.add_exactly_one(literals)
            for (machine, p), literal in zip(op, literals, strict=True):
                model.add(length == p).only_enforce_if(literal)
                model.add_hint(literal, machine == hint[0])
                lines[machine].append(
                    model.new_optional_fixed_size_interval_var(start, p, literal, "")
                )
                loads[machine].append(p * literal)
            model.add(start >= ready)
            model.add_hint(start, hint[1])
            made.append((start, op, literals))
            ready = until
        model.add(end >= ready)
    for line, load in zip(lines, loads, strict=True):
        model.add_no_overlap(line)
        model.add(sum(load) <= end)
    model.minimize(end)
    status = solver.solve(model)
    bound = max(lower, round(solver.best_objective_bound))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved(lower=bound, best=known.best, schedule=known.schedule)
    values = iter(
        [
            op[[solver.value(literal) for literal in literals].index(1)][0],
            solver.value(start),
        ]
        for start, op, literals in made
    )
    schedule = [[next(values) for _ in job] for job in jobs]
    best = _makespan(instance, schedule)
    return Solved(lower=bound, best=best, schedule=schedule)


def reference(instance: FjspInstance) -> Reference:
    """Look up the bounds; raises as ``look_up``."""
    return look_up(instance, (FILE, PUBLISHED), "fjsp")


def look_up(instance: FjspInstance, files: Iterable[Path], pack: str) -> Reference:
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
    chosen: Iterable[FjspInstance] | None = None,
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
    ours = (one for split in Split for one in instances(split))
    for one in ours if chosen is None else chosen:
        begin = time.process_time()
        found = solve(one)
        rows.append((one.id, digest(one), found.lower, found.best))
        seconds = time.process_time() - begin
        log(f"{one.id}: {found.lower} to {found.best}, {seconds:.1f} CPU-seconds")
    version = metadata.version("ortools")
    head = {
        "method": (
            f"CP-SAT {version}: loads, order, optional intervals; 1 worker, "
            f"deterministic time {_LOADS:g} + {_ORDER:g} + {_WHOLE:g}"
        ),
        "source": "problems.fjsp.reference",
    }
    stored.write(path, rows, head)
    _load.cache_clear()


def digest(instance: FjspInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps([instance.m, instance.jobs])
    return sha256(data.encode()).hexdigest()[:16]


_Rows = Mapping[str, tuple[str, int, int]]


@lru_cache(maxsize=4)
def _load(file: Path) -> tuple[str, str, _Rows]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    rows = {name: (row[0], row[1], row[2]) for name, row in data["instances"].items()}
    return data["method"], data["source"], MappingProxyType(rows)


def _best_dispatched(instance: FjspInstance) -> Solved:
    """Shortest schedule of the dispatching rules."""
    shop = simulate.decode(encode(instance))
    schedules = []
    for name in baselines():
        module = import_module(f"problems.fjsp.heuristics.{name}")
        schedules.append(simulate.run("priority", module.priority, shop, seed=0))
    best = min(schedules, key=lambda schedule: _makespan(instance, schedule))
    return Solved(
        lower=trivial_bound(instance), best=_makespan(instance, best), schedule=best
    )


def _makespan(instance: FjspInstance, schedule: Schedule) -> int:
    """Makespan as the verifier recomputes it: nothing infeasible becomes a bound."""
    verdict = verify(instance, "", schedule)
    assert verdict.objective is not None, verdict.violations
    return int(verdict.objective)
