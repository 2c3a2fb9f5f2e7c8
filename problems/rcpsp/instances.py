"""Projects drawn at random by complexity, and the splits made of them.

The parameters are those of the standard generator (R. Kolisch, A. Sprecher and A.
Drexl, Characterization and generation of a general class of resource-constrained
project scheduling problems, Management Science 41 (1995) 1693-1703); the draws are our
own.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.rcpsp.model import RcpspInstance
from problems.rcpsp.variants import constrained

_RESOURCES = 4
_ENDS = 3
"""Activities without a predecessor, and those without a successor."""

_NEIGHBOURS = 3
"""Direct predecessors, and direct successors, of an activity at most."""

_LARGEST = 10
"""Longest duration, and largest demand for a resource."""

_TRIES = 2000
"""Pairs to try for a further precedence before the network is said to be full."""

COMPLEXITIES = (1.5, 1.8, 2.1)
_FACTORS = (0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What kind of project to draw.

    Attributes
    ----------
    n
        Number of activities.
    complexity
        Mean number of precedences that no others imply by node, with a source and a
        sink counted in.
    factor
        Mean share of the four resources that an activity needs, above 0.
    strength
        0 if a capacity is the largest demand for it, 1 if all could start as early as
        precedences allow.
    """

    n: int
    complexity: float
    factor: float
    strength: float


def draw(cell: Cell, seed: int) -> RcpspInstance:
    """Draw one project; equal arguments give equal projects on every machine."""
    key = [round(100 * x) for x in (cell.complexity, cell.factor, cell.strength)]
    rng = np.random.default_rng([cell.n, *key, seed])
    successors = _network(rng, cell)
    durations = tuple(int(p) for p in rng.integers(1, _LARGEST + 1, cell.n))
    demands = _demands(rng, cell)
    peaks = _peaks(durations, demands, successors)
    capacities = []
    for r, peak in enumerate(peaks):
        least = max(row[r] for row in demands)
        capacities.append(max(1, least + round(cell.strength * (peak - least))))
    name = f"n{cell.n}-nc{cell.complexity:g}-rf{cell.factor:g}-rs{cell.strength:g}"
    return RcpspInstance(
        id=f"{name}-s{seed}",
        group=f"n{cell.n}",
        durations=durations,
        demands=demands,
        capacities=tuple(capacities),
        successors=successors,
    )


