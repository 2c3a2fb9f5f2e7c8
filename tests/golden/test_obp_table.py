"""Published excess over L1 of the rules of bin packing, in %.

B. Romera-Paredes et al., Nature 625 (2024) 468-475. On the published Weibull file the
figures are met to both decimals. OR3 is not at hand: 200 instances of its distribution
are drawn here, and the published mean of its 20 has to lie within three standard errors
of a mean of 20, as estimated from ours (0.12 points; best fit is 2.6 of them away).
"""

from dataclasses import replace

import pytest

from problems.obp.heuristics import funsearch_weibull
from problems.obp.importer import read
from problems.obp.instances import or3_like
from problems.obp.packing import Line, Row
from problems.obp.simulate import decide
from problems.obp.table import compare
from problems.obp.verify import verify
from tests.unit.problems.obp.shared_data import weibull_5k

WEIBULL = {
    "first_fit": 4.23,
    "first_fit_bins": 4.23,
    "best_fit": 3.98,
    "best_fit_bins": 3.98,
    "funsearch_or": 3.03,
    "funsearch_weibull": 0.68,
    "sum_of_squares": 0.46,  # measured here, not published
}
OR3 = {
    "first_fit": 5.74,
    "best_fit": 5.37,
    "funsearch_or": 3.11,
}


@pytest.fixture(scope="module")
def weibull():
    chosen = [replace(one.instance, group="w5k") for one in read(weibull_5k())]
    assert [one.n for one in chosen] == [5000] * 5
    return chosen


@pytest.mark.slow
def test_the_weibull_file_gives_the_published_figures(weibull):
    rows = {row.rule: row for row in compare(weibull, tuple(WEIBULL))}
    assert {rule: round(100 * row.excess, 2) for rule, row in rows.items()} == WEIBULL
    assert rows["funsearch_weibull"].bins == pytest.approx(2001.4)
    assert rows["funsearch_weibull"].bound == pytest.approx(1987.8)


class OpenBins(Row):
    """Offers the bins with an item and one empty bin only."""

    def observe(self, item):
        return super().observe(item) | {"n": self._touched + 1}


@pytest.mark.slow
def test_with_open_bins_only_the_weibull_rule_gives_the_published_figure(weibull):
    used = []
    for one in weibull:
        line = Line(OpenBins(one.capacity, one.n), one.items)
        while (seen := line.observe()) is not None:
            line.act(decide("priority", funsearch_weibull.priority, seen))
        used.append(verify(one, "priority", line.trace()).objective)
    assert sum(used) / 5 == pytest.approx(2002.0)
    assert round(100 * (sum(used) / 5 / 1987.8 - 1), 2) == 0.71


@pytest.mark.slow
def test_instances_like_or3_give_the_published_figures():
    rows = {row.rule: row for row in compare(or3_like(), tuple(OR3))}
    for rule, published in OR3.items():
        row = rows[rule]
        of_200 = 100 * (row.high - row.low) / (2 * 1.96)
        within = 3 * of_200 * (200 / 20) ** 0.5
        assert within < 0.4
        assert 100 * row.excess == pytest.approx(published, abs=within)


def test_first_fit_and_best_fit_meet_the_published_figures(weibull):
    rows = compare(weibull, ("first_fit", "best_fit"))
    assert [round(100 * row.excess, 2) for row in rows] == [4.23, 3.98]
