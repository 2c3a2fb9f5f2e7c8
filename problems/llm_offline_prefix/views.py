"""What a heuristic sees of a batch: requests, its prefix tree, totals. Plain Python."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Request(NamedTuple):
    """A request.

    ``id`` is its number, in the order in which they came. Its prompt has ``prompt``
    tokens: ``shared`` ones that others begin with, too, and ``own`` ones. ``output``
    tokens are predicted, ``ratio`` of them for each own one. ``node`` is the number of
    the last node of the tree on its path, -1 if there is none.
    """

    id: int
    prompt: int
    shared: int
    own: int
    output: int
    ratio: float
    node: int


class Node(NamedTuple):
    """A piece of context that at least two requests have in common.

    ``number`` in the order of depth first, the root's children in that of their first
    requests; behind ``parent`` (-1: none), at ``depth`` from 1; ``tokens`` of its own,
    ``path`` with those before it. Of the ``requests`` below it, ``prefill`` tokens are
    to be computed if all that they share below its parent is computed once, and
    ``output`` ones are predicted.
    """

    number: int
    parent: int
    depth: int
    tokens: int
    path: int
    requests: int
    prefill: int
    output: int


class Place(NamedTuple):
    """Where a request is in the tree.

    ``place`` counts requests in the order of depth first, ``branch`` branches: below
    what all requests share, if anything, the first node on the path is the branch; a
    request without one is a branch of its own. From there to the request there are
    ``tokens`` of context that others have, too. The branch has ``size`` requests,
    ``prefill`` tokens to compute if what is shared is computed once, ``output``
    predicted ones, ``ratio`` output for each of prefill. ``depth`` nodes are on the
    path, the last one has ``siblings`` requests below it.
    """

    place: int
    branch: int
    depth: int
    size: int
    siblings: int
    tokens: int
    prefill: int
    output: int
    ratio: float


class State(NamedTuple):
    """The batch and the engine.

    ``n`` requests in ``branches`` branches; ``prefill`` tokens to compute if all that
    is shared is computed once, ``output`` predicted, ``ratio`` of them for each of
    prefill; ``output_mean`` and ``output_most`` of a request, ``own_mean`` tokens;
    ``kv`` tokens fit into the memory, ``slots`` requests into a batch.
    """

    n: int
    branches: int
    prefill: int
    output: int
    ratio: float
    output_mean: float
    output_most: int
    own_mean: float
    kv: int
    slots: int


class Batch(NamedTuple):
    """A decoded instance; requests and their places by number, the tree depth first."""

    requests: tuple[Request, ...]
    places: tuple[Place, ...]
    tree: tuple[Node, ...]
    state: State


class _Tree:
    """The tree of the instance: what is below each node, and the order."""

    def __init__(self, payload: Any) -> None:
        self.unit: int = payload["unit"]
        self.parents = [parent for parent, _ in payload["nodes"]]
        self.tokens = [self.unit * units for _, units in payload["nodes"]]
        self.jobs: list[tuple[int, int, int]] = [tuple(job) for job in payload["jobs"]]
        self.users = self._summed([1] * len(self.jobs))
        self.output = self._summed([output for _, _, output in self.jobs])
        own = self._summed([own for _, own, _ in self.jobs])
        self.prefill = own
        for k in reversed(range(len(self.parents))):
            self.prefill[k] += self.tokens[k]
            for above in self.path(self.parents[k]):
                self.prefill[above] += self.tokens[k]

    def path(self, node: int) -> list[int]:
        """Nodes from the root to a node."""
        found = []
        while node >= 0:
            found.append(node)
            node = self.parents[node]
        return found[::-1]

    def _summed(self, values: Sequence[int]) -> list[int]:
        total = [0] * len(self.parents)
        for (node, _, _), value in zip(self.jobs, values, strict=True):
            if node >= 0:
                total[node] += value
        for k in reversed(range(len(total))):
            if self.parents[k] >= 0:
                total[self.parents[k]] += total[k]
        return total


def batch(payload: Any) -> Batch:
    """Rebuild an instance from plain data, and make its views."""
    tree = _Tree(payload)
    n = len(tree.jobs)
    paths = [
        [k for k in tree.path(node) if tree.users[k] > 1] for node, _, _ in tree.jobs
    ]
    first: dict[int, int] = {}
    for job, path in enumerate(paths):
        for k in path:
            first.setdefault(k, job)
    order = sorted(range(n), key=lambda j: ([first[k] for k in paths[j]] + [j], j))
    numbers = _numbers(paths, order)
    views = _requests(tree, paths, numbers)
    places, branches = _places(tree, paths, views, order)
    prefill = sum(view.own for view in views)
    prefill += sum(tree.tokens[k] for k in numbers)
    output = sum(view.output for view in views)
    state = State(
        n=n,
        branches=branches,
        prefill=prefill,
        output=output,
        ratio=output / prefill,
        output_mean=output / n,
        output_most=max(view.output for view in views),
        own_mean=sum(view.own for view in views) / n,
        kv=16 * payload["blocks"],
        slots=payload["slots"],
    )
    nodes = tuple(_node(tree, k, number, numbers) for k, number in numbers.items())
    return Batch(tuple(views), tuple(places), nodes, state)


def _numbers(paths: Sequence[Sequence[int]], order: Sequence[int]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    for job in order:
        for k in paths[job]:
            numbers.setdefault(k, len(numbers))
    return numbers


def _requests(
    tree: _Tree, paths: Sequence[Sequence[int]], numbers: dict[int, int]
) -> list[Request]:
    views = []
    for job, ((node, own, output), path) in enumerate(
        zip(tree.jobs, paths, strict=True)
    ):
        prompt = own + sum(tree.tokens[k] for k in tree.path(node))
        shared = sum(tree.tokens[k] for k in path)
        alone = prompt - shared
        last = numbers[path[-1]] if path else -1
        views.append(Request(job, prompt, shared, alone, output, output / alone, last))
    return views


def _places(
    tree: _Tree,
    paths: Sequence[Sequence[int]],
    views: Sequence[Request],
    order: Sequence[int],
) -> tuple[list[Place], int]:
    """Give the place of each request, and count the branches."""
    n = len(views)
    branches: dict[int, int] = {}
    places: dict[int, Place] = {}
    for place, job in enumerate(order):
        path = paths[job]
        top = next((k for k in path if tree.users[k] < n), -1 - job)
        number = branches.setdefault(top, len(branches))
        if top >= 0:
            below = [k for k in path if tree.users[k] < n]
            size, prefill, output = tree.users[top], tree.prefill[top], tree.output[top]
            tokens = sum(tree.tokens[k] for k in below)
        else:
            size, tokens = 1, 0
            prefill, output = views[job].own, views[job].output
        siblings = tree.users[path[-1]] if path else 1
        places[job] = Place(
            place,
            number,
            len(path),
            size,
            siblings,
            tokens,
            prefill,
            output,
            output / prefill,
        )
    return [places[job] for job in range(n)], len(branches)


def _node(tree: _Tree, k: int, number: int, numbers: dict[int, int]) -> Node:
    path = tree.path(k)
    parent = tree.parents[k]
    return Node(
        number,
        numbers[parent] if parent >= 0 else -1,
        len(path),
        tree.tokens[k],
        sum(tree.tokens[above] for above in path),
        tree.users[k],
        tree.prefill[k],
        tree.output[k],
    )
