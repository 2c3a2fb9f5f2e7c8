"""Rank tests over seeds: they need no distribution and no scale."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.statistics import holm

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval; ``level`` is its exact coverage."""

    low: float
    high: float
    level: float


def friedman(values: Mapping[str, Sequence[float]]) -> float | None:
    """P-value of Friedman's test that all treatments are alike; seeds are the blocks.

    M. Friedman, Journal of the American Statistical Association 32 (1937). None with
    fewer than three treatments or two blocks: then there is no test.
    """
    columns = [list(column) for column in values.values()]
    if len(columns) < 3 or len(columns[0]) < 2:
        return None
    if all(len(set(block)) == 1 for block in zip(*columns, strict=True)):
        return 1.0
    from scipy.stats import friedmanchisquare

    return float(friedmanchisquare(*columns).pvalue)


def mean_ranks(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Mean rank of each treatment over the blocks; 1 is best, equals share a rank."""
    from scipy.stats import rankdata

    ranks = rankdata(np.array([list(column) for column in values.values()]), axis=0)
    means = [float(mean) for mean in ranks.mean(axis=1)]
    return dict(zip(values, means, strict=True))


def ranks_holm(values: Mapping[str, Sequence[float]], control: str) -> dict[str, float]:
    """P-values that a treatment ranks as the control does, adjusted by Holm.

    z = (R_i - R_control) / sqrt(k (k + 1) / (6 N)), with k treatments in N blocks: J.
    Demsar, Statistical comparisons of classifiers over multiple data sets, Journal of
    Machine Learning Research 7 (2006), section 3.2.2.
    """
    means = mean_ranks(values)
    k, n = len(values), len(values[control])
    unit = math.sqrt(k * (k + 1) / (6 * n))
    others = [name for name in values if name != control]
    raw = [
        math.erfc(abs(means[name] - means[control]) / unit / math.sqrt(2))
        for name in others
    ]
    return dict(zip(others, holm(raw), strict=True))


def signed_rank_holm(differences: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """P-values of Wilcoxon's signed-rank test, two-sided, adjusted by Holm.

    Differences of zero are ranked, and then dropped (Pratt). With n differences the
    smallest possible p-value before the adjustment is 2 / 2 ** n.
    """
    names = list(differences)
    adjusted = holm([_signed_rank(differences[name]) for name in names])
    return dict(zip(names, adjusted, strict=True))


def median_interval(values: Sequence[float]) -> Interval | None:
    """Distribution-free interval of a median, between two order statistics.

    The k-th smallest and the k-th largest of n values hold the median between them
    with probability 1 - 2 P(B < k), B binomial of n and 1/2: the largest k for which
    that is at least 95 %. None with fewer than six values.
    """
    ranked, n = sorted(values), len(values)
    found, below = None, 0.0
    for k in range(1, n // 2 + 1):
        below += math.comb(n, k - 1) / 2**n
        level = 1 - 2 * below
        if level < LEVEL:
            break
        found = Interval(low=ranked[k - 1], high=ranked[n - k], level=level)
    return found


def _signed_rank(differences: Sequence[float]) -> float:
    if not np.any(differences):
        return 1.0
    from scipy.stats import wilcoxon

    return float(wilcoxon(differences, zero_method="pratt").pvalue)
