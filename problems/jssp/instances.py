"""The splits: own instances of Taillard's kind, his eighty, and two-set routings.

Two-set routings, in which every job visits the first half of the machines before the
second, are those of R. H. Storer, S. D. Wu and R. Vaccari, New search spaces for
sequencing problems with application to job shop scheduling, Management Science 38
(1992) 1495-1509.
"""

from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.jssp.model import JsspInstance
from problems.jssp.taillard import MODULUS, generate, taillard

_SIZES = {
    Split.SMOKE: ((6, 6, 1), (10, 5, 1), (10, 10, 1), (15, 10, 1)),
    Split.TRAIN: ((10, 10, 10), (15, 15, 8), (20, 15, 8), (20, 20, 5), (30, 15, 6)),
    Split.VALID: ((15, 15, 10), (20, 15, 10), (20, 20, 6), (30, 15, 8), (30, 20, 4)),
}
"""Jobs, machines and number of instances."""

_FIRST_SEED = {Split.SMOKE: 1000, Split.TRAIN: 2000, Split.VALID: 3000}

_TWO_SETS = 8
_TEST = 50
"""How many of Taillard's instances are test: up to 30 jobs; the others are ood."""


def draw(*, n: int, m: int, seed: int, two_sets: bool = False) -> JsspInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    two_sets
        Every job visits machines 0 to m // 2 - 1 before the others.
    """
    rng = np.random.default_rng([n, m, seed])
    time_seed, machine_seed = rng.integers(1, MODULUS, 2).tolist()
    shop = generate(n=n, m=m, time_seed=time_seed, machine_seed=machine_seed)
    machines = shop.machines
    if two_sets:
        # A stable sort keeps the random order within each set.
        half = m // 2
        machines = tuple(
            tuple(sorted(row, key=lambda machine: machine >= half)) for row in machines
        )
    size = f"{n}x{m}"
    return JsspInstance(
        id=f"{'sets' if two_sets else 'j'}{size}-s{seed}",
        group=f"sets{size}" if two_sets else size,
        machines=machines,
        times=shop.times,
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[JsspInstance, ...]:
    """Instances of a split, always in the same order."""
    match split:
        case Split.TEST:
            return taillard()[:_TEST]
        case Split.OOD:
            return (*taillard()[_TEST:], *_two_sets())
    first = _FIRST_SEED[split]
    return tuple(
        draw(n=n, m=m, seed=first + k)
        for n, m, count in _SIZES[split]
        for k in range(count)
    )


def own() -> tuple[JsspInstance, ...]:
    """Instances that were drawn here and have no published bounds."""
    ours = [one for split in _SIZES for one in instances(split)]
    return (*ours, *_two_sets())


def _two_sets() -> tuple[JsspInstance, ...]:
    return tuple(
        draw(n=20, m=15, seed=5000 + k, two_sets=True) for k in range(_TWO_SETS)
    )
