"""The pack ``jssp_lns``: job shop by large neighbourhood search around CP-SAT."""

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
from problems.jssp.importer import read_bounded
from problems.jssp.model import JsspInstance, encode
from problems.jssp.pack import PACK as SHOPS
from problems.jssp_lns.baselines import baselines
from problems.jssp_lns.desk import Desk
from problems.jssp_lns.instances import instances
from problems.jssp_lns.reference import reference, solve_references
from problems.jssp_lns.verify import verify
from problems.subsolver import demand

_CARD = """\
**Job shop, makespan, by large neighbourhood search.** n jobs visit all m machines once,
each in an order of its own. Minimise the makespan, the end of the last operation.

A good dispatching rule makes the first schedule, some 15 % from the optimum. Then, for
at most 12 rounds, a quarter of the operations are freed and a solver looks for a
shorter schedule, in which all other operations keep their order on every machine;
start times may change everywhere. An instance has a budget of solver time; a round
takes at most a sixth of it, and the search ends when it is used up. What is freed has
to belong together: operations that cannot change places with each other free nothing,
and those that are not on a critical path gain nothing at once. Freeing the same again
after a round that was searched to the end is a lost round. Judged by the gap of the
makespan to the optimum.
"""

_OP = (
    "op.job, op.k: which operation it is, from 0; op.machine: where; op.p: how long; "
    "op.start: when; op.slack: how much later it could start, with all orders as they "
    "are, before the makespan grows (0 on a critical path); op.wait: time between the "
    "end of the job's operation before it and its start; op.rest: work of its job from "
    "it on; op.freed: rounds since it was last free (all so far if never); "
    "op.distance: time between its middle and state.spot; op.luck, op.job_luck, "
    "op.machine_luck: drawn for each round from 0 to 1, one for each operation, one "
    "for all of a job, one for all of a machine. "
)

_STATE = (
    "state.round, state.rounds: rounds so far, and at most; state.most: number of "
    "operations to free; state.makespan: of the schedule; state.bound: no schedule is "
    "shorter; state.stalled: rounds since the makespan last fell; state.spot: a time "
    "drawn for each round; state.budget: share of the solver's time that is left; "
    "state.proved: 1 if the last round was searched to the end, else 0; state.n, "
    "state.m: jobs and machines; state.p_mean: mean time of an operation. All are "
    "read-only. "
)

_FREE = EntryPoint(
    name="free",
    signature="def free(op, state) -> float:",
    doc=(
        "Called in each round for every operation; the state.most operations with the "
        "smallest value are freed, ties go to the lower job, then to the earlier "
        "operation. " + _OP + _STATE + "Return a finite int or float."
    ),
    seed="random",
    features=(
        Feature(code="op.luck", doc="number (at least 0) drawn for it"),
        Feature(code="op.job_luck", doc="number (at least 0) drawn for its job"),
        Feature(
            code="op.machine_luck", doc="number (at least 0) drawn for its machine"
        ),
        Feature(
            code="op.distance", doc="to a drawn time, at least 0", unit="time units"
        ),
        Feature(
            code="op.slack",
            doc="before the makespan grows, at least 0",
            unit="time units",
        ),
        Feature(
            code="op.wait", doc="of its job before it, at least 0", unit="time units"
        ),
        Feature(code="op.p", doc="processing time, at least 0", unit="time units"),
        Feature(code="op.start", doc="start, from 0", unit="time units"),
        Feature(code="op.rest", doc="work of its job from it on", unit="time units"),
        Feature(code="op.freed", doc="number (at least 0) of rounds since it was free"),
        Feature(
            code="state.p_mean", doc="mean processing time, positive", unit="time units"
        ),
        Feature(
            code="state.makespan", doc="of the schedule, positive", unit="time units"
        ),
        Feature(code="state.round", doc="number (at least 0) of rounds so far"),
        Feature(code="state.stalled", doc="number (at least 0) of rounds without gain"),
    ),
)

_SELECT = EntryPoint(
    name="select_neighbourhood",
    signature="def select_neighbourhood(schedule, rng) -> list:",
    doc=(
        "Called in each round with the schedule: schedule.jobs[j][k] is operation k of "
        "job j, schedule.state tells where the search stands. Return the operations to "
        "free, as pairs (j, k) or as the operations themselves; the first state.most "
        "of them count. rng is a random.Random, seeded for each round. " + _OP + _STATE
    ),
    seed="sampled",
)


def simulator(instance: JsspInstance, _entry_point: str) -> Simulator:
    """Start a run that asks what to free.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    demand()
    return Desk(instance)


PACK: Problem[JsspInstance] = Problem(
    name="jssp_lns",
    version=1,
    title="Job shop by large neighbourhood search, makespan",
    mode=Mode.LOCKSTEP,
    entry_points=MappingProxyType({"free": _FREE, "select_neighbourhood": _SELECT}),
    driver="problems.jssp_lns.simulate",
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
    picture=Picture(marked="last to end"),
    files=SHOPS.files,
    read=read_bounded,
    campaign=MappingProxyType({**COSTLY, "finalists": 10}),
)
