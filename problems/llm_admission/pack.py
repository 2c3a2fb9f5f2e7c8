"""The pack ``llm_admission``: which requests join the batch of an engine, and when."""

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
from problems.llm_admission.baselines import baselines
from problems.llm_admission.importer import read
from problems.llm_admission.instances import instances
from problems.llm_admission.reference import reference, solve_references
from problems.llm_admission.rules import ADMISSION, EVICTION
from problems.llm_admission.simulate import HOOKS
from problems.llm_admission.verify import verify
from problems.llm_serving import picturing, traces
from problems.llm_serving.hosting import Host
from problems.llm_serving.picturing import PICTURE
from problems.llm_serving.scenario import Scenario, encode
from problems.llm_serving.scenario import describe as outline

_CARD = """\
**Admission to the batch of an engine that serves a language model.** Requests arrive
over time at one engine (continuous batching, chunked prefill, KV memory in blocks of
16 tokens). In every step each request in the batch makes one token, and new prompts
are computed within a budget of tokens. More requests in the batch use the engine
better but slow each other down; prompts stall those that decode; a request's memory
grows with its output, whose length is not known, and where memory runs out one loses
its own and computes everything again. Decide whom to admit next and when to hold
back.

Every workload is judged twice, in groups of their own. `latency`: the mean response
time (arrival to last token). `goodput`: 1 plus the share of requests that missed a
target: the first token within `ttft` seconds, later ones at `tpot` seconds each on
average. The score is the mean of the gaps of the groups, to what is best known; a
heuristic does not know the aim. Held-out workloads differ in rate, memory and
lengths: use shares and ratios rather than constants.
"""

_COMMON = (
    "call.wait: seconds since it came; call.prompt: tokens of its prompt; call.done: "
    "tokens of output it has made; call.restarts: how often it lost its memory; "
    "call.tokens: {tokens}; call.blocks: {blocks}; call.predicted: its whole output in "
    "tokens by a predictor that errs by a factor of about 1.6 either way; call.rest: "
    "mean number of tokens that complete calls made after call.done; "
)

_WAITING = _COMMON.format(
    tokens="prompt and output so far, all to be computed on admission",
    blocks="blocks of memory it takes on admission",
) + (
    "call.peak: blocks that the batch with it will need at most, by the rest of each; "
)

_RUNNING = _COMMON.format(
    tokens="tokens of it in memory, or to be once its prompt is computed",
    blocks="blocks of memory it holds",
) + (
    "{it}.age: seconds since it was first admitted; {it}.place: its place in the order "
    "of admission, from 0; {it}.left: tokens of its prompt that are not computed, 0 "
    "once it decodes; "
)

_STATE = (
    "state.t: seconds since the start; state.waiting, state.waiting_tokens: calls that "
    "wait, their tokens to be computed; state.running, state.decoding, state.prefill: "
    "calls in the batch, of these that decode, tokens of prompts in it not computed; "
    "state.slots: calls that may run; state.room: tokens left of this step's budget; "
    "state.blocks, state.used, state.free: blocks of memory in all, taken, open to a "
    "call now; state.peak: blocks that the batch will need at most; state.pace: "
    "seconds of a step that only decodes; state.finished, state.mean_output, "
    "state.mean_response: complete calls, their mean tokens and seconds; state.ttft, "
    "state.tpot: the targets in seconds. All are read-only; keep nothing between "
    "calls. "
)

_ABOUT_CALL = (
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
    Feature(
        code="call.rest",
        doc="mean tokens others made after as many, positive",
        unit="tokens",
    ),
)

_ABOUT_STATE = (
    Feature(code="state.waiting", doc="number of calls that wait, at least 0"),
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
        code="state.blocks", doc="blocks of memory in all, positive", unit="blocks"
    ),
    Feature(code="state.used", doc="blocks of memory taken, at least 0", unit="blocks"),
    Feature(
        code="state.free",
        doc="blocks open to a call now, may be negative",
        unit="blocks",
    ),
    Feature(
        code="state.peak",
        doc="blocks the batch will need at most, at least 0",
        unit="blocks",
    ),
    Feature(
        code="state.pace",
        doc="seconds of a step that only decodes, positive",
        unit="seconds",
    ),
    Feature(
        code="state.mean_output",
        doc="mean tokens of complete calls, at least 0",
        unit="tokens",
    ),
    Feature(
        code="state.mean_response", doc="mean seconds of complete calls", unit="seconds"
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

_ADMIT = EntryPoint(
    name="admit",
    signature="def admit(call, state) -> float:",
    doc=(
        "Called for each call that waits, whenever one could be admitted: a step "
        "begins and since the last time a call came or ended, or one has just been "
        "admitted. The call with the smallest value is admitted if that is negative; "
        "otherwise none is, but into an empty batch it always is. Ties go to the call "
        "that waits in front. If it does not fit into free memory (call.blocks above "
        "state.free), none is admitted in this step. "
        + _WAITING
        + _STATE
        + "Return a finite int or "
        "float."
    ),
    seed="fcfs",
    features=(
        *_ABOUT_CALL,
        Feature(
            code="call.peak",
            doc="blocks the batch with it will need, positive",
            unit="blocks",
        ),
        *_ABOUT_STATE,
        Feature(
            code="state.room",
            doc="tokens left of this step's budget, positive",
            unit="tokens",
        ),
    ),
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
        + _WAITING
        + "with `call` one of running: "
        + _RUNNING.format(it="call")
        + _STATE
        + "Return the id of the call to admit next, or None to admit no more for now; "
        "one that does not fit into free memory is not admitted, and no other in this "
        "step."
    ),
    seed="pick_fcfs",
)

_VICTIM = EntryPoint(
    name="victim",
    signature="def victim(call, state) -> float:",
    doc=(
        "Called for each call in the batch whenever the memory does not suffice for "
        "the next step. The one with the smallest value loses its memory, ties go to "
        "the one that was admitted last; it waits in front of all others and computes "
        "its prompt and output so far again. Admission is in order of arrival. "
        + _RUNNING.format(it="call")
        + _STATE
        + "Return a finite int or float."
    ),
    seed="youngest",
    features=(
        *_ABOUT_CALL,
        Feature(
            code="call.age",
            doc="seconds since it was admitted, at least 0",
            unit="seconds",
        ),
        Feature(code="call.place", doc="place (at least 0) in the order of admission"),
        Feature(
            code="call.left",
            doc="tokens of its prompt not computed, at least 0",
            unit="tokens",
        ),
        *_ABOUT_STATE,
    ),
)


def simulator(instance: Scenario, entry_point: str) -> Host:
    """Start a run that shows what a policy may know."""
    return Host(HOOKS[entry_point], instance)


def describe(instance: Scenario) -> Mapping[str, float]:
    """Tell requests, rate, lengths, memory and targets."""
    ttft, tpot, _ = instance.limits
    return {**outline(instance), "ttft": ttft, "tpot": tpot}


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Draw the requests that took longest: wait, prefill, decode."""
    return picturing.gantt(instance, (ADMISSION, EVICTION), answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Draw memory in use, and the distribution of latencies."""
    return picturing.charts(instance, (ADMISSION, EVICTION), answer)


PACK: Problem[Scenario] = Problem(
    name="llm_admission",
    version=1,
    title="Admission to the batch of an engine that serves a language model",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"admit": _ADMIT, "pick": _PICK, "victim": _VICTIM}),
    driver="problems.llm_admission.simulate",
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
