"""The trusted judgement of migrations; knows nothing of the driver that made them."""

from problems.base import Json, Verdict
from problems.vm_resched.model import VmInstance, free_cores, rest


def verify(instance: VmInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge ``{"migrations": [[vm, node], ...]}``, for either entry point.

    The objective is the fragment rate at the end: the share of free cores that are in
    no whole block of 16, from 0 to 1. Violation codes: ``no_migrations``,
    ``not_a_list``, ``too_many_migrations``, ``not_a_migration:PLACE``, and, of the
    first one that is not possible when its turn comes, ``not_moved:PLACE``,
    ``no_node:PLACE``, ``no_cores:PLACE``, ``no_memory:PLACE``, ``same_service:PLACE``.
    Features: the share of the allowed migrations that were made, of memory that they
    moved, and of VMs.
    """
    codes = _malformed(instance, answer)
    at = list(instance.vm_node)
    migrations: list[list[int]] = [] if codes else answer["migrations"]
    for place, migration in enumerate(migrations):
        code = _impossible(instance, at, *migration)
        if code is not None:
            codes = [f"{code}:{place}"]
            break
        at[migration[0]] = migration[1]
    if codes:
        return Verdict(objective=None, violations=tuple(codes))
    carried = sum(instance.vm_memory[vm] for vm, _ in migrations)
    return Verdict(
        objective=rest(free_cores(instance, at)) / max(instance.free, 1),
        features={
            "migrations": len(migrations) / max(instance.limit, 1),
            "memory_share": carried / sum(instance.vm_memory),
            "moved_share": len({vm for vm, _ in migrations}) / instance.n,
        },
    )


def _malformed(instance: VmInstance, answer: Json) -> list[str]:
    if type(answer) is not dict or list(answer) != ["migrations"]:
        return ["no_migrations"]
    migrations = answer["migrations"]
    if type(migrations) is not list:
        return ["not_a_list"]
    if len(migrations) > instance.limit:
        return ["too_many_migrations"]
    limits = (instance.n, len(instance.host))
    return [
        f"not_a_migration:{place}"
        for place, row in enumerate(migrations)
        if type(row) is not list
        or len(row) != len(limits)
        or not all(
            type(value) is int and 0 <= value < limit
            for value, limit in zip(row, limits, strict=True)
        )
    ]


def _impossible(instance: VmInstance, at: list[int], vm: int, node: int) -> str | None:
    """Say why a migration cannot be made now, counting everything anew; None if not."""
    width, host = instance.vm_width[vm], instance.host[node]
    if at[vm] == node:
        return "not_moved"
    if instance.host[node : node + width] != (host,) * width:
        return "no_node"
    there = range(node, node + width)
    share = [instance.vm_cores[vm] // width, instance.vm_memory[vm] // width]
    used = {k: list(share) for k in there}
    services = set()
    for other, first in enumerate(at):
        if other == vm:
            continue
        spread = instance.vm_width[other]
        for k in set(range(first, first + spread)).intersection(there):
            used[k][0] += instance.vm_cores[other] // spread
            used[k][1] += instance.vm_memory[other] // spread
        if instance.host[first] == host:
            services.add(instance.vm_service[other])
    if any(used[k][0] > instance.cores[k] for k in there):
        return "no_cores"
    if any(used[k][1] > instance.memory[k] for k in there):
        return "no_memory"
    service = instance.vm_service[vm]
    return "same_service" if service is not None and service in services else None
