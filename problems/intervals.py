"""Intervals for the figures of benchmarks, in plain Python."""

from math import sqrt

from problems.benchmark import Metric

Z = 1.959963984540054
"""Of 95 %, two-sided."""


def wilson(successes: int, n: int) -> Metric:
    """Share of successes with its score interval.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927) 209-212.
    """
    if not n:
        return Metric(value=None)
    share = successes / n
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return Metric(
        value=share,
        low=0.0 if not successes else centre - half,
        high=1.0 if successes == n else centre + half,
    )
