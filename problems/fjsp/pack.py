"""The pack ``fjsp``: flexible job shop, FJ||Cmax."""

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
from problems.fjsp.baselines import baselines
from problems.fjsp.importer import read
from problems.fjsp.instances import instances
from problems.fjsp.model import FjspInstance, describe, encode
from problems.fjsp.reference import reference, solve_references
from problems.fjsp.verify import verify

_CARD = """\
**Flexible job shop, makespan.** n jobs are available at time 0. Each is a chain of
operations; an operation can be done by some of the m machines, with a time that may be
different on each, without preemption, after the operation before it has ended. A
machine does one operation at a time. Choose machines and start times that minimise the
makespan, the end of the last operation.

It is NP-hard in the strong sense. One rule decides twice: which machine's queue an
operation joins as soon as it is free (for good), and which operation of its queue a
free machine takes. From 8 to 32 jobs on 4 or 5 machines, times from 1 to 120: compare
times with each other rather than with constants. With many jobs for each machine the
makespan is near the largest load, so that it pays to keep loads level and times short.
Judged by the gap of the makespan to the optimum, proved for nearly all.
"""

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(op, machine, state) -> float:",
    doc=(
        "Called with state.routing True when an operation comes free, once for each of "
        "its machines if it has at least two: it joins the queue of the one with the "
        "smallest value. Called with state.routing False when a machine comes free, "
        "once for each operation in its queue if there are at least two: the one with "
        "the smallest value starts. Ties go to the first machine, and to what joined "
        "the queue first. op.p_min, op.p_mean: shortest and mean of its times; "
        "op.choices: number of its machines; op.done, op.rest, op.total: mean work of "
        "its job before it, from it on (it included), altogether; op.left: number of "
        "operations of the job from it on; op.next_p: mean time of the one behind it, "
        "0 if none; op.ready: when the one before it ended. machine.p: time of the "
        "operation there; machine.wait: work in front of it there (0 when not "
        "routing); machine.end: state.t + wait + p; machine.queue: number of other "
        "operations that wait there; machine.load: all the work ever sent there, "
        "without this operation. state.t: time now; state.n: number of candidates; "
        "state.m: number of machines; state.p_mean: mean of the candidates' times; "
        "state.load_mean: mean load of all machines; state.ahead: work, at shortest "
        "times, of all operations not yet sent to a machine. All are read-only. "
        "Return a finite int or float."
    ),
    seed="spt_time",
    features=(
        Feature(code="machine.p", doc="time there, at least 0", unit="time units"),
        Feature(
            code="machine.wait", doc="work in front, at least 0", unit="time units"
        ),
        Feature(code="machine.end", doc="when it would end, from 0", unit="time units"),
        Feature(code="machine.queue", doc="number (at least 0) of others waiting"),
        Feature(
            code="machine.load", doc="work sent there, at least 0", unit="time units"
        ),
        Feature(
            code="op.p_min", doc="its shortest time, at least 0", unit="time units"
        ),
        Feature(code="op.p_mean", doc="its mean time, at least 0", unit="time units"),
        Feature(code="op.choices", doc="number (at least 1) of its machines"),
        Feature(code="op.done", doc="work of its job before it", unit="time units"),
        Feature(code="op.rest", doc="work of its job from it on", unit="time units"),
        Feature(code="op.total", doc="work of its job altogether", unit="time units"),
        Feature(code="op.left", doc="number (at least 1) of operations left to it"),
        Feature(
            code="op.next_p", doc="mean time of the operation behind", unit="time units"
        ),
        Feature(
            code="op.ready", doc="when its job came free, from 0", unit="time units"
        ),
        Feature(code="state.t", doc="time now, from 0", unit="time units"),
        Feature(code="state.n", doc="number (at least 2) of candidates"),
        Feature(code="state.m", doc="number (at least 1) of machines"),
        Feature(
            code="state.p_mean", doc="mean time of the candidates", unit="time units"
        ),
        Feature(
            code="state.load_mean", doc="mean load of all machines", unit="time units"
        ),
        Feature(
            code="state.ahead", doc="work not yet sent, at least 0", unit="time units"
        ),
    ),
)


def gantt(instance: FjspInstance, answer: Json) -> Sequence[Bar]:
    """Bars of a valid answer by machine; what ends with the makespan is marked."""
    found = []
    for j, (job, row) in enumerate(zip(instance.jobs, answer, strict=True)):
        for op, (machine, start) in zip(job, row, strict=True):
            found.append((machine, start, start + dict(op)[machine], j))
    makespan = max(end for _, _, end, _ in found)
    return [
        Bar(
            row=f"M{machine}",
            start=start,
            end=end,
            label=f"J{job}",
            late=end == makespan,
        )
        for machine, start, end, job in sorted(found)
    ]


def _no_optimum(_: FjspInstance) -> None:
    """Give none: finding one takes a solver."""


PACK: Problem[FjspInstance] = Problem(
    name="fjsp",
    version=1,
    title="Flexible job shop, makespan",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({"priority": _PRIORITY}),
    driver="problems.fjsp.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=_no_optimum,
    solve_references=solve_references,
    card=_CARD,
    describe=describe,
    picture=Picture(marked="last to end"),
    read=read,
)
