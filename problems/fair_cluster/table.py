"""Both aims of the baselines: ``python -m problems.fair_cluster.table test``.

The Pareto front of a kind of workload are the rules that no other rule beats in one aim
without being worse in the other.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from problems.base import Split
from problems.fair_cluster import simulate
from problems.fair_cluster.baselines import baselines
from problems.fair_cluster.instances import instances
from problems.fair_cluster.model import Aim, ClusterInstance, encode
from problems.fair_cluster.reference import reference
from problems.fair_cluster.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule on one kind of workload.

    Attributes
    ----------
    response, fairness
        Aggregate gaps to the bounds of the two aims, fractions, lower is better.
    late, small
        Share of jobs that are late, and the response time of the smaller half of the
        jobs over their deadlines'; means over the workloads.
    front
        Whether it is on the Pareto front of the kind.
    """

    rule: str
    kind: str
    response: float
    fairness: float
    late: float
    small: float
    front: bool


def compare(chosen: Sequence[ClusterInstance]) -> list[Row]:
    """Run all baselines on each kind of workload in ``chosen``."""
    rows = []
    for kind in dict.fromkeys(one.group.rpartition("-")[0] for one in chosen):
        found = {rule: _measure(rule, kind, chosen) for rule in baselines()}
        gaps = {rule: (row[0], row[1]) for rule, row in found.items()}
        best = front(gaps)
        rows += [
            Row(
                rule=rule,
                kind=kind,
                response=row[0],
                fairness=row[1],
                late=row[2],
                small=row[3],
                front=rule in best,
            )
            for rule, row in found.items()
        ]
    return rows


def front(points: Mapping[str, tuple[float, float]]) -> set[str]:
    """Names of the points that no other is as good as in both and better in one."""
    return {
        name
        for name, (a, b) in points.items()
        if not any(x <= a and y <= b and (x, y) != (a, b) for x, y in points.values())
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of a split."""
    parser = argparse.ArgumentParser(prog="python -m problems.fair_cluster.table")
    parser.add_argument("split", choices=list(Split), type=Split)
    chosen = instances(parser.parse_args(arguments).split)
    sys.stdout.write(
        "| rule | kind | response % | fairness % | late jobs % | small jobs | front |\n"
        "|---|---|---:|---:|---:|---:|---|\n"
    )
    for row in compare(chosen):
        sys.stdout.write(
            f"| `{row.rule}` | {row.kind} | {100 * row.response:.1f} "
            f"| {100 * row.fairness:.1f} | {100 * row.late:.0f} | {row.small:.2f} "
            f"| {'yes' if row.front else ''} |\n"
        )


def _measure(
    rule: str, kind: str, chosen: Sequence[ClusterInstance]
) -> tuple[float, float, float, float]:
    """Gap of response and of fairness, share of late jobs, slowdown of small ones."""
    entry_point = baselines()[rule].entry_point
    module = import_module(f"problems.fair_cluster.heuristics.{rule}")
    heuristic = getattr(module, entry_point)
    sums = {aim: [0.0, 0.0] for aim in Aim}
    late, small = [], []
    for one in chosen:
        if one.group.rpartition("-")[0] != kind:
            continue
        workload = simulate.decode(encode(one))
        answer = simulate.run(entry_point, heuristic, workload, seed=0)
        verdict = verify(one, entry_point, answer)
        assert verdict.objective is not None, verdict.violations
        sums[one.aim][0] += verdict.objective
        sums[one.aim][1] += reference(one).lower
        late.append(verdict.features["late_share"])
        small.append(verdict.features["small_slowdown"])
    gaps = {aim: value / bound - 1 for aim, (value, bound) in sums.items()}
    return (
        gaps[Aim.RESPONSE],
        gaps[Aim.FAIRNESS],
        sum(late) / len(late),
        sum(small) / len(small),
    )


if __name__ == "__main__":
    main()
