"""The pack ``llm_agents``: programs of several calls of a model, tools between them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from problems.base import (
    COSTLY,
    PLAIN_MODULES,
    Bar,
    Chart,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Problem,
    Simulator,
)
from problems.llm_agents.baselines import baselines
from problems.llm_agents.instances import instances
from problems.llm_agents.reference import optimum, reference, solve_references
from problems.llm_agents.rules import RULES
from problems.llm_agents.simulate import HOOKS
from problems.llm_agents.verify import verify
from problems.llm_serving import picturing, scenario
from problems.llm_serving.hosting import Host
from problems.llm_serving.scenario import Scenario, encode

_CARD = """\
**Serving programs of agents.** A program is a chain, or forks and joins, of calls of a
language model. Between calls a tool runs; then the next call comes, with a context that
begins with that of the call before. An engine serves calls by continuous batching: a
call needs a slot and KV memory for its context, then a token a step. What of a context
is still in the memory from calls before is not computed again; memory that nobody uses
goes when another call wants it, the least recently used first. So it helps to keep what
a program will need after its tool, and hurts those who wait for memory meanwhile.

The objective is the mean completion time of programs, seconds from arrival to the last
token, in comparison with the best known value. How long outputs and tools will be, and
how many calls will come, is not known. Known are what happened to a program so far,
past durations of each kind of tool, and finished programs.
"""

_PROGRAM = (
    "program.age: seconds since it came; program.done: its complete calls; "
    "program.there: its calls that wait or run; program.served: seconds that its "
    "complete calls were in a batch, program.tokens: what they made; program.tools: "
    "seconds in tools so far; program.left, program.rest: calls, and seconds in a "
    "batch, behind so many complete calls in finished programs that had more, on "
    "average (0 if none). "
)
_MOMENT = (
    "state.t: seconds; state.programs: those that came and are not complete; "
    "state.finished: those that are; state.mean_wait: seconds that a call waits for "
    "its engine, state.mean_span: seconds that it is in a batch, state.mean_output: "
    "tokens that it makes, on average so far; state.eta: minus the correlation of "
    "calls done and left over finished programs (1 if all are of one length). "
)
_NODE = (
    "running: calls in its batch, prefill: tokens that these have to compute before "
    "they decode; waiting: calls that are not yet, waiting_blocks: blocks of 16 tokens "
    "for their contexts; blocks: its memory, used and free of it, pinned: blocks that "
    "are kept. "
)
_READ_ONLY = "All are read-only. Keep nothing between calls. "

_ABOUT_PROGRAMS = (
    Feature(code="program.age", doc="since it came, at least 0", unit="seconds"),
    Feature(code="program.done", doc="number of its complete calls"),
    Feature(
        code="program.served", doc="of them in a batch, at least 0", unit="seconds"
    ),
    Feature(code="program.left", doc="number of calls behind so many, on average"),
    Feature(
        code="program.rest",
        doc="seconds in a batch behind these, at least 0",
        unit="seconds",
    ),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(call, program, state) -> float:",
    doc=(
        "Called for each call that waits at an engine, whenever that could admit one. "
        "The call with the smallest value is admitted if it fits into the memory, and "
        "so on; if it does not, none is until memory becomes free. Ties go to the call "
        "that waits longest. Contexts are kept for tools by a fixed rule (that of "
        "Continuum). call.wait: seconds since it came; call.prompt: tokens of its "
        "context; call.made: tokens that it made before it lost its memory, which it "
        "did call.restarts times; call.cached: tokens of the context that are in the "
        "memory, call.fresh: others; call.need: free blocks that it would take; "
        "call.pinned: 1 if memory is kept for it, else 0; call.path: seconds in a "
        "batch on the longest chain of calls in front of it; call.id. "
        + _PROGRAM
        + "The engine: state."
        + _NODE
        + _MOMENT
        + _READ_ONLY
        + "Return a finite int or float."
    ),
    seed="program_fcfs",
    features=(
        Feature(code="call.wait", doc="since it came, at least 0", unit="seconds"),
        Feature(code="call.prompt", doc="its context, positive", unit="tokens"),
        Feature(
            code="call.cached", doc="of it in the memory, at least 0", unit="tokens"
        ),
        Feature(code="call.fresh", doc="of it to compute, positive", unit="tokens"),
        Feature(
            code="call.need", doc="free memory it takes, at least 0", unit="blocks"
        ),
        Feature(code="call.pinned", doc="1 if memory is kept for it, else 0"),
        Feature(code="call.restarts", doc="number of times it lost its memory"),
        Feature(
            code="call.path", doc="of calls in front of it, at least 0", unit="seconds"
        ),
        *_ABOUT_PROGRAMS,
        Feature(code="state.free", doc="free memory, at least 0", unit="blocks"),
        Feature(code="state.running", doc="number of calls in the batch"),
        Feature(code="state.waiting", doc="number (at least 1) of calls that wait"),
        Feature(code="state.mean_wait", doc="mean wait, at least 0", unit="seconds"),
        Feature(
            code="state.mean_span",
            doc="mean time in a batch, 0 or more",
            unit="seconds",
        ),
    ),
)

_TTL = EntryPoint(
    name="ttl",
    signature="def ttl(call, program, engine, state) -> float:",
    doc=(
        "Called when a call is complete behind which others come after a tool. Return "
        "for how many seconds the engine keeps its context in the memory; 0 or less: "
        "not at all. It is kept no longer than until all calls behind it run; what "
        "decodes, and an engine without work, take kept memory where they need it, "
        "that of the latest program first. Calls are admitted in a fixed order: those "
        "that lost their memory, those for which it is kept, those of older programs. "
        "call.prompt, call.output: its tokens; call.children: calls behind it; "
        "call.kept: blocks of 16 tokens that would be kept; call.reload: seconds to "
        "compute the context again on an idle engine; call.tool: the kind of the tool, "
        "call.seen: of that kind that ended so far, call.mean: their mean seconds, "
        "call.d1 to call.d10: deciles of these (0 if none); call.id. "
        + _PROGRAM
        + "engine."
        + _NODE
        + _MOMENT
        + _READ_ONLY
        + "Return a finite int or float."
    ),
    seed="static_ttl",
    features=(
        Feature(
            code="call.reload", doc="to compute it again, positive", unit="seconds"
        ),
        Feature(code="call.mean", doc="mean of the tool, at least 0", unit="seconds"),
        Feature(code="call.d5", doc="median of the tool, at least 0", unit="seconds"),
        Feature(
            code="call.d8", doc="80 % quantile of the tool, 0 or more", unit="seconds"
        ),
        Feature(
            code="call.d9", doc="90 % quantile of the tool, 0 or more", unit="seconds"
        ),
        Feature(
            code="call.d10", doc="longest time of the tool, 0 or more", unit="seconds"
        ),
        Feature(code="call.kept", doc="memory that is kept, at least 0", unit="blocks"),
        Feature(code="call.children", doc="number (at least 1) of calls behind it"),
        *_ABOUT_PROGRAMS,
        Feature(code="engine.blocks", doc="its memory, positive", unit="blocks"),
        Feature(code="engine.free", doc="of it free, at least 0", unit="blocks"),
        Feature(code="engine.pinned", doc="of it kept, at least 0", unit="blocks"),
        Feature(code="engine.waiting", doc="number of calls that wait"),
        Feature(
            code="engine.waiting_blocks", doc="for those, at least 0", unit="blocks"
        ),
        Feature(code="engine.running", doc="number of calls in the batch"),
        Feature(code="state.mean_wait", doc="mean wait, at least 0", unit="seconds"),
        Feature(code="state.eta", doc="how sure the rest is, -1 to 1"),
    ),
)

_ALL = tuple(RULES.values())


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Draw the calls with the longest response; those that lost memory are marked."""
    return picturing.gantt(instance, _ALL, answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Draw the memory of the engines in time, and how latencies are distributed."""
    return picturing.charts(instance, _ALL, answer)


def simulator(instance: Scenario, entry_point: str) -> Simulator:
    """Start a run that shows what waits, or what is complete."""
    return Host(HOOKS[entry_point], instance)


def describe(instance: Scenario) -> Mapping[str, float]:
    """Numbers of the instance for prompts; averages only."""
    programs = len({one.program for one in instance.requests})
    return {"programs": programs, **scenario.describe(instance)}


PACK: Problem[Scenario] = Problem(
    name="llm_agents",
    version=1,
    title="Serving programs of agents: order of calls, and memory kept for tools",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"priority": _PRIORITY, "ttl": _TTL}),
    driver="problems.llm_agents.simulate",
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
    picture=picturing.PICTURE,
    charts=charts,
    campaign=MappingProxyType(
        {**COSTLY, "evaluator": {"racing": True, "cpu_seconds": 10.0}}
    ),
)
