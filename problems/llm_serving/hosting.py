"""How a heuristic decides in a run: in the sandbox, in lockstep, and in a replay.

All three are one loop over the points of a cluster. What an entry point decides is
asked; other decisions of the pack are fixed rules of ours. Plain Python: it also runs
in the sandbox.
"""

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from problems.llm_serving.cluster import (
    Cluster,
    IllegalDecisionError,
    Point,
    Router,
    fewest_in_flight,
)
from problems.llm_serving.scenario import Scenario

Fixed = Callable[[Cluster, Point], Any]
"""A rule of ours: the decision at a point."""


class Rules(NamedTuple):
    """What is asked in a run, and what decides the rest.

    ``asks`` are kinds of points that the heuristic decides, ``fixed`` rules of ours for
    other kinds, ``router`` the replica of a call where ``route`` and ``place`` are not
    decided by either.
    """

    asks: frozenset[str]
    fixed: Mapping[str, Fixed] = MappingProxyType({})
    router: Router = fewest_in_flight

    def start(self, scenario: Scenario) -> Cluster:
        """Start a run."""
        return scenario.cluster(self.asks | frozenset(self.fixed), self.router)

    def next(self, cluster: Cluster) -> Point | None:
        """Go on to the next point that is asked; None at the end."""
        while (point := cluster.advance()) is not None and point.kind not in self.asks:
            cluster.act(point, self.fixed[point.kind](cluster, point))
        return point


class Scene(NamedTuple):
    """What a heuristic sees at a point: views that are named tuples of numbers."""

    rows: list[Any]
    columns: list[Any]
    state: Any


class Hook(NamedTuple):
    """An entry point: its rules, the types of its views, and how it decides.

    ``observe`` makes the scene of a point; ``choose`` calls the heuristic with views
    and gives the decision, plain data, or raises ValueError where what the heuristic
    returned makes none.
    """

    rules: Rules
    views: tuple[Any, Any, Any]
    observe: Callable[[Cluster, Point], Scene]
    choose: Callable[[Callable[..., Any], Scene], Any]


Hooks = Mapping[str, Hook]


def run(
    hooks: Hooks,
    entry_point: str,
    heuristic: Callable[..., Any],
    scenario: Scenario,
    seed: int,
) -> list[Any]:
    """Give the decisions of ``heuristic`` in the order of the points.

    ``seed`` sets the generator of the ``random`` module. A run in which nothing can
    happen any more ends early; its decisions are what the verifier judges.

    Raises
    ------
    ValueError
        If what it returns is no decision; the text says which and when.
    """
    random.seed(seed)
    hook = _hook(hooks, entry_point)
    cluster = hook.rules.start(scenario)
    decisions: list[Any] = []
    observe, choose = hook.observe, hook.choose
    while (point := hook.rules.next(cluster)) is not None:
        try:
            decision = choose(heuristic, observe(cluster, point))
            cluster.act(point, decision)
        except IllegalDecisionError as error:
            raise ValueError(f"{error} at {point.t} s, in {point.kind}") from None
        decisions.append(decision)
    return decisions


def decide(
    hooks: Hooks, entry_point: str, heuristic: Callable[..., Any], observation: Any
) -> Any:
    """Give one decision; raises as ``run``."""
    hook = _hook(hooks, entry_point)
    row, column, state = hook.views
    scene = Scene(
        [row._make(values) for values in observation["rows"]],
        [column._make(values) for values in observation["columns"]],
        state._make(observation["state"]),
    )
    return hook.choose(heuristic, scene)


def _hook(hooks: Hooks, entry_point: str) -> Hook:
    if entry_point not in hooks:
        raise ValueError(f"no entry point {entry_point!r}")
    return hooks[entry_point]


class Host:
    """A run on the trusted side: it holds the requests and shows views."""

    def __init__(self, hook: Hook, scenario: Scenario) -> None:
        self._hook = hook
        self._cluster = hook.rules.start(scenario)
        self._decisions: list[Any] = []
        self._point = hook.rules.next(self._cluster)
        self._seen: Any = None

    def observe(self) -> Any:
        """Show what there is at the present point; None at the end of the run."""
        if self._point is None:
            return None
        if self._seen is None:
            scene = self._hook.observe(self._cluster, self._point)
            self._seen = {
                "rows": [list(view) for view in scene.rows],
                "columns": [list(view) for view in scene.columns],
                "state": list(scene.state),
            }
        return self._seen

    def act(self, decision: Any) -> None:
        """Go on to the next point; what is no decision ends the run."""
        if self._point is None:
            return
        self._seen = None
        self._decisions.append(decision)
        try:
            self._cluster.act(self._point, decision)
            self._point = self._hook.rules.next(self._cluster)
        except IllegalDecisionError:
            self._point = None

    def trace(self) -> Any:
        """Give the decisions so far."""
        return list(self._decisions)
