"""The driver: ask how many replicas there should be, every tick. In the sandbox."""

from collections.abc import Callable
from math import ceil
from types import MappingProxyType
from typing import Any

from problems.llm_autoscale.rules import RULES
from problems.llm_autoscale.views import Replica, Stats, Tick, observe
from problems.llm_serving import hosting
from problems.llm_serving.hosting import Hook, Scene
from problems.llm_serving.scenario import Scenario, decode
from problems.values import first_unusable, usable

__all__ = ["HOOKS", "decide", "decode", "run"]

_ROUNDING = 1e-9


def _target(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Round the value up, and clip it to what there can be."""
    stats: Stats = scene.state
    value = heuristic(stats)
    if not usable([value]):
        _, shown = first_unusable([value])
        raise ValueError(f"target at {stats.t} s is {shown}, not a finite number")
    if value <= 1:
        return 1
    return stats.most if value >= stats.most else ceil(value - _ROUNDING)


def _replicas(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Take the number that the policy gives."""
    stats: Stats = scene.state
    told = heuristic(stats, tuple(scene.rows), tuple(scene.columns))
    if type(told) is not int or not 1 <= told <= stats.most:
        shown = told if type(told) is int and abs(told) < 10**6 else type(told).__name__
        raise ValueError(
            f"replicas at {stats.t} s must be an integer from 1 to {stats.most}, "
            f"not {shown}"
        )
    return told


_VIEWS = (Replica, Tick, Stats)

HOOKS = MappingProxyType(
    {
        "target": Hook(RULES, _VIEWS, observe, _target),
        "replicas": Hook(RULES, _VIEWS, observe, _replicas),
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
