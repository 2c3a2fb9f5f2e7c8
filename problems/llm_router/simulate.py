"""The driver: route by the values of pairs, or by a whole policy. In the sandbox."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from problems.llm_router.rules import RULES
from problems.llm_router.views import Replica, Request, State, observe, sent
from problems.llm_serving import hosting
from problems.llm_serving.hosting import Hook, Scene
from problems.llm_serving.scenario import Scenario, decode
from problems.values import first_unusable, usable

__all__ = ["HOOKS", "decide", "decode", "run"]


def _match(heuristic: Callable[..., Any], scene: Scene) -> list[list[int]]:
    """Send the pair with the least value, as long as that is negative."""
    queue: list[Request] = list(scene.rows)
    replicas: list[Replica] = list(scene.columns)
    state: State = scene.state
    values = [_column(heuristic, queue, one, state) for one in replicas]
    pairs: list[list[int]] = []
    while queue:
        lows = list(map(min, values))
        least = min(lows)
        if least >= 0:
            break
        row, column = min(
            [(values[c].index(low), c) for c, low in enumerate(lows) if low == least]
        )
        request = queue.pop(row)
        for each in values:
            del each[row]
        pairs.append([request.id, replicas[column].number])
        replicas[column] = sent(replicas[column], request)
        values[column] = _column(heuristic, queue, replicas[column], state)
    return pairs


def _column(
    heuristic: Callable[..., Any],
    queue: list[Request],
    replica: Replica,
    state: State,
) -> list[Any]:
    values = [heuristic(request, replica, state) for request in queue]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"the value of request {queue[at].id} at replica {replica.number}, at "
            f"{state.t} s, is {shown}, not a finite number"
        )
    return values


def _route(heuristic: Callable[..., Any], scene: Scene) -> list[list[int]]:
    """Take the pairs that the policy gives."""
    told = heuristic(tuple(scene.rows), tuple(scene.columns), scene.state)
    where = f"at {scene.state.t} s: route must return a list of pairs of integers"
    if type(told) is not list:
        raise ValueError(f"{where}, not {type(told).__name__}")
    pairs = []
    for pair in told:
        if type(pair) not in (tuple, list) or [type(x) for x in pair] != [int, int]:
            raise ValueError(where)
        pairs.append([pair[0], pair[1]])
    waiting = {view.id for view in scene.rows}
    numbers = {view.number for view in scene.columns}
    for request, replica in pairs:
        if request not in waiting:
            raise ValueError(f"at {scene.state.t} s: request {request} does not wait")
        if replica not in numbers:
            raise ValueError(f"at {scene.state.t} s: no replica {replica}")
        waiting.remove(request)
    return pairs


_VIEWS = (Request, Replica, State)

HOOKS = MappingProxyType(
    {
        "match": Hook(RULES, _VIEWS, observe, _match),
        "route": Hook(RULES, _VIEWS, observe, _route),
    }
)
"""By entry point."""


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Scenario, seed: int
) -> list[Any]:
    """Give the decisions; raises as ``hosting.run``."""
    return hosting.run(HOOKS, entry_point, heuristic, instance, seed)


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> Any:
    """Give one decision; raises as ``run``."""
    return hosting.decide(HOOKS, entry_point, heuristic, observation)
