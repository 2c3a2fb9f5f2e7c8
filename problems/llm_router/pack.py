"""The pack ``llm_router``: requests to replicas of a language model, or held."""

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
from problems.llm_router.baselines import baselines
from problems.llm_router.instances import instances
from problems.llm_router.reference import reference, solve_references
from problems.llm_router.rules import RULES
from problems.llm_router.simulate import HOOKS
from problems.llm_router.verify import verify
from problems.llm_serving import picturing
from problems.llm_serving.hosting import Host
from problems.llm_serving.scenario import Scenario, describe, encode

_CARD = """\
**Routing requests to replicas of a language model.** Requests come in bursts to one
queue. A router sends them to replicas, at once or later, in any order. A replica serves
what it gets in order of arrival by continuous batching: a request needs a slot and KV
memory for its prompt, then a token a step, and a block of memory for each 16 tokens.
Where memory runs out, the request that was admitted last loses its own and is computed
again. How long an output will be is not known.

The objective is the mean response time, seconds from arrival to the last token, in
comparison with the best known value. A router may hold requests as long as it likes,
but not while no replica has any work: that is infeasible.
"""

_VIEWS = (
    "request.wait: seconds since it came; request.prompt: tokens; request.blocks: KV "
    "blocks of its prompt; request.expected: mean output tokens of complete requests "
    "with such a prompt (0 if none); request.id. replica.running, replica.waiting: "
    "requests in its batch, and not yet; replica.in_flight: both; replica.blocks: its "
    "KV memory in blocks, replica.used and replica.free of it; replica.waiting_prompt: "
    "tokens of prompt that wait there, replica.waiting_blocks: blocks for them; "
    "replica.room: free blocks less these, negative if they do not suffice; "
    "replica.prefill: tokens in the batch to compute before they decode; "
    "replica.number. state.t: seconds; state.queue: requests that wait for a replica, "
    "state.queue_prompt: their tokens; state.replicas; state.routed, state.finished: "
    "requests so far; state.mean_output: tokens, state.mean_response: seconds, of "
    "complete requests (0 if none). All are read-only. Keep nothing between calls. "
)

_MATCH = EntryPoint(
    name="match",
    signature="def match(request, replica, state) -> float:",
    doc=(
        "Called whenever a request comes or ends, for every pair of a request in the "
        "queue and a replica. The pair with the smallest value is routed if that value "
        "is negative, and again with what that changes, until no value is negative: "
        "the rest is held, which is illegal while no replica has work. Ties go to the "
        "request that came first, then to the first replica. "
        + _VIEWS
        + "Return a finite int or float."
    ),
    seed="llq",
    features=(
        Feature(code="request.blocks", doc="number (at least 1) of blocks it needs"),
        Feature(code="request.wait", doc="since it came, at least 0", unit="seconds"),
        Feature(code="request.expected", doc="mean number (at least 0) of tokens made"),
        Feature(code="replica.in_flight", doc="number of requests that it has"),
        Feature(code="replica.waiting", doc="number of requests that wait there"),
        Feature(code="replica.blocks", doc="number (at least 1) of its blocks"),
        Feature(code="replica.free", doc="number of its blocks that are free"),
        Feature(code="replica.room", doc="blocks free less blocks wanted"),
        Feature(code="state.queue", doc="number (at least 1) of requests in the queue"),
        Feature(code="state.mean_output", doc="mean number of tokens of outputs"),
    ),
)

_ROUTE = EntryPoint(
    name="route",
    signature="def route(queue, replicas, state) -> list:",
    doc=(
        "Called whenever a request comes or ends, with tuples of the requests in the "
        "queue, in order of arrival, and of the replicas. Return a list of pairs "
        "(request.id, replica.number) of integers; requests without a pair are held, "
        "which is illegal while no replica has work. " + _VIEWS
    ),
    seed="hra",
)


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Draw the requests with the longest response; marked if their memory was lost."""
    return picturing.gantt(instance, (RULES,), answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Draw the memory of the replicas in time, and the distribution of latencies."""
    return picturing.charts(instance, (RULES,), answer)


def simulator(instance: Scenario, entry_point: str) -> Simulator:
    """Start a run that shows what waits."""
    return Host(HOOKS[entry_point], instance)


PACK: Problem[Scenario] = Problem(
    name="llm_router",
    version=1,
    title="Routing requests to replicas of a language model",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"match": _MATCH, "route": _ROUTE}),
    driver="problems.llm_router.simulate",
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
    simulator=simulator,
    describe=describe,
    picture=picturing.PICTURE,
    charts=charts,
    campaign=MappingProxyType(
        {**COSTLY, "evaluator": {"racing": True, "cpu_seconds": 2.0}}
    ),
)
