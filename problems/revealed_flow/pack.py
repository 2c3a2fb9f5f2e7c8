"""The pack ``revealed_flow``: total flow time of jobs that show an operation at a time.

The definition is that of "Online flow time minimization with gradually revealed jobs".
"""

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
    Simulator,
)
from problems.revealed_flow.baselines import baselines
from problems.revealed_flow.instances import instances
from problems.revealed_flow.line import Desk, Line
from problems.revealed_flow.model import FlowInstance, describe, encode
from problems.revealed_flow.reference import optimum, reference, solve_references
from problems.revealed_flow.simulate import ENTRY_POINTS
from problems.revealed_flow.verify import verify

ROWS = 25
"""Jobs in a picture, those that waited longest: a report has no room for more."""

_CARD = """\
**Total flow time of gradually revealed jobs.** Jobs arrive one after another at one
machine, which may interrupt and resume them at no cost. A job is a chain of operations:
the size of the first one shows on arrival, that of each other one when the operation
before it is complete, and only then whether there is another one. Serve the jobs so
that the sum of their flow times, completion less arrival, is least.

Online: nothing is known of what is to come. Who knew the sizes would serve the shortest
remaining job first, which is optimal; judged by the gap of the sum to that optimum.
Families of jobs differ in what an operation tells about the rest (a short test before a
heavy-tailed rest, short operations of long jobs), held-out families differ again, and
so do scales: compare times with each other rather than with constants.
"""

_JOB = (
    "job.rest: what is left of its current operation; job.served: what has been done "
    "of that; job.elapsed: what has been done of the job; job.done: number of its "
    "complete operations; job.arrival: when it came; job.last: when it was last served "
    "(its arrival if never); "
)

_STATE = (
    "state.t: time; state.n: number of jobs that are there; state.m: largest number of "
    "operations of a job; state.quantum: longest time to the next decision; "
    "state.finished: number of complete jobs, state.total_mean: their mean size (0 if "
    "none); state.rest_mean: mean job.rest. Both are read-only; keep nothing between "
    "calls. Return a finite int or float."
)

_ASKED = (
    "Called for each job that is there, if there are at least two, whenever a job "
    "arrives, an operation ends or a quantum is over; the job with the smallest value "
    "is served, ties go to the one that came first. "
)

_FEATURES = (
    Feature(code="job.rest", doc="left of its operation, positive", unit="time units"),
    Feature(
        code="job.served", doc="done of its operation, at least 0", unit="time units"
    ),
    Feature(code="job.elapsed", doc="done of the job, at least 0", unit="time units"),
    Feature(code="job.done", doc="number (at least 0) of its complete operations"),
    Feature(code="job.arrival", doc="when it came, from 0", unit="time units"),
    Feature(code="job.last", doc="when it was last served, from 0", unit="time units"),
    Feature(
        code="job.behind", doc="mean work behind it, at least 0", unit="time units"
    ),
    Feature(code="state.t", doc="time now, from 0", unit="time units"),
    Feature(code="state.n", doc="number (at least 2) of jobs that are there"),
    Feature(code="state.m", doc="number (at least 1) of operations at most"),
    Feature(code="state.finished", doc="number (at least 0) of complete jobs"),
    Feature(
        code="state.total_mean", doc="mean size of complete jobs", unit="time units"
    ),
    Feature(
        code="state.rest_mean", doc="mean of job.rest, positive", unit="time units"
    ),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(job, state) -> float:",
    doc=(
        _ASKED
        + _JOB
        + "job.behind: mean work behind operation number job.done of the complete jobs "
        "that had one, 0 if none. " + _STATE
    ),
    seed="fcfs",
    features=_FEATURES,
)

_INFORMED = EntryPoint(
    name="informed_priority",
    signature="def informed_priority(job, state) -> float:",
    doc=(
        "With the law of the jobs known. "
        + _ASKED
        + _JOB
        + "job.behind: expected work behind its current operation; job.rank: inverse "
        "of its Gittins index, the least expected time per completion. " + _STATE
    ),
    seed="gittins",
    features=(
        *_FEATURES,
        Feature(
            code="job.rank", doc="time per completion, positive", unit="time units"
        ),
    ),
)


def gantt(instance: FlowInstance, answer: Json) -> Sequence[Bar]:
    """Pieces of work of the jobs with the longest flow; their last one is marked."""
    last = {job: place for place, (job, _, _) in enumerate(answer)}
    flow = {job: answer[at][2] - instance.jobs[job].release for job, at in last.items()}
    shown = sorted(sorted(flow, key=lambda job: (-flow[job], job))[:ROWS])
    return [
        Bar(
            row=f"job {job}",
            start=start,
            end=end,
            label=f"{job}",
            late=last[job] == place,
        )
        for place, (job, start, end) in sorted(
            enumerate(answer), key=lambda one: (one[1][0], one[0])
        )
        if job in shown
    ]


def simulator(instance: FlowInstance, entry_point: str) -> Simulator:
    """Start a run that shows the jobs that are there."""
    jobs = [(job.release, job.sizes) for job in instance.jobs]
    informed = ENTRY_POINTS[entry_point]
    return Desk(Line(jobs, instance.law, instance.quantum, informed=informed))


PACK: Problem[FlowInstance] = Problem(
    name="revealed_flow",
    version=1,
    title="Flow time of gradually revealed jobs",
    mode=Mode.TRACE,
    entry_points=MappingProxyType(
        {"priority": _PRIORITY, "informed_priority": _INFORMED}
    ),
    driver="problems.revealed_flow.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=optimum,
    solve_references=solve_references,
    card=_CARD,
    simulator=simulator,
    describe=describe,
    picture=Picture(marked="complete"),
)
