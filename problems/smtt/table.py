"""Gaps of the baselines: ``python -m problems.smtt.table test``."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Split
from problems.smtt import simulate
from problems.smtt.baselines import baselines
from problems.smtt.instances import grid, instances
from problems.smtt.model import SmttInstance, encode
from problems.smtt.reference import exact, reference
from problems.smtt.verify import verify

_RESAMPLES = 2000

_Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule on one group; gaps are fractions, lower is better.

    Attributes
    ----------
    mean, low, high
        Mean of the gaps over the instances with a positive optimum, and its 95 %
        bootstrap interval (percentiles of 2000 resamples of the instances).
    aggregate
        Gap of the summed tardiness, over all instances.
    misses
        Instances with optimum 0 on which the rule is late.
    """

    rule: str
    group: str
    mean: float
    low: float
    high: float
    aggregate: float
    misses: int


def compare(
    chosen: Sequence[SmttInstance],
    optimum: Callable[[SmttInstance], float],
    rules: Sequence[str] = (),
) -> list[Row]:
    """Run the baselines named in ``rules``, or all, on each group of ``chosen``."""
    rows = []
    for group in dict.fromkeys(one.group for one in chosen):
        members = [one for one in chosen if one.group == group]
        best = np.array([optimum(one) for one in members], dtype=float)
        rows += [
            _row(rule, group, _tardiness(rule, members), best)
            for rule in rules or baselines()
        ]
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of one split, or of the 800 instances called ``grid``."""
    parser = argparse.ArgumentParser(prog="python -m problems.smtt.table")
    parser.add_argument(
        "split", choices=[*Split, "grid"], help="grid: 800 instances, 20 jobs"
    )
    split = parser.parse_args(arguments).split
    if split == "grid":
        rows = compare(grid(), exact)
    else:
        rows = compare(instances(Split(split)), lambda one: reference(one).lower)
    sys.stdout.write(
        "| rule | group | mean gap % | 95 % interval | aggregate gap % | misses |\n"
        "|---|---|---:|---|---:|---:|\n"
    )
    sys.stdout.writelines(map(_line, rows))


def _tardiness(rule: str, members: Sequence[SmttInstance]) -> _Vector:
    entry_point = baselines()[rule].entry_point
    heuristic = getattr(import_module(f"problems.smtt.heuristics.{rule}"), entry_point)
    return np.array([_judge(entry_point, heuristic, one) for one in members])


def _judge(entry_point: str, heuristic: Callable[..., Any], one: SmttInstance) -> float:
    jobs = simulate.decode(encode(one))
    answer = simulate.run(entry_point, heuristic, jobs, seed=0)
    objective = verify(one, entry_point, answer).objective
    assert objective is not None
    return objective


def _row(rule: str, group: str, tardiness: _Vector, optimum: _Vector) -> Row:
    positive = optimum > 0
    gaps = tardiness[positive] / optimum[positive] - 1
    draws = np.random.default_rng(0).integers(0, len(gaps), (_RESAMPLES, len(gaps)))
    low, high = np.percentile(gaps[draws].mean(axis=1), (2.5, 97.5))
    return Row(
        rule=rule,
        group=group,
        mean=float(gaps.mean()),
        low=float(low),
        high=float(high),
        aggregate=float(tardiness.sum() / optimum.sum() - 1),
        misses=int((tardiness[~positive] > 0).sum()),
    )


def _line(row: Row) -> str:
    mean, low, high, aggregate = (
        f"{100 * gap:.2f}" for gap in (row.mean, row.low, row.high, row.aggregate)
    )
    return (
        f"| {row.rule} | {row.group} | {mean} | {low} to {high} "
        f"| {aggregate} | {row.misses} |\n"
    )


if __name__ == "__main__":
    main()
