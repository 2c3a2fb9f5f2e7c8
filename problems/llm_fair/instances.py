"""Workloads of many clients, and the splits made with them.

* ``arena``: clients of very different shares, with the lengths of the arena trace.
* ``onoff``: one client asks all the time, the others come and go.
* ``prefix``: each client has two long prompts of its own, more than the memory holds.
* ``shift``, held out: what is asked for changes half-way.

Held out are other rates, memories, numbers of clients, and hardware, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from problems.base import Imported, Split
from problems.errors import ConfigError
from problems.llm_fair.rules import QUANTUM, UNIT
from problems.llm_fair.workloads import Family, rows
from problems.llm_serving import profiles, traces
from problems.llm_serving.cluster import check
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

_A10G = "a10g-llama2-7b"
ARENA = Family(
    group="arena",
    kind="arena",
    n=200,
    rate=3.6,
    clients=16,
    bound=4000,
    blocks=625,
    hardware=_A10G,
)
ONOFF = replace(ARENA, group="onoff", kind="onoff", rate=5.5, clients=6)
SHIFT = replace(ONOFF, group="shift", kind="shift", rate=10.0, bound=2500)
PREFIX = Family(
    group="prefix",
    kind="prefix",
    n=180,
    rate=5.5,
    clients=10,
    bound=7500,
    blocks=2588,
    hardware="rtx4090-llama3-8b",
)


def _tiny(family: Family) -> Family:
    small = replace(family, group=f"{family.group}-tiny", n=40, rate=2 * family.rate)
    return replace(small, bound=family.bound / 4, clients=5)


_COMMON = (ARENA, ONOFF, PREFIX)
_OOD = (
    SHIFT,
    replace(ARENA, group="arena-many", clients=40, rate=1.2 * ARENA.rate),
    replace(ONOFF, group="onoff-small", rate=0.8 * ONOFF.rate, blocks=375),
    replace(
        PREFIX,
        group="prefix-pro",
        rate=2 * PREFIX.rate,
        clients=16,
        blocks=int(1.25 * PREFIX.blocks),
        hardware="rtxpro6000-llama3-8b",
    ),
)

_SPLITS: Mapping[Split, tuple[int, int, Sequence[Family]]] = MappingProxyType(
    {
        Split.SMOKE: (1000, 1, tuple(map(_tiny, (ARENA, PREFIX)))),
        Split.TRAIN: (2000, 1, _COMMON),
        Split.VALID: (3000, 2, _COMMON),
        Split.TEST: (4000, 4, _COMMON),
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
    """Read a run of VTC on the arena: one instance, with the engine of ``arena``.

    Raises
    ------
    ConfigError
        If the file has another format, or a request does not fit into the engine.
    """
    from problems.llm_fair.reference import at_once

    requests = tuple(found.request for found in traces.arena(path))
    scenario = _scenario(path.stem, ARENA, requests)
    try:
        check(scenario.requests, scenario.engines)
    except ValueError as error:
        raise ConfigError(f"{path} line 2 or later: {error}") from error
    return (Imported(instance=scenario, reference=at_once(scenario)),)


def _scenario(name: str, family: Family, requests: tuple[Request, ...]) -> Scenario:
    cost = profiles.cost(family.hardware)
    spec = EngineSpec(cost=cost, blocks=family.blocks, unit=UNIT)
    return Scenario(
        id=name,
        group=family.group,
        requests=requests,
        engines=(spec,),
        limits=(family.bound, QUANTUM),
    )
