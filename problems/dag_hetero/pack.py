"""The pack ``dag_hetero``: workflows on different machines, smallest makespan."""

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
from problems.dag_hetero.baselines import baselines
from problems.dag_hetero.importer import read
from problems.dag_hetero.instances import instances
from problems.dag_hetero.model import DagInstance, describe, encode
from problems.dag_hetero.reference import optimum, reference, solve_references
from problems.dag_hetero.verify import verify

_CARD = """\
**Workflows on different machines, smallest makespan.** A directed acyclic graph of n
tasks is to run on m machines, all known beforehand. Task i takes cost[i][k] on machine
k; one task at a time on a machine, without interruption. An edge (i, j, c): task j
needs what task i makes; c later if they are on different machines, at once on the same.
Minimise the makespan, the end of the last task.

It is NP-hard already without transfers. Every task is put into the earliest gap of its
machine that is long enough; a heuristic decides order and machine. From 12 to 80 tasks
on 3 to 6 machines: random layered graphs, Fourier transforms, Gaussian elimination,
Cholesky factorisation; transfers from a tenth to five times the time of a task, about
100. Judged by the gap of the makespan to the optimum, proved for nearly all.
"""

_TASK = (
    "task.mean, task.fastest, task.slowest: its times over the machines; task.up: "
    "upward rank, the longest way of mean times and mean transfers from its start to "
    "the end, task.down: the same from the beginning to its start, task.level: up "
    "without transfers; task.oct: mean of the optimistic costs, what must still follow "
    "it; task.data_in, task.data_out: sums of its transfers; task.parents, "
    "task.children: their numbers; task.followers: number of all tasks that need it; "
    "task.critical: 1 on the critical path, else 0. "
)
_OPTION = (
    "option.cost: its time on the machine; option.data: when its data are there; "
    "option.free: when the machine is done with all it has so far; option.est, "
    "option.eft: when it would start and end, gaps used; option.oct: what must follow "
    "it from that machine at least; option.pinned: 1 on the machine that is fastest "
    "for the critical path, else 0; option.delay: by how much it would end later than "
    "on its best machine; option.delay_oct: the same for ends with option.oct added"
)
_STATS = (
    "n, m: tasks and machines; span: length of the critical path; work: sum of the "
    "mean times over m; mean: mean time of a task; comm: mean transfer"
)
_END = " All are read-only. Return a finite int or float."

_TASK_FEATURES = (
    Feature(code="task.mean", doc="mean of its times, positive", unit="time units"),
    Feature(code="task.fastest", doc="least of its times, positive", unit="time units"),
    Feature(
        code="task.up",
        doc="longest way from its start to the end, positive",
        unit="time units",
    ),
    Feature(
        code="task.down", doc="longest way to its start, at least 0", unit="time units"
    ),
    Feature(
        code="task.level",
        doc="longest work from its start, positive",
        unit="time units",
    ),
    Feature(
        code="task.oct",
        doc="what must still follow it at least, mean",
        unit="time units",
    ),
    Feature(
        code="task.data_in", doc="transfers into it, at least 0", unit="time units"
    ),
    Feature(
        code="task.data_out", doc="transfers out of it, at least 0", unit="time units"
    ),
    Feature(code="task.children", doc="number of tasks that need it directly"),
    Feature(code="task.followers", doc="number of all tasks that need it"),
)
_OPTION_FEATURES = (
    Feature(
        code="option.cost", doc="its time on the machine, positive", unit="time units"
    ),
    Feature(code="option.est", doc="its start there", unit="time units"),
    Feature(code="option.eft", doc="its end there, positive", unit="time units"),
    Feature(code="option.data", doc="when its data are there", unit="time units"),
    Feature(code="option.free", doc="end of what the machine has", unit="time units"),
    Feature(
        code="option.oct",
        doc="what must follow it from there at least",
        unit="time units",
    ),
    Feature(
        code="option.delay",
        doc="its end there less its earliest end, at least 0",
        unit="time units",
    ),
    Feature(
        code="option.delay_oct",
        doc="the same with what must follow, at least 0",
        unit="time units",
    ),
)

