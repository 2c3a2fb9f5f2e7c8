import json
import random

import numpy as np
import pytest

from problems.obp import simulate
from problems.obp.instances import generate
from problems.obp.model import encode
from problems.obp.packing import Line, start

FOUR = simulate.decode({"capacity": 10, "items": [6, 5, 4, 3]})


def _run(heuristic, entry_point="cost", arrivals=FOUR):
    return simulate.run(entry_point, heuristic, arrivals, seed=7)


def test_the_least_cost_and_the_largest_priority_take_the_item():
    assert _run(lambda b, *_: b.after) == [0, 1, 0, 1]
    assert _run(lambda b, *_: -b.after) == [0, 1, 2, 3]
    assert _run(lambda item, bins: item - bins, "priority") == [0, 1, 0, 1]
    # The rightmost bin with room, though the bins to its left are empty.
    assert _run(lambda item, bins: np.arange(len(bins)), "priority") == [3, 2, 3, 2]


def test_ties_go_to_the_bin_opened_first_whatever_its_level():
    assert _run(lambda *_: 0) == [0, 1, 0, 1]
    # Item 3 fits into bin 0 (free 4) and bin 1 (free 5).
    other = simulate.decode({"capacity": 10, "items": [5, 6, 3]})
    assert _run(lambda *_: 0, arrivals=other) == [0, 1, 0]
    assert _run(lambda item, bins: [0] * len(bins), "priority", other) == [0, 1, 0]


def test_a_heuristic_sees_one_bin_of_each_free_capacity_and_the_past():
    seen = []
    arrivals = simulate.decode({"capacity": 10, "items": [6, 6, 7, 2]})
    _run(lambda *args: seen.append(args) or args[0].order, arrivals=arrivals)
    last = [args for args in seen if args[1] == 2]
    assert [tuple(args[0]) for args in last] == [
        # free, after, alike, after_alike, exact, fitting, order
        (3, 1, 1, 0, 0, 0, 2),
        (4, 2, 2, 0, 0, 0, 0),
        (10, 8, 0, 0, 0, 3, 3),
    ]
    # capacity, n, mean, largest, open, room
    assert {args[2] for args in last} == {(10, 4, 21 / 4, 7, 3, 11)}


def test_an_item_that_fits_nowhere_asks_nobody():
    arrivals = simulate.decode({"capacity": 10, "items": [6, 6, 6]})
    assert _run(lambda *_: float("nan"), arrivals=arrivals) == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(float("nan"), "nan"), (float("-inf"), "-inf"), (None, "NoneType"), ("1", "str")],
)
def test_a_cost_that_is_no_finite_number_names_bin_and_item(value, shown):
    with pytest.raises(ValueError) as caught:
        _run(lambda b, item, _: value if b.order == 1 and item == 3 else b.after)
    text = f"cost of bin 1 for item 3 is {shown}, not a finite number"
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "value",
    [None, 0.0, [], [1], [0, 0, 0, "x"], [0, 0, 0, float("nan")], [0, 0, 0, 10**400]],
)
def test_priorities_that_are_not_one_number_for_each_bin_are_refused(value):
    with pytest.raises(ValueError, match="priorit"):
        _run(lambda *_: value, "priority")


def test_integers_beyond_floats_are_costs():
    assert _run(lambda b, *_: 10**400 * b.after) == [0, 1, 0, 1]


def test_the_array_of_bins_is_a_copy():
    def greedy(item, bins):
        values = item - bins
        bins[:] = 0
        return values

    assert _run(greedy, "priority") == [0, 1, 0, 1]


def test_an_unknown_entry_point_is_an_error():
    with pytest.raises(ValueError, match="no entry point 'other'"):
        _run(lambda *_: None, "other")
    with pytest.raises(ValueError, match="no entry point 'other'"):
        start("other", 10, 3)


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_a_heuristic_that_draws_repeats_itself(draw):
    arrivals = simulate.decode(encode(generate(family="uniform", n=60, seed=1)))
    first = _run(lambda *_: draw(), arrivals=arrivals)
    assert first == _run(lambda *_: draw(), arrivals=arrivals)
    assert first != simulate.run("cost", lambda *_: draw(), arrivals, seed=8)


@pytest.mark.parametrize("entry_point", ["cost", "priority"])
def test_an_observation_holds_nothing_of_the_items_to_come(entry_point):
    past, future = [30, 40, 50, 20], [77, 33]
    seen = []
    for rest in (future, future[::-1]):
        line = Line(start(entry_point, 100, 6), past + rest)
        for _ in past:
            seen.append(json.dumps(line.observe()))
            line.act(len(line.trace()))
    assert seen[:4] == seen[4:]


@pytest.mark.parametrize("entry_point", ["cost", "priority"])
@pytest.mark.parametrize("decision", [True, 1.0, -1, 6, "0", None, 0])
def test_a_bin_without_room_or_that_is_none_ends_the_run(entry_point, decision):
    line = Line(start(entry_point, 100, 2), [60, 60])
    line.act(0)
    line.act(decision)
    assert line.observe() is None
    assert line.trace() == [0, decision]


def test_of_equal_levels_only_the_first_bin_was_offered():
    line = Line(start("cost", 100, 3), [60, 60, 30])
    for decision in (0, 1, 1):
        line.act(decision)
    assert line._broken
