"""The driver: serve jobs by their priorities. Runs in the sandbox."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from problems.revealed_flow.line import Arrivals, Job, KnownJob, Line, State
from problems.values import first_unusable, usable

ENTRY_POINTS = {"priority": False, "informed_priority": True}
"""Whether the heuristics of an entry point know the law of the jobs."""


class Machine(NamedTuple):
    """An instance."""

    law: Sequence[tuple[float, Sequence[int]]]
    quantum: int
    jobs: Arrivals


def decode(payload: Any) -> Machine:
    """Rebuild an instance from plain data."""
    return Machine(
        tuple((ends, tuple(sizes)) for ends, sizes in payload["law"]),
        payload["quantum"],
        tuple((release, tuple(sizes)) for release, sizes in payload["jobs"]),
    )


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Machine, seed: int
) -> list[list[int]]:
    """Give the pieces of work that ``heuristic`` makes: job, start and end of each.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a priority is not a finite real number; the text says where.
    """
    random.seed(seed)
    if entry_point not in ENTRY_POINTS:
        raise ValueError(f"no entry point {entry_point!r}")
    line = Line(
        instance.jobs,
        instance.law,
        instance.quantum,
        informed=ENTRY_POINTS[entry_point],
    )
    while line.alive:
        views, state = line.offer()
        line.serve(line.alive[_first(heuristic, views, state)])
    return line.segments


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> int:
    """Give the job to serve; raises as ``run``."""
    view = KnownJob if ENTRY_POINTS[entry_point] else Job
    views = [view._make(numbers) for numbers in observation["jobs"]]
    state = State._make(observation["state"])
    ids: list[int] = observation["ids"]
    return ids[_first(heuristic, views, state)]


def _first(
    heuristic: Callable[..., Any], views: Sequence[Job | KnownJob], state: State
) -> int:
    """Index of the smallest priority; ties go to the job that came first."""
    values = [heuristic(view, state) for view in views]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"priority of the job that came at {views[at].arrival}, at time {state.t}, "
            f"is {shown}, not a finite number"
        )
    return values.index(min(values))
