"""Models compared on the samples that both have been through."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from evaluators.statistics import holm
from evolve.bench.records import Results, common
from evolve.study.ranks import signed_rank_holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two models on the same samples.

    Attributes
    ----------
    difference
        Mean score of the first less that of the second; positive: the first is better.
    wins, losses
        Samples on which the first, or the second, has the higher score.
    test
        ``McNemar`` (exact) where every score is 0 or 1, else ``Wilcoxon``.
    p
        Two-sided, adjusted by Holm over all pairs of the benchmark.
    """

    first: str
    second: str
    samples: int
    difference: float
    wins: int
    losses: int
    test: str
    p: float


def compare(results: Sequence[Results]) -> list[Paired]:
    """Compare all pairs of models on one benchmark, on the samples that all share.

    Q. McNemar, Psychometrika 12 (1947) 153-157, in its exact form: under the
    hypothesis the first wins half of the samples on which the two differ.
    """
    shared = common(results) if len(results) > 1 else []
    if not shared:
        return []
    wanted = set(shared)
    scores = {
        result.model: [
            one.outcome.correct for one in result.played if one.outcome.sample in wanted
        ]
        for result in results
    }
    pairs = list(combinations(scores, 2))
    differences = {
        f"{k}": [x - y for x, y in zip(scores[a], scores[b], strict=True)]
        for k, (a, b) in enumerate(pairs)
    }
    binary = all(x in (0.0, 1.0) for values in scores.values() for x in values)
    if binary:
        p_values = holm([_mcnemar(values) for values in differences.values()])
    else:
        p_values = list(signed_rank_holm(differences).values())
    return [
        Paired(
            first=first,
            second=second,
            samples=len(shared),
            difference=sum(values) / len(values),
            wins=sum(x > 0 for x in values),
            losses=sum(x < 0 for x in values),
            test="McNemar" if binary else "Wilcoxon",
            p=p,
        )
        for (first, second), values, p in zip(
            pairs, differences.values(), p_values, strict=True
        )
    ]


def _mcnemar(differences: Sequence[float]) -> float:
    wins = sum(x > 0 for x in differences)
    differing = wins + sum(x < 0 for x in differences)
    if not differing:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(wins, differing).pvalue)
