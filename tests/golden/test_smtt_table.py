"""Published gaps of the classical rules, on 800 instances of our own.

Published: gaps over 800 instances with 20 jobs (arXiv:2510.24013, table 2, and the same
files), means over those with a positive optimum. The generator is the same but for due
dates below 0, which are clipped here; the seeds are ours (9000 to 9039 per cell, not
chosen by result).

A mean of ratios has a spread of its own. For MDD, PSK, AugMDD and AugMDDC 0.3 points
are wider than the sampling error. For MDDC and EDDC they are not: ours are 2.36 (95 %
bootstrap interval 1.61 to 3.34) and 13.90 (12.08 to 15.74), a second published sample
gave 2.08 and 14.60, and 6000 further instances gave 1.98 and 13.22. There the published
mean has to lie in our interval, and the aggregate gap, which has hardly any spread, has
to agree like the others. EDD gets 3 points: clipping alone moves it by 1.3.
"""

import pytest

from problems.smtt.instances import grid
from problems.smtt.reference import exact
from problems.smtt.table import compare

MEANS = {"mdd": 1.88, "psk": 1.77, "augmdd": 1.18, "augmddc": 0.79}
WIDE_MEANS = {"mddc": 1.70, "eddc": 12.83}
AGGREGATES = {
    "mdd": 1.48,
    "mddc": 0.77,
    "psk": 1.41,
    "eddc": 5.0,
    "augmdd": 0.92,
    "augmddc": 0.49,
    "covert": 4.80,
    "atc": 3.2,
}


@pytest.fixture(scope="module")
def rows():
    return {row.rule: row for row in compare(grid(), exact)}


@pytest.mark.parametrize("rule", MEANS)
def test_mean_gaps_are_the_published_ones(rows, rule):
    assert 100 * rows[rule].mean == pytest.approx(MEANS[rule], abs=0.3)


@pytest.mark.parametrize("rule", WIDE_MEANS)
def test_mean_gaps_of_wide_spread_have_the_published_one_in_their_interval(rows, rule):
    assert rows[rule].low <= WIDE_MEANS[rule] / 100 <= rows[rule].high
    assert 100 * rows[rule].mean == pytest.approx(WIDE_MEANS[rule], abs=2)


@pytest.mark.parametrize("rule", AGGREGATES)
def test_aggregate_gaps_are_the_published_ones(rows, rule):
    assert 100 * rows[rule].aggregate == pytest.approx(AGGREGATES[rule], abs=0.2)


def test_due_date_order_is_as_bad_as_published(rows):
    assert 100 * rows["edd"].mean == pytest.approx(46.09, abs=3)
    assert rows["edd"].mean == rows["edd_sequence"].mean


def test_rules_rank_as_published(rows):
    order = ["augmddc", "augmdd", "psk", "mdd", "eddc", "edd"]
    assert sorted(order, key=lambda rule: rows[rule].mean) == order
