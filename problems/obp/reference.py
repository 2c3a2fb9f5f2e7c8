"""Proven bounds and optima, and the file of values made with this module.

A bin is a pattern: how many items of each size. Linear programming over all patterns,
with columns made by a knapsack, gives a weight for each size (Gilmore and Gomory 1961).
The weights are rounded to integers, and the heaviest pattern is found exactly: the
total weight of the items over that of the heaviest pattern, rounded up, is then a bound
that rests on integer arithmetic only. An integer program over the patterns that were
made gives a packing. Where the two meet, the optimum is proved.

P. C. Gilmore and R. E. Gomory, A linear programming approach to the cutting-stock
problem, Operations Research 9 (1961) 849-859. S. Martello and P. Toth, Lower bounds and
reduction procedures for the bin packing problem, Discrete Applied Mathematics 28 (1990)
59-70.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems import stored
from problems.base import Reference, Split
from problems.errors import ReferenceMissingError
from problems.obp.instances import instances
from problems.obp.model import ObpInstance

FILE = Path(__file__).parent / "data" / "references.json"

_SCALE = 10**6
"""Integer weight of a size that takes a whole bin in the linear program."""

_EPSILON = 1e-9

_FIRST = 1 << 32
"""Makes one unit of size outweigh all squares of sizes in a bin."""

_ROUNDS = 3000
_NODES = 2000
"""Limits that do not depend on the machine: columns, and nodes of the tree."""

_SOURCE = "problems.obp.reference 1"

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


class Bounds(NamedTuple):
    """Proven lower bound, a number of bins that suffices, and what gave the bound."""

    lower: int
    upper: int
    method: str


def size_bound(instance: ObpInstance) -> int:
    """L1: the total size over the capacity, rounded up."""
    return -(-sum(instance.items) // instance.capacity)


def martello_toth(instance: ObpInstance) -> int:
    """L2: items above half a bin need their own; the small ones fill what is left."""
    capacity, items = instance.capacity, instance.items
    best = 0
    for small in {size for size in items if 2 * size <= capacity} | {0}:
        lone = sum(size > capacity - small for size in items)
        large = [
            size for size in items if capacity < 2 * size <= 2 * (capacity - small)
        ]
        rest = sum(size for size in items if small <= size and 2 * size <= capacity)
        over = rest - (len(large) * capacity - sum(large))
        best = max(best, lone + len(large) + max(0, -(-over // capacity)))
    return best


def solve(instance: ObpInstance) -> Bounds:
    """Bound the number of bins from both sides; deterministic.

    Column generation only runs where the cheap bounds and packings leave a gap.
    """
    bounds = {"L1": size_bound(instance), "L2": martello_toth(instance)}
    upper = min(first_fit_decreasing(instance), fullest_bins(instance))
    if instance.group.startswith("triplet"):
        upper = min(upper, instance.n // 3)  # the bins that the generator took apart
    if upper > max(bounds.values()):
        patterns = _Patterns(instance)
        bounds["Gilmore-Gomory, integer weights"] = patterns.bound()
        if upper > max(bounds.values()):
            upper = min(upper, patterns.packing())
    lower = max(bounds.values())
    method = next(name for name, bound in bounds.items() if bound == lower)
    return Bounds(lower, upper, method)


def first_fit_decreasing(instance: ObpInstance) -> int:
    """Count the bins of first fit on the items from the largest to the smallest."""
    free: list[int] = []
    for size in sorted(instance.items, reverse=True):
        at = next((k for k, room in enumerate(free) if room >= size), None)
        if at is None:
            free.append(instance.capacity - size)
        else:
            free[at] -= size
    return len(free)


def fullest_bins(instance: ObpInstance) -> int:
    """Count the bins if each is filled as far as it can be around the largest item.

    The minimum bin slack heuristic of J. N. D. Gupta and J. C. Ho, A new heuristic
    algorithm for the one-dimensional bin-packing problem, Production Planning and
    Control 10 (1999) 598-603; of equal fillings the one with larger items.
    """
    left = Counter(instance.items)
    bins = 0
    while left:
        sizes = sorted(left, reverse=True)
        left[sizes[0]] -= 1
        room = instance.capacity - sizes[0]
        fitting = [size for size in sizes if left[size] and size <= room]
        if fitting:
            most = [min(left[size], room // size) for size in fitting]
            worth = np.array([size * _FIRST + size * size for size in fitting])
            chosen = _fill(room, fitting, most, worth).tolist()
            left.subtract(dict(zip(fitting, chosen, strict=True)))
        left = +left
        bins += 1
    return bins


def reference(instance: ObpInstance) -> Reference:
    """Look up the ground truth: the optimum if it is proved, else the lower bound.

    Raises
    ------
    ReferenceMissingError
        If the file has no value for exactly this instance.
    """
    entry = _load().get(instance.id)
    if entry is None or entry[0] != _digest(instance):
        fault = "no reference" if entry is None else "a reference for other data"
        raise ReferenceMissingError(
            f"obp has {fault} under {instance.id}; recompute them with "
            "`heuresis problems obp --solve-references`"
        )
    _, lower, upper, method, solver = entry
    proved = lower == upper
    return Reference(
        lower=float(lower),
        best=float(upper) if proved else None,
        proved=proved,
        method=f"bound {method}; patterns and packing: {solver}",
        source=f"{_SOURCE}; Gilmore and Gomory 1961; Martello and Toth 1990",
    )


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute the references of all splits anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    rows: list[list[Any]] = []
    for split in Split:
        start, ready = time.process_time(), instances(split)
        found = [solve(one) for one in ready]
        rows += [_row(one, b) for one, b in zip(ready, found, strict=True)]
        proved = sum(bounds.lower == bounds.upper for bounds in found)
        seconds = time.process_time() - start
        log(f"{split}: {proved} of {len(ready)} proved in {seconds:.1f} CPU-seconds")
    stored.write(path, rows)
    _load.cache_clear()


def _row(instance: ObpInstance, bounds: Bounds) -> list[Any]:
    return [instance.id, _digest(instance), *bounds, _solver()]


def _solver() -> str:
    import scipy

    return f"HiGHS of scipy {scipy.__version__}"


@lru_cache(maxsize=1)
def _load() -> Mapping[str, Sequence[Any]]:
    return MappingProxyType(json.loads(FILE.read_text(encoding="utf-8")))


def _digest(instance: ObpInstance) -> str:
    data = json.dumps([instance.capacity, instance.items])
    return sha256(data.encode()).hexdigest()[:16]


class _Patterns:
    """Column generation for one instance; starts with a pattern for each size."""

    def __init__(self, instance: ObpInstance) -> None:
        demand = Counter(instance.items)
        self._capacity = instance.capacity
        self._sizes = sorted(demand)
        self._demand: _Ints = np.array([demand[size] for size in self._sizes])
        self._most = [min(self._capacity // size, demand[size]) for size in self._sizes]
        self._columns: list[_Ints] = list(np.diag(self._most))
        self._weights = self._generate()

    def bound(self) -> int:
        """Total integer weight over that of the heaviest pattern, rounded up."""
        weights = np.floor(self._weights * _SCALE).astype(np.int64)
        heaviest = int(self._heaviest(weights) @ weights)
        return -(-int(weights @ self._demand) // max(1, heaviest))

    def packing(self) -> int:
        """Bins of the best packing found with the patterns that were made."""
        from scipy.optimize import LinearConstraint, milp

        matrix = np.array(self._columns).T
        found = milp(
            np.ones(len(self._columns)),
            constraints=LinearConstraint(matrix, lb=self._demand),
            integrality=np.ones(len(self._columns)),
            options={"node_limit": _NODES, "mip_rel_gap": 0},
        )
        if found.x is None:
            return int(self._demand.sum())
        counts = np.rint(found.x).astype(np.int64)
        assert (matrix @ counts >= self._demand).all()
        return int(counts.sum())

    def _generate(self) -> _Floats:
        """Add patterns until none is heavier than a bin; give the weights."""
        weights = self._solved()
        for _ in range(_ROUNDS):
            pattern = self._heaviest(weights)
            if pattern @ weights <= 1 + _EPSILON:
                break
            self._columns.append(pattern)
            weights = self._solved()
        return weights

    def _solved(self) -> _Floats:
        """Weights of the sizes: duals of the linear program over the patterns."""
        from scipy.optimize import linprog

        matrix = np.array(self._columns).T
        found = linprog(
            np.ones(len(self._columns)),
            A_ub=-matrix,
            b_ub=-self._demand,
            method="highs",
        )
        duals: _Floats = np.maximum(-found.ineqlin.marginals, 0)
        return duals

    def _heaviest(self, weights: _Floats | _Ints) -> _Ints:
        return _fill(self._capacity, self._sizes, self._most, weights)


def _fill(
    capacity: int, sizes: Sequence[int], most: Sequence[int], weights: _Floats | _Ints
) -> _Ints:
    """Pattern of most weight that fits into a bin: a bounded knapsack."""
    best = np.zeros(capacity + 1, dtype=weights.dtype)
    steps = []
    for kind, (size, copies) in enumerate(zip(sizes, most, strict=True)):
        for _ in range(copies if weights[kind] > 0 else 0):
            larger = best[:-size] + weights[kind]
            taken = larger > best[size:]
            best[size:] = np.where(taken, larger, best[size:])
            steps.append((kind, size, taken))
    pattern = np.zeros(len(sizes), dtype=np.int64)
    room = capacity
    for kind, size, taken in reversed(steps):
        if room >= size and taken[room - size]:
            pattern[kind] += 1
            room -= size
    return pattern
