"""Compounding tasks: results of some sub-tasks are arguments of others."""

from collections.abc import Mapping, Sequence
from random import Random

from problems.base import Json
from problems.benchmark import Sample, Settings
from problems.errors import ConfigError
from problems.tps.draft import DEEPEST, Draft, Sub, add, link, root
from problems.tps.records import Key, Subtask, key_as_data
from problems.tps.repository import doing, tools
from problems.tps.schedule import depths, fewest_turns, longest_path
from problems.tps.tool import Param
from problems.tps.world import World, make_world

_LINKED = 0.6
"""Chance that a sub-task of a hard task depends on an earlier one."""

_NAMED = 0.5
"""Chance that a result is described in a hard task; otherwise its item is named."""

_LONGEST_FIRST_CHAIN = 6
"""A hard task begins with a chain of 3 to this many sub-tasks."""

_DRAFTS = 50


def samples(settings: Settings) -> list[Sample]:
    """All samples of the settings: the easy ones, then the hard ones.

    Raises
    ------
    ConfigError
        If the settings leave no room for the tasks.
    """
    if settings["tools_needed"] < _LONGEST_FIRST_CHAIN:
        raise ConfigError(f"tools_needed must be {_LONGEST_FIRST_CHAIN} or more")
    world = make_world(settings["world_seed"])
    return [
        _sample(draft_of(world, settings, group, k), group, k)
        for group in ("easy", "hard")
        for k in range(settings[group])
    ]


def gold(needs: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Tools that suffice: the one that covers most of what is left, again and again."""
    left, chosen = set(needs), []
    while left:
        names = sorted({name for need in left for name in need})
        best = max(names, key=lambda name: sum(name in need for need in left))
        chosen.append(best)
        left = {need for need in left if best not in need}
    return tuple(sorted(chosen))


def draft_of(world: World, settings: Settings, group: str, k: int) -> Draft:
    """Draw a task, again if nothing more fits.

    Raises
    ------
    ConfigError
        If no task fits.
    """
    for attempt in range(_DRAFTS):
        draft = Draft(
            world=world,
            rng=Random(f"{settings['task_seed']}/{group}/{k}/{attempt}"),
            most=settings["tools_needed"],
            uses=1,
        )
        if (_easy if group == "easy" else _hard)(draft):
            return draft
    raise ConfigError(f"no {group} task {k} could be drawn; try another task_seed")


def _easy(draft: Draft) -> bool:
    """Draw 2 to 5 sub-tasks, at most one of which depends on one other."""
    size, linked = draft.rng.randint(2, 5), draft.rng.random() < _LINKED
    for k in range(size - linked):
        if not add(draft, root(draft, chainable=linked and k == 0)):
            return False
    return not linked or add(draft, link(draft, [0], joins=False))


def _hard(draft: Draft) -> bool:
    """Draw 6 to 50 sub-tasks, small tasks more often: a chain, then all else."""
    size = 6 + 45 * draft.rng.randrange(1000) ** 2 // 10**6
    chain = draft.rng.randint(3, _LONGEST_FIRST_CHAIN)
    draft.uses = max(2, size // 4)
    added = add(draft, root(draft, chainable=True))
    while added and len(draft.subs) < chain:
        more = len(draft.subs) + 1 < chain
        added = add(draft, link(draft, [len(draft.subs) - 1], chainable=more))
    while added and len(draft.subs) < size:
        parents = [k for k, depth in enumerate(draft.depth) if depth < DEEPEST]
        linked = draft.rng.random() < _LINKED
        found = link(draft, parents) if linked else None
        added = add(draft, found or root(draft))
    return added


def _sample(draft: Draft, group: str, k: int) -> Sample:
    """Write the text of a task, its items in an order that tells nothing."""
    order = list(range(len(draft.subs)))
    draft.rng.shuffle(order)
    item = {sub: position + 1 for position, sub in enumerate(order)}
    texts: list[str] = []
    for sub in draft.subs:
        texts.append(_phrase(draft, sub, texts, item, always=group == "easy"))
    key = _key(draft, texts)
    return Sample(
        id=f"{group}-{k:03d}",
        group=group,
        level=key.depth - 1,
        data={"world_seed": draft.world.seed, "items": [texts[sub] for sub in order]},
        secret=key_as_data(key),
    )


def _phrase(
    draft: Draft,
    sub: Sub,
    texts: Sequence[str],
    item: Mapping[int, int],
    *,
    always: bool,
) -> str:
    """Say what is wanted; a result is described, or the item is named that asks it."""
    said: dict[str, str] = {"label": sub.field.label}
    for param in sub.tool.shape.params:
        before = sub.refs.get(param.name)
        if before is None:
            said[param.name] = _written(param, sub.args[param.name])
        elif not draft.subs[before].refs and (always or draft.rng.random() < _NAMED):
            said[param.name] = f"({texts[before]})"
        else:
            said[param.name] = f"(the answer to item {item[before]})"
    return sub.tool.shape.phrase.format_map(said)


def _written(param: Param, value: Json) -> str:
    if param.kind == "numbers":
        return ", ".join(map(str, value))
    return f'"{value}"' if param.kind == "text" else str(value)


def _key(draft: Draft, texts: Sequence[str]) -> Key:
    subtasks = tuple(
        Subtask(
            desc=text,
            tools=doing(sub.tool.shape.signature, sub.field.name),
            args=sub.args,
            refs=sub.refs,
            field=sub.field.name,
            value=sub.value,
        )
        for sub, text in zip(draft.subs, texts, strict=True)
    )
    chosen = gold([one.tools for one in subtasks])
    times = [
        tools()[use(one, chosen)].latency_ms(draft.world.seed, one.args, 0)
        for one in subtasks
    ]
    deps = [one.deps for one in subtasks]
    plan = fewest_turns(times, deps)
    return Key(
        subtasks=subtasks,
        gold_tools=chosen,
        plan=plan.turns,
        depth=max(depths(deps)),
        path_ms=longest_path(times, deps),
        plan_ms=plan.time,
        serial_ms=sum(times),
    )


def use(subtask: Subtask, chosen: Sequence[str]) -> str:
    """Find the first of the chosen tools that gives what the sub-task asks for."""
    return next(name for name in subtask.tools if name in chosen)
