"""Excess of the baselines over L1: ``python -m problems.obp.table test``.

The published measure: mean number of bins over mean L1, less 1.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from problems.base import Split
from problems.obp import simulate
from problems.obp.baselines import baselines
from problems.obp.importer import read
from problems.obp.instances import instances, or3_like
from problems.obp.model import ObpInstance, encode
from problems.obp.reference import size_bound
from problems.obp.verify import verify

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule on one group.

    Attributes
    ----------
    bins, bound
        Mean number of bins, and mean L1.
    excess, low, high
        ``bins / bound - 1``, a fraction, and its 95 % bootstrap interval (percentiles
        of 2000 resamples of the instances).
    """

    rule: str
    group: str
    bins: float
    bound: float
    excess: float
    low: float
    high: float


def compare(chosen: Sequence[ObpInstance], rules: Sequence[str] = ()) -> list[Row]:
    """Run the baselines named in ``rules``, or all, on each group of ``chosen``."""
    rows = []
    for group in dict.fromkeys(one.group for one in chosen):
        members = [one for one in chosen if one.group == group]
        rows += [_row(rule, group, members) for rule in rules or baselines()]
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of a split, of 200 instances like OR3, or of a file."""
    parser = argparse.ArgumentParser(prog="python -m problems.obp.table")
    parser.add_argument("set", help="a split, or3 (200 instances like it), or a file")
    name = parser.parse_args(arguments).set
    if name == "or3":
        chosen: Sequence[ObpInstance] = or3_like()
    elif name in list(Split):
        chosen = instances(Split(name))
    else:
        chosen = [one.instance for one in read(Path(name))]
    sys.stdout.write(
        "| rule | group | mean bins | mean L1 | excess % | 95 % interval |\n"
        "|---|---|---:|---:|---:|---|\n"
    )
    sys.stdout.writelines(map(_line, compare(chosen)))


def _row(rule: str, group: str, members: Sequence[ObpInstance]) -> Row:
    used = np.array([_bins(rule, one) for one in members])
    bound = np.array([size_bound(one) for one in members], dtype=float)
    draws = np.random.default_rng(0).integers(0, len(used), (_RESAMPLES, len(used)))
    excesses = used[draws].sum(axis=1) / bound[draws].sum(axis=1) - 1
    low, high = np.percentile(excesses, (2.5, 97.5))
    return Row(
        rule=rule,
        group=group,
        bins=float(used.mean()),
        bound=float(bound.mean()),
        excess=float(used.mean() / bound.mean() - 1),
        low=float(low),
        high=float(high),
    )


def _bins(rule: str, one: ObpInstance) -> float:
    entry_point = baselines()[rule].entry_point
    heuristic = getattr(import_module(f"problems.obp.heuristics.{rule}"), entry_point)
    answer = simulate.run(entry_point, heuristic, simulate.decode(encode(one)), seed=0)
    objective = verify(one, entry_point, answer).objective
    assert objective is not None
    return objective


def _line(row: Row) -> str:
    excess, low, high = (f"{100 * x:.2f}" for x in (row.excess, row.low, row.high))
    return (
        f"| {row.rule} | {row.group} | {row.bins:.2f} | {row.bound:.2f} "
        f"| {excess} | {low} to {high} |\n"
    )


if __name__ == "__main__":
    main()
