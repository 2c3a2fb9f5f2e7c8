"""Tasks of ``tps`` with limits of servers and agent, and the splits made with them.

Calls, what they depend on, and the latencies of all attempts are those of hard tasks of
``problems.tps``. The limits are drawn by family:

* ``wide``: servers answer two or three calls at once, the agent may have six.
* ``narrow``: servers answer one or two, the agent may have two or three.
* ``paced``: servers want up to a second and a half between beginnings.
* ``flaky``: servers fail in up to a quarter of all calls.
* ``single``: servers answer one call at a time, held out.
* ``joint``: three tasks at once, with limits of all kinds, held out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from problems.base import Split
from problems.tps.draft import Sub
from problems.tps.generate import draft_of
from problems.tps.tool import SIGMAS
from problems.tps.world import World, make_world
from problems.tps_scheduler.model import Call, Server, ToolInstance

_TOOLS_NEEDED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What limits are drawn from, all choices equally likely.

    Attributes
    ----------
    gaps
        Milliseconds.
    fails
        Of 1000 calls.
    tasks
        How many tasks of ``tps`` make one instance.
    least, most
        Bounds on the number of calls of each task.
    """

    cap: tuple[int, ...]
    slots: tuple[int, ...]
    gaps: tuple[int, ...] = (0,)
    fails: tuple[int, ...] = (0,)
    tasks: int = 1
    least: int = 10
    most: int = 32


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "wide": Family(cap=(6,), slots=(2, 3)),
        "narrow": Family(cap=(2, 3), slots=(1, 2)),
        "paced": Family(cap=(4,), slots=(2,), gaps=(250, 750, 1500)),
        "flaky": Family(cap=(3, 4), slots=(1, 2), gaps=(0, 250), fails=(0, 100, 250)),
        "single": Family(cap=(8,), slots=(1,), gaps=(0, 100)),
        "joint": Family(
            cap=(4, 5),
            slots=(1, 2, 3),
            gaps=(0, 250, 500),
            fails=(0, 150),
            tasks=3,
            most=24,
        ),
    }
)
"""By name; the order is part of no seed."""


def draw(family: str, world_seed: int, first: int) -> ToolInstance:
    """Draw one instance; equal arguments give equal instances on every machine.

    Parameters
    ----------
    family
        One of ``FAMILIES``.
    first
        Number of the first task that is tried; it is taken if it has as many calls as
        the family wants, else the next one is.
    """
    law = FAMILIES[family]
    world = make_world(world_seed)
    rng = Random(f"{family}/{world_seed}/{first}")
    tasks: list[Sequence[Sub]] = []
    k = first
    while len(tasks) < law.tasks:
        drawn = _task(world_seed, k)
        if law.least <= len(drawn) <= law.most:
            tasks.append(drawn)
        k += 1
    names = list(dict.fromkeys(sub.tool.server for subs in tasks for sub in subs))
    servers = tuple(
        Server(
            name=name,
            slots=rng.choice(law.slots),
            gap=rng.choice(law.gaps),
            fails=rng.choice(law.fails),
        )
        for name in names
    )
    calls: list[Call] = []
    for subs in tasks:
        calls += _calls(world, subs, names, servers, len(calls))
    return ToolInstance(
        id=f"{family}-w{world_seed}-k{first}",
        group=family,
        cap=rng.choice(law.cap),
        servers=servers,
        calls=tuple(calls),
    )


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[ToolInstance, ...]:
    """Instances of a split, always in the same order."""
    return tuple(
        draw(batch.family, batch.world_seed, batch.first + k * _STRIDE)
        for batch in _batches(split)
        for k in range(batch.size)
    )


_STRIDE = 20
"""Between the first tasks of two instances: more than one of them ever looks at."""


class _Batch(NamedTuple):
    """Instances of one family in one world, with the number of their first task."""

    family: str
    size: int
    world_seed: int
    first: int = 0


def _batches(split: Split) -> list[_Batch]:
    """List the families of a split; no task is in two instances."""
    known = ("wide", "narrow", "paced", "flaky")
    apart = [(family, 1000 * k) for k, family in enumerate(known)]
    match split:
        case Split.SMOKE:
            return [_Batch("narrow", 2, 1), _Batch("flaky", 1, 1, 1000)]
        case Split.TRAIN:
            return [_Batch(family, 10, 2, first) for family, first in apart]
        case Split.VALID:
            return [_Batch(family, 6, 3, first) for family, first in apart]
        case Split.TEST:
            return [_Batch(family, 8, 4, first) for family, first in apart]
        case Split.OOD:
            return [_Batch("single", 6, 5), _Batch("joint", 4, 5, 1000)]


@lru_cache(maxsize=256)
def _task(world_seed: int, k: int) -> tuple[Sub, ...]:
    settings = {"task_seed": world_seed, "tools_needed": _TOOLS_NEEDED}
    return tuple(draft_of(make_world(world_seed), settings, "hard", k).subs)


def _calls(
    world: World,
    subs: Sequence[Sub],
    names: Sequence[str],
    servers: Sequence[Server],
    offset: int,
) -> list[Call]:
    """Give the calls of one task, whose positions begin at ``offset``."""
    found = []
    for sub in subs:
        server = names.index(sub.tool.server)
        found.append(
            Call(
                server=server,
                mean=sub.tool.mean_ms(),
                sigma=SIGMAS[sub.tool.spread()],
                deps=tuple(sorted({offset + k for k in sub.refs.values()})),
                attempts=_attempts(world, sub, servers[server].fails),
            )
        )
    return found


def _attempts(world: World, sub: Sub, fails: int) -> tuple[int, ...]:
    """Latencies until an attempt succeeds."""
    found: list[int] = []
    while True:
        attempt = len(found)
        found.append(sub.tool.latency_ms(world.seed, sub.args, attempt))
        if not sub.tool.fails(world.seed, sub.args, attempt, fails):
            return tuple(found)
