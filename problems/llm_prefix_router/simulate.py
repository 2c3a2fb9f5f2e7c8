"""The driver: place by the costs of replicas, or by a whole policy. In the sandbox."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from problems.llm_prefix_router.rules import RULES
from problems.llm_prefix_router.views import Replica, Request, State, observe
from problems.llm_serving import hosting
from problems.llm_serving.hosting import Hook, Scene
from problems.llm_serving.runs import decode
from problems.llm_serving.scenario import Scenario
from problems.values import first_unusable, usable

__all__ = ["HOOKS", "decide", "decode", "run"]


def _cost(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Place on the replica with the least value, the first one of equals."""
    request: Request = scene.rows[0]
    replicas: list[Replica] = scene.columns
    values = [heuristic(request, replica, scene.state) for replica in replicas]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"the cost of request {request.id} at replica {replicas[at].number}, at "
            f"{scene.state.t} s, is {shown}, not a finite number"
        )
    return replicas[values.index(min(values))].number


def _place(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Place on the replica that the policy names."""
    told = heuristic(scene.rows[0], tuple(scene.columns), scene.state)
    if type(told) is not int or not 0 <= told < len(scene.columns):
        shown = told if type(told) is int else type(told).__name__
        raise ValueError(
            f"at {scene.state.t} s: place must return the number of a replica, an "
            f"integer from 0 to {len(scene.columns) - 1}, not {shown!s:.40}"
        )
    return told


_VIEWS = (Request, Replica, State)

HOOKS = MappingProxyType(
    {
        "cost": Hook(RULES, _VIEWS, observe, _cost),
        "place": Hook(RULES, _VIEWS, observe, _place),
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
