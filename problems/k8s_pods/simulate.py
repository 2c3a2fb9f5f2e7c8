"""The driver: bind pods to nodes one by one. Runs in the sandbox.

Entry points differ in whose turn it is. All placements begin with empty nodes, so a pod
that runs now stays where it is only if it is bound there again.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from problems.values import first_unusable, usable


class Pod(NamedTuple):
    """A pod: requests in shares of a mean node.

    ``rank`` counts the pods of higher priority; ``alike`` the unbound ones with the
    same requests and priority, itself included; ``running`` is 1 if it runs now.
    """

    cpu: float
    memory: float
    rank: int
    alike: int
    running: int


class Node(NamedTuple):
    """A node that a pod fits on: shares of its own capacity.

    ``cpu`` and ``memory`` are free now, ``cpu_after`` and ``memory_after`` when the pod
    is bound to it. ``here`` is 1 if the pod runs on it now. ``cpu_claim`` and
    ``memory_claim`` are requests of other pods that run on it now and are not bound
    yet. ``fit`` and ``fit_after`` are the shares of the other unbound pods that fit on
    it alone, before and after. ``pods`` counts those bound to it.
    """

    cpu: float
    memory: float
    cpu_after: float
    memory_after: float
    here: int
    cpu_claim: float
    memory_claim: float
    fit: float
    fit_after: float
    pods: int


class State(NamedTuple):
    """The moment of a decision: ``left`` of ``pods`` pods have not had their turn.

    ``cpu_load`` and ``memory_load`` are what they request, as shares of what is free
    altogether; more than 1 if not all can be placed.
    """

    pods: int
    left: int
    cpu_load: float
    memory_load: float


class Cluster(NamedTuple):
    """A decoded instance: capacities by node, and rows of pods as they arrived."""

    cpu: tuple[int, ...]
    memory: tuple[int, ...]
    requests: tuple[tuple[int, int], ...]
    priority: tuple[int, ...]
    at: tuple[int | None, ...]


Score = Callable[[Pod, Node, State], Any]


def decode(payload: Any) -> Cluster:
    """Rebuild an instance from plain data."""
    return Cluster(
        tuple(payload["cpu"]),
        tuple(payload["memory"]),
        tuple(zip(payload["pod_cpu"], payload["pod_memory"], strict=True)),
        tuple(payload["pod_priority"]),
        tuple(payload["pod_node"]),
    )


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Cluster, seed: int
) -> list[int | None]:
    """Give the node of each pod, None if it stays pending.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number; the text says where.
    """
    random.seed(seed)
    floor = _Floor(instance)
    pods = range(len(instance.requests))
    if entry_point == "score":
        _in_turn(floor, heuristic, sorted(pods, key=floor.larger_first))
    elif entry_point == "queue_score":
        _in_turn(floor, heuristic, sorted(pods, key=floor.rank.__getitem__))
    elif entry_point == "arrival_score":
        _in_turn(floor, heuristic, pods)
    elif entry_point == "pair_score":
        _in_pairs(floor, heuristic)
    else:
        raise ValueError(f"no entry point {entry_point!r}")
    return floor.nodes


class _Floor:
    """What is bound, what is free, and who waits."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.nodes: list[int | None] = [None] * len(cluster.requests)
        self.cpu, self.memory = list(cluster.cpu), list(cluster.memory)
        self.rank = [sum(q > p for q in cluster.priority) for p in cluster.priority]
        count = len(cluster.cpu)
        self._mean = sum(self.cpu) / count, sum(self.memory) / count
        self._pods = [0] * count
        self._claims = [[0, 0] for _ in self.cpu]
        self._alike: dict[tuple[int, int, int], int] = {}
        self._waiting: dict[tuple[int, int], int] = {}
        self._left = len(cluster.requests)
        for pod in range(self._left):
            self._count(pod, 1)

    def _count(self, pod: int, sign: int) -> None:
        """Add a pod to those who wait, or take it from them with ``sign`` -1."""
        requests = self.cluster.requests[pod]
        alike = *requests, self.rank[pod]
        self._alike[alike] = self._alike.get(alike, 0) + sign
        self._waiting[requests] = self._waiting.get(requests, 0) + sign
        node = self.cluster.at[pod]
        if node is not None:
            self._claims[node][0] += sign * requests[0]
            self._claims[node][1] += sign * requests[1]

    def larger_first(self, pod: int) -> tuple[int, float]:
        """Order of priority, then of the sum of both requests, as shares of a node."""
        cpu, memory = self.cluster.requests[pod]
        return self.rank[pod], -cpu / self._mean[0] - memory / self._mean[1]

    def places(self, pod: int) -> list[int]:
        """Nodes that a pod fits on."""
        cpu, memory = self.cluster.requests[pod]
        return [
            k for k, c in enumerate(self.cpu) if c >= cpu and self.memory[k] >= memory
        ]

    def state(self) -> State:
        """Show the moment to a heuristic."""
        cpu = memory = 0
        for (c, m), count in self._waiting.items():
            cpu, memory = cpu + c * count, memory + m * count
        loads = cpu / max(sum(self.cpu), 1), memory / max(sum(self.memory), 1)
        return State(len(self.nodes), self._left, *loads)

    def pod(self, pod: int) -> Pod:
        """Show a pod to a heuristic."""
        cpu, memory = self.cluster.requests[pod]
        rank = self.rank[pod]
        return _new(
            Pod,
            (
                *(cpu / self._mean[0], memory / self._mean[1], rank),
                self._alike[cpu, memory, rank],
                int(self.cluster.at[pod] is not None),
            ),
        )

    def node(self, pod: int, node: int) -> Node:
        """Show a node that a pod fits on to a heuristic."""
        cpu, memory = self.cluster.requests[pod]
        all_cpu, all_memory = self.cluster.cpu[node], self.cluster.memory[node]
        free, ram = self.cpu[node], self.memory[node]
        after, ram_after = free - cpu, ram - memory
        here = int(self.cluster.at[pod] == node)
        claim, ram_claim = self._claims[node]
        fit = fit_after = -1  # the pod itself does not count
        for (c, m), count in self._waiting.items():
            if c <= free and m <= ram:
                fit += count
                if c <= after and m <= ram_after:
                    fit_after += count
        if cpu > after or memory > ram_after:
            fit_after += 1
        others = max(self._left - 1, 1)
        return _new(
            Node,
            (
                *(free / all_cpu, ram / all_memory),
                *(after / all_cpu, ram_after / all_memory, here),
                (claim - here * cpu) / all_cpu,
                (ram_claim - here * memory) / all_memory,
                *(fit / others, fit_after / others, self._pods[node]),
            ),
        )

    def bind(self, pod: int, node: int | None) -> None:
        """Let a pod have its turn; it stays pending without a node."""
        self._left -= 1
        self._count(pod, -1)
        if node is not None:
            self.nodes[pod] = node
            self.cpu[node] -= self.cluster.requests[pod][0]
            self.memory[node] -= self.cluster.requests[pod][1]
            self._pods[node] += 1


