"""The driver: admit by priorities of requests, or by a whole policy. In the sandbox."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from problems.llm_fair.rules import RULES
from problems.llm_fair.views import Client, Request, State, observe
from problems.llm_serving import hosting
from problems.llm_serving.hosting import Hook, Scene
from problems.llm_serving.runs import decode
from problems.llm_serving.scenario import Scenario
from problems.values import first_unusable, usable

__all__ = ["HOOKS", "decide", "decode", "run"]


def _priority(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Admit the request with the least value, the first one of equals."""
    rows: list[Request] = scene.rows
    state: State = scene.state
    clients: dict[int, Client] = {one.number: one for one in scene.columns}
    values = [heuristic(one, clients[one.client], state) for one in rows]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"the priority of request {rows[at].id} at {state.t} s is {shown}, not a "
            "finite number"
        )
    return rows[values.index(min(values))].id


def _pick(heuristic: Callable[..., Any], scene: Scene) -> int | None:
    """Admit the request that the policy names."""
    told = heuristic(tuple(scene.rows), tuple(scene.columns), scene.state)
    where = f"at {scene.state.t} s: pick must return the id of a request that waits"
    if told is None:
        return None
    if type(told) is not int:
        raise ValueError(f"{where}, or None, not {type(told).__name__}")
    if all(told != one.id for one in scene.rows):
        raise ValueError(f"{where}, or None")
    return told


_VIEWS = (Request, Client, State)

HOOKS = MappingProxyType(
    {
        "priority": Hook(RULES, _VIEWS, observe, _priority),
        "pick": Hook(RULES, _VIEWS, observe, _pick),
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
