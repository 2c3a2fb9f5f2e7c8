"""The cost-aware asymmetric bandit of ShinkaEvolve, as a function of its pulls.

Source: ShinkaEvolve (arXiv:2509.19349), AsymmetricUCB with costs. Only gains count.
Other than there, a pull under way counts as one but brings no reward yet; rewards are
ranks among the gains of the window, so that no large gain of the beginning makes all
later ones look alike; and a lower bound on a cost is never taken for nothing.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

WINDOW = 400
"""Steps that an arm remembers."""

DECAY = 0.98
"""Weight of a pull relative to that of the next one."""

EXPLORATION = 1.0
COST_WEIGHT = 0.5
EPSILON = 0.2

_COST_EXPLORATION = 0.1
_LEAST_BOUND = 0.5
_LEAST_COST = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One call to a model.

    Attributes
    ----------
    step, turn
        Which call; pulls are ordered by them.
    ended
        Whether the call has its answer or its failure.
    failed
        Whether it has none.
    cost
        Dollars, or tokens where there are no prices; None while it is not known.
    gain
        What its step improved on its parent, relative, at least 0; None while the
        step is under way.
    """

    step: int
    turn: int
    model: str
    ended: bool = False
    failed: bool = False
    cost: float | None = None
    gain: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What the pulls say about one model.

    Attributes
    ----------
    pulls
        Calls, those under way included.
    mean
        Decayed mean reward in [0, 1]; 0 if nothing is known.
    cost
        Mean cost of a call, None if nothing is known.
    """

    pulls: int
    mean: float
    cost: float | None


def arms(pulls: Sequence[Pull], names: Sequence[str]) -> dict[str, Arm]:
    """Sum up the pulls, in whatever order they come."""
    ordered = sorted(pulls, key=lambda pull: (pull.step, pull.turn))
    gains = sorted(pull.gain for pull in ordered if pull.gain)
    found = {}
    for name in names:
        own = [
            (DECAY ** (len(ordered) - 1 - place), pull)
            for place, pull in enumerate(ordered)
            if pull.model == name
        ]
        judged = [(w, _reward(p.gain, gains)) for w, p in own if p.gain is not None]
        weight = sum(w for w, _ in judged)
        costs = [pull.cost for _, pull in own if pull.cost is not None]
        found[name] = Arm(
            pulls=len(own),
            mean=sum(w * r for w, r in judged) / weight if weight else 0.0,
            cost=fmean(costs) if costs else None,
        )
    return found


def values(found: Mapping[str, Arm]) -> dict[str, float]:
    """Value of each arm that was pulled: its upper bound and its cheapness."""
    total = sum(arm.pulls for arm in found.values())
    log = math.log(max(total, 1))
    bonus = {n: math.sqrt(2 * log / arm.pulls) for n, arm in found.items()}
    cheap = _cheapness(found, bonus)
    return {
        name: (1 - COST_WEIGHT) * (arm.mean + EXPLORATION * bonus[name])
        + COST_WEIGHT * cheap[name]
        for name, arm in found.items()
    }


def pick(found: Mapping[str, Arm], rng: np.random.Generator) -> str:
    """Choose an arm: one never pulled, else the best, at times another one."""
    names = list(found)
    unseen = [name for name in names if not found[name].pulls]
    if unseen:
        return unseen[0]
    if len(names) == 1:
        return names[0]
    value = values(found)
    best = max(names, key=lambda name: value[name])
    if rng.random() >= EPSILON:
        return best
    others = [name for name in names if name != best]
    return others[int(rng.integers(len(others)))]


def _reward(gain: float, gains: Sequence[float]) -> float:
    """Share of the gains of the window that are not larger; 0 for no gain."""
    return bisect_right(gains, gain) / len(gains) if gain else 0.0


def _cheapness(
    found: Mapping[str, Arm], bonus: Mapping[str, float]
) -> dict[str, float]:
    """Cost of the cheapest arm over that of each, both at their lower bounds."""
    costs = {name: arm.cost for name, arm in found.items() if arm.cost is not None}
    largest = max(costs.values(), default=0.0)
    if largest == 0:
        return dict.fromkeys(found, 1.0)
    spread = largest - min(costs.values())
    bounds = {
        name: max(
            cost - _COST_EXPLORATION * spread * bonus[name],
            _LEAST_BOUND * cost,
            _LEAST_COST * largest,
        )
        for name, cost in costs.items()
    }
    least = min(bounds.values())
    return {name: least / bounds.get(name, least) for name in found}
