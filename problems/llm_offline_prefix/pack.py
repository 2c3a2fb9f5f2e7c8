"""The pack ``llm_offline_prefix``: a batch of requests with common prefixes."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    PLAIN_MODULES,
    Bar,
    Chart,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Problem,
)
from problems.llm_offline_prefix.baselines import baselines
from problems.llm_offline_prefix.importer import read
from problems.llm_offline_prefix.instances import instances
from problems.llm_offline_prefix.model import Batch, describe, encode
from problems.llm_offline_prefix.reference import optimum, reference, solve_references
from problems.llm_offline_prefix.verify import verify
from problems.llm_serving import picturing, traces
from problems.llm_serving.hosting import Rules

_CARD = """\
**Ordering a batch of requests with common prefixes.** All requests are there at once
and wait for one engine that serves a language model. It admits them in the order that
is asked for, as long as there is KV memory for the prompt of the next one. Tokens that
prompts begin with in common are computed once and kept in the memory, as long as there
is room: what nobody uses is dropped, the least recently used first. Every step makes
a token for each admitted request, and processes waiting prompts beside that. Requests
keep their memory until they are complete, and take more as their outputs grow; where
there is none, the request that was admitted last is computed again later.

Minimise the makespan, seconds until the last request is complete. To share much, what
begins alike should wait together; to be busy to the end, long outputs should not begin
last; to use the memory, long outputs should be among short ones. Outputs are known, or
in some groups predicted with an error. Judged by the gap to the best known order.
"""

_VIEWS = (
    "request.id: its number, in the order in which they came; request.prompt, "
    "request.shared, request.own: tokens of its prompt, those that other requests "
    "begin with, too, and the others; request.output: predicted tokens; request.ratio: "
    "output / own. state.n: requests, state.branches: branches; state.prefill: tokens "
    "to compute if all that is shared is computed once, state.output: tokens "
    "predicted, state.ratio: output / prefill; state.output_mean, state.output_most, "
    "state.own_mean: tokens of a request; state.kv: tokens that fit into the memory; "
    "state.slots: requests that fit into a batch. All are read-only. "
)

_PRIORITY = EntryPoint(
    name="priority",
    signature="def priority(request, tree, state) -> float:",
    doc=(
        "Called once for each request; they wait in the order of their values, the "
        "smallest value first, ties go to the lower id. tree says where the request is "
        "in the tree of prefixes. tree.place: its place if one goes depth first; "
        "tree.branch: number of its branch, in that order (a branch is what begins "
        "alike, behind what all have in common; a request alone is one, too); "
        "tree.depth: nodes on its path; tree.siblings: requests below the last of "
        "these; tree.tokens: tokens that it shares within the branch; tree.size, "
        "tree.prefill, tree.output: requests of the branch, tokens to compute with "
        "what is shared once, tokens predicted; tree.ratio: output / prefill. "
        + _VIEWS
        + "Return a finite int or float."
    ),
    seed="fcfs",
    features=(
        Feature(code="request.id", doc="number in order of coming, from 0"),
        Feature(code="request.own", doc="tokens of its own, positive", unit="tokens"),
        Feature(code="request.shared", doc="shared tokens, at least 0", unit="tokens"),
        Feature(code="request.output", doc="predicted output, positive", unit="tokens"),
        Feature(code="request.ratio", doc="output / own, a positive share"),
        Feature(code="tree.place", doc="number (at least 0) of those before it in DFS"),
        Feature(code="tree.branch", doc="number (at least 0) of branches before it"),
        Feature(code="tree.depth", doc="number (at least 0) of nodes above it"),
        Feature(code="tree.size", doc="number (at least 1) of requests in its branch"),
        Feature(code="tree.siblings", doc="number (at least 1) with the same context"),
        Feature(
            code="tree.tokens", doc="shared in the branch, at least 0", unit="tokens"
        ),
        Feature(code="tree.prefill", doc="to compute for it, positive", unit="tokens"),
        Feature(code="tree.output", doc="predicted in it, positive", unit="tokens"),
        Feature(code="tree.ratio", doc="output / prefill of it (positive)"),
        Feature(code="state.ratio", doc="output / prefill of all (positive)"),
        Feature(code="state.output_mean", doc="mean output, positive", unit="tokens"),
        Feature(
            code="state.output_most", doc="largest output, positive", unit="tokens"
        ),
        Feature(code="state.own_mean", doc="mean own tokens, positive", unit="tokens"),
        Feature(code="state.kv", doc="KV memory, positive", unit="tokens"),
    ),
)

_ORDER = EntryPoint(
    name="order",
    signature="def order(requests, tree, state) -> list:",
    doc=(
        "Called once with a tuple of all requests, by id, and one of the nodes of the "
        "prefix tree that at least two requests share, depth first. Return the ids of "
        "all requests, a list in the order in which they are to wait. request.node: "
        "number of the last node on its path, -1 if none. node.number, node.parent (-1 "
        "at the root), node.depth (from 1), node.tokens of its own, node.path with "
        "those above; node.requests, node.prefill, node.output: requests below, tokens "
        "to compute for these with what they share computed once, this node included, "
        "and tokens predicted. " + _VIEWS
    ),
    seed="batchllm_tree",
)

_RULES = Rules(asks=frozenset())


def gantt(instance: Batch, answer: Json) -> Sequence[Bar]:
    """Show the slowest requests; those that lost their memory are marked."""
    return picturing.gantt(instance.scenario(answer), (_RULES,), [])


def charts(instance: Batch, answer: Json) -> Sequence[Chart]:
    """Show the memory of the engine in time, and the distribution of completions."""
    return picturing.charts(instance.scenario(answer), (_RULES,), [])


PACK: Problem[Batch] = Problem(
    name="llm_offline_prefix",
    version=1,
    title="Ordering a batch of requests with common prefixes",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({"priority": _PRIORITY, "order": _ORDER}),
    driver="problems.llm_offline_prefix.simulate",
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
    picture=picturing.PICTURE,
    charts=charts,
    read=read,
    files=traces.MOONCAKE_FILES,
)
