"""What a batch with a prefix tree is, and the run that an order makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from problems.base import Json
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A piece of context: ``units`` of the prefix cache behind those of ``parent``.

    ``parent`` is the index of a node before it, -1 at the root.
    """

    parent: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A request: ``own`` tokens, at least 1, behind the context up to ``node``.

    ``node`` is -1 if nothing is before them. ``output`` tokens are made, at least 1;
    ``predicted`` is what a heuristic is told of that.
    """

    node: int
    own: int
    output: int
    predicted: int


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A static batch of requests for one engine.

    Attributes
    ----------
    id
        Says how it was generated: ``groups-s2003``.
    group
        Instances of one group are aggregated together.
    nodes
        The prefix tree, parents first.
    jobs
        In the order in which they came.
    engine
        With a prefix cache: ``unit`` is positive.
    """

    id: str
    group: str
    nodes: tuple[Node, ...]
    jobs: tuple[Job, ...]
    engine: EngineSpec

    @property
    def n(self) -> int:
        """Number of requests."""
        return len(self.jobs)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """The requests for the engine, all of them there at 0 s."""
        paths = unit_paths(self.nodes)
        unit = self.engine.unit
        return tuple(
            Request(
                arrival=0.0,
                prompt=unit * len(path) + job.own,
                output=job.output,
                prefix=path,
            )
            for job in self.jobs
            for path in [paths[job.node] if job.node >= 0 else ()]
        )

    def scenario(self, order: Sequence[int]) -> Scenario:
        """Make the run in which requests wait in an order."""
        requests = self.requests
        return Scenario(
            id=self.id,
            group=self.group,
            requests=tuple(requests[k] for k in order),
            engines=(self.engine,),
        )


def unit_paths(nodes: Sequence[Node]) -> list[tuple[int, ...]]:
    """Give units numbers, and each node those from the root to its end."""
    paths: list[tuple[int, ...]] = []
    first = 0
    for node in nodes:
        before = paths[node.parent] if node.parent >= 0 else ()
        paths.append((*before, *range(first, first + node.units)))
        first += node.units
    return paths


def users(batch: Batch) -> list[int]:
    """Count the requests behind each node."""
    count = [0] * len(batch.nodes)
    for job in batch.jobs:
        if job.node >= 0:
            count[job.node] += 1
    for k in reversed(range(len(count))):
        if batch.nodes[k].parent >= 0:
            count[batch.nodes[k].parent] += count[k]
    return count


def describe(batch: Batch) -> Mapping[str, float]:
    """Numbers of the batch for prompts."""
    unit = batch.engine.unit
    once = unit * sum(node.units for node in batch.nodes)
    own = sum(job.own for job in batch.jobs)
    every = sum(one.prompt for one in batch.requests)
    return {
        "requests": batch.n,
        "prompt_tokens": every,
        "prompt_tokens_once": once + own,
        "predicted_tokens": sum(job.predicted for job in batch.jobs),
        "kv_tokens": 16 * batch.engine.blocks,
    }


def encode(batch: Batch) -> Json:
    """Give the driver the tree and what is predicted, not the true outputs."""
    return {
        "nodes": [[node.parent, node.units] for node in batch.nodes],
        "jobs": [[job.node, job.own, job.predicted] for job in batch.jobs],
        "unit": batch.engine.unit,
        "blocks": batch.engine.blocks,
        "slots": batch.engine.slots,
    }
