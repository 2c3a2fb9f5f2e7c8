"""Further constraints on a project that a hidden schedule meets.

The kinds are those of R-ConstraintBench (R. Jain and M. Wetter, arXiv:2508.15204,
2025): downtime of resources, time windows of activities, pairs that may not run
together. Downtimes and pairs are drawn first, then a random schedule that respects
them, then the windows around it: what comes out can always be met.
"""

from dataclasses import dataclass, replace

import numpy as np

from problems.rcpsp import simulate
from problems.rcpsp.model import RcpspInstance, Span, cpm_bound, encode, ordered

_WIDTH = 3
"""Most time by which a window is wider than its activity, on each side."""

_DOWN = 3
"""Downtimes of a resource that has any, each of at most so many time units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """An instance, and start times that meet all of its constraints."""

    instance: RcpspInstance
    starts: tuple[int, ...]


def constrained(
    base: RcpspInstance,
    *,
    seed: int,
    downtime: float,
    windows: float,
    disjunctive: float,
    deadlines: bool,
) -> Witnessed:
    """Add constraints to a project without any of these kinds.

    Parameters
    ----------
    downtime
        Chance of a resource to have downtimes.
    windows
        Chance of an activity to have a window.
    disjunctive
        Chance of each of n / 2 pairs, of those that precedences leave open.
    deadlines
        Whether a window ends; if not, it is a release alone, at any time up to the
        start in the hidden schedule.
    """
    rng = np.random.default_rng([base.n, seed])
    bare = replace(
        base,
        id=f"varied-{base.id}-v{seed}",
        group=f"varied{base.n}",
        downtime=tuple(
            _downtimes(rng, base) if rng.random() < downtime else ()
            for _ in range(base.m)
        ),
        disjunctive=_pairs(rng, base, disjunctive),
    )
    project = simulate.decode(encode(bare))
    order = iter(rng.permutation(base.n).tolist())
    starts = simulate.run("priority", lambda _a, _s: next(order), project, 0)
    chosen = (rng.random(base.n) < windows).tolist()
    early = rng.integers(0, _WIDTH + 1, base.n).tolist()
    late = rng.integers(0, _WIDTH + 1, base.n).tolist()
    release = tuple(
        (max(0, start - a) if deadlines else a * start // (_WIDTH + 1)) if has else 0
        for start, a, has in zip(starts, early, chosen, strict=True)
    )
    deadline = tuple(
        start + p + b if has else None
        for start, p, b, has in zip(starts, base.durations, late, chosen, strict=True)
    )
    return Witnessed(
        instance=replace(bare, release=release, deadline=deadline if deadlines else ()),
        starts=tuple(starts),
    )


def _downtimes(rng: np.random.Generator, base: RcpspInstance) -> tuple[Span, ...]:
    """Draw spans that do not touch, within the time that precedences ask for."""
    span, found = 2 * cpm_bound(base), list[Span]()
    for start in sorted(rng.integers(0, span, _DOWN).tolist()):
        end = start + int(rng.integers(1, _DOWN + 1))
        if not found or found[-1][1] < start:
            found.append((start, end))
    return tuple(found)


def _pairs(
    rng: np.random.Generator, base: RcpspInstance, chance: float
) -> tuple[Span, ...]:
    behind: list[set[int]] = [set() for _ in range(base.n)]
    for k in reversed(ordered(base.successors)):
        for after in base.successors[k]:
            behind[k] |= {after} | behind[after]
    pairs = [
        (a, b)
        for b in range(base.n)
        for a in range(b)
        if a not in behind[b] and b not in behind[a]
    ]
    tried = [pairs[k] for k in rng.permutation(len(pairs))[: base.n // 2].tolist()]
    return tuple(pair for pair in tried if rng.random() < chance)
