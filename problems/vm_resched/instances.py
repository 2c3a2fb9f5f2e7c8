"""Clusters that arrivals and departures have fragmented, and the splits of them.

VMs arrive, 14 for each machine, and go to a random place that holds them; then each
stays with probability 0.72. ``plain`` machines are one node, and memory is never
scarce; ``numa`` machines are two, with VMs over both and services that must spread;
``lean`` machines run out of memory before they run out of cores.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.vm_resched.model import VmInstance

ARRIVALS = 14
"""VMs that arrive, for each machine."""

STAYS = 0.72
"""Chance that a VM is still there at the end."""

_MEMBERS = 4
"""VMs of one service among the arrivals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of cluster.

    Attributes
    ----------
    node
        Cores and memory in GB of a node.
    nodes
        Nodes of a machine, 1 or 2.
    flavours
        Cores, memory in GB, width and probability of each type of VM.
    in_service
        Share of arrivals that belong to a service.
    """

    node: tuple[int, int]
    nodes: int
    flavours: tuple[tuple[int, int, int, float], ...]
    in_service: float


_KINDS = {
    "plain": _Kind(
        node=(88, 256),
        nodes=1,
        flavours=(
            *((2, 4, 1, 0.25), (4, 8, 1, 0.25), (8, 16, 1, 0.25)),
            *((16, 32, 1, 0.2), (32, 64, 1, 0.05)),
        ),
        in_service=0.0,
    ),
    "numa": _Kind(
        node=(44, 128),
        nodes=2,
        flavours=(
            *((2, 4, 1, 0.25), (4, 8, 1, 0.25), (8, 16, 1, 0.25)),
            *((16, 32, 1, 0.1), (16, 32, 2, 0.1), (32, 64, 2, 0.05)),
        ),
        in_service=0.4,
    ),
    "lean": _Kind(
        node=(88, 256),
        nodes=1,
        flavours=(
            *((2, 8, 1, 0.25), (4, 8, 1, 0.15), (4, 16, 1, 0.15), (6, 24, 1, 0.1)),
            *((8, 32, 1, 0.2), (12, 48, 1, 0.1), (16, 64, 1, 0.05)),
        ),
        in_service=0.0,
    ),
}


@dataclass(slots=True)
class _Cluster:
    """Machines while VMs arrive; wide VMs only where all machines have two nodes."""

    host: list[int]
    cores: list[int]
    memory: list[int]
    services: list[set[int]] = field(default_factory=list)

    def places(self, flavour: tuple[int, int, int], service: int | None) -> list[int]:
        """Nodes (of a wide VM: first ones) that hold one more VM."""
        cores, memory, width = flavour
        cores, memory = cores // width, memory // width
        fits = [
            c >= cores and m >= memory
            for c, m in zip(self.cores, self.memory, strict=True)
        ]
        nodes = range(0, len(fits), width)
        return [
            node
            for node in nodes
            if all(fits[node : node + width])
            and (service is None or service not in self.services[self.host[node]])
        ]

    def put(self, flavour: tuple[int, int, int], service: int | None, at: int) -> None:
        cores, memory, width = flavour
        for node in range(at, at + width):
            self.cores[node] -= cores // width
            self.memory[node] -= memory // width
        if service is not None:
            self.services[self.host[at]].add(service)


def draw(kind: str, machines: int, limit: int, seed: int) -> VmInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    kind
        ``plain``, ``numa`` or ``lean``.
    limit
        Migrations allowed.
    """
    how = _KINDS[kind]
    rng = np.random.default_rng([len(kind), ord(kind[0]), machines, limit, seed])
    host = [k // how.nodes for k in range(machines * how.nodes)]
    cores, memory = [how.node[0]] * len(host), [how.node[1]] * len(host)
    cluster = _Cluster(
        host, list(cores), list(memory), [set() for _ in range(machines)]
    )
    rows = []
    count = ARRIVALS * machines
    chances = [chance for *_, chance in how.flavours]
    for k, which in enumerate(rng.choice(len(chances), size=count, p=chances)):
        flavour = how.flavours[which][:3]
        service = k // _MEMBERS if rng.random() < how.in_service else None
        places = cluster.places(flavour, service)
        if places:
            at = places[rng.integers(len(places))]
            cluster.put(flavour, service, at)
            rows.append((*flavour, service, at))
    kept = [row for row in rows if rng.random() < STAYS]
    vm_cores, vm_memory, vm_width, vm_service, vm_node = zip(*kept, strict=True)
    return VmInstance(
        id=f"{kind}{machines}-s{seed}",
        group=f"{kind}{machines}",
        limit=limit,
        host=tuple(host),
        cores=tuple(cores),
        memory=tuple(memory),
        vm_cores=vm_cores,
        vm_memory=vm_memory,
        vm_width=vm_width,
        vm_service=vm_service,
        vm_node=vm_node,
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[VmInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(kind, machines, limit, seed)
        for kind, machines, limit, count, first in _batches(split)
        for seed in range(first, first + count)
    )


def _batches(split: Split) -> tuple[tuple[str, int, int, int, int], ...]:
    """Kind, machines, migrations, number of instances, first seed."""
    match split:
        case Split.SMOKE:
            return (("plain", 4, 3, 2, 1001), ("numa", 4, 3, 2, 1001))
        case Split.TRAIN:
            return (("plain", 10, 5, 24, 2000), ("numa", 8, 5, 8, 2000))
        case Split.VALID:
            return (("plain", 10, 5, 20, 3000), ("numa", 8, 5, 10, 3000))
        case Split.TEST:
            return (("plain", 10, 5, 40, 4000), ("numa", 8, 5, 20, 4000))
        case Split.OOD:
            return (
                *(("plain", 20, 10, 8, 5000), ("plain", 40, 15, 4, 5000)),
                *(("numa", 20, 10, 6, 5000), ("lean", 20, 10, 8, 5000)),
            )
