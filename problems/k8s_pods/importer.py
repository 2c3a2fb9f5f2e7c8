"""Read a cluster as ``kubectl get nodes,pods --all-namespaces -o json`` prints it.

Read are the requests of containers, the priority, and where a pod runs; pods of a
DaemonSet and mirror pods only make their node smaller. Not read are taints, selectors,
affinities and volumes: the result may place a pod where a cluster would not.
"""

import json
import re
from collections.abc import Iterator
from math import ceil, floor
from pathlib import Path
from typing import NamedTuple

from problems.base import Imported, Json
from problems.errors import ConfigError
from problems.k8s_pods.model import PodsInstance, weights
from problems.k8s_pods.reference import bounded

_MOST = {"Node": 500, "Pod": 5000}
"""Items of each kind at most: judging takes time that grows with their product."""

_LARGEST = 10**12
"""Largest quantity, thousandths of a core or MiB."""

_EXACT = 1 << 53
"""Sums of costs below this stay exact in floats."""

_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(m|[kMGTP]|[KMGTP]i)?", re.ASCII)

_UNITS = {
    "m": 1e-3,
    **{letter: 1000.0 ** (k + 1) for k, letter in enumerate("kMGTP")},
    **{f"{letter}i": 1024.0 ** (k + 1) for k, letter in enumerate("KMGTP")},
}

_FAULTS = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError),
    *(OverflowError, RecursionError),
)


class _Pod(NamedTuple):
    cpu: int
    memory: int
    priority: int
    node: int | None


def read(path: Path) -> tuple[Imported[PodsInstance], ...]:
    """Read the cluster of a file; its name is that of the file.

    Raises
    ------
    ConfigError
        If the file is not in the format; the text names file and line, that of the
        node or pod.
    """
    text, at = "", [""]
    try:
        text = path.read_text(encoding="utf-8")
        instance = _instance(path.stem, json.loads(text)["items"], at)
    except _FAULTS as error:
        place = max(0, text.find(json.dumps(at[0]))) if at[0] else 0
        line = getattr(error, "lineno", text.count("\n", 0, place) + 1)
        raise ConfigError(
            f"{path} line {line}: not a list of nodes and pods ({error!r:.200}); "
            "expected the output of `kubectl get nodes,pods -o json`"
        ) from error
    return (Imported(instance=instance, reference=bounded(instance, path.name)),)


def _instance(name: str, items: list[Json], at: list[str]) -> PodsInstance:
    """Build the instance; ``at`` holds the name of the item that is being read."""
    nodes = _nodes(items, at)
    pods = _pods(items, at, nodes)
    at[0] = ""
    if not nodes or not pods:
        raise ValueError("no nodes, or no pods that can be placed")
    cpus, memories = zip(*nodes.values(), strict=True)
    if min(cpus) <= 0 or min(memories) <= 0:
        raise ValueError("fixed pods fill a node")
    cpu_of, memory_of, priority, node_of = zip(*pods, strict=True)
    found = PodsInstance(
        id=name,
        group=name,
        cpu=cpus,
        memory=memories,
        pod_cpu=cpu_of,
        pod_memory=memory_of,
        pod_priority=priority,
        pod_node=node_of,
    )
    if max(weights(found).values()) * (found.n + 1) >= _EXACT:
        raise ValueError("too many priorities and pods for an exact order")
    return found


def _nodes(items: list[Json], at: list[str]) -> dict[str, list[int]]:
    """CPU and memory of each node by name."""
    nodes: dict[str, list[int]] = {}
    for item in _of_kind(items, "Node", at):
        have = item["status"]["allocatable"]
        size = [_cpu(have["cpu"], up=False), _mib(have["memory"], up=False)]
        if at[0] in nodes or not all(size):
            raise ValueError(f"node {at[0]!r:.50} has no capacity, or is there twice")
        nodes[at[0]] = size
    return nodes


def _pods(items: list[Json], at: list[str], nodes: dict[str, list[int]]) -> list[_Pod]:
    """Pods that can be placed; those that cannot make their node smaller."""
    names, pods = list(nodes), []
    left = [list(size) for size in nodes.values()]
    for item in _of_kind(items, "Pod", at):
        if item.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            continue
        pod = _pod(item, names)
        if pod.node is not None:
            left[pod.node][0] -= pod.cpu
            left[pod.node][1] -= pod.memory
            if min(left[pod.node]) < 0:
                raise ValueError(f"node {names[pod.node]!r:.50} is overfull with it")
        if not _is_fixed(item):
            pods.append(pod)
        elif pod.node is not None:
            nodes[names[pod.node]][0] -= pod.cpu
            nodes[names[pod.node]][1] -= pod.memory
    return pods


def _of_kind(items: list[Json], kind: str, at: list[str]) -> Iterator[Json]:
    chosen = [item for item in items if item["kind"] == kind]
    if len(chosen) > _MOST[kind]:
        raise ValueError(f"more than {_MOST[kind]} items of kind {kind}")
    for item in chosen:
        at[0] = ""  # nothing is known of an item without a name
        name = item["metadata"]["name"]
        if type(name) is not str:
            raise TypeError("a name is not a text")
        at[0] = name
        yield item


def _pod(item: Json, names: list[str]) -> _Pod:
    spec = item["spec"]
    cpu = memory = 0
    for container in spec["containers"]:
        wanted = container.get("resources", {}).get("requests", {})
        cpu += _cpu(wanted.get("cpu", "0"), up=True)
        memory += _mib(wanted.get("memory", "0"), up=True)
    for container in spec.get("initContainers", []):
        wanted = container.get("resources", {}).get("requests", {})
        cpu = max(cpu, _cpu(wanted.get("cpu", "0"), up=True))
        memory = max(memory, _mib(wanted.get("memory", "0"), up=True))
    priority, node = spec.get("priority", 0), spec.get("nodeName")
    if type(priority) is not int or abs(priority) > _LARGEST:
        raise ValueError(f"priority {priority!r:.30} is not an integer")
    return _Pod(cpu, memory, priority, None if node is None else names.index(node))


def _is_fixed(item: Json) -> bool:
    about = item["metadata"]
    owners = [owner.get("kind") for owner in about.get("ownerReferences", [])]
    return "DaemonSet" in owners or "kubernetes.io/config.mirror" in about.get(
        "annotations", {}
    )


def _cpu(text: Json, *, up: bool) -> int:
    """Thousandths of a core of a quantity, rounded up or down."""
    return _rounded(_quantity(text) * 1000, up=up)


def _mib(text: Json, *, up: bool) -> int:
    """MiB of a quantity, rounded up or down."""
    return _rounded(_quantity(text) / 1024**2, up=up)


def _rounded(value: float, *, up: bool) -> int:
    value = round(value, 6)  # 0.1 of a core is 100 thousandths, and no more
    return ceil(value) if up else floor(value)


def _quantity(text: Json) -> float:
    found = _QUANTITY.fullmatch(text) if type(text) is str else None
    if found is None:
        raise ValueError(f"{text!r:.40} is not a quantity such as 250m or 16Gi")
    value = float(found[1]) * _UNITS.get(found[2], 1.0)
    if value * 1000 > _LARGEST * 1024**2:
        raise ValueError(f"{text!r:.40} is too large")
    return value
