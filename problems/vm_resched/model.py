"""What an instance of VM rescheduling is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from problems.base import Json

BLOCK = 16
"""Cores of the VM that free cores should hold: what is left over is a fragment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmInstance:
    """Machines and the VMs on them; a machine has one or two nodes (NUMA).

    Attributes
    ----------
    id
        Says how the instance was generated: ``plain10-s2003``, or its file.
    group
        Kind and number of machines: ``plain10``, ``numa20``.
    limit
        Migrations allowed.
    host
        Machine of each node, ``(nodes,)``, ascending; one or two nodes each.
    cores, memory
        Capacity of each node, ``(nodes,)``: cores, and GB.
    vm_cores, vm_memory
        What each VM needs, ``(vms,)``, positive: cores, and GB.
    vm_width
        Nodes of one machine over which a VM is spread evenly, 1 or 2, ``(vms,)``.
    vm_service
        VMs of one service are never on one machine; None: of no service. ``(vms,)``.
    vm_node
        Where each VM is, ``(vms,)``; the first of its two nodes if it has two.
    """

    id: str
    group: str
    limit: int
    host: tuple[int, ...]
    cores: tuple[int, ...]
    memory: tuple[int, ...]
    vm_cores: tuple[int, ...]
    vm_memory: tuple[int, ...]
    vm_width: tuple[int, ...]
    vm_service: tuple[int | None, ...]
    vm_node: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of VMs."""
        return len(self.vm_cores)

    @property
    def free(self) -> int:
        """Free cores altogether: no migration changes them."""
        return sum(self.cores) - sum(self.vm_cores)


def free_cores(instance: VmInstance, at: Sequence[int]) -> list[int]:
    """Free cores of each node when VM v is at node ``at[v]``."""
    free = list(instance.cores)
    rows = zip(at, instance.vm_cores, instance.vm_width, strict=True)
    for node, cores, width in rows:
        for k in range(width):
            free[node + k] -= cores // width
    return free


def rest(free: Sequence[int]) -> int:
    """Free cores of all nodes that are in no whole block."""
    return sum(cores % BLOCK for cores in free)


def trivial_bound(instance: VmInstance) -> int:
    """Cores that must stay in no whole block, whatever is migrated.

    Cores that a migration moves are a multiple of the greatest common divisor, so the
    remainder of each node is known by that; and whole blocks hold the most that the
    sum of all allows.
    """
    step = BLOCK
    for cores, width in zip(instance.vm_cores, instance.vm_width, strict=True):
        step = gcd(step, cores // width)
    free = free_cores(instance, instance.vm_node)
    least = sum(cores % step for cores in free)
    return least + (sum(free) - least) % BLOCK


def describe(instance: VmInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts: sizes, limit, and the fragments it has."""
    free = free_cores(instance, instance.vm_node)
    return {
        "machines": instance.host[-1] + 1,
        "nodes": len(instance.host),
        "vms": instance.n,
        "migrations": instance.limit,
        "free_share": sum(free) / sum(instance.cores),
        "fragment_rate": rest(free) / sum(free),
    }


def encode(instance: VmInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {
        "limit": instance.limit,
        "host": list(instance.host),
        "cores": list(instance.cores),
        "memory": list(instance.memory),
        "vm_cores": list(instance.vm_cores),
        "vm_memory": list(instance.vm_memory),
        "vm_width": list(instance.vm_width),
        "vm_service": list(instance.vm_service),
        "vm_node": list(instance.vm_node),
    }
