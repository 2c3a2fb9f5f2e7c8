"""The pack ``fair_cluster``: a cluster that users share, response and fairness."""

from collections.abc import Sequence
from heapq import heappop, heappush
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
from problems.fair_cluster.baselines import baselines
from problems.fair_cluster.instances import instances
from problems.fair_cluster.model import (
    ClusterInstance,
    deadlines,
    describe,
    encode,
    length,
)
from problems.fair_cluster.reference import reference, solve_references
from problems.fair_cluster.simulate import Line, decode
from problems.fair_cluster.verify import verify

_CARD = """\
**A cluster that users share: response time and fairness.** Users submit jobs in bursts;
sizes are heavy-tailed. A job is a chain of stages; a stage is cut into equal tasks
that may run at the same time, one on a core, without interruption; the next stage
starts when all of them are done. Each task takes some overhead beside its work. What
comes later is not known.

Every workload is judged twice, in groups of their own. `response`: the sum of the times
from arrival to end, compared with serving the least remaining work first on all cores
as one. `fairness`: the same sum with every job that ends before its deadline counted as
if it ended there, so that only late jobs raise it; deadlines are the ends under a fluid
that users share equally, and jobs of a user equally within. The score is the mean of
the gaps of the groups: both aims have equal weight. A heuristic does not know the aim.
"""

_VIEWS = (
    "job.arrival: time; job.size: core time of all its tasks; job.left: of those that "
    "have not started; job.running: its tasks on cores; job.stages: its stages from "
    "the present one on; job.tag: its virtual end if unfinished jobs shared the cores "
    "equally; job.user_tag: if users did and it had all of its user's share (virtual "
    "arrival plus size); job.queue_tag: if jobs of a user came one after the other. "
    "user.jobs, user.running, user.left: unfinished jobs of its user, their tasks on "
    "cores, core time of their tasks that have not started; user.served: core time "
    "ever given to the user. stage.work: of its present stage, without overhead; "
    "stage.tasks: it is cut into; stage.waiting: of them not started; stage.length: "
    "time of each, with overhead; stage.rest: core time of later stages. state.t: "
    "time; state.cores, state.free: cores, and free ones; state.users, state.jobs: "
    "users with unfinished jobs, and these; state.left: core time of all arrived tasks "
    "that have not started; state.overhead: time of a task beside its work. "
    "All are read-only. Keep nothing between calls. "
)

_FEATURES = (
    Feature(code="job.size", doc="core time of the job, positive", unit="time units"),
    Feature(
        code="job.left",
        doc="core time of its tasks not started, positive",
        unit="time units",
    ),
    Feature(code="job.running", doc="its tasks on cores, at least 0"),
    Feature(code="user.jobs", doc="unfinished jobs of its user, at least 1"),
    Feature(code="user.running", doc="tasks of its user on cores, at least 0"),
    Feature(
        code="user.left",
        doc="core time of its user's tasks not started",
        unit="time units",
    ),
    Feature(
        code="user.served", doc="core time ever given to its user", unit="time units"
    ),
    Feature(
        code="stage.work", doc="work of the present stage, positive", unit="time units"
    ),
    Feature(code="stage.waiting", doc="its tasks not started, positive"),
    Feature(
        code="stage.length", doc="time of one of its tasks, positive", unit="time units"
    ),
    Feature(
        code="stage.rest",
        doc="core time of later stages, at least 0",
        unit="time units",
    ),
    Feature(code="state.cores", doc="number of cores, positive"),
    Feature(code="state.users", doc="users with unfinished jobs, at least 1"),
    Feature(code="state.jobs", doc="unfinished jobs, at least 1"),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(job, user, stage, state) -> float:",
    doc=(
        "Called whenever a core is free, once for every job with a task that could "
        "start, if there are several. The job with the smallest value gets the core "
        "for one task, ties go to the job that arrived first. "
        + _VIEWS
        + "Return a finite int or float."
    ),
    seed="fifo",
    features=(
        *_FEATURES,
        Feature(code="job.arrival", doc="arrival of the job", unit="time units"),
        Feature(
            code="job.tag", doc="virtual end if jobs share equally", unit="time units"
        ),
        Feature(
            code="job.user_tag",
            doc="virtual end if users share equally",
            unit="time units",
        ),
        Feature(
            code="job.queue_tag",
            doc="the same, behind earlier jobs of its user",
            unit="time units",
        ),
        Feature(code="job.stages", doc="its stages from the present one, at least 1"),
        Feature(code="state.t", doc="time now", unit="time units"),
    ),
)

