"""Gaps of rules: ``python -m problems.jssp.table test``.

``ta`` stands for Taillard's eighty instances.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import fmean

import numpy as np

from problems.base import Split
from problems.jssp import simulate
from problems.jssp.baselines import baselines
from problems.jssp.instances import instances
from problems.jssp.model import JsspInstance, encode
from problems.jssp.reference import reference
from problems.jssp.taillard import taillard
from problems.jssp.verify import verify

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Gaps of one rule, as fractions of the best known makespan, lower is better.

    Attributes
    ----------
    groups
        Mean gap by group.
    mean, low, high
        Mean gap over all instances, and its 95 % bootstrap interval (percentiles of
        2000 resamples of the instances).
    """

    rule: str
    groups: Mapping[str, float]
    mean: float
    low: float
    high: float


def makespans(
    chosen: Sequence[JsspInstance], rules: Iterable[str] = ()
) -> dict[str, list[float]]:
    """Run the baselines named in ``rules``, or all, on the instances."""
    shops = [simulate.decode(encode(one)) for one in chosen]
    return {
        rule: [_makespan(rule, *pair) for pair in zip(chosen, shops, strict=True)]
        for rule in rules or baselines()
    }


def compare(
    chosen: Sequence[JsspInstance],
    best: Callable[[JsspInstance], float],
    found: Mapping[str, Sequence[float]],
) -> list[Row]:
    """Compare makespans by rule with ``best``, the target of an instance."""
    groups = [one.group for one in chosen]
    targets = [best(one) for one in chosen]
    return [
        _row(rule, groups, [x / y - 1 for x, y in zip(values, targets, strict=True)])
        for rule, values in found.items()
    ]


def best_known(instance: JsspInstance) -> float:
    """Best makespan that the references know."""
    found = reference(instance)
    return found.lower if found.best is None else found.best


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of one split, or of Taillard's instances."""
    parser = argparse.ArgumentParser(prog="python -m problems.jssp.table")
    parser.add_argument("split", choices=[*Split, "ta"], help="ta: Taillard's 80")
    split = parser.parse_args(arguments).split
    chosen = taillard() if split == "ta" else instances(Split(split))
    rows = compare(chosen, best_known, makespans(chosen))
    groups = list(rows[0].groups)
    head = ["rule", *groups, "all", "95 % interval"]
    sys.stdout.write(
        f"| {' | '.join(head)} |\n|---|{'---:|' * (len(groups) + 1)}---|\n"
    )
    sys.stdout.writelines(map(_line, rows))


def _makespan(rule: str, one: JsspInstance, shop: simulate.Shop) -> float:
    entry_point = baselines()[rule].entry_point
    heuristic = getattr(import_module(f"problems.jssp.heuristics.{rule}"), entry_point)
    answer = simulate.run(entry_point, heuristic, shop, seed=0)
    objective = verify(one, entry_point, answer).objective
    assert objective is not None
    return objective


def _row(rule: str, groups: Sequence[str], gaps: Sequence[float]) -> Row:
    members: dict[str, list[float]] = {}
    for group, gap in zip(groups, gaps, strict=True):
        members.setdefault(group, []).append(gap)
    values = np.array(gaps)
    draws = np.random.default_rng(0).integers(0, len(gaps), (_RESAMPLES, len(gaps)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return Row(
        rule=rule,
        groups={group: fmean(found) for group, found in members.items()},
        mean=fmean(gaps),
        low=float(low),
        high=float(high),
    )


def _line(row: Row) -> str:
    cells = [f"{100 * gap:.1f}" for gap in row.groups.values()]
    low, high = f"{100 * row.low:.2f}", f"{100 * row.high:.2f}"
    return (
        f"| `{row.rule}` | {' | '.join(cells)} | {100 * row.mean:.2f} "
        f"| {low} to {high} |\n"
    )


if __name__ == "__main__":
    main()
