"""Figures of many years, with 95 % bootstrap intervals over users.

Rounds of a user are correlated, so users are what is drawn again. Every figure is a
quotient of sums over users.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from problems.benchmark import LevelRow, Metric, Outcome, Summary
from problems.calconflict.score import QUARTERS

RESAMPLES = 2000
_SIZE = re.compile(r"size_(\d+)_rounds")
ALL = "all"
"""Group of the rows that hold all users."""


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Sum up the years of one model.

    Rates are between 0 and 1. ``aer`` is the average error rate, lower is better;
    ``err`` the error reduction rate, 1 less the errors at the end over those at the
    start of the year; ``rule_violations`` the share of conflicts in which a hard rule
    separates the events that were decided against a hard rule; ``size_K`` the error
    rate of conflicts of K events; ``against_P`` the share of rounds decided against
    principle P. Rows are quarters of the year.
    """
    return Summary(metrics=_metrics(outcomes), levels=tuple(_rows(outcomes)))


def _metrics(outcomes: Sequence[Outcome]) -> dict[str, Metric]:
    years = _Years([one.measures for one in outcomes])
    summed = _Years([_sums(one.measures) for one in outcomes])
    names = sorted({name for one in outcomes for name in one.measures})
    sizes = [found[1] for found in map(_SIZE.fullmatch, names) if found]
    found = {
        "aer": years.rate("errors", "rounds"),
        "strict_aer": years.rate("strict_errors", "rounds"),
        "err": years.reduction("last_errors", "first_errors"),
        "tau": summed.rate("tau", "rounds"),
        "ndcg": summed.rate("ndcg", "rounds"),
        "valid": years.rate("valid", "rounds"),
        "rule_violations": years.rate("rule_violations", "rule_rounds"),
        "before_drift": years.rate("drift_before_errors", "drift_before_rounds"),
        "after_drift": years.rate("drift_after_errors", "drift_after_rounds"),
        "adapted": years.rate("drift_adapted", "drift_count"),
        "rounds_to_adapt": years.rate("drift_rounds_to_adapt", "drift_count"),
    }
    for size in sizes:
        found[f"size_{size}"] = years.rate(f"size_{size}_errors", f"size_{size}_rounds")
    for name in names:
        if name.startswith("against_"):
            found[name] = years.rate(name, "rounds")
    return found


def _sums(measures: Mapping[str, float]) -> dict[str, float]:
    """Turn means over rounds back into sums."""
    rounds = measures["rounds"]
    means = {name: measures[name] * rounds for name in ("tau", "ndcg")}
    return {"rounds": rounds} | means


def _rows(outcomes: Sequence[Outcome]) -> Iterable[LevelRow]:
    groups = dict.fromkeys(one.group for one in outcomes)
    for group in (ALL, *groups):
        chosen = [one.measures for one in outcomes if group in (ALL, one.group)]
        years = _Years(chosen)
        for quarter in range(QUARTERS):
            name = f"quarter_{quarter}"
            yield LevelRow(
                group=group,
                level=quarter,
                samples=len(chosen),
                metrics={
                    "aer": years.rate(f"{name}_errors", f"{name}_rounds"),
                    "ndcg": years.rate(f"{name}_ndcg", f"{name}_rounds"),
                },
            )


class _Years:
    """Measures of users, and the same resamples of them for every figure."""

    def __init__(self, measures: Sequence[Mapping[str, float]]) -> None:
        self._measures = measures
        users = len(measures)
        rng = np.random.default_rng(0)
        drawn = rng.integers(0, max(users, 1), (RESAMPLES, users))
        self._times = np.zeros((RESAMPLES, users))
        for user in range(users):
            self._times[:, user] = (drawn == user).sum(axis=1)

    def rate(self, above: str, below: str) -> Metric:
        """Divide summed measures; there is no value if ``below`` sums to 0."""
        over, under = self._column(above), self._column(below)
        if under.sum() <= 0:
            return Metric(value=None)
        value = float(over.sum() / under.sum())
        if len(under) < 2:
            return Metric(value=value)
        sums = self._times @ under
        kept = sums > 0
        drawn = (self._times @ over)[kept] / sums[kept]
        low, high = np.quantile(drawn, (0.025, 0.975))
        return Metric(value=value, low=float(low), high=float(high))

    def reduction(self, above: str, below: str) -> Metric:
        """Subtract the rate from 1."""
        rate = self.rate(above, below)
        if rate.value is None or rate.low is None or rate.high is None:
            return Metric(value=None if rate.value is None else 1 - rate.value)
        return Metric(value=1 - rate.value, low=1 - rate.high, high=1 - rate.low)

    def _column(self, name: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        return np.array([one.get(name, 0.0) for one in self._measures], dtype=float)
