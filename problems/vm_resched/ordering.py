"""From who leaves and who comes to migrations, in an order that always has room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from problems.vm_resched.model import VmInstance
from problems.vm_resched.verify import verify

_NODES = 2_000
"""States of the search for an order, at most."""


class Class(NamedTuple):
    """VMs that are as good as each other: what matters of them."""

    cores: int
    memory: int
    width: int
    service: int | None

    @classmethod
    def of(cls, instance: VmInstance, vm: int) -> "Class":
        """Class of a VM."""
        return cls(
            instance.vm_cores[vm],
            instance.vm_memory[vm],
            instance.vm_width[vm],
            instance.vm_service[vm],
        )

    @classmethod
    def groups(cls, instance: VmInstance) -> dict["Class", dict[int, list[int]]]:
        """VMs by class and node."""
        found: dict[Class, dict[int, list[int]]] = {}
        for vm, node in enumerate(instance.vm_node):
            found.setdefault(cls.of(instance, vm), {}).setdefault(node, []).append(vm)
        return found

    def places(self, instance: VmInstance) -> list[int]:
        """Nodes at which such a VM can begin."""
        host = instance.host
        if self.width == 1:
            return list(range(len(host)))
        return [k for k in range(len(host) - 1) if host[k] == host[k + 1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many VMs of a class leave a node, and come to it."""

    leave: Mapping[tuple[Class, int], int]
    come: Mapping[tuple[Class, int], int]

    @classmethod
    def between(cls, instance: VmInstance, at: Sequence[int]) -> "Plan":
        """Plan that leads from the instance to VM v being at node ``at[v]``."""
        net: dict[tuple[Class, int], int] = {}
        for vm, (old, new) in enumerate(zip(instance.vm_node, at, strict=True)):
            kind = Class.of(instance, vm)
            net[kind, old] = net.get((kind, old), 0) - 1
            net[kind, new] = net.get((kind, new), 0) + 1
        return cls(
            leave={key: -count for key, count in net.items() if count < 0},
            come={key: count for key, count in net.items() if count > 0},
        )


def in_order(instance: VmInstance, plan: Plan) -> list[list[int]] | None:
    """Migrations that carry out a plan, each possible when its turn comes.

    None if there is no order without moving a VM twice, or none was found.
    """
    groups = Class.groups(instance)
    leave = [
        vm for (kind, k), count in plan.leave.items() for vm in groups[kind][k][:count]
    ]
    come = [key for key, count in plan.come.items() for _ in range(count)]
    seen: set[tuple[frozenset[int], tuple[tuple[Class, int], ...]]] = set()
    path: list[list[int]] = []

    def go(vms: frozenset[int], left: tuple[tuple[Class, int], ...]) -> bool:
        if not vms:
            return True
        if (vms, left) in seen or len(seen) > _NODES:
            return False
        seen.add((vms, left))
        for vm in sorted(vms):
            for at in dict.fromkeys(left):
                if at[0] != Class.of(instance, vm):
                    continue
                path.append([vm, at[1]])
                if verify(instance, "", {"migrations": path}).objective is not None:
                    k = left.index(at)
                    if go(vms - {vm}, left[:k] + left[k + 1 :]):
                        return True
                path.pop()
        return False

    return path if go(frozenset(leave), tuple(come)) else None
