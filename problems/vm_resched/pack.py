"""The pack ``vm_resched``: VM rescheduling, lowest fragment rate."""

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
from problems.vm_resched.baselines import baselines
from problems.vm_resched.importer import read
from problems.vm_resched.instances import instances
from problems.vm_resched.model import BLOCK, VmInstance, describe, encode
from problems.vm_resched.published import PUBLISHED
from problems.vm_resched.reference import optimum, reference, solve_references
from problems.vm_resched.verify import verify

_CARD = """\
**VM rescheduling, lowest fragment rate.** Arrivals and departures have left the free
cores of a cluster in pieces. A node offers as many VMs of 16 cores as whole blocks of
16 fit into its free cores; the remainder is a fragment. Make at most a given number of
live migrations, one after the other, so that

    fragment rate = sum over nodes (free cores mod 16) / sum over nodes (free cores)

is smallest at the end. A migration needs free cores and memory at its target when its
turn comes. Some machines have two nodes (NUMA): a VM is on one of them or spread evenly
over both. VMs of one service are never on one machine.

The sum of free cores is constant, so fragments vanish 16 at a time: a single migration
on single nodes adds at most one whole block, many add none but prepare one. Choosing
well among migrations of equal gain is what matters. From 4 to 40 machines, 3 to 15
migrations. Judged by the gap of the rate to a proved optimum.
"""

_STATE = (
    "state.left: migrations allowed, this one included; state.rest: free cores in no "
    "whole block, of state.free ones on state.nodes nodes. Everything is read-only; "
    "cores and GB are integers. Return a finite int or float. Migrations behind the "
    "one that leaves the fewest fragments are not made."
)

_SCORE = EntryPoint(
    name="score",
    signature="def score(move, state) -> float:",
    doc=(
        "Called for every possible migration before each one; that of the smallest "
        "value is made, ties go to the lower index of the VM, then of the node. "
        "move.cores, move.memory (GB), move.width: of the VM, and the nodes that it is "
        "spread over (1 or 2). move.gain: whole blocks of 16 free cores that it adds. "
        "Summed over the nodes that the VM leaves and those that it goes to: "
        "move.source_rest, move.target_rest: free cores in no whole block now; "
        "move.source_after, move.target_after: the same after it; move.source_free, "
        "move.target_free, move.source_memory, move.target_memory: free cores and GB "
        "after it. " + _STATE
    ),
    seed="steepest",
    features=(
        Feature(code="move.gain", doc="whole blocks that it adds, may be negative"),
        Feature(code="move.source_rest", doc="fragment left behind now", unit="cores"),
        Feature(
            code="move.source_after", doc="fragment left behind after it", unit="cores"
        ),
        Feature(
            code="move.target_rest", doc="fragment at the target now", unit="cores"
        ),
        Feature(
            code="move.target_after",
            doc="fragment at the target after it",
            unit="cores",
        ),
        Feature(code="move.cores", doc="cores of the VM, positive", unit="cores"),
        Feature(code="move.memory", doc="memory of the VM, positive", unit="GB"),
        Feature(
            code="move.source_free",
            doc="free cores left behind, positive",
            unit="cores",
        ),
        Feature(
            code="move.target_free",
            doc="free cores at the target after it",
            unit="cores",
        ),
        Feature(
            code="abs(move.source_after - move.target_after)",
            doc="how unequal both fragments are after it, at least 0",
            unit="cores",
        ),
        Feature(
            code="abs(move.source_rest - move.target_rest)",
            doc="how unequal both fragments are now, at least 0",
            unit="cores",
        ),
    ),
)

_TWO_STAGE = EntryPoint(
    name="two_stage",
    signature="def two_stage(vm, side, state) -> float:",
    doc=(
        "Called in two stages before each migration: with state.leaving 1 for every VM "
        "that can go anywhere and the nodes that it would leave, with state.leaving 0 "
        "for the VM of the smallest value and each place that it can go to; the "
        "smallest value decides again. Ties go to lower indices. vm.cores, vm.memory "
        "(GB), vm.width: the nodes it is spread over (1 or 2). Summed over the nodes "
        "of this side: side.rest, side.after: free cores in no whole block now, and "
        "when the VM has left or come; side.gain: whole blocks of 16 free cores that "
        "this adds; side.free, side.memory: free cores and GB after it. " + _STATE
    ),
    seed="filter_score",
    features=(
        Feature(code="side.after", doc="fragment on this side after it", unit="cores"),
        Feature(code="side.rest", doc="fragment on this side now", unit="cores"),
        Feature(code="side.gain", doc="whole blocks that it adds, may be negative"),
        Feature(code="side.free", doc="free cores on this side after it", unit="cores"),
        Feature(code="side.memory", doc="free memory on this side after it", unit="GB"),
        Feature(code="vm.cores", doc="cores of the VM, positive", unit="cores"),
        Feature(code="vm.memory", doc="memory of the VM, positive", unit="GB"),
        Feature(code="state.leaving", doc="1 to choose a VM, 0 to choose its place"),
        Feature(code="state.left", doc="migrations left, this one too, positive"),
        Feature(code="state.rest", doc="fragments of the cluster now", unit="cores"),
    ),
)


def gantt(instance: VmInstance, answer: Json) -> Sequence[Bar]:
    """Map of the cluster after the migrations: cores of each node, fragments marked.

    VMs that were migrated come last and have an arrow; gaps are whole free blocks.
    """
    at = list(instance.vm_node)
    moved = {vm for vm, _ in answer["migrations"]}
    for vm, node in answer["migrations"]:
        at[vm] = node
    held: dict[int, list[tuple[bool, int]]] = {k: [] for k in range(len(instance.host))}
    for vm, first in enumerate(at):
        for node in range(first, first + instance.vm_width[vm]):
            held[node].append((vm in moved, vm))
    return [bar for node in held for bar in _row(instance, node, sorted(held[node]))]


def _row(instance: VmInstance, node: int, vms: Sequence[tuple[bool, int]]) -> list[Bar]:
    host = instance.host[node]
    row = f"machine {host}"
    if instance.host.count(host) > 1:
        row += f".{node - instance.host.index(host)}"
    bars, at = [], 0
    for is_moved, vm in vms:
        cores = instance.vm_cores[vm] // instance.vm_width[vm]
        label = f"→{vm}" if is_moved else str(vm)
        bars.append(Bar(row=row, start=at, end=at + cores, label=label))
        at += cores
    end = instance.cores[node]
    fragment = (end - at) % BLOCK
    if fragment:
        label = str(fragment)
        bars.append(Bar(row=row, start=end - fragment, end=end, label=label, late=True))
    return bars


PACK: Problem[VmInstance] = Problem(
    name="vm_resched",
    version=1,
    title="VM rescheduling, lowest fragment rate",
    mode=Mode.SOLUTION,
    entry_points=MappingProxyType({"score": _SCORE, "two_stage": _TWO_STAGE}),
    driver="problems.vm_resched.simulate",
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
    picture=Picture(along="cores of the node", marked="in no block of 16"),
    published=PUBLISHED,
    read=read,
)
