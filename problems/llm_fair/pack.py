"""The pack ``llm_fair``: one engine that many clients share, fast and fair.

After VTC (Fairness in serving large language models) and DLPM (Locality-aware fair
scheduling in LLM serving).
"""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    COSTLY,
    PLAIN_MODULES,
    Bar,
    Chart,
    Curve,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Problem,
    Simulator,
)
from problems.llm_fair.baselines import baselines
from problems.llm_fair.gaps import Gaps
from problems.llm_fair.instances import instances, read
from problems.llm_fair.reference import optimum, reference, solve_references
from problems.llm_fair.rules import INPUT, OUTPUT, RULES, UNIT
from problems.llm_fair.simulate import HOOKS
from problems.llm_fair.verify import clients, verify
from problems.llm_serving import picturing
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.hosting import Host
from problems.llm_serving.judging import replay
from problems.llm_serving.runs import encode
from problems.llm_serving.scenario import Scenario

_POINTS = 200
_CURVES = 8

_CARD = f"""\
**Serve many clients with one engine, fast and fairly.** An engine serves a language
model with continuous batching, chunked prefill and paged memory, and remembers units
of {UNIT} tokens of what it computed, least recently used first out. Requests of many
clients wait; whenever one could be admitted, choose which. Where memory runs full, the
youngest request loses its own and waits in front.

Service is {INPUT} for each token of a prompt that is computed and {OUTPUT} for each
token of output. The gap is the most that one client got more than another over any
span in which both had requests waiting. Minimise the mean response time (s) times
max(1, gap / state.bound): up to the bound unfairness costs nothing, beyond it in
proportion. What the cache holds is cheap to serve; short requests first lower the mean;
both can starve a client. Lengths of outputs are never known. Held-out workloads have
more clients, less memory, other hardware, or change half-way.
"""

_VIEWS = (
    "request.id: its number; request.client: who asks; request.wait: s since it came; "
    "request.prompt: tokens; request.match: those that the cache holds; request.fresh: "
    "tokens to compute, those of its output after a loss of memory included; "
    "request.blocks: of memory, with what is cached; request.restarts: losses of its "
    "memory. client.number; client.waiting, client.running: its requests; "
    "client.admitted: ever, client.minute: in the present minute; client.served: "
    "service that it got, tokens; client.counter: the same, lifted to the least one of "
    "all that wait whenever it comes back; client.lead: its counter less the least "
    "counter of all that wait; client.deficit: tokens left of its quantum, refilled "
    "when nobody who waits has any. state.t: time, s; state.queue: requests that wait, "
    "of state.clients clients; state.running: in the batch; state.blocks, state.free: "
    "blocks of memory, those not held; state.bound: gap that costs nothing, tokens; "
    "state.finished: complete requests; state.mean_output: their mean output, tokens. "
    "All are read-only. Keep nothing between calls. "
)

