"""Instances with a packing that was there first, and the splits made with them.

A full block of memory and time is cut into buffers, and some are taken out again, none
that is alive at one moment. That much memory is enough, by the packing, and needed, by
that moment. ``cut`` gives buffers of all shapes; ``sliding`` short lives and similar
sizes.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.mem_alloc.model import MemInstance

GRAIN = 1024
"""Every size and offset is a multiple of this, in bytes."""

_CELLS = (512, 2048)
"""Memory of a packing in grains, drawn from here: no constant is worth learning."""

_SPANS = (1 << 18, 1 << 21)
"""Time from the first allocation to the last release, drawn from here."""

_TIME_CUTS = (0.4, 0.5, 0.65)
"""Chance that a cut is one of time; instances take turns."""

_DROPPED = 20
"""One buffer in so many is taken out again, where the full moment allows it."""

_LONGEST, _HIGHEST = 0.08, 0.12
"""Life of a ``sliding`` buffer at most, of 300, as a share of all time; and size."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A buffer at its place in the packing, [start, end) x [low, high) in grains."""

    start: int
    end: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """An instance, and offsets in bytes with which it needs no more than the bound."""

    instance: MemInstance
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Instances of one group: seeds from ``first_seed``."""

    kind: str
    n: int
    count: int
    first_seed: int


def plant(kind: str, n: int, seed: int) -> Planted:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    kind
        ``cut`` or ``sliding``.
    n
        Number of buffers.
    """
    rng = np.random.default_rng([len(kind), n, seed])
    block = _Box(0, int(rng.integers(*_SPANS)), 0, int(rng.integers(*_CELLS)))
    if kind == "cut":
        boxes = _cut(rng, block, n, _TIME_CUTS[seed % len(_TIME_CUTS)])
    else:
        boxes = _sliding(rng, block, n)
    boxes = [boxes[k] for k in rng.permutation(len(boxes))]
    instance = MemInstance(
        id=f"{kind}{n}-s{seed}",
        group=f"{kind}{n}",
        lower=tuple(box.start for box in boxes),
        upper=tuple(box.end for box in boxes),
        size=tuple((box.high - box.low) * GRAIN for box in boxes),
    )
    return Planted(instance=instance, offsets=tuple(box.low * GRAIN for box in boxes))


@lru_cache(maxsize=len(Split))
def planted(split: Split) -> tuple[Planted, ...]:
    """Instances of a split with their packings, always in the same order."""
    return tuple(
        plant(batch.kind, batch.n, seed)
        for batch in _batches(split)
        for seed in range(batch.first_seed, batch.first_seed + batch.count)
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[MemInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(one.instance for one in planted(split))


def _batches(split: Split) -> tuple[_Batch, ...]:
    match split:
        case Split.SMOKE:
            rows = [("cut", 24, 3, 1000)]
        case Split.TRAIN:
            rows = [("cut", 60, 30, 2000), ("cut", 120, 15, 2000)]
        case Split.VALID:
            rows = [("cut", 60, 18, 3000), ("cut", 120, 12, 3000)]
        case Split.TEST:
            rows = [("cut", 60, 36, 4000), ("cut", 120, 24, 4000)]
        case Split.OOD:
            rows = [
                *(("cut", 300, 9, 5000), ("sliding", 150, 12, 5000)),
                *[("sliding", 300, 6, 5000)],
            ]
    return tuple(
        _Batch(kind=kind, n=n, count=count, first_seed=first)
        for kind, n, count, first in rows
    )


def _cut(rng: np.random.Generator, block: _Box, n: int, time_cuts: float) -> list[_Box]:
    """Cut the block by straight cuts, large pieces first, and take some out again."""
    boxes = [block]
    wanted = n + n // _DROPPED
    while len(boxes) < wanted:
        weights = np.sqrt([(b.end - b.start) * (b.high - b.low) for b in boxes])
        k = int(rng.choice(len(boxes), p=weights / weights.sum()))
        in_time = bool(rng.random() < time_cuts)
        boxes[k : k + 1] = _halves(boxes[k], in_time, float(rng.beta(1.2, 1.2)))
    return _thinned(rng, boxes, n)


def _sliding(rng: np.random.Generator, block: _Box, n: int) -> list[_Box]:
    """Cut the block into short lives and similar sizes, and take some out again."""
    boxes = [block]
    longest = block.end * _LONGEST * 300 / n
    done: list[_Box] = []
    while boxes:
        box = boxes.pop()
        life = (box.end - box.start) / longest
        height = (box.high - box.low) / (block.high * _HIGHEST)
        if max(life, height) <= 1:
            done.append(box)
            continue
        share = float(rng.uniform(0.4, 0.6))
        boxes += _halves(box, bool(rng.random() < life / (life + height)), share)
    return _thinned(rng, done, n)


def _halves(box: _Box, in_time: bool, share: float) -> list[_Box]:
    """Cut a piece at ``share`` of its life or height; or not, if it is too small."""
    if in_time:
        at = box.start + round((box.end - box.start) * share)
        if box.start < at < box.end:
            return [replace(box, end=at), replace(box, start=at)]
    else:
        at = box.low + round((box.high - box.low) * share)
        if box.low < at < box.high:
            return [replace(box, high=at), replace(box, low=at)]
    return [box]


def _thinned(rng: np.random.Generator, boxes: list[_Box], n: int) -> list[_Box]:
    """Take pieces out until n are left; none that is alive at some full moment."""
    full = int(rng.integers(0, max(b.end for b in boxes)))
    idle = [k for k, b in enumerate(boxes) if not b.start <= full < b.end]
    out = {idle[k] for k in rng.permutation(len(idle))[: len(boxes) - n]}
    return [box for k, box in enumerate(boxes) if k not in out]
