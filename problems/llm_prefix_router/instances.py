"""Workloads with shared prefixes, and the splits made with them.

* ``tree``: chats with the laws of the conversation trace of Mooncake, its time twelve
  times as fast. All share the first unit; a turn adds to the one before, or to a part.
* ``groups``: each request begins with one of some prompts of 14,336 tokens.
* ``chats``: short chats behind a few system prompts; a turn holds all before it.

Loads are fresh, or not read again for 5 s (``-stale``). Held out are other rates,
memories, hardware, numbers of shared prompts, and loads of 10 s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from problems.base import Imported, Split
from problems.errors import ConfigError
from problems.llm_prefix_router.rules import QUANTUM, UNIT
from problems.llm_prefix_router.workloads import Family, rows
from problems.llm_serving import profiles, traces
from problems.llm_serving.cluster import check
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

REPLICAS = 4
_STALE = 5.0

TREE = Family(group="tree", kind="tree", n=300, rate=3.5, read=0.0, blocks=20_000)
GROUPS = Family(group="groups", kind="groups", n=300, rate=14.0, read=0.0, blocks=4_800)
CHATS = Family(
    group="chats", kind="chats", n=300, rate=11.0, read=0.0, blocks=8_000, prompts=4
)


def _stale(family: Family, read: float = _STALE) -> Family:
    return replace(family, group=f"{family.group}-stale", read=read)


def _tiny(family: Family) -> Family:
    return replace(family, group=f"{family.group}-tiny", n=40)


_COMMON = (TREE, _stale(TREE), _stale(GROUPS), _stale(CHATS))
_TEST = (*_COMMON, GROUPS, CHATS)
_OOD = (
    replace(
        TREE, group="tree-fast", rate=1.2 * TREE.rate, blocks=int(0.6 * TREE.blocks)
    ),
    replace(_stale(TREE), group="tree-a100", rate=2.0, hardware="a100-llama3-8b"),
    replace(_stale(GROUPS), group="groups-many", prompts=24, clients=24, blocks=12_000),
    replace(
        _stale(CHATS, 10.0),
        group="chats-older",
        rate=0.8 * CHATS.rate,
        blocks=int(1.25 * CHATS.blocks),
    ),
)

_SPLITS: Mapping[Split, tuple[int, int, Sequence[Family]]] = MappingProxyType(
    {
        Split.SMOKE: (1000, 1, tuple(map(_tiny, (TREE, _stale(CHATS))))),
        Split.TRAIN: (2000, 1, _COMMON),
        Split.VALID: (3000, 1, _COMMON),
        Split.TEST: (4000, 2, _TEST),
        Split.OOD: (5000, 2, _OOD),
    }
)
"""First seed, instances of each family, families."""


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Scenario, ...]:
    """Instances of a split, always the same and in the same order."""
    first, count, families = _SPLITS[split]
    drawn = [family for family in families for _ in range(count)]
    return tuple(draw(family, first + i) for i, family in enumerate(drawn))


def draw(family: Family, seed: int) -> Scenario:
    """Draw the workload of a seed."""
    requests = tuple(
        Request(arrival=t, prompt=prompt, output=output, client=client, prefix=ids)
        for t, prompt, output, client, ids in rows(family, np.random.default_rng(seed))
    )
    return _scenario(f"{family.group}-s{seed}", family, requests)


def read(path: Path) -> tuple[Imported[Scenario], ...]:
    """Read a trace of Mooncake, in pieces of 1000 requests at most.

    Each is served by the engines of ``tree`` from an empty cache, with loads of 5 s.

    Raises
    ------
    ConfigError
        If the file has another format, or a request fits into no engine.
    """
    from problems.llm_prefix_router.reference import at_once

    every = traces.mooncake(path)
    found = []
    for start in range(0, len(every), _PIECE):
        piece = every[start : start + _PIECE]
        begin = piece[0].arrival
        shifted = tuple(
            replace(one, arrival=round(one.arrival - begin, 3)) for one in piece
        )
        family = _stale(TREE)
        scenario = _scenario(f"{path.stem}-{start}", family, shifted)
        try:
            check(scenario.requests, scenario.engines)
        except ValueError as error:
            line = f"{path} line {start + 1} to {start + len(piece)}"
            raise ConfigError(f"{line}: {error}") from error
        found.append(Imported(instance=scenario, reference=at_once(scenario)))
    return tuple(found)


_PIECE = 1000


def _scenario(name: str, family: Family, requests: tuple[Request, ...]) -> Scenario:
    cost = profiles.cost(family.hardware)
    spec = EngineSpec(cost=cost, blocks=family.blocks, unit=UNIT)
    return Scenario(
        id=name,
        group=family.group,
        requests=requests,
        engines=(spec,) * REPLICAS,
        limits=(family.read, QUANTUM),
    )
