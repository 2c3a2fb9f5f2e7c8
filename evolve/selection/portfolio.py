"""Several strategies side by side; steps go to those that make progress.

Each arm keeps an island of its own by its own rule, and its best also moves on to the
next arm. A step goes to an arm by probability matching (D. E. Goldberg, "Probability
matching, the magnitude of reinforcement, and classifier system bidding", Machine
Learning 5, 1990; as operator choice in D. Thierens, "An adaptive pursuit strategy for
allocating operator probabilities", GECCO 2005): of K arms, arm a has the probability

    Pmin + (1 - K Pmin) Qa / (sum of Q),        Qa <- Qa + alpha (reward - Qa),

with Q = 1 before the first reward, alpha = 0.1, Pmin = 0.1. A draw, not the largest Q,
decides: so steps under way, whose reward is not known yet, do not pile up on one arm.
An arm that fewer than five programs were judged for comes first.

Rewards are ranks, so they have no scale: what is no better than all before it of its
arm brings nothing, else the share of the recent programs with a score that it beats.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.ports import View
from evolve.records import Program
from evolve.selection.archipelago import Archipelago, Pool
from evolve.selection.islands import Tournament
from evolve.selection.pareto import Fronts
from evolve.selection.settings import IslandSettings
from evolve.selection.shinka import Weighted
from evolve.selection.uct import Tree

LEAST_SHARE = 0.1
LEAST_VISITS = 5
RATE = 0.1


@dataclass(frozen=True, slots=True)
class Reward:
    """What a program brought its arm, from 0 to 1."""

    arm: int
    value: float


class PortfolioSelector(Archipelago):
    """Tournaments, Shinka's weights, fronts by instance and a tree, an island each."""

    def __init__(self, settings: IslandSettings) -> None:
        pools: list[Pool] = [
            Tournament(settings),
            Weighted(settings),
            Fronts(settings),
            Tree(settings),
        ]
        super().__init__(pools, settings.migration_interval)

    def island(self, view: View, rng: np.random.Generator) -> int:
        """Draw an arm by its progress in the recent past."""
        behind = starved(view.judged, self.islands)
        if behind:
            return behind[view.step % len(behind)]
        share = shares(rewards(view.recent), self.islands)
        index = int(np.searchsorted(share.cumsum(), rng.random(), side="right"))
        return min(index, self.islands - 1)


def starved(judged: Mapping[int, int], arms: int) -> list[int]:
    """List the arms that too few programs were judged for."""
    return [arm for arm in range(arms) if judged.get(arm, 0) < LEAST_VISITS]


def rewards(recent: Sequence[Program]) -> list[Reward]:
    """Reward the programs in order; the first one of an arm is the mark to beat."""
    known = sorted(p.score for p in recent if p.score is not None)
    best: dict[int, float] = {}
    found = []
    for program in recent:
        arm, score = program.candidate.island, program.score
        value = 0.0
        if score is not None:
            if arm in best and score < best[arm]:
                tied = bisect_right(known, score) - bisect_left(known, score)
                worse = len(known) - bisect_right(known, score)
                value = (worse + (tied - 1) / 2) / (len(known) - 1)
            best[arm] = min(score, best.get(arm, score))
        found.append(Reward(arm, value))
    return found


def shares(history: Sequence[Reward], arms: int) -> NDArray[np.float64]:
    """Probability of each arm after rewards, the latest last, shape ``(arms,)``."""
    quality = np.ones(arms)
    for reward in history:
        if reward.arm < arms:
            quality[reward.arm] += RATE * (reward.value - quality[reward.arm])
    floor = min(LEAST_SHARE, 1 / arms)
    return np.asarray(floor + (1 - arms * floor) * quality / quality.sum())
