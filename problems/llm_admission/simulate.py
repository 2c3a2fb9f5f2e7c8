"""The driver: admit or evict by values, or by a whole policy. In the sandbox."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from problems.llm_admission.rules import ADMISSION, EVICTION
from problems.llm_admission.views import (
    Running,
    State,
    Waiting,
    observe_all,
    observe_batch,
    observe_waiting,
)
from problems.llm_serving import hosting
from problems.llm_serving.choosing import admitted, least, picked
from problems.llm_serving.hosting import Hook, Scene
from problems.llm_serving.scenario import Scenario, decode

__all__ = ["HOOKS", "decide", "decode", "run"]


def _victim(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Evict the call with the least value; of equal ones that admitted last."""
    number: int = least(heuristic, scene.rows[::-1], scene.state)[0].id
    return number


HOOKS = MappingProxyType(
    {
        "admit": Hook(ADMISSION, (Waiting, Running, State), observe_waiting, admitted),
        "pick": Hook(ADMISSION, (Waiting, Running, State), observe_all, picked),
        "victim": Hook(EVICTION, (Running, Waiting, State), observe_batch, _victim),
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
