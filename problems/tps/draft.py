"""A task that is being put together: which sub-task may come next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import NamedTuple

from problems.base import Json
from problems.tps.kinds import accepts, constant
from problems.tps.repository import doing, tools
from problems.tps.tool import (
    Field,
    Param,
    ToolFaultError,
    WorldTool,
    canonical,
    checked,
)
from problems.tps.world import World, make_world

DEEPEST = 8
"""No chain of sub-tasks is longer."""

_LARGEST, _LONGEST = 10**9, 60
"""No number is larger and no text longer: chains of products end here."""

_JOINED = 0.3
"""Chance that a further argument is a result, too, where one fits."""

_TRIES = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Sub:
    """A sub-task before the text of the task is written."""

    tool: WorldTool
    field: Field
    args: Mapping[str, Json]
    refs: Mapping[str, int]
    value: Json


@dataclass(slots=True, kw_only=True)
class Draft:
    """A task that is being put together.

    Attributes
    ----------
    most
        How many tools it may need.
    uses
        How many sub-tasks may need the same tool; of those that only compute, half
        as many, since every number can be added to another.
    values, named
        What is asked for, and what the text names: no value is asked twice, and none
        can be read in the text.
    """

    world: World
    rng: Random
    most: int
    uses: int
    subs: list[Sub] = field(default_factory=list)
    calls: set[tuple[str, str]] = field(default_factory=set)
    needs: Counter[tuple[str, ...]] = field(default_factory=Counter)
    depth: list[int] = field(default_factory=list)
    values: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


def add(draft: Draft, sub: Sub | None) -> bool:
    """Add a sub-task; False if there is none."""
    if sub is None:
        return False
    draft.subs.append(sub)
    draft.calls.add((sub.tool.shape.signature, canonical(sub.args)))
    draft.needs[doing(sub.tool.shape.signature, sub.field.name)] += 1
    draft.values.add(str(sub.value))
    draft.named |= {str(arg) for key, arg in sub.args.items() if key not in sub.refs}
    before = [draft.depth[k] for k in sub.refs.values()]
    draft.depth.append(1 + max(before, default=0))
    return True


def root(draft: Draft, *, chainable: bool = False) -> Sub | None:
    """Draw a sub-task all of whose arguments are in the text."""
    for _ in range(_TRIES):
        tool = draft.rng.choice(_roots())
        args = {
            param.name: constant(draft.world, param.kind, draft.rng)
            for param in tool.shape.params
        }
        sub = _finished(draft, _Call(tool, args, {}), chainable=chainable)
        if sub is not None:
            return sub
    return None


def link(
    draft: Draft,
    parents: Sequence[int],
    *,
    chainable: bool = False,
    joins: bool = True,
) -> Sub | None:
    """Draw a sub-task that needs the value of one of the parents."""
    by_kind: dict[str, list[int]] = {}
    for k in parents:
        by_kind.setdefault(draft.subs[k].field.kind, []).append(k)
    for _ in range(_TRIES):
        kind = draft.rng.choice(tuple(by_kind))
        parent = draft.rng.choice(by_kind[kind])
        users = _users(kind)
        if not users:
            continue
        tool, param = draft.rng.choice(draft.rng.choice(users))
        call = _filled(draft, tool, {param: parent}, joins=joins)
        sub = call and _finished(draft, call, chainable=chainable)
        if sub:
            return sub
    return None


class _Call(NamedTuple):
    """A tool with all arguments."""

    tool: WorldTool
    args: Mapping[str, Json]
    refs: Mapping[str, int]


def _filled(
    draft: Draft, tool: WorldTool, refs: Mapping[str, int], *, joins: bool
) -> _Call | None:
    """Find arguments for the parameters that have none yet."""
    args: dict[str, Json] = {}
    refs = dict(refs)
    for param in tool.shape.params:
        if param.name not in refs:
            other = _other(draft, param, set(refs.values())) if joins else None
            if other is not None:
                refs[param.name] = other
            else:
                args[param.name] = constant(draft.world, param.kind, draft.rng)
    args |= {name: draft.subs[k].value for name, k in refs.items()}
    if None in args.values():
        return None
    return _Call(tool, {p.name: args[p.name] for p in tool.shape.params}, refs)


def _other(draft: Draft, param: Param, taken: set[int]) -> int | None:
    forced = constant(draft.world, param.kind, draft.rng) is None
    if not forced and draft.rng.random() >= _JOINED:
        return None
    fitting = [
        k
        for k, sub in enumerate(draft.subs)
        if k not in taken
        and draft.depth[k] < DEEPEST
        and accepts(param.kind, sub.field.kind)
    ]
    return draft.rng.choice(fitting) if fitting else None


def _finished(draft: Draft, call: _Call, *, chainable: bool) -> Sub | None:
    """Ask for one field of the call's result; None if there is nothing good to ask."""
    tool, refs = call.tool, call.refs
    args = checked(tool, dict(call.args))
    signature = tool.shape.signature
    fields = [
        field
        for field in tool.shape.fields
        if (_users(field.kind) or not chainable)
        and _free(draft, doing(signature, field.name))
    ]
    if not fields or (signature, canonical(args)) in draft.calls:
        return None
    try:
        result = tool.shape.call(draft.world, args)
    except ToolFaultError:
        return None
    asked = draft.rng.choice(fields)
    value = result[asked.name]
    named = {str(arg) for key, arg in args.items() if key not in refs}
    if not _good(value) or named & draft.values or str(value) in draft.named | named:
        return None
    if str(value) in draft.values:
        return None
    return Sub(tool=tool, field=asked, args=args, refs=refs, value=value)


def _free(draft: Draft, need: tuple[str, ...]) -> bool:
    """Whether one more sub-task may need these tools."""
    if need in draft.needs:
        sums = need[0].startswith("compute__")
        return draft.needs[need] < (draft.uses // 2 if sums else draft.uses)
    return len(draft.needs) < draft.most


def _good(value: Json) -> bool:
    """Whether a value is worth asking for: neither empty nor tiny, and not endless."""
    if isinstance(value, str):
        return 0 < len(value) <= _LONGEST
    return bool(1 <= abs(value) <= _LARGEST)


@cache
def _roots() -> tuple[WorldTool, ...]:
    """Tools whose arguments can all be named in a text."""
    world, rng = make_world(0), Random(0)
    return tuple(
        tool
        for tool in tools().values()
        if all(constant(world, p.kind, rng) is not None for p in tool.shape.params)
    )


@cache
def _users(kind: str) -> tuple[tuple[tuple[WorldTool, str], ...], ...]:
    """Tools and parameters that take a value of the kind, by family."""
    families: dict[str, list[tuple[WorldTool, str]]] = {}
    for tool in tools().values():
        family = tool.shape.signature.partition(":")[0]
        for param in tool.shape.params:
            if accepts(param.kind, kind):
                families.setdefault(family, []).append((tool, param.name))
    return tuple(tuple(users) for users in families.values())
