"""The driver: migrate VMs one by one where a heuristic says. Runs in the sandbox.

``score`` ranks all migrations; ``two_stage`` the VMs first and then the places for the
chosen one. Migrations behind the one that leaves the fewest fragments are left out.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from problems.values import first_unusable, usable
from problems.vm_resched.model import BLOCK


class Move(NamedTuple):
    """A migration: what it takes, and what it does to both of its ends.

    ``cores`` and ``memory`` (GB) are those of the VM, ``width`` the nodes it is spread
    over. ``gain`` is the number of whole blocks that it adds. Of the nodes that the VM
    leaves and of those that it goes to, summed: ``source_rest``, ``target_rest`` are
    free cores in no whole block now, ``source_after``, ``target_after`` the same after
    it; ``source_free``, ``target_free`` and ``source_memory``, ``target_memory`` the
    free cores and GB after it.
    """

    cores: int
    memory: int
    width: int
    gain: int
    source_rest: int
    source_after: int
    source_free: int
    source_memory: int
    target_rest: int
    target_after: int
    target_free: int
    target_memory: int


class Vm(NamedTuple):
    """A VM: ``cores``, ``memory`` (GB), and the nodes it is spread over."""

    cores: int
    memory: int
    width: int


class Side(NamedTuple):
    """The nodes that a VM leaves or goes to: sums over them.

    ``rest`` is the number of free cores in no whole block now, ``after`` the same
    after the VM has left or come; ``gain`` the whole blocks that this adds; ``free``
    and ``memory`` the free cores and GB after it.
    """

    rest: int
    after: int
    gain: int
    free: int
    memory: int


class State(NamedTuple):
    """The moment of a decision.

    ``left`` migrations are allowed, this one included; ``rest`` free cores are in no
    whole block, of ``free`` ones on ``nodes`` nodes. ``leaving`` is 1 when a VM is
    chosen by what it leaves, 0 when the place that it goes to is.
    """

    left: int
    rest: int
    free: int
    nodes: int
    leaving: int


class _Class(NamedTuple):
    """VMs that are as good as each other: what matters of them."""

    cores: int
    memory: int
    width: int
    service: int | None


class Cluster(NamedTuple):
    """A decoded instance; ``at`` is the node of each VM."""

    limit: int
    host: tuple[int, ...]
    cores: tuple[int, ...]
    memory: tuple[int, ...]
    vms: tuple[_Class, ...]
    at: tuple[int, ...]


def decode(payload: Any) -> Cluster:
    """Rebuild an instance from plain data."""
    columns = (payload[f"vm_{key}"] for key in ("cores", "memory", "width", "service"))
    return Cluster(
        payload["limit"],
        tuple(payload["host"]),
        tuple(payload["cores"]),
        tuple(payload["memory"]),
        tuple(_Class(*row) for row in zip(*columns, strict=True)),
        tuple(payload["vm_node"]),
    )


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Cluster, seed: int
) -> dict[str, list[list[int]]]:
    """Give the migrations in their order: VM, and the (first) node it goes to.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number; the text says where.
    """
    random.seed(seed)
    choose: Callable[[_Floor, Callable[..., Any], int], tuple[int, int] | None]
    if entry_point == "score":
        choose = _by_move
    elif entry_point == "two_stage":
        choose = _by_stage
    else:
        raise ValueError(f"no entry point {entry_point!r}")
    floor = _Floor(instance)
    done: list[list[int]] = []
    least, kept = floor.rest, 0
    for left in range(instance.limit, 0, -1):
        migration = choose(floor, heuristic, left)
        if migration is None:
            break
        done.append(list(migration))
        floor.migrate(*migration)
        if floor.rest < least:
            least, kept = floor.rest, len(done)
    return {"migrations": done[:kept]}


class _Floor:
    """Where every VM is, and what is free."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.cores = list(cluster.cores)
        self.memory = list(cluster.memory)
        self.at = list(cluster.at)
        nodes = range(len(cluster.host))
        self.groups: list[dict[_Class, list[int]]] = [{} for _ in nodes]
        self._services: list[set[int]] = [set() for _ in range(cluster.host[-1] + 1)]
        self._places = {1: nodes, 2: [k for k in nodes[1:] if self._second(k)]}
        self._places[2] = [k - 1 for k in self._places[2]]
        for vm, node in enumerate(cluster.at):
            self._put(vm, node, 1)
        self.free = sum(self.cores)
        self.rest = sum(cores % BLOCK for cores in self.cores)

    def _second(self, node: int) -> bool:
        return self.cluster.host[node] == self.cluster.host[node - 1]

    def _put(self, vm: int, node: int, sign: int) -> None:
        """Add a VM to its nodes, or take it from them with ``sign`` -1."""
        kind = self.cluster.vms[vm]
        for k in range(node, node + kind.width):
            self.cores[k] -= sign * kind.cores // kind.width
            self.memory[k] -= sign * kind.memory // kind.width
        alike = self.groups[node].setdefault(kind, [])
        services = self._services[self.cluster.host[node]]
        if sign > 0:
            alike.append(vm)
            alike.sort()
        else:
            alike.remove(vm)
            if not alike:
                del self.groups[node][kind]
        if kind.service is not None:
            (services.add if sign > 0 else services.remove)(kind.service)

    def migrate(self, vm: int, node: int) -> None:
        """Move a VM."""
        self._put(vm, self.at[vm], -1)
        self._put(vm, node, 1)
        self.at[vm] = node
        self.rest = sum(cores % BLOCK for cores in self.cores)

    def movable(self) -> list[tuple[int, _Class, int]]:
        """VM, class and node, by VM: of those alike on a node only the first one."""
        return sorted(
            (alike[0], kind, node)
            for node, groups in enumerate(self.groups)
            for kind, alike in groups.items()
        )

    def targets(self, kind: _Class, source: int) -> list[int]:
        """Nodes to which a VM can go, ascending; of a wide one the first of the two."""
        cores, memory, width, service = kind
        host, free, ram = self.cluster.host, self.cores, self.memory
        if width == 1:
            found = [k for k, c in enumerate(free) if c >= cores and ram[k] >= memory]
        else:
            cores, memory = cores // 2, memory // 2
            found = [
                k
                for k in self._places[2]
                if min(free[k], free[k + 1]) >= cores
                and min(ram[k], ram[k + 1]) >= memory
            ]
        if service is not None:
            home, services = host[source], self._services
            found = [
                k for k in found if host[k] == home or service not in services[host[k]]
            ]
        return [k for k in found if k != source]

    def side(self, kind: _Class, node: int, sign: int) -> Side:
        """Say what the departure (``sign`` 1) or arrival (-1) of a VM does."""
        cores, memory = sign * kind.cores, sign * kind.memory
        if kind.width == 1:
            free = self.cores[node]
            rest, total = free % BLOCK, free + cores
            after = total % BLOCK
            gain = total // BLOCK - free // BLOCK
            return _new(Side, (rest, after, gain, total, self.memory[node] + memory))
        now = self.cores[node : node + 2]
        then = [free + cores // 2 for free in now]
        gain = sum(free // BLOCK for free in then) - sum(free // BLOCK for free in now)
        rest, after = (sum(free % BLOCK for free in both) for both in (now, then))
        ram = sum(self.memory[node : node + 2]) + memory
        return _new(Side, (rest, after, gain, sum(then), ram))


_new = tuple.__new__
"""Makes a named tuple at half the cost of calling its class."""


def _by_move(
    floor: _Floor, score: Callable[[Move, State], Any], left: int
) -> tuple[int, int] | None:
    """Take the migration of the smallest value: ties by VM, then by node."""
    state = State(left, floor.rest, floor.free, len(floor.cores), 0)
    moves: list[Move] = []
    names: list[tuple[int, int]] = []
    for vm, node, move in _moves(floor):
        names.append((vm, node))
        moves.append(move)
    values = [score(move, state) for move in moves]
    return _least(values, names, "score") if names else None


def _moves(floor: _Floor) -> Iterator[tuple[int, int, Move]]:
    """VM, node that it goes to, and view of every migration."""
    arrivals: dict[tuple[int, int, int, int], Side] = {}
    for vm, kind, source in floor.movable():
        cores, memory, width, _ = kind
        rest, after, gain, free, ram = floor.side(kind, source, 1)
        for node in floor.targets(kind, source):
            key = cores, memory, width, node
            there = arrivals.get(key)
            if there is None:
                there = arrivals[key] = floor.side(kind, node, -1)
            yield (
                vm,
                node,
                _new(
                    Move,
                    (
                        *(
                            cores,
                            memory,
                            width,
                            gain + there[2],
                            rest,
                            after,
                            free,
                            ram,
                        ),
                        *(there[0], there[1], there[3], there[4]),
                    ),
                ),
            )


def _by_stage(
    floor: _Floor, score: Callable[[Vm, Side, State], Any], left: int
) -> tuple[int, int] | None:
    """Take the VM of the smallest value, then its place: ties to lower indices."""
    state = State(left, floor.rest, floor.free, len(floor.cores), 1)
    leaving = [
        (vm, kind, source)
        for vm, kind, source in floor.movable()
        if floor.targets(kind, source)
    ]
    if not leaving:
        return None
    values = [
        score(Vm(*kind[:3]), floor.side(kind, source, 1), state)
        for _, kind, source in leaving
    ]
    vm, at = _least(values, [(row[0], k) for k, row in enumerate(leaving)], "two_stage")
    _, kind, source = leaving[at]
    state = state._replace(leaving=0)
    targets = floor.targets(kind, source)
    values = [
        score(Vm(*kind[:3]), floor.side(kind, node, -1), state) for node in targets
    ]
    return _least(values, [(vm, node) for node in targets], "two_stage")


def _least(
    values: Sequence[Any], names: Sequence[tuple[int, int]], entry_point: str
) -> tuple[int, int]:
    """Name of the smallest value, the first one of ties."""
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"{entry_point} of VM {names[at][0]} is {shown}, not a finite number"
        )
    return names[values.index(min(values))]
