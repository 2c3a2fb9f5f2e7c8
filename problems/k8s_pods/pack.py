"""The pack ``k8s_pods``: pod placement with priorities."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    PLAIN_MODULES,
    Bar,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Picture,
    Problem,
)
from problems.k8s_pods.baselines import baselines
from problems.k8s_pods.importer import read
from problems.k8s_pods.instances import instances
from problems.k8s_pods.model import PodsInstance, describe, encode
from problems.k8s_pods.reference import optimum, reference, solve_references
from problems.k8s_pods.verify import verify

_CARD = """\
**Pod placement, most important pods first.** Pods request CPU and memory and have a
priority; nodes have a capacity of both. The default scheduler placed the pods as they
arrived and left some pending. Place them anew: as few pending pods as possible of the
highest priority, then as few as possible of the next, and so on; then as few as
possible of the running pods may be disturbed, moved to another node or evicted.

The objective is a weighted sum in which each kind of loss outweighs all less important
ones together, plus 1 for each pod. Two-dimensional vector packing is NP-hard. Requests
fill 90 to 105 % of the capacity, so every choice of a node matters, and a pod that need
not move should stay. 12 to 128 pods on 3 to 16 nodes. Judged by the gap of the
objective to a bound that is nearly always the optimum.
"""

_VIEWS = (
    "pod.cpu, pod.memory: its requests as shares of a mean node; pod.rank: number of "
    "pods of higher priority; pod.alike: unbound pods with the same requests and "
    "priority, itself included; pod.running: 1 if it runs now, 0 if it is pending. "
    "node.cpu, node.memory: free shares of its capacity now; node.cpu_after, "
    "node.memory_after: the same with the pod; node.here: 1 if the pod runs on it now; "
    "node.cpu_claim, node.memory_claim: requests, as shares of its capacity, of other "
    "pods that run on it now and are not bound yet; node.fit, node.fit_after: shares "
    "of the other unbound pods of which each alone fits on it, before and after; "
    "node.pods: number of pods bound to it. state.pods, state.left: number of pods, "
    "and of those that have not had their turn; state.cpu_load, state.memory_load: "
    "what these request as a share of what is free altogether. Everything is "
    "read-only. "
    "Return a finite int or float."
)

_EACH = (
    "called for each node that the pod fits on; it is bound to the node of the "
    "smallest value, ties go to the lower index; it stays pending only if it fits on "
    "none. All nodes are empty at first. "
)

_FEATURES = (
    Feature(code="node.here", doc="1 if the pod runs on the node now, otherwise 0"),
    Feature(code="node.cpu_after", doc="CPU free with the pod, at least 0, share"),
    Feature(code="node.memory_after", doc="memory free with it, at least 0, share"),
    Feature(
        code="abs(node.cpu_after - node.memory_after)",
        doc="how unequal both are, at least 0, share",
    ),
    Feature(code="node.cpu_claim", doc="CPU of others there now, at least 0, share"),
    Feature(code="node.memory_claim", doc="their memory, at least 0, share"),
    Feature(code="node.fit", doc="unbound pods that fit before, at least 0, share"),
    Feature(code="node.fit_after", doc="unbound pods that fit then, at least 0, share"),
    Feature(code="pod.cpu", doc="CPU that it requests, at least 0, share"),
    Feature(code="pod.memory", doc="memory that it requests, at least 0, share"),
    Feature(code="state.cpu_load", doc="CPU wanted over CPU free, at least 0, share"),
    Feature(code="state.memory_load", doc="memory wanted over free, at least 0, share"),
)


def _entry_point(name: str, seed: str, turns: str) -> EntryPoint:
    return EntryPoint(
        name=name,
        signature=f"def {name}(pod, node, state) -> float:",
        doc=turns + _VIEWS,
        seed=seed,
        features=_FEATURES,
    )


_ENTRY_POINTS = (
    _entry_point(
        "score",
        "best_fit",
        f"Pods have their turn by priority, the larger ones first: {_EACH}",
    ),
    _entry_point(
        "pair_score",
        "pair_dot",
        "Called for each unbound pod of the highest priority that is left and each "
        "node that it fits on; the pair of the smallest value is bound, ties go to the "
        "lower index of the pod, then of the node; the priority ends when no pod of it "
        "fits anywhere. All nodes are empty at first. ",
    ),
    _entry_point(
        "queue_score",
        "kube_queue",
        f"Pods have their turn by priority, then as they arrived: {_EACH}",
    ),
    _entry_point(
        "arrival_score",
        "kube_arrival",
        f"Pods have their turn as they arrived: {_EACH}",
    ),
)


def gantt(instance: PodsInstance, answer: Json) -> Sequence[Bar]:
    """Map of the cluster: CPU and memory of each node in percent, and what is pending.

    Bars are labelled with pod and priority; pods that were disturbed are marked, and
    so are pending ones.
    """
    bars = []
    for node in (*range(len(instance.cpu)), None):
        pods = [pod for pod, at in enumerate(answer) if at == node]
        pods.sort(key=lambda pod: -instance.pod_priority[pod])
        for name, capacity, requests in (
            ("CPU", instance.cpu, instance.pod_cpu),
            ("RAM", instance.memory, instance.pod_memory),
        ):
            size = capacity[0] if node is None else capacity[node]
            row = f"{'pending' if node is None else f'node {node}'} {name}"
            at = 0.0
            for pod in pods:
                end = at + 100 * requests[pod] / size
                now = instance.pod_node[pod]
                bars.append(
                    Bar(
                        row=row,
                        start=at,
                        end=end,
                        label=f"{pod}:p{instance.pod_priority[pod]}",
                        late=node is None or now not in (None, node),
                    )
                )
                at = end
    return bars


PACK: Problem[PodsInstance] = Problem(
    name="k8s_pods",
    version=1,
    title="Pod placement, most important pods first",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({one.name: one for one in _ENTRY_POINTS}),
    driver="problems.k8s_pods.simulate",
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
    picture=Picture(along="requested share of the node (%)", marked="moved or pending"),
    read=read,
    campaign=MappingProxyType({"seeds": ["stay"]}),
)
