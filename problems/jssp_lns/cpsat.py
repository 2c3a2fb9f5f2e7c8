"""One round: a job shop with most of its order given, solved by CP-SAT for a while."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from problems import subsolver
from problems.base import Json
from problems.jssp.model import JsspInstance
from problems.subsolver import demand

Starts = tuple[tuple[int, ...], ...]
"""Start times by job and operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a round gave.

    Attributes
    ----------
    starts
        Of an earlier end than the incumbent's; None if none was found.
    spent
        Deterministic time.
    proved
        Whether nothing better keeps the order that was given.
    """

    starts: Starts | None
    spent: float
    proved: bool


@lru_cache(maxsize=4096)
def improve(
    instance: JsspInstance, starts: Starts, free: frozenset[int], limit: float
) -> Solved:
    """Look for a makespan below that of ``starts``, a feasible schedule.

    Operations that are not ``free`` (places, job by job) keep their order on each
    machine; start times may all change. The result depends on its arguments and the
    version of OR-Tools only, so it is remembered: programs often begin alike.

    Parameters
    ----------
    limit
        Deterministic time; presolving would take most of it, so there is none.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    cp_model, solver = demand(), subsolver.solver(limit)
    solver.parameters.linearization_level = 0
    solver.parameters.cp_model_presolve = False
    model = cp_model.CpModel()
    latest = makespan(instance, starts) - 1
    lines: list[list[tuple[int, int, Json, int]]] = [[] for _ in range(instance.m)]
    made: list[list[Json]] = []
    end = model.new_int_var(0, latest, "makespan")
    rows = zip(starts, instance.machines, instance.times, strict=True)
    for job, row in enumerate(rows):
        ready: Json = 0
        made.append([])
        for k, (known, machine, p) in enumerate(zip(*row, strict=True)):
            start = model.new_int_var(0, latest, "")
            model.add_hint(start, known)
            model.add(start >= ready)
            ready = start + p
            lines[machine].append((known, job * instance.m + k, start, p))
            made[-1].append(start)
        model.add(end >= ready)
    for line in lines:
        line.sort(key=lambda entry: entry[:2])
        kept = [entry for entry in line if entry[1] not in free]
        for (*_, first, p), (*_, second, _) in pairwise(kept):
            model.add(second >= first + p)
        if len(kept) < len(line):
            model.add_no_overlap(
                [model.new_fixed_size_interval_var(s, p, "") for *_, s, p in line]
            )
    model.minimize(end)
    status = solver.solve(model)
    spent = float(solver.response_proto.deterministic_time)
    proved = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved(starts=None, spent=spent, proved=proved)
    found = tuple(tuple(map(solver.value, row)) for row in made)
    return Solved(starts=found, spent=spent, proved=proved)


def makespan(instance: JsspInstance, starts: Starts) -> int:
    """End of the last operation of a feasible schedule."""
    rows = zip(starts, instance.times, strict=True)
    return max(row[-1] + times[-1] for row, times in rows)
