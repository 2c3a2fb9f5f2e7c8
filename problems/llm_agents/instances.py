"""Instances: programs that come at random to one or two engines.

Seeded; whole programs of one kind, or of several, as a Poisson process. Requests are in
the order of their depth in a program, at random within, so that a number tells nothing
of how many calls are to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from problems.base import Split
from problems.llm_agents.laws import LAWS, SHAPES, Draft, Law, Step, Tool
from problems.llm_serving import profiles
from problems.llm_serving.cluster import check
from problems.llm_serving.engine import BLOCK, EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

UNIT = 128
"""Tokens of a unit of the prefix cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Instances of one kind.

    Attributes
    ----------
    name
        Of the group.
    kinds
        Names of laws; programs are of each with equal chance.
    hardware
        Name of a profile.
    replicas
        Engines.
    blocks
        KV memory of each.
    rate
        Programs a second, all engines together.
    programs
        Their number.
    laws
        Where they differ from those of that name.
    """

    name: str
    kinds: tuple[str, ...]
    hardware: str = "rtx4090-llama3-8b"
    replicas: int = 1
    blocks: int = 2588
    rate: float
    programs: int
    laws: tuple[tuple[str, Law], ...] = ()


SWE = Group(name="swe", kinds=("swe",), rate=0.25, programs=20)
BFCL = Group(name="bfcl", kinds=("bfcl",), rate=0.2, programs=24)
FORK = Group(name="fork", kinds=("fork",), rate=0.3, programs=20)
SQL = Group(name="sql", kinds=("sql",), rate=0.6, programs=18)


def _build(tools: Sequence[Tool], factor: float) -> tuple[Tool, ...]:
    return tuple(one._replace(mean=factor * one.mean) for one in tools)


SHIFTED = (
    replace(SWE, name="swe-memory60", blocks=1553, rate=0.8 * SWE.rate),
    replace(
        SWE,
        name="swe-memoryless",
        laws=(
            (
                "swe",
                replace(
                    LAWS["swe"],
                    calls=(10.9, 0.0, 1, 40),
                    memoryless=True,
                    tools=_build(LAWS["swe"].tools, 4.0),
                ),
            ),
        ),
    ),
    replace(BFCL, name="bfcl-rate120", rate=1.2 * BFCL.rate),
    replace(
        FORK,
        name="fork-pro6000",
        hardware="rtxpro6000-llama3-8b",
        blocks=2070,
        rate=2.5 * FORK.rate,
    ),
    Group(
        name="mixed", kinds=("swe", "bfcl", "fork"), rate=0.28, programs=40, replicas=2
    ),
)
"""What no policy was evolved on: memory, rates, lengths, mixtures."""


def draw(group: Group, seed: int) -> Scenario:
    """Draw one instance; equal arguments give equal instances on every machine."""
    rng = np.random.default_rng([sum(map(ord, group.name)), group.programs, seed])
    laws = {**LAWS, **dict(group.laws)}
    born = np.cumsum(rng.exponential(1 / group.rate, group.programs))
    free, most = 16, BLOCK * group.blocks - BLOCK
    steps: list[tuple[int, int, Step]] = []
    for number in range(group.programs):
        kind = group.kinds[int(rng.integers(len(group.kinds)))]
        draft = Draft(laws[kind], UNIT, most, free, rng)
        SHAPES[kind](draft)
        free = draft.free
        steps += [(number, place, one) for place, one in enumerate(draft.steps)]
    mixed = rng.permutation(len(steps))
    order = sorted(
        range(len(steps)),
        key=lambda i: (steps[i][2].depth, steps[i][0] if not steps[i][1] else mixed[i]),
    )
    at = {steps[i][:2]: place for place, i in enumerate(order)}
    requests = tuple(
        _request(number, step, round(float(born[number]), 3), at)
        for number, _, step in (steps[i] for i in order)
    )
    spec = EngineSpec(
        cost=profiles.cost(group.hardware),
        blocks=group.blocks,
        unit=UNIT,
    )
    check(requests, [spec])
    return Scenario(
        id=f"{group.name}-s{seed}",
        group=group.name,
        requests=requests,
        engines=(spec,) * group.replicas,
    )


def _request(
    number: int, step: Step, born: float, at: dict[tuple[int, int], int]
) -> Request:
    return Request(
        arrival=born,
        prompt=step.prompt,
        output=step.output,
        prefix=step.prefix,
        program=number,
        parents=tuple(at[number, one] for one in step.parents),
        delay=step.delay,
        tool=step.tool,
    )


_SMALL = tuple(replace(one, programs=8) for one in (FORK, BFCL))
_KNOWN = (SWE, BFCL, FORK, SQL)

_SETS = MappingProxyType(
    {
        Split.SMOKE: (_SMALL, 1, 1000),
        Split.TRAIN: (_KNOWN, 1, 2000),
        Split.VALID: (_KNOWN, 2, 3000),
        Split.TEST: (_KNOWN, 4, 4000),
        Split.OOD: (SHIFTED, 2, 5000),
    }
)


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Scenario, ...]:
    """Instances of a split, always in the same order."""
    groups, count, first = _SETS[split]
    return tuple(
        draw(group, seed) for group in groups for seed in range(first, first + count)
    )
