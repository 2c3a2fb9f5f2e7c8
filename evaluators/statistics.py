"""What may be claimed from evaluations: paired differences, intervals, tests.

Every score here is the aggregate gap of an Evaluation: the mean over the groups of
``sum(objective - reference) / abs(sum(reference))``, a fraction, lower is better;
where the references of a group sum to zero, the excess itself takes the fraction's
place, as it does in the judge.

Intervals are studentised bootstrap intervals (Efron & Tibshirani 1993, *An
Introduction to the Bootstrap*, Chapman & Hall, section 12.5): instances are resampled
within their group, whole instances at a time, so that pairs stay together and no group
can vanish, and each resample is measured in its own standard error. Where a group has
fewer than three instances its resamples have no spread too often to measure anything;
then all groups are resampled as one, whose spread includes that between groups, so the
interval errs on the wide side (collapsed strata: Cochran 1977, *Sampling Techniques*,
Wiley, section 5A.12). The interval of a difference is the symmetric one (Hall 1988,
*JRSS B* 50), which errs on the side of not claiming. Gaps are skewed and test sets
small: with gamma-distributed gaps (shape 0.5) and 2 groups of 5 to 3 groups of 50
instances, intervals of nominal 0.95 covered the truth in 0.92-0.94 (scores) and
0.95-0.97 (differences) of simulated cases, percentile and BCa intervals in 0.78-0.93;
with 5 groups of 1 to 6 of 2, in 0.89-0.95 and 0.97-1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Split

LEVEL = 0.95
ALPHA = 0.05
RESAMPLES = 10_000
"""Of a difference, on which a claim rests."""

SHOWN_RESAMPLES = 2_000
"""Of a score, of which a report shows hundreds; its coverage is the same."""


_LEAST = 3
_LEAST_POOLED = 5
"""Instances of a group that is resampled by itself, and of all resampled as one."""

_TIE = 1e-9
_CELLS = 1 << 20
_KEPT = 1 << 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Objectives of one program on one split, instance by instance.

    Attributes
    ----------
    objective, reference, group
        One entry per instance, in the same order for every program of the split.
        Lower objectives are better.
    """

    objective: Sequence[float]
    reference: Sequence[float]
    group: Sequence[str]

    def __post_init__(self) -> None:
        if not len(self.objective) == len(self.reference) == len(self.group):
            raise ValueError("objective, reference and group differ in length")
        if not len(self.objective):
            raise ValueError("a sample needs at least one instance")
        if not np.all(np.isfinite([*self.objective, *self.reference])):
            raise ValueError("objectives and references must be finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval; ``level`` is its nominal coverage."""

    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An aggregate gap with its interval.

    ``interval`` is None where too few instances differ to know the spread, always so
    below five instances in groups of one or two. ``n`` counts instances.
    """

    value: float
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two programs on the same instances of one split.

    Attributes
    ----------
    difference
        Aggregate gap of the first minus that of the second; negative: first better.
    interval
        Of the difference; None where too few instances differ to know the spread.
    p
        Two-sided, Wilcoxon signed-rank, before any correction for multiplicity.
    n
        Instances.
    wins, losses, ties
        Instances on which the first has the lower, higher, same objective.
    effect
        Matched-pairs rank-biserial correlation, from -1 (first better wherever they
        differ) to 1 (worse); 0 if they never differ.
    """

    difference: float
    interval: Interval | None
    p: float
    n: int
    wins: int
    losses: int
    ties: int
    effect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a comparison with ``against`` shows, one of a family of claims.

    Attributes
    ----------
    difference, interval
        As in Comparison: negative is in our favour.
    p
        Adjusted by Holm's procedure over the family.
    shown
        Whether the interval lies below zero and ``p`` below 0.05.
    wins
        Instances on which ours is better, of ``n``.
    win_rate
        Wilson interval of the share of such instances.
    effect
        As in Comparison.
    """

    against: str
    split: Split
    difference: float
    interval: Interval | None
    p: float
    n: int
    shown: bool
    wins: int
    win_rate: Interval
    effect: float


class Draws:
    """Resamples that are drawn once and used for every program of a report.

    With common random numbers programs are compared on the same resamples, and a
    report of many programs costs one draw for each size of a group.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._known: dict[tuple[int, int, int, int], NDArray[np.float64]] = {}
        self._cells = 0

    @classmethod
    def of(cls, rng: "Random") -> "Draws":
        """Return ``rng`` itself if it is one, else draws of its own."""
        return rng if isinstance(rng, Draws) else cls(rng)

    def counts(self, key: tuple[int, int, int, int]) -> NDArray[np.float64]:
        """How often each instance is drawn, ``(resamples, instances)``.

        The key is the shape, the number of resamples before, and the stratum: strata
        of one size are drawn independently.
        """
        if key in self._known:
            return self._known[key]
        found = _counts(key[0], key[1], self._rng)
        if self._cells + found.size <= _KEPT:
            self._cells += found.size
            self._known[key] = found
        return found


Random: TypeAlias = np.random.Generator | Draws


def score(sample: Sample) -> float:
    """Aggregate gap of a program, a fraction; lower is better."""
    return _strata(sample, _excess(sample)).value


def score_interval(sample: Sample, rng: Random) -> Estimate:
    """Aggregate gap of a program with its bootstrap interval over instances."""
    strata = _strata(sample, _excess(sample))
    return Estimate(
        value=strata.value, interval=strata.interval(Draws.of(rng)), n=len(sample.group)
    )


def group_intervals(sample: Sample, rng: Random) -> dict[str, Estimate]:
    """Aggregate gap of each group with its interval, in the order of the instances."""
    return {
        name: score_interval(_subset(sample, members), rng)
        for name, members in _members(sample.group).items()
    }


def paired_difference(first: Sample, second: Sample, rng: Random) -> Comparison:
    """Compare two programs instance by instance.

    The signed-rank test (Wilcoxon 1945, *Biometrics Bulletin* 1(6)) takes each
    instance's difference over the mean reference of its group: so groups of large
    instances do not rule the ranks, and an instance whose reference is zero counts.
    Instances without a difference (relative 1e-9) are ranked, and then dropped (Pratt
    1959, *JASA* 54), the cautious choice; with ties the p-value is the asymptotic one.

    Raises
    ------
    ValueError
        If the two were not judged on the same instances.
    """
    if (list(first.group), list(first.reference)) != (
        list(second.group),
        list(second.reference),
    ):
        raise ValueError("paired programs need the same instances and references")
    ours, theirs = np.asarray(first.objective), np.asarray(second.objective)
    raw = (ours - theirs).astype(float)
    raw[np.abs(raw) <= _TIE * np.maximum(np.abs(ours), np.abs(theirs))] = 0.0
    strata = _strata(first, raw)
    scaled = np.concatenate([part.scaled for part in strata.parts])
    return Comparison(
        difference=strata.value,
        interval=strata.interval(Draws.of(rng), symmetric=True),
        p=_signed_rank(scaled),
        effect=rank_biserial(scaled),
        n=len(raw),
        wins=int(np.sum(raw < 0)),
        losses=int(np.sum(raw > 0)),
        ties=int(np.sum(raw == 0)),
    )


def wilson(successes: int, n: int) -> Interval:
    """Return the interval of a rate, Wilson (1927), *JASA* 22, at the usual level."""
    from scipy.stats import binomtest

    level = 1 - ALPHA
    ends = binomtest(successes, n).proportion_ci(level, method="wilson")
    return Interval(low=float(ends.low), high=float(ends.high), level=level)


def rank_biserial(differences: NDArray[np.float64]) -> float:
    """Return the effect size of a signed-rank test, from -1 to 1.

    The ranks of positive differences less those of negative ones, over all of them
    (Kerby 2014, *Comprehensive Psychology* 3); ranked like the test does.
    """
    if not np.any(differences):
        return 0.0
    from scipy.stats import rankdata

    ranks = rankdata(np.abs(differences))
    signed = float(np.sum(np.sign(differences) * ranks))
    return signed / float(np.sum(ranks[differences != 0]))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the family-wise error stays below the level.

    Holm (1979), *Scandinavian Journal of Statistics* 6: the k-th smallest of m
    p-values, counted from 0, is multiplied by m - k, kept monotone and below 1.
    """
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        running = max(running, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, running)
    return adjusted


def claims(
    comparisons: Mapping[tuple[str, Split], Comparison],
) -> tuple[Claim, ...]:
    """Turn comparisons into claims; all that are passed form one Holm family.

    The key of a comparison is the name of the second program and the split.
    """
    adjusted = holm([comparison.p for comparison in comparisons.values()])
    return tuple(
        Claim(
            against=against,
            split=split,
            difference=comparison.difference,
            interval=comparison.interval,
            p=p,
            n=comparison.n,
            shown=comparison.interval is not None
            and comparison.interval.high < 0
            and p < ALPHA,
            wins=comparison.wins,
            win_rate=wilson(comparison.wins, comparison.n),
            effect=comparison.effect,
        )
        for ((against, split), comparison), p in zip(
            comparisons.items(), adjusted, strict=True
        )
    )


def sentence(claim: Claim) -> str:
    """Put a claim into words; points are percentage points of the gap."""
    p = "p < 0.001" if claim.p < 0.001 else f"p = {claim.p:.3f}"
    facts = f"n = {claim.n}, {p} (Holm)"
    if claim.interval is not None:
        low, high = (_points(-end) for end in (claim.interval.high, claim.interval.low))
        level = f"{100 * claim.interval.level:.0f}"
        facts = f"{level} % interval [{low}, {high}], {facts}"
    if claim.shown:
        by = f"{_points(-claim.difference)} points"
        return f"better than {claim.against} by {by}, {facts}"
    by = f"{_points(abs(claim.difference))} points"
    side = "lower" if claim.difference < 0 else "higher"
    return (
        f"not shown to be better than {claim.against}: gap {by} {side}, "
        f"improvement {facts}"
    )


def _points(fraction: float) -> str:
    text = f"{100 * fraction:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stratum:
    """One group: numerators and references of a ratio of sums, shape ``(n,)``."""

    numerator: NDArray[np.float64]
    reference: NDArray[np.float64]

    @property
    def value(self) -> float:
        return float(self.numerator.sum() / self.reference.sum())

    @property
    def scaled(self) -> NDArray[np.float64]:
        """Contributions of the instances; their mean is ``value``."""
        return self.numerator / float(self.reference.mean())

    @property
    def variance(self) -> float:
        """Squared standard error of the ratio (delta method)."""
        n = len(self.numerator)
        residual = (self.numerator - self.value * self.reference).var(ddof=1)
        return float(residual / n / self.reference.mean() ** 2)

    def resample(self, draws: "Draws", count: int, stratum: int) -> NDArray[np.float64]:
        """Deviations from ``value`` and their variances, shape ``(2, count)``.

        NaN where the references drawn sum to zero.
        """
        n = len(self.numerator)
        residual = self.numerator - self.value * self.reference
        columns = np.stack(
            [
                residual,
                self.reference,
                residual**2,
                residual * self.reference,
                self.reference**2,
            ],
            axis=1,
        )
        step = max(1, _CELLS // n)
        sums = np.concatenate(
            [
                draws.counts((min(step, count - start), n, start, stratum)) @ columns
                for start in range(0, count, step)
            ]
        ).T
        total = np.where(sums[1] > 0, sums[1], np.nan)
        moved = sums[0] / total
        square = sums[2] - 2 * moved * sums[3] + moved**2 * sums[4]
        return np.stack([moved, square * n / (n - 1) / total**2])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strata:
    """The mean over groups of ratios of sums."""

    parts: tuple[_Stratum, ...]

    @property
    def value(self) -> float:
        return float(np.mean([part.value for part in self.parts]))

    def interval(self, draws: "Draws", *, symmetric: bool = False) -> Interval | None:
        """Studentised bootstrap interval; None where the data cannot carry one."""
        if min(len(part.numerator) for part in self.parts) < _LEAST:
            pooled = self._pooled()
            if len(pooled.numerator) < _LEAST_POOLED:
                return None
            return _Strata(parts=(pooled,)).interval(draws, symmetric=symmetric)
        count = len(self.parts)
        error = math.sqrt(math.fsum(part.variance for part in self.parts)) / count
        if error <= _TIE * abs(self.value):
            return Interval(low=self.value, high=self.value, level=LEVEL)
        resamples = RESAMPLES if symmetric else SHOWN_RESAMPLES
        moved, variance = np.sum(
            [
                part.resample(draws, resamples, stratum)
                for stratum, part in enumerate(self.parts)
            ],
            axis=0,
        )
        # A draw of zero references only has no gap; the interval is conditional on it.
        defined = np.isfinite(moved)
        spread = np.sqrt(np.maximum(variance[defined], 0)) / count
        with np.errstate(divide="ignore", invalid="ignore"):
            spread[spread <= _TIE * error] = 0.0
            pivot = np.nan_to_num(
                moved[defined] / count / spread, nan=0.0, posinf=np.inf, neginf=-np.inf
            )
        low, high = _pivot_ends(pivot, symmetric=symmetric)
        if not (math.isfinite(low) and math.isfinite(high)):
            return None
        return Interval(
            low=self.value - high * error, high=self.value - low * error, level=LEVEL
        )

    def _pooled(self) -> _Stratum:
        """All groups as one with the same value, whatever their sizes."""
        n = sum(len(part.numerator) for part in self.parts)
        shares = [
            part.scaled * (n / len(self.parts) / len(part.scaled))
            for part in self.parts
        ]
        return _Stratum(numerator=np.concatenate(shares), reference=np.ones(n))


def _counts(rows: int, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each of ``n`` instances is drawn in each resample, ``(rows, n)``."""
    drawn = rng.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(float)


def _pivot_ends(pivot: NDArray[np.float64], *, symmetric: bool) -> tuple[float, float]:
    """Quantiles that are data, so that an infinite one stays infinite."""
    if not len(pivot):
        return -math.inf, math.inf
    if symmetric:
        high = float(np.quantile(np.abs(pivot), LEVEL, method="higher"))
        return -high, high
    tail = (1 - LEVEL) / 2
    low = np.quantile(pivot, tail, method="lower")
    return float(low), float(np.quantile(pivot, 1 - tail, method="higher"))


def _signed_rank(differences: NDArray[np.float64]) -> float:
    if not np.any(differences):
        return 1.0
    from scipy.stats import wilcoxon

    return float(wilcoxon(differences, zero_method="pratt").pvalue)


def _excess(sample: Sample) -> NDArray[np.float64]:
    return np.subtract(sample.objective, sample.reference, dtype=np.float64)


def _strata(sample: Sample, numerator: NDArray[np.float64]) -> _Strata:
    reference = np.asarray(sample.reference, float)
    return _Strata(
        parts=tuple(
            _Stratum(numerator=numerator[members], reference=_scale(reference[members]))
            for members in _members(sample.group).values()
        )
    )


def _scale(reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return references of positive sum; shares of one unit if they sum to zero."""
    total = math.fsum(reference)
    if total == 0:
        return np.full(len(reference), 1 / len(reference))
    return reference if total > 0 else -reference


def _members(groups: Sequence[str]) -> dict[str, list[int]]:
    """Find the instances of each group, groups in order of appearance."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(groups):
        found.setdefault(name, []).append(index)
    return found


def _subset(sample: Sample, members: Sequence[int]) -> Sample:
    return Sample(
        objective=[sample.objective[i] for i in members],
        reference=[sample.reference[i] for i in members],
        group=[sample.group[i] for i in members],
    )
