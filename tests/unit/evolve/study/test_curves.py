import math

import pytest

from evolve.study.curves import (
    Cell,
    Quartiles,
    best_after,
    curve_of,
    marks,
    quartiles,
    rank_overall,
    tabulate,
)
from evolve.study.ranks import (
    friedman,
    mean_ranks,
    median_interval,
    ranks_holm,
    signed_rank_holm,
)


def cell(strategy, seed, *gaps, test=None):
    return Cell(strategy=strategy, seed=seed, curve=curve_of(gaps), test=test)


def test_a_curve_holds_the_best_gap_so_far():
    assert curve_of([None, 0.5, 0.7, None, 0.2]) == (None, 0.5, 0.5, 0.5, 0.2)
    assert curve_of([]) == ()


def test_a_curve_that_ends_early_goes_on_as_it_ended():
    curve = curve_of([0.5, 0.4])
    assert [best_after(curve, n) for n in (0, 1, 2, 99)] == [None, 0.5, 0.4, 0.4]
    assert best_after((), 3) is None


def test_marks_are_shares_of_the_budget():
    assert marks(200) == (50, 100, 200)
    assert marks(2) == (1, 1, 2)


def test_quartiles_need_all_values():
    assert quartiles([0.4, 0.1, 0.2, 0.3, 0.5]) == Quartiles(
        low=0.2, median=0.3, high=0.4
    )
    assert quartiles([0.1, None]) is None
    assert quartiles([]) is None


def study():
    """Six seeds; ``good`` beats the control by 1 to 6 points, ``same`` is alike."""
    for seed in range(6):
        control = 0.5 + seed / 100
        yield cell("best_of_n", seed, 0.9, control)
        yield cell("same", seed, 0.9, control)
        yield cell("good", seed, 0.9, control - (seed + 1) / 100, test=0.1)


def test_a_table_puts_the_best_first_and_the_control_last():
    found = tabulate(list(study()), candidates=2)
    assert [row.strategy for row in found.rows] == ["good", "same", "best_of_n"]
    good, same, control = found.rows
    assert control.versus is None
    assert good.at[0] == Quartiles(low=0.9, median=0.9, high=0.9)
    assert good.at[2].median == pytest.approx(0.49)
    assert good.versus.difference == pytest.approx(-0.035)
    # Six differences of one sign: 2 / 2 ** 6 = 1 / 32, times two strategies.
    assert good.versus.p == pytest.approx(2 / 32)
    assert good.versus.interval.low == pytest.approx(-0.06)
    assert good.versus.interval.high == pytest.approx(-0.01)
    assert (same.versus.difference, same.versus.p) == (0, 1)
    assert good.test.median == 0.1
    assert same.test is None
    # Ranks 1, 2.5, 2.5 in each of six blocks: with ties the statistic is 12.
    assert found.friedman == pytest.approx(math.exp(-12 / 2))


def test_a_study_with_holes_is_refused():
    with pytest.raises(ValueError, match="the same seeds"):
        tabulate([cell("a", 0, 0.1), cell("a", 1, 0.1), cell("b", 0, 0.1)], 1)


def test_without_a_control_or_a_score_nothing_is_claimed():
    assert tabulate([cell("a", 0, 0.1)], 1).rows[0].versus is None
    found = tabulate([cell("a", 0, None), cell("best_of_n", 0, 0.1)], 1)
    assert found.rows[0].at == (None,) * 3
    assert found.rows[0].versus is None


def test_friedman_needs_three_treatments():
    assert friedman({"a": [1, 2], "b": [3, 4]}) is None
    assert friedman({"a": [1], "b": [3], "c": [2]}) is None
    assert friedman({"a": [1, 1], "b": [1, 1], "c": [1, 1]}) == 1.0
    # Ranks 1, 2, 3 in both of two blocks: 12 / (2 * 3 * 4) * (4 + 16 + 36) - 24 = 4.
    p = friedman({"a": [1, 4], "b": [2, 5], "c": [3, 6]})
    assert p == pytest.approx(math.exp(-4 / 2))


def test_p_values_are_adjusted_over_all_strategies():
    values = [-1.0, -2.0, -3.0, -4.0, -5.0]
    assert signed_rank_holm({"a": values}) == {"a": pytest.approx(2 / 32)}
    three = signed_rank_holm({"a": values, "b": values, "c": [0.0] * 5})
    assert three == {"a": pytest.approx(6 / 32), "b": pytest.approx(6 / 32), "c": 1.0}


def test_the_interval_of_a_median_is_exact():
    assert median_interval([1, 2, 3, 4, 5]) is None
    six = median_interval([6, 5, 4, 3, 2, 1])
    assert (six.low, six.high, six.level) == (1, 6, 1 - 2 / 64)
    # n = 10: between the second and the ninth, 1 - 2 (1 + 10) / 1024.
    ten = median_interval(range(10))
    assert (ten.low, ten.high, ten.level) == (1, 8, pytest.approx(1 - 22 / 1024))


def test_ranks_are_shared_by_equals_and_averaged_over_blocks():
    found = mean_ranks({"a": [1.0, 1.0], "b": [2.0, 1.0], "c": [3.0, math.inf]})
    assert found == {"a": 1.25, "b": 1.75, "c": 3.0}


def test_holm_over_ranks_multiplies_the_smallest_by_the_number_of_tests():
    blocks = {"ctl": [3.0] * 8, "mid": [2.0] * 8, "top": [1.0] * 8}
    unit = math.sqrt(3 * 4 / (6 * 8))
    found = ranks_holm(blocks, "ctl")
    assert found["top"] == pytest.approx(2 * math.erfc(2 / unit / math.sqrt(2)))
    assert found["mid"] == pytest.approx(math.erfc(1 / unit / math.sqrt(2)))


def test_problems_are_ranked_together_seed_by_seed():
    found = rank_overall([list(study()), list(study())], candidates=2)
    assert found.blocks == 12
    good, same, control = found.standings
    assert (good.strategy, good.rank) == ("good", 1.0)
    assert (same.rank, control.rank) == (2.5, 2.5)
    assert control.p is None
    assert same.p == 1.0
    assert good.p < 0.01
    assert found.friedman < 0.01
    only = [c for c in study() if c.strategy == "good"]
    assert rank_overall([only], candidates=2) is None
