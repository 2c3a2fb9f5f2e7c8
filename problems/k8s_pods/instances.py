"""Clusters on which the default scheduler left pods pending, and the splits of them.

ReplicaSets of one to four equal pods arrive one after the other; requests and
priorities are uniform. All nodes are equal and just large enough for the wanted use, so
that a placement of all pods is hard to find, or does not exist. ``mixed`` nodes have
the same sum, in halves and doubles.
"""

from dataclasses import replace
from functools import lru_cache
from math import ceil

import numpy as np

from problems.base import Split
from problems.k8s_pods import simulate
from problems.k8s_pods.heuristics.kube_arrival import arrival_score
from problems.k8s_pods.model import PodsInstance, encode

_REQUEST = (100, 1000)
"""Least and most of a request, thousandths of a core, and MB."""

_REPLICAS = 4
"""Most pods of a ReplicaSet."""


def draw(
    nodes: int, per_node: int, priorities: int, use: int, seed: int
) -> PodsInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Pods run where the default scheduler put them; some may be pending, or none.

    Parameters
    ----------
    per_node
        Pods for each node.
    use
        Sum of the requests in percent of the capacity.
    """
    rng = np.random.default_rng([nodes, per_node, priorities, use, seed])
    count = nodes * per_node
    rows: list[tuple[int, int, int]] = []
    while len(rows) < count:
        cpu, memory = (int(x) for x in rng.integers(*_REQUEST, size=2, endpoint=True))
        row = cpu, memory, int(rng.integers(priorities))
        rows += [row] * int(rng.integers(1, _REPLICAS, endpoint=True))
    cpu_of, memory_of, priority = zip(*rows[:count], strict=True)
    capacity = [ceil(sum(of) * 100 / use / nodes) for of in (cpu_of, memory_of)]
    group = f"n{nodes}x{per_node}-p{priorities}-u{use}"
    empty = PodsInstance(
        id=f"{group}-s{seed}",
        group=group,
        cpu=(capacity[0],) * nodes,
        memory=(capacity[1],) * nodes,
        pod_cpu=cpu_of,
        pod_memory=memory_of,
        pod_priority=priority,
        pod_node=(None,) * count,
    )
    return scheduled(empty)


def mixed(instance: PodsInstance) -> PodsInstance:
    """Let the nodes take turns in being half, once and one and a half times as large.

    The sum stays what it was if their number is a multiple of three.
    """
    turns = [(1 + k % 3) / 2 for k in range(len(instance.cpu))]
    rows = zip(instance.cpu, instance.memory, turns, strict=True)
    sizes = [(ceil(cpu * turn), ceil(memory * turn)) for cpu, memory, turn in rows]
    cpu, memory = zip(*sizes, strict=True)
    return scheduled(
        replace(
            instance,
            id=f"mixed-{instance.id}",
            group=f"mixed-{instance.group}",
            cpu=cpu,
            memory=memory,
            pod_node=(None,) * instance.n,
        )
    )


def scheduled(instance: PodsInstance) -> PodsInstance:
    """Let the default scheduler place the pods as they arrive, on empty nodes."""
    cluster = simulate.decode(encode(instance))
    nodes = simulate.run("arrival_score", arrival_score, cluster, seed=0)
    return replace(instance, pod_node=tuple(nodes))


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[PodsInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(one for batch in _batches(split) for one in _first_pending(*batch))


def _first_pending(kind: str, *row: int) -> list[PodsInstance]:
    """Take the first instances with pending pods, seeds in order."""
    nodes, per_node, priorities, use, count, seed = row
    found: list[PodsInstance] = []
    while len(found) < count:
        one = draw(nodes, per_node, priorities, use, seed)
        if kind == "mixed":
            one = mixed(one)
        if one.running < one.n:
            found.append(one)
        seed += 1
    return found


def _batches(split: Split) -> tuple[tuple[str, int, int, int, int, int, int], ...]:
    """Kind, nodes, pods per node, priorities, use, number of instances, first seed."""
    match split:
        case Split.SMOKE:
            return (("equal", 3, 4, 2, 95, 3, 1000),)
        case Split.TRAIN:
            return (
                *(("equal", 4, 4, 4, 95, 40, 2000), ("equal", 4, 4, 4, 100, 16, 2000)),
                *[("equal", 6, 6, 4, 95, 16, 2000)],
            )
        case Split.VALID:
            return (
                *(("equal", 4, 4, 4, 95, 20, 3000), ("equal", 4, 4, 4, 100, 10, 3000)),
                *[("equal", 6, 6, 4, 95, 8, 3000)],
            )
        case Split.TEST:
            return (
                *(("equal", 4, 4, 4, 95, 40, 4000), ("equal", 4, 4, 4, 100, 20, 4000)),
                *[("equal", 6, 6, 4, 95, 20, 4000)],
            )
        case Split.OOD:
            return (
                *(("equal", 4, 8, 2, 105, 6, 5000), ("equal", 8, 4, 4, 95, 6, 5000)),
                *(("equal", 16, 8, 4, 95, 3, 5000), ("mixed", 6, 4, 4, 90, 8, 5000)),
            )
