"""The pack ``smtt``: single-machine total tardiness, 1||sum T_j."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    PLAIN_MODULES,
    Bar,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Problem,
)
from problems.smtt.baselines import baselines
from problems.smtt.importer import read_json
from problems.smtt.instances import instances
from problems.smtt.model import SmttInstance, describe, encode
from problems.smtt.published import PUBLISHED
from problems.smtt.reference import (
    optimal_sequence,
    reference,
    solve_references,
)
from problems.smtt.verify import verify

_CARD = """\
**Single-machine total tardiness.** n jobs are available at time 0. One machine does
one job at a time, without preemption. Job j has a processing time p_j and a due date
d_j, both integers. Choose the order of the jobs that minimises the sum over the jobs
of max(0, C_j - d_j), where C_j is the completion time. Weights w_j are all 1.

The problem is NP-hard.
Times scale with the instance (20 to 200 jobs), so compare them with each other rather
than with constants. Judged by the gap of the summed tardiness to proven optima.
"""

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(job, state) -> float:",
    doc=(
        "Called for every unscheduled job whenever the machine is free and at least "
        "two jobs are left; the job with the smallest value is next, ties go to the "
        "lower index. job.p, job.d, job.w: processing time, due date, weight (1). "
        "state.t: time now, when the job would start. state.n, state.remaining, "
        "state.p_max, state.p_mean: number, total, longest and mean processing time "
        "of the unscheduled jobs, this one included. Both are read-only; times are "
        "in one unit. Return a finite int or float."
    ),
    seed="edd",
    features=(
        Feature(code="job.p", doc="processing time of the job", unit="time units"),
        Feature(code="job.d", doc="due date of the job, from 0", unit="time units"),
        Feature(code="state.t", doc="time now, from 0", unit="time units"),
        Feature(code="state.n", doc="number of unscheduled jobs"),
        Feature(
            code="state.remaining", doc="their total processing time", unit="time units"
        ),
        Feature(
            code="state.p_max", doc="their longest processing time", unit="time units"
        ),
        Feature(
            code="state.p_mean", doc="their mean processing time", unit="time units"
        ),
    ),
)

_SEQUENCE = EntryPoint(
    name="sequence",
    signature="def sequence(p, d, w) -> list[int]:",
    doc=(
        "Called once per instance with tuples of processing times, due dates and "
        "weights (all 1), by job. Return all job indices 0..n-1, each once, in the "
        "order in which the machine does them."
    ),
    seed="edd_sequence",
)


def gantt(instance: SmttInstance, answer: Json) -> Sequence[Bar]:
    """Bars of a valid answer on the one machine; late jobs are marked."""
    bars, end = [], 0
    for job in answer:
        start, end = end, end + instance.p[job]
        late = end > instance.d[job]
        bars.append(
            Bar(row="machine", start=start, end=end, label=f"J{job}", late=late)
        )
    return bars


PACK: Problem[SmttInstance] = Problem(
    name="smtt",
    version=1,
    title="Single-machine total tardiness",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({"priority": _PRIORITY, "sequence": _SEQUENCE}),
    driver="problems.smtt.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=optimal_sequence,
    solve_references=solve_references,
    card=_CARD,
    describe=describe,
    published=PUBLISHED,
    read=read_json,
)
