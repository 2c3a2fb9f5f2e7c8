"""Instances: a load that follows a curve, on replicas that come and go.

A day is half an hour long here, while a replica boots as slowly as ever: what matters
is how far the load moves in the time of a boot.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from problems.base import Split
from problems.llm_autoscale.rules import Terms
from problems.llm_serving import lengths
from problems.llm_serving.cluster import Scaling
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shape = Callable[[Floats], Floats]

COST = CostModel(
    dense=((1, 0.058), (20, 0.058), (4096, 11.68)),
    b=5.0e-7,
    p2=5.3e-8,
    h0=0.001,
    over=0.001,
)
"""A model of 70 billion parameters in 4 bits on a card of 48 GB, in seconds.

Constructed, not validated: 38 GB of weights at 0.85 x 768 GB/s make 58 ms; 141 GFLOP a
token at 0.32 x 155 TFLOP/s make 2.85 ms; the KV memory of a token, 80 x 8 x 128 x 2 x 2
bytes, is read in 0.5 us; a pair of tokens takes 4 x 80 x 8192 operations.
"""

BLOCKS = 1000
"""KV memory in blocks of 16 tokens: the 5.2 GB that are left of 0.9 x 48 GB."""

SLOTS, BUDGET = 8, 512
TICK = 15.0
SHORTEST, LONGEST, OUTPUT = 64, 4096, 1024
"""Tokens of prompts, at least (that of the system) and at most, and of outputs."""

TERMS = Terms(first=20.0, pace=0.15, share=0.99, price=30.0)
"""What is agreed; a request takes about 6 seconds of a replica."""

HORIZON = 1800.0
"""Seconds in which requests come, unless a family says otherwise."""

RAMP = 60.0
"""Seconds in which a burst or a step of the load comes up to its level."""


def _diurnal(rng: np.random.Generator, seconds: float) -> Shape:
    phase, swing = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 0.9)
    return lambda t: 1 + swing * np.sin(2 * np.pi * t / seconds + phase)


def _bursts(rng: np.random.Generator, seconds: float) -> Shape:
    starts = rng.uniform(120, seconds - 240, 3)
    spans, heights = rng.uniform(60, 240, 3), rng.uniform(1.0, 3.0, 3)

    def shape(t: Floats) -> Floats:
        level = np.full_like(t, 0.5)
        for start, span, height in zip(starts, spans, heights, strict=True):
            rise, fall = (t - start) / RAMP, (start + span - t) / RAMP + 1
            level += height * np.clip(np.minimum(rise, fall), 0, 1)
        return level

    return shape


def _stairs(rng: np.random.Generator, seconds: float) -> Shape:
    levels = rng.uniform(0.3, 2.0, 6)
    starts = np.arange(6) * seconds / 6
    times = np.sort([*starts, *(starts[1:] + RAMP), seconds])
    return lambda t: np.interp(t, times, np.repeat(levels, 2))


def _sudden(rng: np.random.Generator, seconds: float) -> Shape:
    start = rng.uniform(0.3, 0.6) * seconds
    return lambda t: np.where((t >= start) & (t < start + 420), 3.5, 0.4)


_SHAPES: Mapping[str, Callable[[np.random.Generator, float], Shape]] = MappingProxyType(
    {
        "diurnal": _diurnal,
        "bursts": _bursts,
        "stairs": _stairs,
        "sudden": _sudden,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What instances of a group have in common.

    Attributes
    ----------
    shape
        How the load moves: ``diurnal``, a wave; ``bursts``, a low level with three
        bursts of one to four minutes; ``stairs``, six levels; ``sudden``, a low level
        and seven minutes of ninefold load.
    law
        Name of the distribution of lengths.
    load
        Replicas' worth of work on average.
    blocks
        KV memory of a replica.
    most
        Replicas that there can be.
    seconds
        In which requests come.
    """

    shape: str
    law: str
    load: float
    blocks: int = BLOCKS
    most: int = 8
    seconds: float = HORIZON


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "diurnal": Family(shape="diurnal", law="azure_conv", load=2.2),
        "bursts": Family(shape="bursts", law="azure_conv", load=2.0),
        "stairs": Family(shape="stairs", law="azure_code", load=2.0),
        "low": Family(shape="diurnal", law="azure_conv", load=2.2 * 0.8),
        "high": Family(shape="bursts", law="azure_conv", load=2.0 * 1.2, most=10),
        "tight": Family(shape="diurnal", law="azure_conv", load=2.2, blocks=600),
        "roomy": Family(shape="stairs", law="azure_code", load=2.0, blocks=1250),
        "sudden": Family(shape="sudden", law="arena", load=2.0, most=10),
        "short": Family(shape="diurnal", law="azure_conv", load=2.2, seconds=300.0),
    }
)
"""By group; the order is part of the seeds."""