_SELECT = EntryPoint(
    name="select",
    signature="def select(task, option, state) -> float:",
    doc=(
        "Called for every pair of a ready task (all that it needs is scheduled) and a "
        "machine before each decision; the pair with the smallest value is scheduled, "
        "ties go to the lower task, then the lower machine. "
        + _TASK
        + "task.ready: end of its last parent; task.best, task.second: its two "
        "earliest ends over the machines; task.best_oct: least option.eft + "
        "option.oct over the machines. "
        + _OPTION
        + ". state has "
        + _STATS
        + "; left: tasks to schedule; waiting: ready ones; makespan so far; free_min: "
        "earliest end of a machine." + _END
    ),
    seed="min_min",
    features=(
        *_OPTION_FEATURES,
        *_TASK_FEATURES,
        Feature(code="task.ready", doc="end of its last parent", unit="time units"),
        Feature(
            code="task.best",
            doc="its earliest end over the machines, positive",
            unit="time units",
        ),
        Feature(
            code="task.second",
            doc="its second earliest end, positive",
            unit="time units",
        ),
        Feature(code="state.left", doc="number of tasks to schedule, positive"),
        Feature(code="state.waiting", doc="number of ready tasks, positive"),
        Feature(
            code="state.span",
            doc="length of the critical path, positive",
            unit="time units",
        ),
    ),
)

_RANK = EntryPoint(
    name="rank",
    signature="def rank(task, dag) -> float:",
    doc=(
        "Called once for each task, before anything is scheduled. Of the tasks whose "
        "parents are scheduled the one with the smallest value is next, ties go to the "
        "lower index; it gets the machine on which it ends first. "
        + _TASK
        + "dag has "
        + _STATS
        + "."
        + _END
    ),
    seed="heft",
    features=(
        *_TASK_FEATURES,
        Feature(
            code="task.slowest", doc="largest of its times, positive", unit="time units"
        ),
        Feature(code="task.parents", doc="number of tasks that it needs directly"),
        Feature(
            code="dag.span",
            doc="length of the critical path, positive",
            unit="time units",
        ),
        Feature(
            code="dag.work",
            doc="all work over the machines, positive",
            unit="time units",
        ),
        Feature(
            code="dag.mean", doc="mean time of a task, positive", unit="time units"
        ),
        Feature(code="dag.comm", doc="mean transfer", unit="time units"),
    ),
)

_CHOOSE = EntryPoint(
    name="choose_machine",
    signature="def choose_machine(task, option, dag) -> float:",
    doc=(
        "Tasks are scheduled in the order of HEFT, the largest upward rank first. "
        "Called for each machine, once for each task; the machine with the smallest "
        "value gets it, ties go to the lower index. "
        + _TASK
        + _OPTION
        + "; option.ahead: latest of the earliest ends of its children if it were "
        "there, parents of theirs that are not scheduled left out; option.eft without "
        "children. dag has " + _STATS + "." + _END
    ),
    seed="earliest",
    features=(
        *_OPTION_FEATURES,
        Feature(
            code="option.ahead",
            doc="latest earliest end of its children",
            unit="time units",
        ),
        *_TASK_FEATURES,
        Feature(
            code="dag.span",
            doc="length of the critical path, positive",
            unit="time units",
        ),
        Feature(
            code="dag.mean", doc="mean time of a task, positive", unit="time units"
        ),
    ),
)

_SPLIT = EntryPoint(
    name="split",
    signature="def split(dag, max_size) -> list:",
    doc=(
        "Called once. Return a list of parts, lists of 1 to max_size task indices: "
        "each task in one part, no task in a part before one that it needs. The "
        "parts are scheduled in their order, each exactly: so that the latest end of "
        "its tasks, with the upward rank of what follows outside the part, is least. "
        "The workflow has the fields cost (times by task and machine), parents and "
        "children (by task, tuples of (task, transfer)), order (the tasks, each behind "
        "its parents), tasks (by task) and stats ("
        + _STATS
        + "). "
        + _TASK
        + "All are read-only."
    ),
    seed="split_rank",
)


def gantt(instance: DagInstance, answer: Json) -> Sequence[Bar]:
    """Tasks by machine; those that end last are marked."""
    bars = sorted(
        (k, start, start + instance.cost[i][k], i)
        for i, (k, start) in enumerate(answer)
    )
    makespan = max(end for _, _, end, _ in bars)
    return [
        Bar(
            row=f"machine {k}",
            start=start,
            end=end,
            label=str(i),
            late=end == makespan,
        )
        for k, start, end, i in bars
    ]


PACK: Problem[DagInstance] = Problem(
    name="dag_hetero",
    version=1,
    title="Workflows on different machines, makespan",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType(
        {point.name: point for point in (_SELECT, _RANK, _CHOOSE, _SPLIT)}
    ),
    driver="problems.dag_hetero.simulate",
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
    describe=describe,
    picture=Picture(
        along="time (time units of the instance)", marked="ends at the makespan"
    ),
    read=read,
    campaign=MappingProxyType({"entry_point": "choose_machine", "seeds": ["earliest"]}),
)
