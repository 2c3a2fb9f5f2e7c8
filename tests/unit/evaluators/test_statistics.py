import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, wilcoxon

from evaluators import judge
from evaluators.base import InstanceVerdict, Status
from evaluators.statistics import (
    Claim,
    Comparison,
    Interval,
    Sample,
    claims,
    group_intervals,
    holm,
    paired_difference,
    rank_biserial,
    score,
    score_interval,
    sentence,
    wilson,
)
from problems.base import Reference, Split

MEAN_GAP = 0.02


@dataclass(frozen=True)
class Place:
    group: str
    id: str = "i"


def rng(seed=0):
    return np.random.default_rng(seed)


def sample(objective, reference=None, group=None):
    n = len(objective)
    return Sample(
        objective=objective,
        reference=reference or [100.0] * n,
        group=group or ["a"] * n,
    )


def drawn(generator, sizes, mean_gaps, shape=0.5):
    """Programs on the same instances, with skewed gaps of the given means."""
    group = [f"g{k}" for k, n in enumerate(sizes) for _ in range(n)]
    reference = generator.gamma(1.5, 1000, len(group)) + 1
    return [
        sample(
            list(reference * (1 + generator.gamma(shape, mean / shape, len(group)))),
            list(reference),
            group,
        )
        for mean in mean_gaps
    ]


def comparison(p=0.01, low=-0.03, high=-0.01, difference=-0.02):
    return Comparison(
        difference=difference,
        interval=Interval(low=low, high=high, level=0.95),
        p=p,
        n=30,
        wins=20,
        losses=5,
        ties=5,
        effect=-0.6,
    )


class TestScore:
    def test_is_the_mean_over_groups_of_ratios_of_sums(self):
        judged = sample([11, 22, 150, 250], [10, 20, 100, 100], ["a", "a", "b", "b"])
        assert score(judged) == pytest.approx((3 / 30 + 200 / 200) / 2)

    def test_counts_an_instance_whose_reference_is_zero(self):
        assert score(sample([5, 105], [0, 100])) == pytest.approx(0.1)

    def test_of_a_group_without_references_is_its_excess_as_in_the_judge(self):
        judged = sample([0, 3, 110], [0, 0, 100], ["z", "z", "a"])
        assert score(judged) == pytest.approx((3 + 0.1) / 2)

    def test_of_negative_references_keeps_the_direction(self):
        assert score(sample([-90], [-100])) == pytest.approx(0.1)

    def test_agrees_with_the_judge(self):
        (judged,) = drawn(rng(), [5, 7], [MEAN_GAP])
        by_judge = judge.score(
            [
                judge.Case(
                    instance=Place(group=group),
                    reference=Reference(
                        lower=0, best=best, proved=False, method="", source=""
                    ),
                )
                for best, group in zip(judged.reference, judged.group, strict=True)
            ],
            [
                InstanceVerdict(instance="i", status=Status.OK, objective=objective)
                for objective in judged.objective
            ],
        )
        assert score(judged) == pytest.approx(by_judge)

    @pytest.mark.parametrize(
        ("objective", "reference", "group"),
        [
            ([1], [1, 2], ["a", "a"]),
            ([], [], []),
            ([math.nan], [1], ["a"]),
            ([math.inf], [1], ["a"]),
        ],
    )
    def test_refuses_a_sample_without_a_score(self, objective, reference, group):
        with pytest.raises(ValueError):
            Sample(objective=objective, reference=reference, group=group)


