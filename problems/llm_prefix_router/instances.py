"""Workloads with shared prefixes, and the splits made with them.

* ``tree``: chats with the laws of the conversation trace of Mooncake, its time four
  times as fast. All share the first unit; a turn adds to the one before, or to a part.
* ``groups``: each request begins with one of some prompts of 14,336 tokens.
* ``chats``: short chats behind a few system prompts; a turn holds all before it.

Each is there with loads that are always fresh, and with some up to 5 s old (``stale``).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from problems.base import Split
from problems.llm_prefix_router.rules import UNIT
from problems.llm_prefix_router.workloads import Family, rows
from problems.llm_serving import profiles
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

QUANTUM = 16_384
"""Tokens of a quantum of D2LPM, about a prompt."""

TREE = Family(group="tree", kind="tree", n=300, rate=6.5, read=0.0, blocks=16_000)
GROUPS = Family(group="groups", kind="groups", n=400, rate=16.0, read=0.0, blocks=4_800)
CHATS = Family(
    group="chats", kind="chats", n=400, rate=12.0, read=0.0, blocks=8_000, prompts=4
)


def draw(family: Family, seed: int) -> Scenario:
    """Draw the workload of a seed."""
    spec = engine(family.hardware, family.blocks)
    return Scenario(
        id=f"{family.group}-s{seed}",
        group=family.group,
        requests=tuple(
            Request(arrival=t, prompt=prompt, output=output, client=client, prefix=ids)
            for t, prompt, output, client, ids in rows(
                family, np.random.default_rng(seed)
            )
        ),
        engines=(spec,) * 4,
        limits=(family.read, QUANTUM),
    )


def engine(hardware: str, blocks: int) -> EngineSpec:
    """Give an engine with a prefix cache."""
    return EngineSpec(cost=profiles.cost(hardware), blocks=blocks, unit=UNIT)
