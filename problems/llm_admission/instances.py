"""The workloads; equal seeds give equal workloads on every machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.llm_serving import lengths, profiles
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

PROFILE = "rtx4090-llama3-8b"
BLOCKS = 2588
"""KV memory of the engine by the log of its real run, blocks."""

CONTEXT = 8192
"""Prompt and output together at most, tokens."""

ERROR = 0.5
"""Deviation of the logarithm of predicted over true output."""


class Aim(IntEnum):
    """What an instance is judged by; the third of its limits."""

    LATENCY = 0
    GOODPUT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A workload.

    Attributes
    ----------
    law
        Of the lengths, see ``llm_serving.lengths``.
    rate
        Requests a second; exponential gaps.
    count
        Requests.
    blocks
        KV memory of the engine.
    ttft, tpot
        Targets: seconds to the first token, seconds a token after it.
    """

    law: str
    rate: float
    count: int
    blocks: int = BLOCKS
    ttft: float = 5.0
    tpot: float = 0.05


_CHAT = Kind(law="azure_conv", rate=6.0, count=140)
_TIGHT = Kind(law="sharegpt", rate=14.0, count=180, blocks=1200)

KINDS = {
    "chat": _CHAT,
    "tight": _TIGHT,
    "code": Kind(law="azure_code", rate=6.0, count=140, tpot=0.15),
    "papers": Kind(law="arxiv", rate=3.0, count=100),
    "calm": replace(_CHAT, rate=_CHAT.rate * 0.8),
    "rush": replace(_CHAT, rate=_CHAT.rate * 1.2),
    "scarce": replace(_CHAT, blocks=round(BLOCKS * 0.6)),
    "ample": replace(_CHAT, blocks=round(BLOCKS * 1.25)),
}
"""Kinds of workloads by name; ``tiny`` is another."""

_TINY_BLOCKS = 24
_TINY_SLOTS = 3


def engine(blocks: int, slots: int = 256) -> EngineSpec:
    """Make an engine with this much memory, otherwise as in the real run."""
    return EngineSpec(cost=profiles.cost(PROFILE), blocks=blocks, slots=slots)


def draw(kind: str, seed: int, aim: Aim) -> Scenario:
    """Draw one workload; both aims of a seed have the same one."""
    rng = np.random.default_rng([*map(ord, kind), seed])
    if kind == "tiny":
        return _tiny(rng, seed, aim)
    how = KINDS[kind]
    found = lengths.draw(how.law, rng, how.count)
    times = np.cumsum(rng.exponential(1 / how.rate, how.count))
    requests = ready(
        [
            Request(arrival=round(float(t), 3), prompt=int(p), output=int(o))
            for t, p, o in zip(times, found.prompts, found.outputs, strict=True)
        ],
        rng,
    )
    return scenario(f"{kind}-s{seed}", kind, requests, engine(how.blocks), how, aim)


def ready(requests: Sequence[Request], rng: np.random.Generator) -> tuple[Request, ...]:
    """Cut contexts to the model's, and add predictions of outputs."""
    cut = []
    errors = np.exp(ERROR * rng.standard_normal(len(requests)))
    for one, error in zip(requests, errors, strict=True):
        output = min(one.output, CONTEXT - 1)
        prompt = min(one.prompt, CONTEXT - output)
        predicted = max(1, round(output * float(error)))
        changed = replace(one, prompt=prompt, output=output, predicted=predicted)
        cut.append(changed)
    return tuple(cut)


def _tiny(rng: np.random.Generator, seed: int, aim: Aim) -> Scenario:
    """Six requests, of which three may run, in a memory of 640 tokens."""
    times = np.cumsum(rng.exponential(0.08, 6))
    requests = ready(
        [
            Request(
                arrival=round(float(t), 3),
                prompt=int(rng.integers(40, 260)),
                output=int(rng.integers(4, 90)),
            )
            for t in times
        ],
        rng,
    )
    how = Kind(law="", rate=0.0, count=6, ttft=0.25, tpot=0.022)
    spec = engine(_TINY_BLOCKS, _TINY_SLOTS)
    return scenario(f"tiny-s{seed}", "tiny", requests, spec, how, aim)


def scenario(
    name: str,
    group: str,
    requests: tuple[Request, ...],
    spec: EngineSpec,
    how: Kind,
    aim: Aim,
) -> Scenario:
    """Make an instance with one aim, named after it."""
    word = aim.name.lower()
    return Scenario(
        id=f"{name}-{word}",
        group=f"{group}-{word}",
        requests=requests,
        engines=(spec,),
        limits=(how.ttft, how.tpot, aim),
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Scenario, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(kind, seed, aim)
        for kind, count, first in _BATCHES[split]
        for aim in Aim
        for seed in range(first, first + count)
    )


_SHIFTS = ("calm", "rush", "scarce", "ample", "code", "papers")

_BATCHES: dict[Split, list[tuple[str, int, int]]] = {
    Split.SMOKE: [("tiny", 2, 1000)],
    Split.TRAIN: [("chat", 2, 2000), ("tight", 1, 2000)],
    Split.VALID: [("chat", 2, 3000), ("tight", 2, 3000)],
    Split.TEST: [("chat", 4, 4000), ("tight", 4, 4000)],
    Split.OOD: [(kind, 1, 5000) for kind in _SHIFTS],
}
"""Kind, number of workloads, first seed; each workload is two instances."""
