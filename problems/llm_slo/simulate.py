"""The driver: admit by priority, or by a whole policy. In the sandbox."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from problems.llm_serving import hosting
from problems.llm_serving.choosing import admitted, picked
from problems.llm_serving.hosting import Hook
from problems.llm_serving.scenario import Scenario, decode
from problems.llm_slo.rules import RULES
from problems.llm_slo.views import (
    Running,
    State,
    Waiting,
    observe_all,
    observe_waiting,
)

__all__ = ["HOOKS", "decide", "decode", "run"]

_VIEWS = (Waiting, Running, State)


HOOKS = MappingProxyType(
    {
        "priority": Hook(RULES, _VIEWS, observe_waiting, admitted),
        "pick": Hook(RULES, _VIEWS, observe_all, picked),
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
