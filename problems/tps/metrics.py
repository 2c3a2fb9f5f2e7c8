"""Figures over many samples, with 95 % intervals."""

from collections.abc import Mapping, Sequence
from math import fsum, sqrt

from problems.benchmark import LevelRow, Metric, Outcome, Summary
from problems.intervals import Z, wilson

SHOWN = (
    "completion",
    "strict",
    "called",
    "told",
    "precision",
    "recall",
    "f1",
    "turns",
    "calls",
    "redundant_calls",
    "dependency_violations",
    "prompt_tokens",
    "completion_tokens",
    "llm_s",
    "tool_s",
    "time_s",
    "eta",
    "eta_path",
    "parallelism",
)
"""Measures of which a summary gives the mean over samples, the main one first."""


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Sum up; easy and hard tasks also on their own."""
    metrics = dict(_metrics(outcomes))
    for group in sorted({outcome.group for outcome in outcomes}):
        part = [outcome for outcome in outcomes if outcome.group == group]
        values = _metrics(part)
        metrics |= {
            f"{name}_{group}": values[name] for name in ("completion", "strict")
        }
    keys = sorted({(outcome.group, outcome.level) for outcome in outcomes})
    rows = []
    for group, level in keys:
        part = [o for o in outcomes if (o.group, o.level) == (group, level)]
        row = LevelRow(
            group=group, level=level, samples=len(part), metrics=_metrics(part)
        )
        rows.append(row)
    return Summary(metrics=metrics, levels=tuple(rows))


def mean(values: Sequence[float]) -> Metric:
    """Give a mean with its interval of 1.96 standard errors; none of equal values."""
    n = len(values)
    if not n:
        return Metric(value=None)
    middle = fsum(values) / n
    if min(values) == max(values):
        return Metric(value=middle)
    error = sqrt(fsum((value - middle) ** 2 for value in values) / (n - 1) / n)
    return Metric(value=middle, low=middle - Z * error, high=middle + Z * error)


def _metrics(outcomes: Sequence[Outcome]) -> Mapping[str, Metric]:
    found = {}
    for name in SHOWN:
        values = [o.measures[name] for o in outcomes if name in o.measures]
        found[name] = mean(values)
    strict = sum(outcome.measures["strict"] == 1 for outcome in outcomes)
    return found | {"strict": wilson(strict, len(outcomes))}
