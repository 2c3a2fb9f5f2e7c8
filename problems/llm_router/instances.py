"""The workload of Glia, shorter and under more pressure, and what differs from it.

Requests come in bursts (log-normal gaps) to four replicas; lengths are those of
ShareGPT, of which one in twenty prompts and one in twenty outputs is ten times as long.
Runs are 200 s instead of 1000 s, so that many fit into an evaluation; to fill the
memory in that time the replicas have fewer blocks than the 3,328 of Glia. A group is an
amount of memory. Held out are other rates, other memory, and the lengths of two traces
of Azure, whose long prompts and short outputs do not fill the memory.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from problems.base import Split
from problems.llm_serving import arrivals, glia, lengths
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.profiles import cost
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

REPLICAS = 4

SLOWDOWN = 1.15
"""Factor on the times of the A10 that meets the published figures of Glia."""

SECONDS = 200.0
RATE = 8.0

_DECIMALS = 3


class _Batch(NamedTuple):
    """Instances of one group; ``law`` is Glia's or a named one of ``lengths``."""

    blocks: int
    size: int
    first: int
    rate: float = RATE
    seconds: float = SECONDS
    law: str = "glia"
    replicas: int = REPLICAS

    @property
    def group(self) -> str:
        """Name of the group."""
        rate = "" if self.rate == RATE else f"-rate{self.rate:g}"
        return f"{self.law}-kv{self.blocks}{rate}"


def spec(blocks: int, slowdown: float = SLOWDOWN) -> EngineSpec:
    """Return the engine of Glia's cluster with so much memory."""
    return EngineSpec(
        cost=cost("a10-llama3-8b", scale=slowdown),
        blocks=blocks,
        slots=128,
        budget=glia.CONTEXT,
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Scenario, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        _draw(batch, seed)
        for batch in _batches(split)
        for seed in range(batch.first, batch.first + batch.size)
    )


def _batches(split: Split) -> tuple[_Batch, ...]:
    match split:
        case Split.SMOKE:
            return (_Batch(1024, 2, 1000, rate=5.0, seconds=20.0, replicas=2),)
        case Split.TRAIN:
            return _Batch(2048, 2, 2000), _Batch(2560, 2, 2000)
        case Split.VALID:
            return _Batch(2048, 3, 3000), _Batch(2560, 3, 3000)
        case Split.TEST:
            return _Batch(2048, 6, 4000), _Batch(2560, 6, 4000)
        case Split.OOD:
            return (
                _Batch(1280, 2, 5000),
                _Batch(3200, 2, 5000),
                _Batch(2048, 2, 5100, rate=0.8 * RATE),
                _Batch(2048, 2, 5200, rate=1.2 * RATE),
                _Batch(2048, 2, 5300, rate=3.0, law="azure_conv"),
                _Batch(2048, 2, 5400, rate=1.5, law="azure_code"),
            )


def _draw(batch: _Batch, seed: int) -> Scenario:
    rng = np.random.default_rng(seed)
    if batch.law == "glia":
        made = glia.workload(rng, rate=batch.rate, seconds=batch.seconds)
    else:
        times = arrivals.lognormal(rng, batch.rate, batch.seconds)
        drawn = lengths.draw(batch.law, rng, len(times))
        triples = zip(times, drawn.prompts, drawn.outputs, strict=True)
        made = tuple(
            Request(arrival=float(time), prompt=int(prompt), output=int(output))
            for time, prompt, output in triples
        )
    return Scenario(
        id=f"{batch.group}-s{seed}",
        group=batch.group,
        requests=tuple(
            Request(
                arrival=round(one.arrival, _DECIMALS),
                prompt=one.prompt,
                output=one.output,
            )
            for one in made
        ),
        engines=(spec(batch.blocks),) * batch.replicas,
    )