class TestScoreInterval:
    def test_holds_the_value_and_its_size(self):
        (judged,) = drawn(rng(), [20, 20], [MEAN_GAP])
        estimate = score_interval(judged, rng())
        assert estimate.value == score(judged)
        assert estimate.n == 40
        assert estimate.interval.low < estimate.value < estimate.interval.high
        assert estimate.interval.level == 0.95

    def test_agrees_with_student_on_many_normal_gaps(self):
        gaps = rng(3).normal(0.1, 0.02, 400)
        estimate = score_interval(sample(list(100 * (1 + gaps))), rng())
        student = ttest_1samp(gaps, 0).confidence_interval(0.95)
        width = student.high - student.low
        assert estimate.interval.low == pytest.approx(student.low, abs=0.08 * width)
        assert estimate.interval.high == pytest.approx(student.high, abs=0.08 * width)

    def test_is_the_same_for_the_same_generator(self):
        (judged,) = drawn(rng(), [15], [MEAN_GAP])
        assert score_interval(judged, rng(7)) == score_interval(judged, rng(7))
        assert score_interval(judged, rng(7)) != score_interval(judged, rng(8))

    def test_is_absent_for_a_single_instance(self):
        assert score_interval(sample([101]), rng()).interval is None
        two_groups = sample([101, 102, 103], group=["a", "a", "b"])
        assert score_interval(two_groups, rng()).interval is None

    def test_of_pairs_in_groups_is_as_wide_as_that_of_their_spread(self):
        gaps = [0.10, 0.12, 0.30, 0.34, 0.50, 0.52, 0.20, 0.21]
        pairs = [name for name in "abcd" for _ in range(2)]
        judged = sample([100 * (1 + gap) for gap in gaps], group=pairs)
        found = score_interval(judged, rng()).interval
        as_one = score_interval(sample(judged.objective), rng()).interval
        assert (found.low, found.high) == pytest.approx((as_one.low, as_one.high))
        assert found.high - found.low < 0.6

    def test_of_small_groups_keeps_the_value_where_sizes_differ(self):
        judged = sample([101, 103, 110, 120, 130, 140], group=list("aabbbb"))
        found = score_interval(judged, rng())
        assert found.value == pytest.approx((0.02 + 0.25) / 2)
        assert found.interval.low < found.value < found.interval.high

    def test_is_absent_when_one_instance_carries_all_the_difference(self):
        assert score_interval(sample([100] * 9 + [110]), rng()).interval is None

    def test_is_a_point_where_all_instances_agree(self):
        interval = score_interval(sample([110, 110, 110]), rng()).interval
        assert (interval.low, interval.high) == pytest.approx((0.1, 0.1))

    def test_resamples_with_zero_references_are_left_out(self):
        judged = sample([3, 4, 5, 104, 110], [0, 0, 0, 100, 100])
        estimate = score_interval(judged, rng())
        assert estimate.interval is None or math.isfinite(estimate.interval.high)

    def test_groups_are_estimated_one_by_one(self):
        judged = sample([11, 12, 150, 250], [10, 10, 100, 100], ["x", "x", "b", "b"])
        by_group = group_intervals(judged, rng())
        assert list(by_group) == ["x", "b"]
        assert by_group["x"].value == pytest.approx(0.15)
        assert by_group["b"].n == 2

    @pytest.mark.slow
    def test_covers_the_truth_as_often_as_it_says(self):
        generator, rounds = rng(11), 150
        hits = 0
        for _ in range(rounds):
            (judged,) = drawn(generator, [20, 20, 20], [MEAN_GAP])
            interval = score_interval(judged, generator).interval
            hits += interval.low <= MEAN_GAP <= interval.high
        # Strongly skewed gaps (shape 0.5): 0.93 in the long run, below nominal 0.95.
        assert 0.88 <= hits / rounds <= 0.99


