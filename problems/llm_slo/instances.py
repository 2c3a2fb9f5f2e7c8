"""The workloads; equal seeds give equal workloads on every machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from problems.base import Split
from problems.llm_serving import lengths, profiles
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario
from problems.llm_slo.targets import Kind, Targets

PROFILE = "rtx4090-llama3-8b"
BLOCKS = 2588
"""KV memory of the engine by the log of its real run, blocks."""

CONTEXT = 8192
"""Prompt and output together at most, tokens."""

ERROR = 0.5
"""Deviation of the logarithm of predicted over true output."""

TARGETS = Targets(ttft=1.0, tpot=0.05, whole=15.0, call=14.0)

CHATS = 0.6
"""Share of chats where a trace does not tell."""

_TOOL = 1.0
"""Mean seconds from a call of a program to the next."""

LONGEST = 5
"""Calls of a program: 2 up to this, equally likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A workload.

    Attributes
    ----------
    rate
        Chats, calls with a deadline and programs together, a second; exponential gaps.
    count
        How many of them.
    shares
        Of chats, deadlines and programs.
    laws
        Of their lengths, see ``llm_serving.lengths``.
    blocks
        KV memory of the engine.
    """

    rate: float
    count: int
    shares: tuple[float, float, float] = (0.55, 0.35, 0.1)
    laws: tuple[str, str, str] = ("sharegpt", "azure_conv", "sharegpt")
    blocks: int = BLOCKS


_MIXED = Mix(rate=9.5, count=170)

MIXES = {
    "mixed": _MIXED,
    "documents": Mix(
        rate=6.0,
        count=170,
        shares=(0.35, 0.6, 0.05),
        laws=("azure_conv", "azure_conv", "sharegpt"),
    ),
    "calm": replace(_MIXED, rate=_MIXED.rate * 0.8),
    "rush": replace(_MIXED, rate=_MIXED.rate * 1.2),
    "scarce": replace(_MIXED, blocks=round(BLOCKS * 0.6)),
    "ample": replace(_MIXED, blocks=round(BLOCKS * 1.25)),
    "papers": Mix(
        rate=4.0,
        count=120,
        shares=(0.5, 0.4, 0.1),
        laws=("azure_conv", "arxiv", "azure_code"),
    ),
}
"""Kinds of workloads by name; ``tiny`` is another."""

_TINY_BLOCKS = 40
_TINY_SLOTS = 2
_TINY_TARGETS = Targets(ttft=0.25, tpot=0.03, whole=1.0, call=0.8)


def engine(blocks: int, slots: int = 256) -> EngineSpec:
    """Make an engine with this much memory, otherwise as in the real run."""
    return EngineSpec(cost=profiles.cost(PROFILE), blocks=blocks, slots=slots)


def draw(kind: str, seed: int) -> Scenario:
    """Draw one workload."""
    rng = np.random.default_rng([*map(ord, kind), seed])
    if kind == "tiny":
        spec = engine(_TINY_BLOCKS, _TINY_SLOTS)
        return scenario(f"tiny-s{seed}", "tiny", _tiny(rng), spec, _TINY_TARGETS)
    mix = MIXES[kind]
    times = np.cumsum(rng.exponential(1 / mix.rate, mix.count))
    kinds = rng.choice(len(Kind), size=mix.count, p=mix.shares)
    calls = [
        int(rng.integers(2, LONGEST + 1)) if one == Kind.COMPOUND else 1
        for one in kinds
    ]
    found = []
    for t, what, count in zip(times, kinds, calls, strict=True):
        drawn = lengths.draw(mix.laws[int(what)], rng, count)
        sizes = list(zip(drawn.prompts.tolist(), drawn.outputs.tolist(), strict=True))
        delays = rng.exponential(_TOOL, count)
        found.append((round(float(t), 3), Kind(int(what)), sizes, delays.tolist()))
    requests = ready(_laid_out(found), rng)
    return scenario(f"{kind}-s{seed}", kind, requests, engine(mix.blocks), TARGETS)


def scenario(
    name: str,
    group: str,
    requests: Sequence[Request],
    spec: EngineSpec,
    targets: Targets,
) -> Scenario:
    """Make an instance."""
    return Scenario(
        id=name,
        group=group,
        requests=tuple(requests),
        engines=(spec,),
        limits=tuple(targets),
    )


_Drawn = tuple[float, Kind, list[tuple[int, int]], list[float]]


def _laid_out(drawn: Sequence[_Drawn]) -> list[Request]:
    """Put first calls in order of arrival, then later calls of programs.

    The context of a call of a program is that of the call before, and its own prompt.
    """
    firsts, later = list[Request](), list[tuple[int, Request]]()
    for number, (t, kind, sizes, delays) in enumerate(drawn):
        program = number if kind == Kind.COMPOUND else -1
        context = 0
        for place, ((prompt, output), delay) in enumerate(
            zip(sizes, delays, strict=True)
        ):
            context += prompt
            one = Request(
                arrival=t,
                prompt=context,
                output=output,
                client=int(kind),
                program=program,
                delay=round(delay, 3) if place else 0.0,
            )
            context += output
            if place:
                later.append((number, one))
            else:
                firsts.append(one)
    found, last = list(firsts), {i: i for i in range(len(firsts))}
    for number, one in later:
        found.append(replace(one, parents=(last[number],)))
        last[number] = len(found) - 1
    return found


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


def _tiny(rng: np.random.Generator) -> tuple[Request, ...]:
    """Two chats, two calls with deadlines, a program of two calls; two may run."""
    kinds = [Kind.COMPOUND, Kind.DEADLINE, Kind.CHAT, Kind.DEADLINE, Kind.CHAT]
    found: list[_Drawn] = []
    t = 0.0
    for kind in kinds:
        t += float(rng.exponential(0.1))
        sizes = [
            (int(rng.integers(20, 120)), int(rng.integers(4, 50)))
            for _ in range(2 if kind == Kind.COMPOUND else 1)
        ]
        found.append((round(t, 3), kind, sizes, [0.05] * len(sizes)))
    return ready(_laid_out(found), rng)


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Scenario, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(kind, seed)
        for kind, count, first in _BATCHES[split]
        for seed in range(first, first + count)
    )


_SHIFTS = ("calm", "rush", "scarce", "ample", "papers")

_BATCHES: dict[Split, list[tuple[str, int, int]]] = {
    Split.SMOKE: [("tiny", 3, 1000)],
    Split.TRAIN: [("mixed", 2, 2000), ("documents", 2, 2000)],
    Split.VALID: [("mixed", 4, 3000), ("documents", 4, 3000)],
    Split.TEST: [("mixed", 6, 4000), ("documents", 6, 4000)],
    Split.OOD: [(kind, 2, 5000) for kind in _SHIFTS],
}
"""Kind, number of workloads, first seed."""
