"""How many replicas a load would have wanted, known beforehand. Trusted side."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np

from problems.llm_autoscale.instances import work
from problems.llm_autoscale.rules import Terms
from problems.llm_serving.scenario import Scenario

_SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
"""Shares of the time that a replica may be busy, as tried by the programme."""

_TRIES = 250
"""Changes that the search of neighbours tries on an instance."""

_LONGEST = 24
"""Ticks whose number of replicas a change alters, at most."""


class Plan(NamedTuple):
    """Decisions, an integer for each tick, and what they cost."""

    hours: float
    decisions: list[int]


class Demand(NamedTuple):
    """Requests that come in the interval before each tick, and their work.

    ``work`` in seconds of a replica with a full batch, the true outputs counted.
    """

    requests: list[int]
    work: list[float]


def demand(instance: Scenario) -> Demand:
    """Add up what comes in each interval."""
    scaling = instance.scaling
    assert scaling is not None
    count = ceil(instance.requests[-1].arrival / scaling.tick) + 1
    rows = Demand([0] * count, [0.0] * count)
    for one in instance.requests:
        at = int(one.arrival / scaling.tick)
        rows.requests[at] += 1
        rows.work[at] += work([one.prompt], [one.output])
    return rows


def counts(instance: Scenario, share: float) -> list[int]:
    """Find the cheapest numbers of replicas by interval, by dynamic programming.

    A replica costs its seconds and those of its boot; a request in an interval with
    more work than ``share`` of the replicas' time is late with the part that is too
    much, at the price of the instance. Work is not carried over. So this is the optimum
    of a model, not of the instance.
    """
    scaling, terms = instance.scaling, Terms(*instance.limits)
    assert scaling is not None
    rows = demand(instance)
    most = len(instance.engines)
    cost = [0.0 if c == scaling.initial else np.inf for c in range(1, most + 1)]
    back: list[list[int]] = []
    for requests, seconds in zip(rows.requests, rows.work, strict=True):
        here = []
        for c in range(1, most + 1):
            room = share * scaling.tick * c
            lost = max(0.0, seconds - room) / seconds if seconds else 0.0
            here.append(scaling.tick * c + terms.price * requests * lost)
        steps = [
            [cost[b] + scaling.boot * max(0, c - b) for b in range(most)]
            for c in range(most)
        ]
        back.append([int(np.argmin(row)) for row in steps])
        cost = [min(row) + extra for row, extra in zip(steps, here, strict=True)]
    at = int(np.argmin(cost))
    found = []
    for row in reversed(back):
        found.append(at + 1)
        at = row[at]
    return found[::-1]


def decisions(instance: Scenario, wanted: Sequence[int]) -> list[int]:
    """Ask for replicas so early that they are there in time.

    ``wanted[k]`` should be there from ``k`` ticks on; the first decision is at 1.
    """
    scaling = instance.scaling
    assert scaling is not None
    ahead = ceil(scaling.boot / scaling.tick)
    return [max(wanted[k : k + ahead + 1]) for k in range(1, len(wanted))]


def improve(
    plan: Plan,
    most: int,
    judge: Callable[[list[int]], float],
    rng: np.random.Generator,
) -> Plan:
    """Try one replica more or less for some ticks, and keep what is no worse."""
    best = plan
    for _ in range(_TRIES):
        start = int(rng.integers(len(best.decisions)))
        stop = start + 1 + int(rng.integers(_LONGEST))
        step = 1 if rng.random() < 0.4 else -1
        tried = [
            min(most, max(1, x + step)) if start <= k < stop else x
            for k, x in enumerate(best.decisions)
        ]
        if tried != best.decisions:
            hours = judge(tried)
            if hours <= best.hours:
                best = Plan(hours, tried)
    return best


def best_plan(instance: Scenario, judge: Callable[[list[int]], float]) -> Plan:
    """Run the programme for each share, and improve the best of its plans."""
    plans = []
    for share in _SHARES:
        told = decisions(instance, counts(instance, share))
        plans.append(Plan(judge(told), told))
    first = min(plans, key=lambda plan: plan.hours)
    rng = np.random.default_rng(len(instance.requests))
    return improve(first, len(instance.engines), judge, rng)
