"""What fixing could gain: the oracle that learned fixing imitates, and plain windows.

    python -m problems.fjsp_rho.oracle test      # and train, valid, ood

The oracle solves each window beforehand, with much more time that is not counted, and
fixes what keeps its machine there. It is no heuristic: nobody can know that. Li et al.
(2025) train on it.
"""

import sys
from collections.abc import Callable
from math import fsum

from problems.base import Split
from problems.fjsp.model import FjspInstance
from problems.fjsp_rho.desk import SIZE, STEP
from problems.fjsp_rho.instances import instances
from problems.fjsp_rho.reference import reference
from problems.fjsp_rho.rolling import Horizon, Key
from problems.fjsp_rho.verify import verify

LIMIT = 0.1
"""Deterministic time of the oracle for a window."""

Choose = Callable[[Horizon, int], list[Key]]


def plain(_horizon: Horizon, _size: int) -> list[Key]:
    """Fix nothing."""
    return []


def oracle(horizon: Horizon, size: int) -> list[Key]:
    """Fix what stays where it is anyway."""
    return horizon.foresee(size, LIMIT) if horizon.plan else []


def makespan(instance: FjspInstance, choose: Choose) -> float:
    """Roll over an instance with the window of ``fix``; the verified makespan."""
    horizon = Horizon(instance)
    size, step = SIZE * instance.m, STEP * instance.m
    while horizon.left:
        horizon.roll(size, step, choose(horizon, size))
    objective = verify(instance, "", horizon.schedule).objective
    assert objective is not None
    return objective


def gaps(split: Split, choose: Choose) -> dict[str, float]:
    """Aggregate gap by group, and its mean over groups as ``all``; fractions."""
    sums: dict[str, list[tuple[float, float]]] = {}
    for one in instances(split):
        known = reference(one)
        best = known.lower if known.best is None else known.best
        sums.setdefault(one.group, []).append((makespan(one, choose), best))
    found = {
        group: fsum(x for x, _ in pairs) / fsum(y for _, y in pairs) - 1
        for group, pairs in sums.items()
    }
    return {**found, "all": fsum(found.values()) / len(found)}


def main() -> None:
    """Print the gaps of both on the splits that are named."""
    for name in sys.argv[1:] or [Split.TEST.value]:
        for rule in (plain, oracle):
            cells = [
                f"{group} {100 * gap:.1f}"
                for group, gap in gaps(Split(name), rule).items()
            ]
            print(f"{name} {rule.__name__}: {', '.join(cells)}")  # noqa: T201


if __name__ == "__main__":
    main()
