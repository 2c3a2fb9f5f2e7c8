"""One window of a flexible job shop, solved by CP-SAT for a deterministic time."""

from dataclasses import dataclass
from functools import lru_cache

from problems import subsolver
from problems.base import Json
from problems.fjsp.model import Choice
from problems.subsolver import demand

Place = tuple[int, int]
"""Machine and start time of an operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An operation of a window.

    Attributes
    ----------
    choices
        Machines that it may use, with its times there: one if its machine is fixed.
    place
        Where a schedule that is known puts it.
    """

    job: int
    choices: tuple[Choice, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is to be scheduled next.

    Attributes
    ----------
    tasks
        Those of one job stand together, in their order.
    ready
        When each job is through with what is scheduled already.
    free
        When each machine is.
    tail
        By job, the least time that it needs behind the window.
    end
        That the known schedule reaches: largest end of a job, its tail included.
    """

    tasks: tuple[Task, ...]
    ready: tuple[int, ...]
    free: tuple[int, ...]
    tail: tuple[int, ...]
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Places of the tasks, no worse than the known ones.

    Attributes
    ----------
    spent
        Deterministic time.
    proved
        Whether no schedule of the window reaches an earlier end.
    """

    places: tuple[Place, ...]
    spent: float
    proved: bool


@lru_cache(maxsize=4096)
def solve(window: Window, limit: float) -> Solved:
    """Look for the earliest end, for at most ``limit`` units of deterministic time.

    The result depends on its arguments and the version of OR-Tools only, so it is
    remembered: programs often begin alike.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    cp_model, solver = demand(), subsolver.solver(limit)
    model = cp_model.CpModel()
    end = model.new_int_var(0, window.end, "end")
    lines: list[list[Json]] = [[] for _ in window.free]
    ready: list[Json] = list(window.ready)
    made = []
    for task in window.tasks:
        start = model.new_int_var(window.ready[task.job], window.end, "")
        model.add_hint(start, task.place[1])
        model.add(start >= ready[task.job])
        literals = [model.new_bool_var("") for _ in task.choices]
        model.add_exactly_one(literals)
        for (machine, p), literal in zip(task.choices, literals, strict=True):
            model.add_hint(literal, machine == task.place[0])
            model.add(start >= window.free[machine]).only_enforce_if(literal)
            lines[machine].append(
                model.new_optional_fixed_size_interval_var(start, p, literal, "")
            )
        times = zip(task.choices, literals, strict=True)
        ready[task.job] = start + sum(p * literal for (_, p), literal in times)
        made.append((start, literals))
    for until, tail in zip(ready, window.tail, strict=True):
        model.add(end >= until + tail)
    for line in lines:
        model.add_no_overlap(line)
    model.minimize(end)
    status = solver.solve(model)
    spent = float(solver.response_proto.deterministic_time)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        places = tuple(task.place for task in window.tasks)
        return Solved(places=places, spent=spent, proved=False)
    places = tuple(
        (_chosen(task, list(map(solver.value, literals))), solver.value(start))
        for task, (start, literals) in zip(window.tasks, made, strict=True)
    )
    return Solved(places=places, spent=spent, proved=status == cp_model.OPTIMAL)


def _chosen(task: Task, values: list[int]) -> int:
    return task.choices[values.index(1)][0]
