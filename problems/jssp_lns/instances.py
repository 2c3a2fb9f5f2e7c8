"""The splits: small shops of Taillard's kind, as the pack ``jssp`` draws them.

What ``jssp`` has too keeps its name there, and its reference.
"""

from functools import lru_cache

from problems.base import Split
from problems.jssp.instances import draw
from problems.jssp.model import JsspInstance
from problems.jssp.taillard import taillard


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[JsspInstance, ...]:
    """Instances of a split, always in the same order."""
    match split:
        case Split.SMOKE:
            return (*_batch(6, 6, 1, 1000), *_batch(10, 5, 1, 1000))
        case Split.TRAIN:
            return (*_batch(10, 10, 5, 2000), *_batch(15, 15, 3, 2000))
        case Split.VALID:
            return (*_batch(10, 10, 6, 3000), *_batch(15, 15, 3, 3000))
        case Split.TEST:
            return (*_batch(10, 10, 12, 4000), *taillard()[:8])
        case Split.OOD:
            return (
                *taillard()[10:12],
                *_batch(15, 10, 4, 5000),
                *_batch(10, 10, 4, 5000, two_sets=True),
            )


def _batch(
    n: int, m: int, count: int, first: int, *, two_sets: bool = False
) -> tuple[JsspInstance, ...]:
    seeds = range(first, first + count)
    return tuple(draw(n=n, m=m, seed=seed, two_sets=two_sets) for seed in seeds)