_PARTITION = EntryPoint(
    name="partition",
    signature="def partition(job, user, stage, state) -> float:",
    doc=(
        "Called once for every stage, when its first task could start; the number of "
        "tasks, rounded and kept within 1 and 64, that its work is cut into. The job "
        "with the least job.user_tag gets the next free core. "
        + _VIEWS
        + "stage.tasks is what the workload suggests. Return a finite int or float."
    ),
    seed="as_given",
    features=(
        *_FEATURES,
        Feature(code="stage.tasks", doc="tasks that the workload suggests, positive"),
        Feature(code="state.free", doc="free cores, positive"),
        Feature(
            code="state.overhead", doc="overhead of a task, positive", unit="time units"
        ),
    ),
)


class _Run:
    """A cluster on the trusted side; only observations cross."""

    def __init__(self, instance: ClusterInstance, entry_point: str) -> None:
        self._line = Line(entry_point, decode(encode(instance)))
        self._over = False

    def observe(self) -> Json | None:
        """Give the views of the jobs that could get a core."""
        asked = self._line.asked()
        if self._over or asked is None:
            return None
        rows, state = asked
        return {
            "jobs": [[list(view) for view in row] for row in rows],
            "state": list(state),
        }

    def act(self, decision: Json) -> None:
        """Go on; what is no decision ends the run."""
        if self._over or not self._line.legal(decision):
            self._over = True
        else:
            self._line.go(decision)

    def trace(self) -> Json:
        """Give the starts so far."""
        return self._line.answer()


def simulator(instance: ClusterInstance, entry_point: str) -> Simulator:
    """Start a cluster that shows what has arrived."""
    return _Run(instance, entry_point)


def gantt(instance: ClusterInstance, answer: Json) -> Sequence[Bar]:
    """Tasks by core, labelled by user and job; those of late jobs are marked."""
    tasks = []
    fluid = deadlines(instance)
    for j, (job, stages) in enumerate(zip(instance.jobs, answer, strict=True)):
        runs = [
            (t, t + length(job.stages[s][0], len(starts), instance.overhead))
            for s, starts in enumerate(stages)
            for t in starts
        ]
        late = max(end for _, end in runs) > fluid[j]
        tasks += [(t, end, j, job.user, late) for t, end in runs]
    free, busy = list(range(instance.cores)), list[tuple[int, int]]()
    bars = []
    for t, end, j, user, late in sorted(tasks):
        while busy and busy[0][0] <= t:
            heappush(free, heappop(busy)[1])
        core = heappop(free)
        heappush(busy, (end, core))
        label = f"u{user} j{j}"
        bars.append(Bar(row=f"core {core}", start=t, end=end, label=label, late=late))
    return bars


PACK: Problem[ClusterInstance] = Problem(
    name="fair_cluster",
    version=1,
    title="A cluster that users share, response time and fairness",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"priority": _PRIORITY, "partition": _PARTITION}),
    driver="problems.fair_cluster.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=lambda _: None,
    solve_references=solve_references,
    card=_CARD,
    describe=describe,
    simulator=simulator,
    picture=Picture(
        along="time (time units of the instance)", marked="job ends after its deadline"
    ),
    campaign=MappingProxyType({"search": {"strategy": "pareto"}}),
)