_FEATURES = (
    Feature(code="request.wait", doc="s since it came, at least 0", unit="seconds"),
    Feature(code="request.prompt", doc="tokens, positive", unit="tokens"),
    Feature(
        code="request.match",
        doc="tokens that the cache holds, at least 0",
        unit="tokens",
    ),
    Feature(code="request.fresh", doc="tokens to compute, positive", unit="tokens"),
    Feature(code="request.blocks", doc="blocks of memory, positive", unit="blocks"),
    Feature(code="request.restarts", doc="losses of its memory, at least 0"),
    Feature(code="client.waiting", doc="its waiting requests, positive"),
    Feature(code="client.running", doc="its requests in the batch, at least 0"),
    Feature(code="client.minute", doc="admitted in the present minute, at least 0"),
    Feature(
        code="client.served", doc="service it got, tokens, at least 0", unit="tokens"
    ),
    Feature(
        code="client.counter",
        doc="the same with lifts, tokens, at least 0",
        unit="tokens",
    ),
    Feature(
        code="client.lead",
        doc="counter above the least, tokens, at least 0",
        unit="tokens",
    ),
    Feature(
        code="client.deficit",
        doc="left of its quantum, tokens, any sign",
        unit="tokens",
    ),
    Feature(code="state.queue", doc="requests that wait, positive"),
    Feature(code="state.clients", doc="clients that wait, positive"),
    Feature(code="state.running", doc="requests in the batch, at least 0"),
    Feature(
        code="state.free", doc="blocks that are not held, at least 0", unit="blocks"
    ),
    Feature(
        code="state.bound",
        doc="gap that costs nothing, tokens, positive",
        unit="tokens",
    ),
    Feature(
        code="state.mean_output",
        doc="mean output so far, tokens, at least 0",
        unit="tokens",
    ),
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(request, client, state) -> float:",
    doc=(
        "Called for each request that waits, with its client, whenever one could be "
        "admitted. The request with the smallest value is admitted if it fits, the "
        "first of equals in the engine's queue; if it does not fit, none is until "
        "something changes. " + _VIEWS + "Return a finite int or float."
    ),
    seed="fcfs",
    features=_FEATURES,
)

_PICK = EntryPoint(
    name="pick",
    signature="def pick(waiting, clients, state) -> int | None:",
    doc=(
        "Called whenever a request could be admitted, with tuples of all requests that "
        "wait and of their clients. Return the id of the request to admit; if it does "
        "not fit, or for None, none is until a request comes or ends. Whoever leaves "
        "requests behind at the end fails. " + _VIEWS
    ),
    seed="dlpm_fcfs",
)


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Wait, prefill and decode of the slowest requests."""
    return picturing.gantt(instance, (RULES,), answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Service and largest gap over time, memory in use, latencies."""
    gaps = Gaps(clients(instance))
    samples: list[tuple[float, tuple[int, ...]]] = []

    def watch(cluster: Cluster, point: Point) -> None:
        gaps.follow(cluster, point.t)
        samples.append((point.t, tuple(gaps.ledger.served)))

    replay(instance, RULES, answer, watch)
    stride = max(1, len(samples) // _POINTS)
    last = samples[-1][1]
    shown = sorted(range(len(last)), key=lambda one: -last[one])[:_CURVES]
    service = [
        Curve(
            name=f"client {one}",
            points=tuple((t, float(served[one])) for t, served in samples[::stride]),
        )
        for one in sorted(shown)
    ]
    level = ((0.0, instance.limits[0]), (samples[-1][0], instance.limits[0]))
    gap = (
        Curve(name="gap", points=tuple(gaps.curve)),
        Curve(name="bound", points=level),
    )
    axes = ("time (s)", "tokens of service")
    return (
        Chart(title="largest gap so far", along=axes[0], up=axes[1], curves=gap),
        Chart(title="service", along=axes[0], up=axes[1], curves=tuple(service)),
        *picturing.charts(instance, (RULES,), answer),
    )


def simulator(instance: Scenario, entry_point: str) -> Simulator:
    """Start a run on the trusted side."""
    return Host(HOOKS[entry_point], instance)


def describe(instance: Scenario) -> dict[str, float]:
    """Say what kind of workload it is, with nothing of the outputs."""
    requests = instance.requests
    return {
        "requests": instance.n,
        "clients": clients(instance),
        "rate": instance.n / max(one.arrival for one in requests),
        "prompt_mean": sum(one.prompt for one in requests) / instance.n,
        "with_prefix_share": sum(bool(one.prefix) for one in requests) / instance.n,
        "blocks": instance.engines[0].blocks,
        "gap_bound": instance.limits[0],
    }


PACK: Problem[Scenario] = Problem(
    name="llm_fair",
    version=1,
    title="Fair and fast LLM serving for many clients",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"priority": _PRIORITY, "pick": _PICK}),
    driver="problems.llm_fair.simulate",
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
    read=read,
    campaign=COSTLY,
)
