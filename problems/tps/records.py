"""The secret of a sample, as records; samples hold it as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtask:
    """A value that is asked for.

    Attributes
    ----------
    tools
        Any of these gives it.
    args
        With these arguments.
    refs
        Arguments that are the value of another sub-task, by its position.
    field
        Field of the result that holds the value.
    value
        The value itself.
    """

    desc: str
    tools: tuple[str, ...]
    args: Mapping[str, Json]
    refs: Mapping[str, int]
    field: str
    value: Json

    @property
    def deps(self) -> tuple[int, ...]:
        """Positions of the sub-tasks that come before this one."""
        return tuple(sorted(set(self.refs.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a sample's answer is judged by.

    Attributes
    ----------
    subtasks
        Each comes after those that it depends on.
    gold_tools
        A small set of tools that suffices.
    plan
        Positions of the sub-tasks by turn: the fewest turns, the least time in these.
    depth
        Number of turns that are needed.
    path_ms, plan_ms, serial_ms
        Latency of the longest chain, of the plan, and of all calls one by one.
    """

    subtasks: tuple[Subtask, ...]
    gold_tools: tuple[str, ...]
    plan: tuple[tuple[int, ...], ...]
    depth: int
    path_ms: int
    plan_ms: int
    serial_ms: int


def key_as_data(key: Key) -> dict[str, Json]:
    """Write a key as plain data."""
    data = asdict(key)
    data["subtasks"] = [
        {"id": f"s{k + 1}", **asdict(one), "tools": list(one.tools)}
        for k, one in enumerate(key.subtasks)
    ]
    data["gold_tools"] = list(key.gold_tools)
    data["plan"] = [list(turn) for turn in key.plan]
    return data


def key_from_data(data: Json) -> Key:
    """Read a key from plain data."""
    subtasks = tuple(
        Subtask(
            desc=row["desc"],
            tools=tuple(row["tools"]),
            args=row["args"],
            refs=row["refs"],
            field=row["field"],
            value=row["value"],
        )
        for row in data["subtasks"]
    )
    return Key(
        subtasks=subtasks,
        gold_tools=tuple(data["gold_tools"]),
        plan=tuple(tuple(turn) for turn in data["plan"]),
        depth=data["depth"],
        path_ms=data["path_ms"],
        plan_ms=data["plan_ms"],
        serial_ms=data["serial_ms"],
    )
