"""An independent proof with CP-SAT that a sample can be solved."""

from dataclasses import dataclass

from problems.errors import ConfigError
from problems.rconstraint.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the solver says: a schedule, or None if there is none."""

    status: str
    starts: dict[str, int] | None


def prove(case: Case, horizon: int, *, limit: float = 5.0) -> Proof:
    """Decide whether a case has a schedule that ends by ``horizon``.

    Parameters
    ----------
    limit
        Deterministic time; one thread, so that the answer repeats itself.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ConfigError(
            "proving samples needs OR-Tools; install it with: "
            "pip install 'heuresis[solvers]'"
        ) from error
    model = cp_model.CpModel()
    last = horizon if case.horizon is None else min(horizon, case.horizon)
    spans = {}
    starts = {}
    for name, task in case.tasks.items():
        earliest = task.release or 0
        end = last if task.deadline is None else min(last, task.deadline)
        if end - task.duration < earliest:
            return Proof(status="INFEASIBLE", starts=None)
        starts[name] = model.new_int_var(earliest, end - task.duration, name)
        spans[name] = model.new_fixed_size_interval_var(
            starts[name], task.duration, name
        )
    for before, after in case.precedence:
        model.add(starts[after] >= starts[before] + case.tasks[before].duration)
    for a, b in case.disjunctive:
        model.add_no_overlap([spans[a], spans[b]])
    for name, resource in case.resources.items():
        users = [task for task in case.tasks.values() if task.demand.get(name)]
        line = [spans[task.id] for task in users]
        demands = [task.demand[name] for task in users]
        for low, high in resource.downtime:
            line.append(model.new_fixed_size_interval_var(low, high - low, "down"))
            demands.append(resource.capacity)
        model.add_cumulative(line, demands, resource.capacity)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    name = solver.status_name(status)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Proof(status=name, starts=None)
    return Proof(
        status=name,
        starts={task: int(solver.value(start)) for task, start in starts.items()},
    )
