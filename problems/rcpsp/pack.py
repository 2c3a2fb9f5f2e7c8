"""The pack ``rcpsp``: resource-constrained project scheduling, makespan."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    PLAIN_MODULES,
    Bar,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Picture,
    Problem,
)
from problems.rcpsp.baselines import baselines
from problems.rcpsp.importer import read
from problems.rcpsp.instances import instances
from problems.rcpsp.model import RcpspInstance, describe, encode
from problems.rcpsp.published import PUBLISHED
from problems.rcpsp.reference import no_optimum, reference, solve_references
from problems.rcpsp.verify import verify

_CARD = """\
**Resource-constrained project scheduling, smallest makespan (PS|prec|Cmax).** n
activities of known durations, some of which may start only when others have ended.
While it runs, an activity uses amounts of renewable resources of constant capacity,
four in the instances here. Choose integer start times so that no resource is ever
overused; minimise the end of the project. No activity is interrupted.

In some instances resources have downtimes, in which nothing that uses them may run,
activities have earliest starts, and pairs of activities may not run at the same time.

NP-hard in the strong sense. A heuristic decides the order in which a schedule
generation scheme takes the activities. From 12 to 120 activities, durations and demands
1 to 10, resources from scarce to plentiful. Judged by the gap of the makespan to the
best known one, mostly a proved optimum.
"""

_ACTIVITY = (
    "act.p: duration; act.est, act.eft, act.lst, act.lft: earliest and latest start "
    "and finish of the critical path method; act.slack: lst - est; act.tail: longest "
    "chain from its start to the end; act.preds, act.succs: numbers of direct "
    "predecessors and successors; act.after: number of all activities that must come "
    "after it; act.rank, act.all_rank: p and the durations of the direct, or of all, "
    "successors; act.peak: largest share of a capacity that it uses; act.work: p times "
    "the sum of its shares; act.work_after: work of all that come after it; "
    "act.scarce: work with each resource weighted by its load over the critical path; "
    "act.need: lower bound on the time from its start to the end of the project, by "
    "chains and by the work behind it. "
)

_STATS = (
    "stats.n, stats.m: numbers of activities and resources; stats.cpm: length of the "
    "critical path; stats.load: largest work of a resource over its capacity, in time "
    "units; stats.work: sum of all work; stats.p_max, stats.p_mean: of durations. "
)

_CALLED = (
    "Called once for each activity, before anything is placed. Serial scheme: of the "
    "activities whose predecessors are all placed, the one with the smallest value is "
    "placed next, as early as it fits beside those placed before; ties go to the lower "
    "index. "
)

_END = "All are read-only. Return a finite int or float."

_FEATURES = (
    Feature(code="act.p", doc="duration, at least 0", unit="time units"),
    Feature(code="act.est", doc="earliest start, at least 0", unit="time units"),
    Feature(code="act.lst", doc="latest start", unit="time units"),
    Feature(code="act.lft", doc="latest finish", unit="time units"),
    Feature(code="act.slack", doc="latest less earliest start", unit="time units"),
    Feature(code="act.tail", doc="longest chain from its start on", unit="time units"),
    Feature(code="act.succs", doc="number (at least 0) of direct successors"),
    Feature(code="act.after", doc="number (at least 0) of all successors"),
    Feature(code="act.rank", doc="p and that of direct successors", unit="time units"),
    Feature(code="act.all_rank", doc="p and that of all successors", unit="time units"),
    Feature(code="act.peak", doc="largest share of a capacity, 0 to 1"),
    Feature(code="act.work", doc="p times the sum of its shares", unit="time units"),
    Feature(code="act.work_after", doc="work of all behind it", unit="time units"),
    Feature(
        code="act.scarce", doc="work, weighted by how scarce it is", unit="time units"
    ),
    Feature(
        code="act.need", doc="bound on the time from its start on", unit="time units"
    ),
)

_SERIAL = (
    *_FEATURES,
    Feature(code="stats.cpm", doc="critical path, positive", unit="time units"),
    Feature(code="stats.load", doc="largest load of a resource", unit="time units"),
    Feature(code="stats.work", doc="sum of all work", unit="time units"),
    Feature(code="stats.p_max", doc="longest duration", unit="time units"),
    Feature(code="stats.n", doc="number of activities, positive"),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(act, stats) -> float:",
    doc=_CALLED + _ACTIVITY + _STATS + _END,
    seed="spt",
    features=_SERIAL,
)

_JUSTIFIED = EntryPoint(
    name="justified",
    signature="def justified(act, stats) -> float:",
    doc=(
        _CALLED
        + "Then every activity, the last to end first, is moved as late as the end of "
        "the project allows, and back to the left, the first to start first. "
        + _ACTIVITY
        + _STATS
        + _END
    ),
    seed="justified_spt",
    features=_SERIAL,
)

_DISPATCH = EntryPoint(
    name="dispatch",
    signature="def dispatch(act, state) -> float:",
    doc=(
        "Parallel scheme: whenever at least two activities could start at a moment, "
        "called for each of them; the one with the smallest value starts, ties go to "
        "the lower index, and what can still start is asked for again. Time moves on "
        "when nothing more can start. "
        + _ACTIVITY
        + "act.wait: time since its predecessors have ended and it is released; "
        "act.worst: slack that it keeps if the worst of the others starts first; "
        "act.harm: by how much, at worst, another one would miss its latest start if "
        "this one starts first, at least 0; act.fit: largest share of what is free of "
        "a resource that it would use. state.t: the time; state.n: how many could "
        "start; state.left: activities not started; state.running: those that run; "
        "state.free: mean share of the capacities that is free; state.work_left: work "
        "of those not started; state.cpm: critical path; state.load: largest work of a "
        "resource over its capacity; state.work, state.p_max, state.p_mean: of all "
        "activities. " + _END
    ),
    seed="parallel_spt",
    features=(
        *_FEATURES,
        Feature(
            code="act.wait",
            doc="time since it could start, at least 0",
            unit="time units",
        ),
        Feature(code="act.worst", doc="slack left at worst", unit="time units"),
        Feature(
            code="act.harm",
            doc="delay of others at worst, at least 0",
            unit="time units",
        ),
        Feature(code="act.fit", doc="largest share of what is free, 0 to 1"),
        Feature(code="state.t", doc="the time, at least 0", unit="time units"),
        Feature(code="state.n", doc="number that could start, at least 2"),
        Feature(code="state.free", doc="mean share of capacity that is free, 0 to 1"),
        Feature(code="state.cpm", doc="critical path, positive", unit="time units"),
        Feature(code="state.load", doc="largest load of a resource", unit="time units"),
        Feature(code="state.work_left", doc="work not started", unit="time units"),
        Feature(code="state.work", doc="sum of all work", unit="time units"),
        Feature(code="state.p_max", doc="longest duration", unit="time units"),
    ),
)


def gantt(instance: RcpspInstance, answer: Json) -> Sequence[Bar]:
    """Bars of all activities in as few rows as they need; the last to end is marked.

    A row is no resource: an activity may use several, and part of each.
    """
    ends = list(map(int.__add__, answer, instance.durations))
    makespan = max(ends)
    free: list[int] = []
    bars = []
    for k in sorted(range(instance.n), key=lambda k: (answer[k], ends[k], k)):
        row = next((at for at, t in enumerate(free) if t <= answer[k]), len(free))
        free[row : row + 1] = [ends[k]]
        bars.append(
            Bar(
                row=f"row {row + 1}",
                start=answer[k],
                end=ends[k],
                label=str(k),
                late=ends[k] == makespan,
            )
        )
    return bars


PACK: Problem[RcpspInstance] = Problem(
    name="rcpsp",
    version=1,
    title="Resource-constrained project scheduling, makespan",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType(
        {"priority": _PRIORITY, "dispatch": _DISPATCH, "justified": _JUSTIFIED}
    ),
    driver="problems.rcpsp.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=no_optimum,
    solve_references=solve_references,
    card=_CARD,
    describe=describe,
    picture=Picture(marked="ends with the project"),
    published=PUBLISHED,
    read=read,
    campaign=MappingProxyType({"entry_point": "justified", "seeds": ["justified_spt"]}),
)
