"""Numbers about gaps: what instances have in common on which a program is bad."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from problems.base import Json

Floats: TypeAlias = npt.NDArray[np.float64]

_LISTS = 6
"""Lists of an instance whose ratios are looked at."""


def features(payload: Json) -> dict[str, float]:
    """Describe an instance in numbers.

    Parameters
    ----------
    payload
        Plain data of an instance. Each number counts as it stands; each list of
        numbers, nested or not, by its length, mean, spread and extremes; two lists by
        the ratio of the mean of one to the sum of the other.
    """
    fields = payload.items() if isinstance(payload, dict) else [("data", payload)]
    found: dict[str, float] = {}
    lists: dict[str, Floats] = {}
    for name, value in fields:
        numbers = np.fromiter(_numbers(value), dtype=np.float64)
        if isinstance(value, int | float) and numbers.size:
            found[name] = float(numbers[0])
        elif numbers.size:
            lists[name] = numbers
    for name, numbers in lists.items():
        found[f"len({name})"] = float(numbers.size)
        found[f"mean({name})"] = float(numbers.mean())
        found[f"std({name})"] = float(numbers.std())
        found[f"min({name})"] = float(numbers.min())
        found[f"max({name})"] = float(numbers.max())
    for name, numbers in list(lists.items())[:_LISTS]:
        for other, others in list(lists.items())[:_LISTS]:
            if name != other and (total := float(others.sum())):
                found[f"mean({name})/sum({other})"] = float(numbers.mean()) / total
    return found


def correlations(
    values: Sequence[float], described: Sequence[Mapping[str, float]]
) -> list[tuple[str, float]]:
    """Rank correlation of ``values`` with each feature, strongest first.

    Spearman's: Pearson's correlation of the ranks, ties share their mean rank. Features
    that are missing somewhere or the same everywhere are left out.
    """
    if len(values) < 3:
        return []
    ranked = _ranks(np.asarray(values, dtype=np.float64))
    if not ranked.std():
        return []
    names = [n for n in described[0] if all(n in row for row in described)]
    found = []
    for name in names:
        column = _ranks(np.array([row[name] for row in described]))
        if column.std():
            found.append((name, float(np.corrcoef(ranked, column)[0, 1])))
    return sorted(found, key=lambda item: (-round(abs(item[1]), 9), item[0]))


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """Count, mean and quantiles; only the count if there are none."""
    if not values:
        return {"count": 0}
    array = np.asarray(values, dtype=np.float64)
    quantiles = np.quantile(array, (0, 0.25, 0.5, 0.75, 1))
    names = ("min", "q25", "median", "q75", "max")
    return {
        "count": len(values),
        "mean": float(array.mean()),
        **dict(zip(names, map(float, quantiles), strict=True)),
    }


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: Floats = (ends - (counts - 1) / 2)[inverse]
    return mean


def _numbers(value: Json) -> Iterator[float]:
    if isinstance(value, int | float):
        if isfinite(value):
            yield float(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
