"""The driver: pick by least priority, or keep prefixes for a time. In the sandbox."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from problems.llm_agents.rules import RULES
from problems.llm_agents.views import Program, State, Turn, Waiting, turn, waiting
from problems.llm_serving import hosting
from problems.llm_serving.cluster import LONGEST
from problems.llm_serving.hosting import Hook, Scene
from problems.llm_serving.scenario import Scenario, decode
from problems.values import first_unusable, usable

__all__ = ["HOOKS", "decide", "decode", "run"]


def _pick(heuristic: Callable[..., Any], scene: Scene) -> int:
    """Pick the call with the least value; the first of those, if several have it."""
    rows: list[Waiting] = scene.rows
    state: State = scene.state
    values = [
        heuristic(call, program, state)
        for call, program in zip(rows, scene.columns, strict=True)
    ]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"the priority of call {rows[at].id}, at {state.t} s, is {shown}, not a "
            "finite number"
        )
    return rows[values.index(min(values))].id


def _keep(heuristic: Callable[..., Any], scene: Scene) -> float:
    """Keep for that many seconds; what is negative is 0."""
    (call,), (program,) = scene.rows, scene.columns
    state: State = scene.state
    seconds = heuristic(call, program, state.node, state.moment)
    if not usable([seconds]):
        raise ValueError(
            f"the time for call {call.id}, at {state.t} s, is "
            f"{first_unusable([seconds])[1]}, not a finite number"
        )
    return float(min(max(seconds, 0), LONGEST))


HOOKS = MappingProxyType(
    {
        "priority": Hook(RULES["priority"], (Waiting, Program, State), waiting, _pick),
        "ttl": Hook(RULES["ttl"], (Turn, Program, State), turn, _keep),
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
