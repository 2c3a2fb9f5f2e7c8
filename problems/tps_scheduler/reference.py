"""Ground truth: the shortest schedule of who knows every latency and failure.

CP-SAT proves the makespan: calls with all their attempts on servers with slots and
gaps, under the cap of the agent. What the pack ships is a digest of each instance with
both bounds, so that nothing else passes for it.
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
from problems.tps_scheduler import simulate
from problems.tps_scheduler.baselines import baselines
from problems.tps_scheduler.instances import instances
from problems.tps_scheduler.model import ToolInstance, critical_path, encode
from problems.tps_scheduler.verify import verify

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, IntVar

FILE = Path(__file__).parent / "data" / "references.json"

LIMIT = 15.0
"""Deterministic time that ``solve_references`` spends on an instance."""

_MODEL = (
    "intervals of attempts, cumulative slots and cap, disjunctive gaps, linearization 2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Bounds of the makespan, and the attempts that attain the upper one."""

    lower: int
    best: int
    answer: list[list[int]]


def lower_bound(instance: ToolInstance) -> int:
    """Bound the makespan at once: longest chain, and work over slots and over cap."""
    spent = [0] * len(instance.servers)
    count = [0] * len(instance.servers)
    last = [1 << 40] * len(instance.servers)
    for call in instance.calls:
        spent[call.server] += sum(call.attempts)
        count[call.server] += len(call.attempts)
        last[call.server] = min(last[call.server], *call.attempts)
    bounds = [critical_path(instance), -(-sum(spent) // instance.cap)]
    for k, server in enumerate(instance.servers):
        bounds.append(-(-spent[k] // server.slots))
        bounds.append(server.gap * (count[k] - 1) + last[k])
    return max(bounds)


def solve(instance: ToolInstance, limit: float) -> Solved:
    """Bound the makespan within a deterministic time of CP-SAT.

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
    hint = _best_of_rules(instance)
    lower, upper = lower_bound(instance), _makespan(instance, hint)
    model = cp_model.CpModel()
    starts = _add_constraints(model, instance, upper)
    end = model.new_int_var(lower, upper, "makespan")
    for call, row in zip(instance.calls, starts, strict=True):
        model.add(end >= row[-1] + call.attempts[-1])
    model.minimize(end)
    told: list[list[int]] = [[] for _ in instance.calls]
    for k, start in hint:
        told[k].append(start)
    for row, known in zip(starts, told, strict=True):
        for variable, value in zip(row, known, strict=True):
            model.add_hint(variable, value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    # The sums of work in the linear relaxation are what proves most of these.
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = limit
    if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        hint = [
            [k, solver.value(start)] for k, row in enumerate(starts) for start in row
        ]
        hint.sort(key=lambda pair: (pair[1], pair[0]))
    return Solved(
        lower=max(lower, round(solver.best_objective_bound)),
        best=_makespan(instance, hint),
        answer=hint,
    )


def _add_constraints(
    model: "CpModel", instance: ToolInstance, upper: int
) -> "list[list[IntVar]]":
    """Add all constraints to a model; give the starts of the attempts of each call."""
    starts: list[list[IntVar]] = []
    bars, gaps = [], []
    for k, call in enumerate(instance.calls):
        gap = instance.servers[call.server].gap
        row: list[IntVar] = []
        for nth, latency in enumerate(call.attempts):
            start = model.new_int_var(0, upper - latency, f"start of {k}, {nth}")
            bars.append((call.server, start, latency))
            gaps.append((call.server, start, gap))
            if row:
                model.add(start >= row[-1] + call.attempts[nth - 1])
            row.append(start)
        for before in call.deps:
            done = starts[before][-1] + instance.calls[before].attempts[-1]
            model.add(row[0] >= done)
        starts.append(row)
    under_way = [model.new_fixed_size_interval_var(x, p, "") for _, x, p in bars]
    model.add_cumulative(under_way, [1] * len(bars), instance.cap)
    for s, server in enumerate(instance.servers):
        own = [bar for bar, (at, _, _) in zip(under_way, bars, strict=True) if at == s]
        model.add_cumulative(own, [1] * len(own), server.slots)
        if server.gap:
            model.add_no_overlap(
                model.new_fixed_size_interval_var(start, gap, "")
                for at, start, gap in gaps
                if at == s
            )
    return starts


def reference(instance: ToolInstance) -> Reference:
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
            f"tps_scheduler has no reference for the data of {instance.id}; recompute "
            "them with `heuresis problems tps_scheduler --solve-references`"
        )
    _, lower, best = entry
    return Reference(
        lower=float(lower),
        best=float(best),
        proved=lower == best,
        method=method,
        source=source,
    )


def no_optimum(_: ToolInstance) -> Json | None:
    """No schedules are stored: solving again gives them."""
    return None


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[ToolInstance] | None = None,
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
        found = solve(one, LIMIT)
        rows.append((one.id, digest(one), found.lower, found.best))
        seconds = time.process_time() - begin
        log(f"{one.id}: {found.lower} to {found.best}, {seconds:.1f} CPU-seconds")
    head = {
        "method": f"CP-SAT {metadata.version('ortools')}: {_MODEL}, deterministic "
        f"time {LIMIT:g}",
        "source": "problems.tps_scheduler.reference",
    }
    stored.write(path, rows, head)
    _load.cache_clear()


def digest(instance: ToolInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps(encode(instance), sort_keys=True)
    return sha256(data.encode()).hexdigest()[:16]


_Rows = Mapping[str, tuple[str, int, int]]


@lru_cache(maxsize=2)
def _load(file: Path) -> tuple[str, str, _Rows]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    rows = {name: (row[0], row[1], row[2]) for name, row in data["instances"].items()}
    return data["method"], data["source"], MappingProxyType(rows)


def _best_of_rules(instance: ToolInstance) -> list[list[int]]:
    """Shortest schedule of the rules."""
    task = simulate.decode(encode(instance))
    found = []
    for name, rule in baselines().items():
        module = import_module(f"problems.tps_scheduler.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        answer = simulate.run(rule.entry_point, heuristic, task, seed=0)
        found.append((_makespan(instance, answer), answer))
    return min(found)[1]


def _makespan(instance: ToolInstance, answer: list[list[int]]) -> int:
    """Makespan as the verifier recomputes it: nothing infeasible becomes a bound."""
    verdict = verify(instance, "", answer)
    assert verdict.objective is not None, verdict.violations
    return int(verdict.objective)
