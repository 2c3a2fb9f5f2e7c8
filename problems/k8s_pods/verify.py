"""The trusted judgement of a placement; knows nothing of the driver that made it."""

from problems.base import Json, Verdict
from problems.k8s_pods.model import PodsInstance, cost

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""


def verify(instance: PodsInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge the node of each pod, None for a pending one, for any entry point.

    The objective orders placements by the pending pods of the highest priority, then
    of the next, and so on, then by the pods that run now and are moved or evicted; 1
    for each pod is added.
    Violation codes: ``not_a_list``, ``wrong_length``, ``not_a_node:POD``,
    ``no_cpu:NODE``, ``no_memory:NODE``. Features: the shares of pods that are placed,
    that are placed of the highest priority, and that stay of those that run.
    """
    codes = _malformed(instance, answer) or _overfull(instance, answer)
    if codes:
        return Verdict(objective=None, violations=tuple(codes[:_MAX_CODES]))
    top = max(instance.pod_priority)
    rows = list(zip(answer, instance.pod_priority, instance.pod_node, strict=True))
    stay = sum(now is not None and node == now for node, _, now in rows)
    first = [node is not None for node, priority, _ in rows if priority == top]
    return Verdict(
        objective=float(cost(instance, answer)),
        features={
            "placed_share": 1 - answer.count(None) / instance.n,
            "first_share": sum(first) / len(first),
            "stay_share": stay / max(instance.running, 1),
        },
    )


def _malformed(instance: PodsInstance, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    codes = [] if len(answer) == instance.n else ["wrong_length"]
    for pod, node in enumerate(answer[: instance.n]):
        if len(codes) >= _MAX_CODES:
            break
        good = type(node) is int and 0 <= node < len(instance.cpu)
        if node is not None and not good:
            codes.append(f"not_a_node:{pod}")
    return codes


def _overfull(instance: PodsInstance, nodes: list[int | None]) -> list[str]:
    kinds = (
        ("cpu", instance.cpu, instance.pod_cpu),
        ("memory", instance.memory, instance.pod_memory),
    )
    codes = []
    for name, capacity, requests in kinds:
        used = [0] * len(capacity)
        for node, request in zip(nodes, requests, strict=True):
            if node is not None:
                used[node] += request
        codes += [
            f"no_{name}:{node}"
            for node, (have, most) in enumerate(zip(used, capacity, strict=True))
            if have > most
        ]
    return codes