_new = tuple.__new__
"""Makes a named tuple at half the cost of calling its class."""


def _in_turn(floor: _Floor, score: Score, order: Sequence[int]) -> None:
    """Bind each pod to the node of the smallest value, the first one of ties."""
    for pod in order:
        places = floor.places(pod)
        if not places:
            floor.bind(pod, None)
            continue
        view, state = floor.pod(pod), floor.state()
        values = [score(view, floor.node(pod, node), state) for node in places]
        _check(values, [(pod, node) for node in places])
        floor.bind(pod, places[values.index(min(values))])


def _in_pairs(floor: _Floor, score: Score) -> None:
    """Bind the pair of the smallest value, among the pods of the highest priority.

    Pods that are alike and run on the same node, or on none, are one choice.
    """
    cluster = floor.cluster
    for rank in sorted(set(floor.rank)):
        waiting = [pod for pod, other in enumerate(floor.rank) if other == rank]
        while waiting:
            first: dict[tuple[int, int, int | None], int] = {}
            for pod in waiting:
                first.setdefault((*cluster.requests[pod], cluster.at[pod]), pod)
            pairs = [
                (pod, node) for pod in first.values() for node in floor.places(pod)
            ]
            if not pairs:
                for pod in waiting:
                    floor.bind(pod, None)
                break
            views, state = (
                {pod: floor.pod(pod) for pod in first.values()},
                floor.state(),
            )
            values = [
                score(views[pod], floor.node(pod, node), state) for pod, node in pairs
            ]
            _check(values, pairs)
            pod, node = pairs[values.index(min(values))]
            floor.bind(pod, node)
            waiting.remove(pod)


def _check(values: Sequence[Any], pairs: Sequence[tuple[int, int]]) -> None:
    if not usable(values):
        at, shown = first_unusable(values)
        pod, node = pairs[at]
        raise ValueError(
            f"score of pod {pod} on node {node} is {shown}, not a finite number"
        )
