"""The splits: shops of the pack ``fjsp``, and some with longer jobs.

Few and small, because each of them costs a tenth to one second of solver time. What
``fjsp`` has too keeps its name there, and its reference.
"""

from functools import lru_cache

from problems.base import Split
from problems.fjsp.instances import draw
from problems.fjsp.model import FjspInstance


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[FjspInstance, ...]:
    """Instances of a split, always in the same order."""
    match split:
        case Split.SMOKE:
            return _batch("mix", 8, 3, 2, 1000)
        case Split.TRAIN:
            return (*_batch("mix", 12, 4, 6, 2000), *_batch("mix", 24, 4, 2, 2000))
        case Split.VALID:
            return (*_batch("mix", 12, 4, 6, 3000), *_batch("mix", 24, 4, 2, 3000))
        case Split.TEST:
            return (*_batch("mix", 12, 4, 14, 4000), *_batch("mix", 24, 4, 6, 4000))
        case Split.OOD:
            return (
                *_batch("mix", 20, 5, 2, 5000),
                *_batch("alike", 16, 4, 4, 5000),
                *_batch("few", 16, 4, 4, 5000),
                *_batch("mix", 20, 4, 1, 5000, length=8),
            )


def _batch(
    kind: str, n: int, m: int, count: int, first: int, *, length: int | None = None
) -> tuple[FjspInstance, ...]:
    seeds = range(first, first + count)
    return tuple(draw(kind, n, m, seed, length=length) for seed in seeds)
