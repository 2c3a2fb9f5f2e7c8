"""The pack ``tps_scheduler``: when to make which tool call, smallest makespan.

The tasks are those of the benchmark ``tps``; what is evolved is the scheduler of an
agent's scaffold, with no model in it.
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
from problems.tps_scheduler.agenda import Agenda, Desk
from problems.tps_scheduler.baselines import baselines
from problems.tps_scheduler.instances import instances
from problems.tps_scheduler.model import ToolInstance, describe, encode
from problems.tps_scheduler.reference import no_optimum, reference, solve_references
from problems.tps_scheduler.simulate import decode
from problems.tps_scheduler.verify import verify

_CARD = """\
**When to make which tool call of an agent's task, smallest makespan.** A task needs 10
to 32 calls of tools; a call can be made once the results that it depends on are there.
Servers limit how many calls they answer at once and how soon one follows another, the
agent how many it has under way. An attempt may fail, and the call is then made again. A
call is not interrupted. Minimise the time until the last call has succeeded.

Known beforehand: which calls there are, what depends on what, limits, expected
latencies and chances of failure. Unknown until it ends: how long an attempt takes and
whether it fails. Judged by the gap of the makespan to the optimum of who knows all.
Limits differ by family (wide, narrow, paced, flaky), and so do latencies of tools, from
milliseconds to seconds: compare times with each other rather than with constants.
"""

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(call, state) -> float:",
    doc=(
        "Called for each call that could be made now. The call with the smallest value "
        "is made, ties go to the one that comes first in the task; then those that "
        "still could be made are asked about again. But if the smallest value is "
        "positive while any call is under way, none is made until something happens: "
        "values of at most 0 mean now, positive ones mean that waiting is better. "
        "Times are in milliseconds. call.place: place in the task; call.mean: expected "
        "latency; call.sigma: spread (standard deviation of the logarithm); "
        "call.fails: chance of a failure; call.failed: attempts that failed so far; "
        "call.waited: time since it could be made first; call.tail: longest expected "
        "chain that begins with it, itself included; call.children: calls that need "
        "its result directly; call.followers: all that need it; call.slots, "
        "call.busy, call.gap: of its server, calls at once, calls under way, least "
        "time between beginnings; call.queue: calls ready for its server; call.load: "
        "expected time of all calls of its server that are neither complete nor under "
        "way, over its slots. state.t: time; state.since: time since a call was last "
        "made; state.n: calls of the task; state.left: of these not complete; "
        "state.running: under way; state.cap: of these at most; state.span: longest "
        "expected chain of the task; state.work: expected time of all calls neither "
        "complete nor under way, over state.cap. Both are read-only; keep nothing "
        "between calls. Return a finite int or float."
    ),
    seed="turns",
    features=(
        Feature(code="call.place", doc="place in the task, from 0"),
        Feature(code="call.mean", doc="expected latency, positive", unit="ms"),
        Feature(code="call.sigma", doc="spread of the latency, 0.2 to 1"),
        Feature(code="call.fails", doc="chance of a failure, 0 to 0.25"),
        Feature(code="call.failed", doc="number (at least 0) of failed attempts"),
        Feature(
            code="call.waited", doc="time it has been ready, at least 0", unit="ms"
        ),
        Feature(
            code="call.tail", doc="longest expected chain from it, positive", unit="ms"
        ),
        Feature(code="call.children", doc="number (at least 0) of direct followers"),
        Feature(code="call.followers", doc="number (at least 0) of all followers"),
        Feature(code="call.slots", doc="slots (at least 1) of its server"),
        Feature(code="call.busy", doc="busy slots (at least 0) of its server"),
        Feature(code="call.gap", doc="least time between beginnings there", unit="ms"),
        Feature(code="call.queue", doc="number (at least 1) of calls ready there"),
        Feature(
            code="call.load", doc="expected work of its server, positive", unit="ms"
        ),
        Feature(code="state.t", doc="time now, from 0", unit="ms"),
        Feature(code="state.since", doc="time since a call was last made", unit="ms"),
        Feature(code="state.n", doc="number (at least 1) of calls of the task"),
        Feature(code="state.left", doc="number (at least 1) of calls not complete"),
        Feature(code="state.running", doc="number (at least 0) of calls under way"),
        Feature(code="state.cap", doc="most calls (at least 1) under way"),
        Feature(code="state.span", doc="longest expected chain, positive", unit="ms"),
        Feature(code="state.work", doc="expected work of all over the cap", unit="ms"),
    ),
)


def gantt(instance: ToolInstance, answer: Json) -> Sequence[Bar]:
    """Draw attempts by slot of their server; failed ones are marked."""
    nth = [0] * instance.n
    free: dict[str, float] = {}
    bars = []
    for k, start in sorted(answer, key=lambda pair: (pair[1], nth[pair[0]])):
        call = instance.calls[k]
        end = start + call.attempts[nth[k]]
        nth[k] += 1
        server = instance.servers[call.server]
        rows = [f"{server.name} {slot + 1}" for slot in range(server.slots)]
        row = next(row for row in rows if free.get(row, 0) <= start)
        free[row] = end
        failed = nth[k] < len(call.attempts)
        bars.append(Bar(row=row, start=start, end=end, label=f"{k}", late=failed))
    return sorted(bars, key=lambda bar: (bar.row, bar.start))


def simulator(instance: ToolInstance, _entry_point: str) -> Simulator:
    """Start a run that shows no latency before its attempt has ended."""
    return Desk(Agenda(decode(encode(instance))))


PACK: Problem[ToolInstance] = Problem(
    name="tps_scheduler",
    version=1,
    title="Tool calls of an agent's task, smallest makespan",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"priority": _PRIORITY}),
    driver="problems.tps_scheduler.simulate",
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
    simulator=simulator,
    describe=describe,
    picture=Picture(along="time (ms)", marked="failed"),
)
