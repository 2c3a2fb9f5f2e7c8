"""Tree search over the lineage: UCT with progressive widening.

Z. Zheng et al., "Monte Carlo tree search for comprehensive exploration in LLM-based
automatic heuristic design" (MCTS-AHD), arXiv:2501.08603. A program's quality Q is the
best score of its subtree, N its visits, one for itself and one for each descendant.
From the root, which stands above the seeds, the descent goes to the child with the
largest

    (Q - Qmin) / (Qmax - Qmin) + lambda sqrt(ln(N_parent + 1) / N),
    lambda = 0.1 (1 - evaluations / budget),

and ends at a leaf, at depth 10, or at a program that has fewer children than
floor(sqrt(N)). One child is made a step, so what the paper calls expansion of a leaf
takes several steps. The tree holds the programs that live: what was evicted no longer
counts, except among the children of its parent. A proposal that became no program
leaves no trace in the tree, so the same descent would come again: a tenth of the
parents is drawn from all that live.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.ports import View
from evolve.records import Program, ProgramId
from evolve.selection.archipelago import Archipelago
from evolve.selection.ranking import last, rank, room
from evolve.selection.settings import IslandSettings

MAX_DEPTH = 10
_EXPLORATION = 0.1
_ANY = 0.1


@dataclass(slots=True)
class Node:
    """A program in the tree, with the best score and the visits of its subtree."""

    program: Program
    best: float
    visits: int
    born: int
    below: list["Node"]


class Tree:
    """Descends from the seeds; leaves make room."""

    def __init__(self, settings: IslandSettings) -> None:
        self._size = settings.island_size

    def draw(
        self,
        view: View,
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Descend to the first parent; the others are the best by rank."""
        found = self._first(view, living, rng)
        others = sorted((p for p in living if p.id != found.id), key=rank)
        return [found, *others][:count]

    def _first(
        self, view: View, living: Sequence[Program], rng: np.random.Generator
    ) -> Program:
        if rng.random() < _ANY:
            return living[int(rng.random() * len(living))]
        spent = sum(view.judged.values())
        share = spent / view.budget if view.budget else 0.0
        exploration = _EXPLORATION * max(0.0, 1.0 - share)
        return descend(grow(living, view.children), exploration)

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Let the worst leaf make room, so that the tree stays in one piece."""
        return room(living, program, self._size, _worst_leaf)

    def hopeless_above(
        self,
        living: Sequence[Program],
        source: str,  # noqa: ARG002
    ) -> float | None:
        """Return the worst score that lives once the tree is full.

        A new program is a leaf: if it is the worst of all, it is the worst leaf.
        """
        return rank(last(living))[0] if len(living) >= self._size else None


class UctSelector(Archipelago):
    """One tree."""

    def __init__(self, settings: IslandSettings) -> None:
        super().__init__([Tree(settings)], settings.migration_interval)


def grow(living: Sequence[Program], children: Mapping[ProgramId, int]) -> list[Node]:
    """Build the trees of programs that live; return those without a living parent.

    ``children`` counts the judged programs by their first parent.
    """
    alive = Counter(map(_parent, living))
    nodes = {}
    for program in living:
        born = max(children.get(program.id, 0), alive[program.id])
        nodes[program.id] = Node(
            program=program, best=rank(program)[0], visits=1 + born, born=born, below=[]
        )
    tops: list[Node] = []
    # A child has a higher step than its parent, so it is complete when it is added.
    for node in sorted(nodes.values(), key=lambda n: -n.program.candidate.step):
        parent = _parent(node.program)
        above = None if parent is None else nodes.get(parent)
        if above is None:
            tops.append(node)
            continue
        above.below.append(node)
        above.best = min(above.best, node.best)
        above.visits += node.visits - 1
    return tops


def descend(tops: Sequence[Node], exploration: float) -> Program:
    """Follow the rule from the root to the program that gets a child."""
    everyone = [node.best for node in _all(tops)]
    low, high = min(everyone), max(everyone)

    def value(node: Node, above: int) -> tuple[float, int]:
        quality = (high - node.best) / (high - low) if high > low else 0.0
        bonus = exploration * uncertainty(above, node.visits)
        return quality + bonus, -node.program.candidate.step

    above = sum(node.visits for node in tops)
    node = max(tops, key=lambda top: value(top, above))
    for _ in range(MAX_DEPTH - 1):
        if not node.below or node.born < math.isqrt(node.visits):
            break
        visits = node.visits
        node = max(node.below, key=lambda below: value(below, visits))
    return node.program


def uncertainty(above: int, visits: int) -> float:
    """Second term of UCT before its weight; ``above`` are the visits of the parent."""
    return math.sqrt(math.log(above + 1) / visits)


def _all(nodes: Sequence[Node]) -> list[Node]:
    found = list(nodes)
    for node in found:
        found.extend(node.below)
    return found


def _parent(program: Program) -> ProgramId | None:
    return next(iter(program.candidate.parents), None)


def _worst_leaf(programs: Sequence[Program]) -> Program:
    inner = {_parent(p) for p in programs}
    leaves = [p for p in programs if p.id not in inner]
    return last(leaves or programs)