class TestPairedDifference:
    def test_is_negative_where_the_first_is_better(self):
        first, second = drawn(rng(), [30], [0.01, 0.08])
        result = paired_difference(first, second, rng())
        assert result.difference == pytest.approx(score(first) - score(second))
        assert result.interval.high < 0
        assert result.p < 0.01
        assert result.wins > result.losses
        assert result.wins + result.losses + result.ties == result.n == 30

    def test_swapping_the_two_mirrors_the_result(self):
        first, second = drawn(rng(), [12, 12], [0.02, 0.03])
        there, back = (
            paired_difference(a, b, rng())
            for a, b in ((first, second), (second, first))
        )
        assert there.difference == pytest.approx(-back.difference)
        assert there.interval.low == pytest.approx(-back.interval.high)
        assert there.interval.high == pytest.approx(-back.interval.low)
        assert there.p == pytest.approx(back.p)
        assert (there.wins, there.losses) == (back.losses, back.wins)

    def test_pairing_beats_the_spread_between_instances(self):
        gaps = rng().gamma(1, 0.3, 25)
        first = sample(list(100 * (1 + gaps)))
        noise = rng(1).normal(1, 0.3, 25)
        second = sample(list(100 * (1 + gaps) + noise))
        result = paired_difference(first, second, rng())
        assert result.interval.high < 0
        assert score_interval(first, rng()).interval.high > score(second)

    def test_nothing_differs(self):
        same = sample([101, 102, 103])
        result = paired_difference(same, same, rng())
        assert (result.difference, result.p, result.ties) == (0.0, 1.0, 3)
        assert (result.interval.low, result.interval.high) == (0.0, 0.0)

    def test_rounding_noise_is_a_tie(self):
        result = paired_difference(sample([0.1 + 0.2]), sample([0.3]), rng())
        assert (result.ties, result.p) == (1, 1.0)

    def test_p_is_that_of_scipy_on_scaled_differences(self):
        first = sample(
            [12, 15, 30, 900, 1200, 700, 8],
            [10] * 3 + [500] * 3 + [10],
            ["s"] * 3 + ["l"] * 3 + ["s"],
        )
        second = sample([13, 14, 34, 950, 1210, 710, 8], first.reference, first.group)
        scaled = [-0.1, 0.1, -0.4, 0.0, -0.1, -0.02, -0.02]
        expected = wilcoxon(scaled, zero_method="pratt").pvalue
        assert paired_difference(first, second, rng()).p == pytest.approx(expected)

    def test_p_of_five_clear_wins_is_the_exact_one(self):
        result = paired_difference(
            sample([90, 91, 92, 93, 94]), sample([100] * 5), rng()
        )
        assert result.p == pytest.approx(2 / 2**5)

    def test_refuses_programs_of_different_instances(self):
        with pytest.raises(ValueError, match="same instances"):
            paired_difference(sample([1, 2]), sample([1, 2], [100, 101]), rng())

    @pytest.mark.slow
    def test_covers_the_truth_as_often_as_it_says(self):
        generator, rounds = rng(5), 150
        hits = 0
        for _ in range(rounds):
            first, second = drawn(generator, [20, 20, 20], [0.02, 0.03])
            interval = paired_difference(first, second, generator).interval
            hits += interval.low <= -0.01 <= interval.high
        assert hits / rounds >= 0.91

    @pytest.mark.slow
    @pytest.mark.parametrize("sizes", [[2] * 4, [1] * 6, [1, 2, 5]])
    def test_covers_the_truth_in_small_groups(self, sizes):
        generator, rounds = rng(8), 150
        hits = 0
        for _ in range(rounds):
            means = [0.02, 0.03]
            first, second = drawn(generator, sizes, means)
            interval = paired_difference(first, second, generator).interval
            hits += interval.low <= -0.01 <= interval.high
        assert hits / rounds >= 0.91

    @pytest.mark.slow
    def test_equal_programs_are_seldom_claimed_to_differ(self):
        generator, rounds = rng(6), 200
        shown = 0
        for _ in range(rounds):
            first, second = drawn(generator, [10, 10], [0.02, 0.02])
            family = {("x", Split.TEST): paired_difference(first, second, generator)}
            shown += claims(family)[0].shown
        assert shown / rounds <= 0.05


class TestHolm:
    def test_known_values(self):
        assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])

    def test_empty_and_single(self):
        assert holm([]) == []
        assert holm([0.2]) == [0.2]

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
    def test_lies_between_the_raw_and_the_bonferroni_values(self, p_values):
        for raw, adjusted in zip(p_values, holm(p_values), strict=True):
            assert raw <= adjusted <= min(1.0, len(p_values) * raw)