def grid(n: int, strengths: tuple[float, ...], seed: int) -> tuple[RcpspInstance, ...]:
    """One project of every cell of the design of PSPLIB with the given strengths."""
    return tuple(
        draw(Cell(n=n, complexity=nc, factor=rf, strength=rs), seed)
        for nc in COMPLEXITIES
        for rf in (0.25, *_FACTORS)
        for rs in strengths
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[RcpspInstance, ...]:
    """Instances of a split, always in the same order."""
    match split:
        case Split.SMOKE:
            return (*_some(12, 2, (0.2, 0.5), 1000), *_varied(12, 1, 1000))
        case Split.TRAIN:
            return (*_some(30, 36, _HARD, 2000), *_some(60, 12, _EASIER, 2000))
        case Split.VALID:
            return (*_some(30, 24, _HARD, 3000), *_some(60, 12, _EASIER, 3000))
        case Split.TEST:
            return (*_some(30, 48, _HARD, 4000), *_some(60, 24, _EASIER, 4000))
        case Split.OOD:
            return (*_some(120, 9, _LOOSE, 5000), *_varied(30, 18, 5000))


_HARD = (0.2, 0.35, 0.5)
_EASIER = (0.35, 0.5, 0.7)
_LOOSE = (0.3, 0.4, 0.5)
"""Strengths of resources: with lower ones, large projects defy a proof."""


def _some(
    n: int, count: int, strengths: tuple[float, ...], first_seed: int
) -> tuple[RcpspInstance, ...]:
    cells = [
        Cell(n=n, complexity=nc, factor=rf, strength=rs)
        for rs in strengths
        for rf in _FACTORS
        for nc in COMPLEXITIES
    ]
    # 10 and 27 have no common factor: turns of 10 mix all three parameters early.
    return tuple(draw(cells[10 * k % len(cells)], first_seed + k) for k in range(count))


def _varied(n: int, count: int, first_seed: int) -> tuple[RcpspInstance, ...]:
    """Projects with downtimes, releases and pairs that may not run together."""
    return tuple(
        constrained(
            base,
            seed=first_seed + k,
            downtime=0.75,
            windows=0.25,
            disjunctive=0.75,
            deadlines=False,
        ).instance
        for k, base in enumerate(_some(n, count, _HARD, first_seed + 500))
    )


def _network(rng: np.random.Generator, cell: Cell) -> tuple[tuple[int, ...], ...]:
    """Draw precedences from lower to higher indices, none implied by others."""
    n = cell.n
    net = _Network(n)
    for k in range(_ENDS, n):
        free = [i for i in range(min(k, n - _ENDS)) if len(net.after[i]) < _NEIGHBOURS]
        net.add(free[int(rng.integers(len(free)))], k)
    for i in range(n - _ENDS):
        if not net.after[i]:
            free = [
                k
                for k in range(max(i + 1, _ENDS), n)
                if len(net.before[k]) < _NEIGHBOURS and net.allows(i, k)
            ]
            if free:
                net.add(i, free[int(rng.integers(len(free)))])
    ends = sum(not row for row in net.after) + sum(not row for row in net.before)
    missing = round(cell.complexity * (n + 2)) - ends - sum(map(len, net.after))
    for _ in range(_TRIES):
        if missing <= 0:
            break
        i, k = int(rng.integers(0, n - _ENDS)), int(rng.integers(_ENDS, n))
        full = max(len(net.after[i]), len(net.before[k])) >= _NEIGHBOURS
        if i < k and not full and net.allows(i, k):
            net.add(i, k)
            missing -= 1
    return tuple(tuple(sorted(row)) for row in net.after)


class _Network:
    """Precedences, direct and implied."""

    def __init__(self, n: int) -> None:
        self.after: list[set[int]] = [set() for _ in range(n)]
        self.before: list[set[int]] = [set() for _ in range(n)]
        self._behind: list[set[int]] = [{k} for k in range(n)]
        self._ahead: list[set[int]] = [{k} for k in range(n)]

    def allows(self, i: int, k: int) -> bool:
        """Whether i before k is not implied yet, and makes no other precedence so."""
        return k not in self._behind[i] and not any(
            after in self._behind[k] for j in self._ahead[i] for after in self.after[j]
        )

    def add(self, i: int, k: int) -> None:
        """Let i come before k."""
        self.after[i].add(k)
        self.before[k].add(i)
        for j in self._ahead[i]:
            self._behind[j] |= self._behind[k]
        for j in self._behind[k]:
            self._ahead[j] |= self._ahead[i]


def _demands(rng: np.random.Generator, cell: Cell) -> tuple[tuple[int, ...], ...]:
    """Draw demands; each activity needs something, the share of needs is exact."""
    needs = np.zeros((cell.n, _RESOURCES), dtype=bool)
    needs[np.arange(cell.n), rng.integers(0, _RESOURCES, cell.n)] = True
    more = round(cell.factor * cell.n * _RESOURCES) - cell.n
    open_cells = np.flatnonzero(~needs)
    needs.flat[rng.permutation(open_cells)[: max(0, more)]] = True
    amounts = np.where(needs, rng.integers(1, _LARGEST + 1, needs.shape), 0)
    return tuple(tuple(int(q) for q in row) for row in amounts)


def _peaks(
    durations: tuple[int, ...],
    demands: tuple[tuple[int, ...], ...],
    successors: tuple[tuple[int, ...], ...],
) -> list[int]:
    """Largest use of each resource if everything starts as early as possible."""
    starts = [0] * len(durations)
    for k, row in enumerate(successors):  # indices are an order
        for after in row:
            starts[after] = max(starts[after], starts[k] + durations[k])
    use = np.zeros((sum(durations), _RESOURCES), dtype=int)
    for k, start in enumerate(starts):
        use[start : start + durations[k]] += demands[k]
    return [int(peak) for peak in use.max(axis=0)]
