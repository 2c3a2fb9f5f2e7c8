"""The pack ``fjsp_rho``: flexible job shop by rolling horizon around CP-SAT."""

from types import MappingProxyType

from problems.base import (
    COSTLY,
    EntryPoint,
    Feature,
    Mode,
    Picture,
    Problem,
    Simulator,
)
from problems.fjsp.importer import read
from problems.fjsp.model import FjspInstance, describe, encode
from problems.fjsp.pack import PACK as SHOPS
from problems.fjsp_rho.baselines import baselines
from problems.fjsp_rho.desk import Desk
from problems.fjsp_rho.instances import instances
from problems.fjsp_rho.reference import reference, solve_references
from problems.fjsp_rho.verify import verify
from problems.subsolver import demand

_CARD = """\
**Flexible job shop, makespan, by rolling horizon.** n jobs are chains of operations; an
operation can be done by some of the m machines, with a time that may be different on
each. Minimise the makespan, the end of the last operation.

A solver plans the shop window by window: of the open operations those with the most
work behind them, so that the largest end of a job, with the least work behind the
window added, is early. The operations that start first are carried out, the rest
overlaps with the next window. An instance has a budget of solver time for each of its
operations; a window gets the share of what is left that its step has of the open
operations, and what it does not use is left to those behind it. A window that is too
large for its time gets a poor plan; one that is too small does not see what comes.
Fixing operations to the machines of the last plan makes a window easier, and is wrong
where the plan was. Judged by the gap of the makespan to the optimum.
"""

_STATE = (
    "state.t: time at which the first machine is free; state.window: windows solved "
    "so far; state.n: operations of the last plan that are open; state.open, "
    "state.total: operations that are open, and all; state.m: machines; state.p_mean: "
    "mean of the shortest times of the open operations; state.choices: mean number of "
    "their machines; state.load_mean: mean over machines of the planned work; "
    "state.budget: share of the solver's time that is left. Of the last window: "
    "state.size, state.step: in operations; state.proved: 1 if its plan was proved "
    "best, else 0; state.used: share that it took of its time; state.fixed, "
    "state.moved: shares of its overlap that were fixed, and that changed machines. "
    "All are read-only. "
)

_FIX = EntryPoint(
    name="fix",
    signature="def fix(op, state) -> float:",
    doc=(
        "Called before each window, of 6 operations for each machine of which 2 are "
        "carried out, for each operation that the last plan put into it; the operation "
        "keeps its machine if the result is above 0, else the solver may change it. "
        "op.p: its time on the planned machine; op.p_min, op.choices: shortest and "
        "number of its times; op.gain: their mean less p; op.start: from now to its "
        "planned start; op.slack: how much later it could end without a later end of "
        "the plan, if only its job mattered; op.rest, op.left: least work and number "
        "of the operations of its job from it on; op.kept: plans in a row that gave it "
        "this machine; op.place: operations of the overlap that start earlier; "
        "op.load: planned work on its machine; op.room: mean of that over machines, "
        "less it. " + _STATE + "Return a finite int or float."
    ),
    seed="none",
    features=(
        Feature(code="op.p", doc="time where planned, at least 0", unit="time units"),
        Feature(
            code="op.p_min", doc="its shortest time, at least 0", unit="time units"
        ),
        Feature(
            code="op.gain", doc="mean of its times less that planned", unit="time units"
        ),
        Feature(code="op.choices", doc="number (at least 1) of its machines"),
        Feature(
            code="op.start", doc="from now to its start, at least 0", unit="time units"
        ),
        Feature(code="op.slack", doc="slack of its job, at least 0", unit="time units"),
        Feature(code="op.rest", doc="work of its job from it on", unit="time units"),
        Feature(code="op.kept", doc="number (at least 1) of plans that agree"),
        Feature(code="op.place", doc="number (at least 0) of those that start earlier"),
        Feature(
            code="op.room", doc="mean load less that of its machine", unit="time units"
        ),
        Feature(code="state.n", doc="number (at least 1) of planned operations"),
        Feature(
            code="state.p_mean", doc="mean shortest time, at least 0", unit="time units"
        ),
        Feature(code="state.load_mean", doc="mean planned work", unit="time units"),
    ),
)

_WINDOW = EntryPoint(
    name="next_window",
    signature="def next_window(state) -> tuple[int, int]:",
    doc=(
        "Called before each window, in which nothing is fixed: return two integers, "
        "how many operations to plan and how many of them to carry out. The first is "
        "brought between 1 and state.open, the second between an eighth of the first "
        "and all of it; a window of all open operations is the last one. " + _STATE
    ),
    seed="usual",
)


def simulator(instance: FjspInstance, entry_point: str) -> Simulator:
    """Start a run that asks about each window.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    demand()
    return Desk(instance, entry_point)


PACK: Problem[FjspInstance] = Problem(
    name="fjsp_rho",
    version=1,
    title="Flexible job shop by rolling horizon, makespan",
    mode=Mode.LOCKSTEP,
    entry_points=MappingProxyType({"fix": _FIX, "next_window": _WINDOW}),
    driver="problems.fjsp_rho.simulate",
    modules=SHOPS.modules,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=SHOPS.gantt,
    optimum=SHOPS.optimum,
    solve_references=solve_references,
    card=_CARD,
    simulator=simulator,
    describe=describe,
    picture=Picture(marked="last to end"),
    read=read,
    campaign=MappingProxyType({**COSTLY, "finalists": 10}),
)