class TestClaims:
    def test_all_comparisons_form_one_family(self):
        family = {
            ("a", Split.TEST): comparison(0.03),
            ("b", Split.OOD): comparison(0.03),
        }
        first, second = claims(family)
        assert (first.against, first.split) == ("a", Split.TEST)
        assert (second.against, second.split) == ("b", Split.OOD)
        assert first.p == second.p == pytest.approx(0.06)
        assert not first.shown

    @pytest.mark.parametrize(
        ("result", "shown"),
        [
            (comparison(), True),
            (comparison(p=0.051), False),
            (comparison(high=0.0), False),
            (comparison(low=0.01, high=0.03, difference=0.02), False),
        ],
    )
    def test_shown_needs_interval_and_test_in_our_favour(self, result, shown):
        assert claims({("a", Split.TEST): result})[0].shown is shown

    def test_without_an_interval_nothing_is_shown(self):
        single = paired_difference(sample([1]), sample([100]), rng())
        assert not claims({("a", Split.TEST): single})[0].shown


class TestSentence:
    def claim(self, **changes):
        facts = {
            "against": "ATC",
            "split": Split.TEST,
            "difference": -0.0184,
            "interval": Interval(low=-0.0226, high=-0.0142, level=0.95),
            "p": 0.0002,
            "n": 200,
            "shown": True,
            "wins": 170,
            "win_rate": Interval(low=0.79, high=0.89, level=0.95),
            "effect": -0.9,
        }
        return Claim(**(facts | changes))

    def test_of_a_shown_claim(self):
        assert sentence(self.claim()) == (
            "better than ATC by 1.84 points, 95 % interval [1.42, 2.26], "
            "n = 200, p < 0.001 (Holm)"
        )

    def test_of_a_claim_that_is_not_shown(self):
        weak = self.claim(
            difference=0.002,
            interval=Interval(low=-0.001, high=0.005, level=0.95),
            p=0.31,
            shown=False,
        )
        assert sentence(weak) == (
            "not shown to be better than ATC: gap 0.20 points higher, improvement "
            "95 % interval [−0.50, 0.10], n = 200, p = 0.310 (Holm)"  # noqa: RUF001
        )

    def test_without_an_interval(self):
        bare = self.claim(interval=None, shown=False, p=1.0)
        assert "interval" not in sentence(bare)


class TestRates:
    def test_wilson_agrees_with_his_formula(self):
        # Brown, Cai, DasGupta (2001): centre (k + z^2/2) / (n + z^2).
        found = wilson(0, 10)
        z = 1.959964
        assert found.low == pytest.approx(0, abs=1e-12)
        assert found.high == pytest.approx(z * z / (10 + z * z), rel=1e-5)

    def test_a_claim_tells_on_how_many_instances_it_holds(self):
        compared = paired_difference(sample([1, 2, 3, 9]), sample([5, 6, 7, 8]), rng())
        claim = claims({("a", Split.TEST): compared})[0]
        assert (claim.wins, claim.n) == (3, 4)
        assert claim.win_rate == wilson(3, 4)
        assert claim.win_rate.low < 0.75 < claim.win_rate.high


class TestEffect:
    def test_it_is_the_share_of_ranks(self):
        # Ranks 1 to 4, the smallest against us: (1 - 2 - 3 - 4) / 10.
        assert rank_biserial(np.array([1.0, -2.0, -3.0, -4.0])) == pytest.approx(-0.8)

    def test_ties_count_for_nobody(self):
        assert rank_biserial(np.array([0.0, 0.0])) == 0.0
        assert rank_biserial(np.array([0.0, -2.0])) == -1.0

    def test_the_better_program_has_a_negative_one(self):
        compared = paired_difference(sample([1, 2, 3]), sample([5, 6, 7]), rng())
        assert compared.effect == -1.0
