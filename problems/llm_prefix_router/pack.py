"""The pack ``llm_prefix_router``: place requests where their prefixes are known.

After D2LPM (Locality-aware fair scheduling in LLM serving), LMetric, and BLIS.
"""

from collections.abc import Sequence
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
from problems.llm_prefix_router.baselines import baselines
from problems.llm_prefix_router.instances import instances, read
from problems.llm_prefix_router.reference import optimum, reference, solve_references
from problems.llm_prefix_router.rules import RULES, UNIT
from problems.llm_prefix_router.simulate import HOOKS
from problems.llm_prefix_router.verify import verify
from problems.llm_serving import picturing
from problems.llm_serving.hosting import Host
from problems.llm_serving.runs import encode
from problems.llm_serving.scenario import Scenario
from problems.llm_serving.traces import MOONCAKE_FILES

_CARD = f"""\
**Route requests to replicas that remember prefixes.** Four engines serve a language
model with continuous batching, chunked prefill and paged memory; requests wait at an
engine in order of arrival. An engine remembers whole units of {UNIT} tokens of what it
computed, as long as its memory has room, least recently used first out; what it knows
of a prompt need not be computed again. Place each request when it comes, for good.

Minimise half the mean time to the first token plus half the 95th percentile of the
response time (s). What a replica knows of the prompt is exact; loads may be some
seconds old (`state.age`), and whoever sends all to the replica that seemed idle floods
it. Lengths of outputs are never known. Workloads: chats that branch, a few very long
shared prompts, many short chats. Held-out ones are faster, have less or more memory,
other hardware, more shared prompts, older loads.
"""

_VIEWS = (
    "request.id: its number; request.client: who asks; request.prompt: tokens; "
    "request.known: of them, most that any replica knows. replica.number: from 0; "
    "replica.match: tokens of the prompt that it knows; replica.fresh: the others; "
    "replica.turn: places from the next one in turn, 0 to state.replicas - 1. As the "
    "loads were last read: replica.running, replica.waiting, replica.in_flight: "
    "requests in its batch, not yet, both; replica.used: share of its memory that they "
    "hold; replica.backlog: tokens of prompts to compute there. Since then: "
    "replica.recent: requests sent there, replica.recent_fresh: tokens they had to "
    "compute. replica.likely: replica.in_flight + replica.recent; replica.pending: "
    "replica.backlog + replica.recent_fresh. replica.deficit: tokens left of the "
    "client's quantum there. state.t: "
    "time, s; state.age: of the loads, s; state.replicas; state.waiting_most, "
    "state.waiting_least: most and least replica.waiting; state.placed: requests "
    "before; state.finished: complete ones; state.mean_output: their mean output, "
    "tokens; state.mean_response: their mean response time, s. All are read-only. Keep "
    "nothing between calls. "
)

_FEATURES = (
    Feature(code="request.prompt", doc="tokens, positive", unit="tokens"),
    Feature(code="request.known", doc="tokens known best, at least 0", unit="tokens"),
    Feature(code="replica.match", doc="tokens known there, at least 0", unit="tokens"),
    Feature(
        code="replica.fresh", doc="tokens to compute there, positive", unit="tokens"
    ),
    Feature(code="replica.turn", doc="places from the next in turn, from 0"),
    Feature(code="replica.running", doc="requests in the batch, at least 0"),
    Feature(code="replica.waiting", doc="requests that wait there, at least 0"),
    Feature(code="replica.in_flight", doc="requests there, at least 0"),
    Feature(code="replica.used", doc="share of the memory held, 0 to 1"),
    Feature(
        code="replica.backlog",
        doc="tokens of prompts to compute, at least 0",
        unit="tokens",
    ),
    Feature(code="replica.recent", doc="requests sent since loads were read, from 0"),
    Feature(
        code="replica.recent_fresh",
        doc="their tokens to compute, at least 0",
        unit="tokens",
    ),
    Feature(code="replica.likely", doc="in_flight and recent, at least 0"),
    Feature(
        code="replica.pending",
        doc="backlog and recent_fresh, at least 0",
        unit="tokens",
    ),
    Feature(
        code="replica.deficit", doc="tokens left of a quantum, any sign", unit="tokens"
    ),
    Feature(code="state.age", doc="age of the loads, s, at least 0", unit="seconds"),
    Feature(code="state.waiting_most", doc="most replica.waiting, at least 0"),
    Feature(code="state.waiting_least", doc="least replica.waiting, at least 0"),
    Feature(
        code="state.mean_output",
        doc="mean output so far, tokens, at least 0",
        unit="tokens",
    ),
)

_COST = EntryPoint(
    name="cost",
    signature="def cost(request, replica, state) -> float:",
    doc=(
        "Called for each replica when a request comes; it goes to the replica with the "
        "smallest value, the first one of equals. "
        + _VIEWS
        + "Return a finite int or float."
    ),
    seed="sent_work",
    features=_FEATURES,
)

_PLACE = EntryPoint(
    name="place",
    signature="def place(request, replicas, state) -> int:",
    doc=(
        "Called when a request comes, with a tuple of all replicas. Return the number "
        "of the replica that it goes to. " + _VIEWS
    ),
    seed="d2lpm",
)


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Wait, prefill and decode of the slowest requests."""
    return picturing.gantt(instance, (RULES,), answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Memory in use, and the distribution of latencies."""
    return picturing.charts(instance, (RULES,), answer)


def simulator(instance: Scenario, entry_point: str) -> Simulator:
    """Start a run on the trusted side."""
    return Host(HOOKS[entry_point], instance)


def describe(instance: Scenario) -> dict[str, float]:
    """Say what kind of workload it is, with nothing of the outputs."""
    requests = instance.requests
    prompts = sum(one.prompt for one in requests)
    shared = sum(len(one.prefix) for one in requests)
    units = len({unit for one in requests for unit in one.prefix})
    return {
        "requests": instance.n,
        "rate": instance.n / max(one.arrival for one in requests),
        "prompt_mean": prompts / instance.n,
        "shared_units_share": 1 - units / max(1, shared),
        "blocks": instance.engines[0].blocks,
        "loads_are_read_after_s": instance.limits[0],
    }


PACK: Problem[Scenario] = Problem(
    name="llm_prefix_router",
    version=1,
    title="Routing by prefixes in LLM serving",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"cost": _COST, "place": _PLACE}),
    driver="problems.llm_prefix_router.simulate",
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
    files=MOONCAKE_FILES,
    read=read,
    campaign=COSTLY,
)
