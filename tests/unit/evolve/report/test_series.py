from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.base import Status
from evolve.records import Operator
from evolve.report.records import InstanceGaps, Point
from evolve.report.series import (
    duel,
    gap_axis,
    improvements,
    spread,
    thinned,
    time_unit,
)

gaps = st.floats(-5, 50, allow_nan=False)


def points(*scores):
    return [
        Point(
            step=step,
            seconds=step,
            program=str(step),
            operator=Operator.DIFF,
            status=Status.ERROR if score is None else Status.OK,
            score=score,
        )
        for step, score in enumerate(scores)
    ]


def test_improvements_are_strict_and_skip_failures():
    found = improvements(points(None, 0.5, 0.5, None, 0.6, 0.2))
    assert [point.score for point in found] == [0.5, 0.2]


def test_thinning_keeps_every_improvement():
    every = points(
        *(1000.0 - step if step % 97 == 0 else 2000.0 for step in range(5000))
    )
    shown = thinned(every, 100)
    assert len(shown) < 200
    assert improvements(shown) == improvements(every)
    assert thinned(every, 5000) == every


@pytest.mark.parametrize(
    ("seconds", "unit"), [(10, "seconds"), (600, "minutes"), (20_000, "hours")]
)
def test_time_axis_has_a_unit_that_suits(seconds, unit):
    assert time_unit(seconds)[0] == unit


@given(st.lists(gaps, min_size=1, max_size=30))
def test_axis_holds_all_values_and_has_ticks(values):
    axis = gap_axis(values)
    assert axis.low < min(values)
    assert max(values) < axis.high
    assert 1 <= len(axis.ticks) <= 20
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert (axis.linear_below is None) == (min(values) >= 1e-9)
    assert axis.linear_below is None or 0.0 in axis.ticks


@pytest.mark.parametrize("value", [0.0, 1e-12, 0.05, -0.3])
def test_axis_of_a_single_value_is_not_empty(value):
    axis = gap_axis([value])
    assert axis.low < value < axis.high


def test_narrow_axis_has_few_even_ticks():
    assert gap_axis([0.1, 0.2]).ticks == pytest.approx((0.1, 0.15, 0.2, 0.25))


@given(st.lists(st.floats(0, 1), max_size=12))
def test_labels_keep_their_distance_and_order(wanted):
    moved = spread(wanted, 0.1)
    ordered = [moved[i] for i in sorted(range(len(wanted)), key=wanted.__getitem__)]
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(ordered))


def test_labels_that_are_far_apart_stay():
    assert spread([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])
    assert spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])


def test_duel_leaves_out_instances_without_both_gaps():
    lines = [
        InstanceGaps(instance="i", group="g", reference=1, proved=True, gaps=gaps)
        for gaps in (
            {"a": 0.1, "b": 0.2},
            {"a": 0.2, "b": 0.2},
            {"a": 0.3, "b": 0.2},
            {"a": None, "b": 0.2},
            {"a": 0.3},
        )
    ]
    result = duel(lines, "a", "b")
    assert (result.wins, result.ties, result.losses) == (1, 1, 1)
