"""Read clusters from text: one line for the limit, each machine and each VM.

    limit 5
    machine 88 256
    machine 44 128 44 128
    vm 0 4 8
    vm 1.1 8 16 web
    vm 1.* 32 64

A machine has cores and GB of one node or of two. A VM names its machine, from 0, and
the node there: nothing or ``.0`` for the first, ``.1`` for the second, ``.*`` for both,
evenly; then its cores, GB and, if any, its service. Text behind ``#`` is ignored.
"""

from dataclasses import dataclass, field
from pathlib import Path

from problems.base import Imported
from problems.errors import ConfigError
from problems.vm_resched.model import VmInstance
from problems.vm_resched.reference import bounded

_LARGEST = 10**6
"""Most cores or GB of a node."""

_MOST = {"machine": 500, "vm": 10_000, "limit": 1}
"""Lines of each kind at most: judging takes time that grows with their product."""

_MIGRATIONS = 1000


@dataclass(slots=True)
class _Read:
    """What the lines so far say; ``free`` and ``ram`` are by node."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_MOST, 0))
    limit: int = 0
    host: list[int] = field(default_factory=list)
    cores: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    ram: list[int] = field(default_factory=list)
    services: dict[str, int] = field(default_factory=dict)
    there: set[tuple[int, int]] = field(default_factory=set)
    vms: list[tuple[int, int, int, int | None, int]] = field(default_factory=list)


def read(path: Path) -> tuple[Imported[VmInstance], ...]:
    """Read the cluster of a file; its name is that of the file.

    Raises
    ------
    ConfigError
        If the file is not in the format; the text names file and line.
    """
    found, line = _Read(), 1
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                words = text.partition("#")[0].split()
                if words:
                    _line(found, words)
                line += 1
        _check_whole(found)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} line {line}: {error}; expected lines `limit N`, "
            "`machine CORES GB [CORES GB]` and `vm MACHINE[.NODE] CORES GB [SERVICE]`"
        ) from error
    cores, memory, width, service, node = zip(*found.vms, strict=True)
    instance = VmInstance(
        id=path.stem,
        group=path.stem,
        limit=found.limit,
        host=tuple(found.host),
        cores=tuple(found.cores),
        memory=tuple(found.memory),
        vm_cores=cores,
        vm_memory=memory,
        vm_width=width,
        vm_service=service,
        vm_node=node,
    )
    return (Imported(instance=instance, reference=bounded(instance, path.name)),)


def _check_whole(found: _Read) -> None:
    for kind, count in found.counts.items():
        if not count:
            raise ValueError(f"the file ends without a {kind}")


def _line(found: _Read, words: list[str]) -> None:
    kind, *rest = words
    if kind not in _MOST:
        raise ValueError(f"unknown kind of line {kind[:20]!r}")
    found.counts[kind] += 1
    if found.counts[kind] > _MOST[kind]:
        raise ValueError(f"more than {_MOST[kind]} lines of kind {kind!r}")
    if kind == "limit":
        (found.limit,) = _ints(rest, (1,), _MIGRATIONS)
    elif kind == "machine":
        for cores, memory in zip(
            *[iter(_ints(rest, (2, 4), _LARGEST))] * 2, strict=True
        ):
            found.host.append(found.counts[kind] - 1)
            found.cores.append(cores)
            found.memory.append(memory)
            found.free.append(cores)
            found.ram.append(memory)
    else:
        _vm(found, rest)


def _vm(found: _Read, words: list[str]) -> None:
    if len(words) not in (3, 4):
        raise ValueError(f"{len(words)} values behind 'vm'")
    machine, _, part = words[0].partition(".")
    (host,) = _ints([machine], (1,), _LARGEST, least=0)
    nodes = [k for k, other in enumerate(found.host) if other == host]
    if part not in ("", "0", "1", "*") or len(nodes) < (2 if part in ("1", "*") else 1):
        raise ValueError(f"no node {words[0][:20]!r} in the lines above")
    width = 2 if part == "*" else 1
    cores, memory = _ints(words[1:3], (2,), _LARGEST)
    if cores % width or memory % width:
        raise ValueError("the cores or GB of a VM on two nodes are odd")
    first = nodes[1] if part == "1" else nodes[0]
    for node in range(first, first + width):
        found.free[node] -= cores // width
        found.ram[node] -= memory // width
        if found.free[node] < 0 or found.ram[node] < 0:
            raise ValueError(f"the VM does not fit on {words[0]} beside those above")
    service = None
    if len(words) == 4:
        service = found.services.setdefault(words[3], len(found.services))
        if (service, host) in found.there:
            raise ValueError(f"a second VM of service {words[3][:20]!r} on one machine")
        found.there.add((service, host))
    found.vms.append((cores, memory, width, service, first))


def _ints(
    words: list[str], counts: tuple[int, ...], most: int, least: int = 1
) -> list[int]:
    if len(words) not in counts:
        raise ValueError(f"{len(words)} values, not {' or '.join(map(str, counts))}")
    for word in words:
        digits = word.isascii() and word.isdigit() and len(word) <= len(str(most))
        if not digits or not least <= int(word) <= most:
            raise ValueError(f"{word[:20]!r} is not an integer of {least} to {most}")
    return [int(word) for word in words]
