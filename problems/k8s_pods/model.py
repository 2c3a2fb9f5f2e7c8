"""What an instance of pod placement is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PodsInstance:
    """Nodes, and pods in the order in which they arrived.

    Attributes
    ----------
    id
        Says how the instance was generated: ``n8x4-p4-u95-s2003``, or its file.
    group
        Nodes, pods per node, number of priorities and use: ``n8x4-p4-u95``.
    cpu, memory
        Capacity of each node, ``(nodes,)``, positive: thousandths of a core, and MB.
    pod_cpu, pod_memory
        What each pod requests, ``(pods,)``, at least 0, in the same units.
    pod_priority
        A larger one is served first, ``(pods,)``.
    pod_node
        Where each pod runs now; None if it is pending. ``(pods,)``.
    """

    id: str
    group: str
    cpu: tuple[int, ...]
    memory: tuple[int, ...]
    pod_cpu: tuple[int, ...]
    pod_memory: tuple[int, ...]
    pod_priority: tuple[int, ...]
    pod_node: tuple[int | None, ...]

    @property
    def n(self) -> int:
        """Number of pods."""
        return len(self.pod_cpu)

    @property
    def running(self) -> int:
        """Number of pods that run now."""
        return sum(node is not None for node in self.pod_node)


def weights(instance: PodsInstance) -> dict[int, int]:
    """Cost of a pending pod by priority, the highest first; a disturbed one costs 1.

    Each is one more than all that is less important can cost together, so that sums
    are ordered like the list of pending pods by priority, then of disturbed ones.
    """
    found = {}
    weight = instance.running + 1
    for priority in sorted(set(instance.pod_priority)):
        found[priority] = weight
        weight *= instance.pod_priority.count(priority) + 1
    return dict(reversed(found.items()))


def cost(instance: PodsInstance, nodes: Sequence[int | None]) -> int:
    """Weighted number of pending and of disturbed pods, and 1 for each pod.

    A pod is disturbed if it runs now and is moved or evicted. Lower is better; without
    the constant a best cost could be 0, and no gap could be given.
    """
    of = weights(instance)
    rows = zip(nodes, instance.pod_priority, instance.pod_node, strict=True)
    return instance.n + sum(
        (of[priority] if node is None else 0) + (now is not None and node != now)
        for node, priority, now in rows
    )


def pending(instance: PodsInstance, nodes: Sequence[int | None]) -> dict[int, int]:
    """Count the pods without a node by priority, the highest first."""
    found = dict.fromkeys(weights(instance), 0)
    for node, priority in zip(nodes, instance.pod_priority, strict=True):
        found[priority] += node is None
    return found


def describe(instance: PodsInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts: sizes, requests, and what is pending."""
    return {
        "nodes": len(instance.cpu),
        "pods": instance.n,
        "priorities": len(set(instance.pod_priority)),
        "pending_now": instance.n - instance.running,
        "cpu_requested": sum(instance.pod_cpu) / sum(instance.cpu),
        "memory_requested": sum(instance.pod_memory) / sum(instance.memory),
    }


def encode(instance: PodsInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {
        "cpu": list(instance.cpu),
        "memory": list(instance.memory),
        "pod_cpu": list(instance.pod_cpu),
        "pod_memory": list(instance.pod_memory),
        "pod_priority": list(instance.pod_priority),
        "pod_node": list(instance.pod_node),
    }
