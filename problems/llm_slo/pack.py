"""The pack ``llm_slo``: which call joins the batch next, when calls have targets."""

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
)
from problems.llm_serving import picturing, traces
from problems.llm_serving.hosting import Host
from problems.llm_serving.picturing import PICTURE
from problems.llm_serving.scenario import Scenario, encode
from problems.llm_serving.scenario import describe as outline
from problems.llm_slo.baselines import baselines
from problems.llm_slo.importer import read
from problems.llm_slo.instances import instances
from problems.llm_slo.reference import reference, solve_references
from problems.llm_slo.rules import RULES
from problems.llm_slo.simulate import HOOKS
from problems.llm_slo.targets import Kind
from problems.llm_slo.verify import verify

_CARD = """\
**Goodput of an engine that serves a language model under targets.** Calls of three
classes come over time to one engine (continuous batching, chunked prefill, KV memory
in blocks of 16 tokens). A chat wants its first token within `ttft` seconds and later
ones at `tpot` seconds each on average; a call with a deadline wants to be complete in
time; a program is a chain of calls with tools between them and wants its last call
complete in time. Outputs are not known, only a prediction with an error. Decide which
call joins the batch next, and when to hold back: more calls in the batch slow each
other down, prompts stall those that decode, and where memory runs out one loses its
own and computes everything again.

The objective is 1 plus the share of output tokens whose target was missed: those of
the call, or of all calls of the program. The score is the mean of the gaps of the
groups to what is best known. Held-out workloads differ in rate, memory and lengths.
"""

_VIEWS = (
    "call.kind: 0 chat, 1 deadline, 2 call of a program; call.calls: calls of its "
    "program (1 if none), call.stage: how many of them are before it; call.wait: "
    "seconds since it came; call.prompt: tokens of its prompt; call.done: tokens of "
    "output it has made; call.restarts: how often it lost its memory; call.tokens: "
    "prompt and output so far, all to be computed on admission; call.blocks: blocks "
    "of memory it takes then; call.predicted: its whole output in tokens by a "
    "predictor that errs by a factor of about 1.6 either way, call.left: of that to "
    "come, at least 1; call.due: seconds until its target is due, negative if that is "
    "over (of a chat its first token, of a deadline its end, of a program the end of "
    "the last call); call.need: seconds it takes until then if it is admitted now, by "
    "the present pace (of a program, this call alone); call.slack: call.due - "
    "call.need; "
)

_STATE = (
    "state.t: seconds since the start; state.waiting, state.waiting_tokens: calls that "
    "wait, their tokens to be computed; state.running, state.decoding, state.prefill: "
    "calls in the batch, of these that decode, tokens of prompts in it not computed; "
    "state.slots: calls that may run; state.room: tokens left of this step's budget; "
    "state.blocks, state.used, state.free: blocks of memory in all, taken, open to a "
    "call now; state.pace: seconds of a step that only decodes; state.prefill_pace: "
    "seconds of a token of prompt; state.finished, state.mean_output, "
    "state.mean_response: complete calls, their mean tokens and seconds; state.ttft, "
    "state.tpot: targets of chats in seconds. All are read-only; keep nothing between "
    "calls. "
)

