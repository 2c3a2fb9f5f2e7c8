"""Ratios of the baselines to the optimum, for the README.

python -m problems.revealed_flow.table test
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from statistics import fmean

from problems.base import Split
from problems.revealed_flow import simulate
from problems.revealed_flow.baselines import baselines
from problems.revealed_flow.instances import instances
from problems.revealed_flow.model import encode
from problems.revealed_flow.reference import best_flow
from problems.revealed_flow.verify import verify


def rows(split: Split) -> Iterator[str]:
    """Give a line for each baseline: mean and worst ratio, by group and over all."""
    chosen = instances(split)
    best = [best_flow(one) for one in chosen]
    groups = list(dict.fromkeys(one.group for one in chosen))
    yield f"| rule | {' | '.join(groups)} | all |"
    yield "|---" * (len(groups) + 2) + "|"
    for name, rule in baselines().items():
        module = import_module(f"problems.revealed_flow.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        found: dict[str, list[float]] = {group: [] for group in groups}
        for one, optimal in zip(chosen, best, strict=True):
            machine = simulate.decode(encode(one))
            answer = simulate.run(rule.entry_point, heuristic, machine, 0)
            value = verify(one, rule.entry_point, answer).objective
            assert value is not None
            found[one.group].append(value / optimal)
        cells = [*found.values(), [ratio for row in found.values() for ratio in row]]
        shown = " | ".join(f"{fmean(row):.2f}, {max(row):.2f}" for row in cells)
        yield f"| `{name}` | {shown} |"


def main() -> None:
    """Print the table of a split."""
    split = Split(sys.argv[1]) if len(sys.argv) > 1 else Split.TEST
    sys.stdout.write("\n".join(rows(split)) + "\n")


if __name__ == "__main__":
    main()