_BOOTS = (60.0, 90.0, 120.0)
"""Seconds that a replica takes to come; instances take turns."""


def draw(group: str, seed: int) -> Scenario:
    """Draw one instance; equal arguments give equal instances on every machine."""
    family = FAMILIES[group]
    rng = np.random.default_rng([list(FAMILIES).index(group), seed])
    shape = _SHAPES[family.shape](rng, family.seconds)
    mean = float(np.mean(shape(np.arange(0, family.seconds, 5.0))))
    sample = _fitted(family.law, rng, 4096)
    rate = family.load / work(*sample) / mean
    times = _arrivals(rng, lambda t: rate * shape(t), family.seconds)
    prompts, outputs = _fitted(family.law, rng, len(times))
    first = float(rate * shape(np.array([0.0]))[0]) * work(*sample)
    return scenario(
        f"{group}-s{seed}",
        group,
        [
            Request(arrival=t, prompt=int(p), output=int(o))
            for t, p, o in zip(times, prompts, outputs, strict=True)
        ],
        Scaling(
            initial=min(family.most, max(1, ceil(1.3 * first))),
            boot=_BOOTS[seed % len(_BOOTS)],
            tick=TICK,
        ),
        EngineSpec(cost=COST, blocks=family.blocks, slots=SLOTS, budget=BUDGET),
        family.most,
    )


def scenario(
    name: str,
    group: str,
    requests: Sequence[Request],
    scaling: Scaling,
    engine: EngineSpec,
    most: int,
) -> Scenario:
    """Make an instance with the terms of the pack."""
    return Scenario(
        id=name,
        group=group,
        requests=tuple(requests),
        engines=(engine,) * most,
        scaling=scaling,
        limits=tuple(TERMS),
    )


def work(prompts: Sequence[int] | Ints, outputs: Sequence[int] | Ints) -> float:
    """Seconds of a replica that a request takes on average, in a full batch."""
    per_prompt = COST.tokens(BUDGET) / BUDGET
    per_output = COST.decode(SLOTS) / SLOTS
    return float(per_prompt * np.mean(prompts) + per_output * np.mean(outputs))


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Scenario, ...]:
    """Instances of a split, always in the same order."""
    known = ("diurnal", "bursts", "stairs")
    match split:
        case Split.SMOKE:
            rows = [("short", 2, 1000)]
        case Split.TRAIN:
            rows = [(group, 1, 2000 + k) for k, group in enumerate(known)]
        case Split.VALID:
            rows = [(group, 2, 3000) for group in known]
        case Split.TEST:
            rows = [(group, 3, 4000) for group in known]
        case Split.OOD:
            rows = [(group, 2, 5000) for group in list(FAMILIES)[len(known) : -1]]
    return tuple(
        draw(group, seed)
        for group, count, first in rows
        for seed in range(first, first + count)
    )


def _fitted(law: str, rng: np.random.Generator, count: int) -> tuple[Ints, Ints]:
    drawn = lengths.draw(law, rng, count)
    prompts = np.clip(drawn.prompts, SHORTEST, LONGEST)
    return prompts, np.minimum(drawn.outputs, OUTPUT)


def _arrivals(rng: np.random.Generator, rate: Shape, seconds: float) -> list[float]:
    """Draw a Poisson process with a rate that changes, by thinning."""
    most = float(np.max(rate(np.arange(0, seconds, 1.0))))
    count = rng.poisson(most * seconds)
    times = np.sort(rng.uniform(0, seconds, count))
    kept = times[rng.uniform(0, most, count) < rate(times)]
    return [round(float(t), 3) for t in kept]