_FEATURES = (
    Feature(code="call.kind", doc="number 0 chat, 1 deadline, 2 call of a program"),
    Feature(code="call.calls", doc="number (at least 1) of calls of its program"),
    Feature(code="call.stage", doc="number (at least 0) of these before it"),
    Feature(code="call.wait", doc="seconds since it came, at least 0", unit="seconds"),
    Feature(code="call.prompt", doc="tokens of its prompt, positive", unit="tokens"),
    Feature(
        code="call.done", doc="tokens of output it has made, at least 0", unit="tokens"
    ),
    Feature(code="call.restarts", doc="number of times it lost its memory, at least 0"),
    Feature(
        code="call.tokens",
        doc="tokens of prompt and output so far, positive",
        unit="tokens",
    ),
    Feature(
        code="call.blocks", doc="blocks of memory for these, positive", unit="blocks"
    ),
    Feature(
        code="call.predicted",
        doc="predicted tokens of its output, positive",
        unit="tokens",
    ),
    Feature(code="call.left", doc="of these to come, at least 1", unit="tokens"),
    Feature(
        code="call.due", doc="seconds to its target, negative if over", unit="seconds"
    ),
    Feature(
        code="call.need", doc="seconds it takes until then, positive", unit="seconds"
    ),
    Feature(
        code="call.slack", doc="seconds of due less need, of any sign", unit="seconds"
    ),
    Feature(code="state.waiting", doc="number of calls that wait, at least 1"),
    Feature(
        code="state.waiting_tokens",
        doc="tokens to be computed for these",
        unit="tokens",
    ),
    Feature(code="state.running", doc="number of calls in the batch, at least 0"),
    Feature(code="state.decoding", doc="number of these that decode, at least 0"),
    Feature(
        code="state.prefill",
        doc="tokens of admitted prompts not computed",
        unit="tokens",
    ),
    Feature(
        code="state.room",
        doc="tokens left of this step's budget, positive",
        unit="tokens",
    ),
    Feature(
        code="state.blocks", doc="blocks of memory in all, positive", unit="blocks"
    ),
    Feature(code="state.used", doc="blocks of memory taken, at least 0", unit="blocks"),
    Feature(
        code="state.free",
        doc="blocks open to a call now, may be negative",
        unit="blocks",
    ),
    Feature(
        code="state.pace",
        doc="seconds of a step that only decodes, positive",
        unit="seconds",
    ),
    Feature(
        code="state.prefill_pace",
        doc="seconds of a token of prompt, positive",
        unit="seconds",
    ),
    Feature(
        code="state.mean_output",
        doc="mean tokens of complete calls, at least 0",
        unit="tokens",
    ),
    Feature(
        code="state.ttft",
        doc="target of the first token in seconds, positive",
        unit="seconds",
    ),
    Feature(
        code="state.tpot",
        doc="target of later tokens in seconds each, positive",
        unit="seconds",
    ),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(call, state) -> float:",
    doc=(
        "Called for each call that waits, whenever one could be admitted: a step "
        "begins and since the last time a call came or ended, or one has just been "
        "admitted. The call with the smallest value is admitted if that is negative; "
        "otherwise none is, but into an empty batch it always is. Ties go to the call "
        "that waits in front. If it does not fit into free memory (call.blocks above "
        "state.free), none is admitted in this step. "
        + _VIEWS
        + _STATE
        + "Return a finite int "
        "or float."
    ),
    seed="fcfs",
    features=_FEATURES,
)

_PICK = EntryPoint(
    name="pick",
    signature="def pick(waiting, running, state):",
    doc=(
        "Called whenever a call could be admitted: a step begins and since the last "
        "time a call came or ended, or one has just been admitted. waiting: the calls "
        "that wait, those that lost their memory first, then in order of arrival; "
        "running: the batch in order of admission; both are tuples. Each has an id; "
        "with `call` one of waiting: "
        + _VIEWS
        + "one of running has the same but need "
        "and slack, tokens and blocks are those it holds, and call.uncomputed those of "
        "its context that are not computed, 0 once it decodes; "
        + _STATE
        + "Return the id of the call to admit next, or None to admit no more for now; "
        "one that does not fit into free memory is not admitted, and no other in this "
        "step."
    ),
    seed="pick_fcfs",
)


def simulator(instance: Scenario, entry_point: str) -> Host:
    """Start a run that shows what a policy may know."""
    return Host(HOOKS[entry_point], instance)


def describe(instance: Scenario) -> Mapping[str, float]:
    """Tell requests, rate, lengths, memory, shares of the classes and targets."""
    names = ("ttft", "tpot", "deadline", "program_call")
    counts = {
        f"share_{kind.name.lower()}": sum(r.client == kind for r in instance.requests)
        / instance.n
        for kind in Kind
    }
    limits = dict(zip(names, instance.limits, strict=True))
    return {**outline(instance), **counts, **limits}


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Draw the requests that took longest: wait, prefill, decode."""
    return picturing.gantt(instance, (RULES,), answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Draw memory in use, and the distribution of latencies."""
    return picturing.charts(instance, (RULES,), answer)


PACK: Problem[Scenario] = Problem(
    name="llm_slo",
    version=1,
    title="Goodput of an engine that serves a language model under targets",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"priority": _PRIORITY, "pick": _PICK}),
    driver="problems.llm_slo.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    charts=charts,
    optimum=lambda _: None,
    solve_references=solve_references,
    card=_CARD,
    describe=describe,
    simulator=simulator,
    picture=PICTURE,
    files=traces.AZURE_FILES,
    read=read,
    campaign=COSTLY,
)
