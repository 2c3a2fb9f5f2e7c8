"""The pack ``stoch_single``: instances, machine, verifier, closed form, figures."""

import dataclasses
from importlib import import_module
from itertools import permutations
from math import log, sqrt
from statistics import fmean

import numpy as np
import pytest

from problems.base import Bar, Split
from problems.errors import InfrastructureError
from problems.stoch_single import reference as truth
from problems.stoch_single import simulate
from problems.stoch_single.instances import draw
from problems.stoch_single.machine import Machine
from problems.stoch_single.model import StochInstance, describe, encode
from problems.stoch_single.pack import PACK, gantt
from problems.stoch_single.simulator import StochSimulator
from problems.stoch_single.verify import verify

CASE = StochInstance(
    id="x", group="g", means=(100, 30), durations=((50, 10), (25, 30, 5))
)
MANY = 1500


def by_rule(instance, rule):
    entry_point = PACK.baselines[rule].entry_point
    module = import_module(f"problems.stoch_single.heuristics.{rule}")
    heuristic = getattr(module, entry_point)
    decoded = simulate.decode(encode(instance))
    answer = simulate.run(entry_point, heuristic, decoded, seed=0)
    return verify(instance, entry_point, answer)


def excess(instances, rule):
    found = sum(by_rule(one, rule).objective for one in instances)
    return found / sum(map(truth.sept, instances)) - 1


def of_group(split, group):
    return [one for one in PACK.instances(split) if one.group == group]


def redrawn(means, counts, rng):
    return StochInstance(
        id="x",
        group="g",
        means=means,
        durations=tuple(
            tuple(rng.geometric(1 / mean, count).tolist())
            for mean, count in zip(means, counts, strict=True)
        ),
    )


def test_instances_are_drawn_again_from_the_same_seed():
    assert draw("far", 3, 16, 7) == draw("far", 3, 16, 7)
    assert draw("far", 3, 16, 7) != draw("far", 3, 16, 8)
    assert describe(draw("far", 3, 16, 7))["types"] == 3
    for kind, (low, high) in {"near": (1.2, 3), "far": (8, 40)}.items():
        for seed in range(20):
            one = draw(kind, 4, 16, seed)
            assert 0.97 * low <= max(one.means) / min(one.means) <= 1.03 * high
            assert all(8 <= len(row) <= 16 for row in one.durations)


def test_durations_have_the_mean_of_their_type():
    shares = [
        fmean(row) / mean
        for split in Split
        for one in PACK.instances(split)
        for mean, row in zip(one.means, one.durations, strict=True)
    ]
    assert fmean(shares) == pytest.approx(1.0, abs=0.03)


def test_the_means_do_not_cross():
    assert encode(CASE) == {"durations": [[50, 10], [25, 30, 5]]}
    simulator = StochSimulator(CASE, "choose")
    assert "50" not in str(simulator.observe())


def test_the_closed_form_is_the_least_over_all_orders():
    kinds = (0, 0, 1, 1, 1)
    costs = [
        sum(CASE.means[kind] * (5 - at) for at, kind in enumerate(order))
        for order in set(permutations(kinds))
    ]
    # Three jobs of 30 first: 30 * (5 + 4 + 3) + 100 * (2 + 1).
    assert truth.sept(CASE) == min(costs) == 660
    assert truth.reference(CASE).proved


def test_a_wrong_closed_form_is_caught(monkeypatch):
    lines = []
    truth.solve_references(lines.append)
    assert len(lines) == sum(len(PACK.instances(split)) for split in Split)
    monkeypatch.setattr(truth, "sept", lambda _: 1)
    with pytest.raises(InfrastructureError, match="by sum"):
        truth.solve_references(lines.append)


@pytest.mark.parametrize("rule", ["greedy", "ucb_index", "slices"])
def test_the_objective_has_the_expectation_of_the_sum_of_completion_times(rule):
    rng = np.random.default_rng(1)
    verdicts = [by_rule(redrawn((60, 200), (3, 3), rng), rule) for _ in range(MANY)]
    judged = np.array([one.objective for one in verdicts])
    realised = np.array([one.objective * one.features["realised"] for one in verdicts])
    error = float(np.std(realised - judged)) / sqrt(MANY)
    assert abs(float(np.mean(realised - judged))) < 4 * error
    assert error < 0.03 * float(np.mean(judged))


def test_the_machine_goes_on_until_the_job_is_complete():
    machine = Machine(CASE.durations, preemptive=False)
    machine.work(0)
    first, second = machine.views(machine.open())
    c = sqrt(log(5) / 2)
    assert first[:5] == (1, 1, 50, 0, 50)
    assert first.low == pytest.approx(50 / (1 + c) ** 2)
    assert first.high == pytest.approx(50 / (1 - c) ** 2)
    assert second == (3, 0, 0, 0, 0, 0, 1e9, 0)
    state = machine.state([first, second])
    assert state[:4] == (50, 5, 4, 2)
    assert state.best_high == first.high
    assert state.next_low == first.low
    assert state.least_time == 0


def test_the_machine_can_be_interrupted_at_20_40_80():
    machine = Machine(CASE.durations, preemptive=True)
    seen = []
    for kind in (0, 0, 1, 0):
        machine.work(kind)
        views = machine.views([0, 1])
        seen.append((machine.t, views[0].elapsed, views[0].done, views[1].running))
    assert seen == [(20, 20, 0, 0), (40, 40, 0, 0), (60, 40, 0, 1), (70, 0, 1, 0)]
    assert machine.answer == [0, 0, 1, 0]


def test_decisions_are_judged():
    good = verify(CASE, "choose", [1, 0, 1, 1])
    # 30 * 5 + 100 * 4 + 30 * 3 + 30 * 2 + 100.
    assert (good.objective, good.violations) == (800.0, ())
    assert good.features["realised"] == pytest.approx((25 + 75 + 105 + 110 + 120) / 800)
    assert good.features["interruptions"] == 0
    cut = verify(CASE, "preempt", [0, 1, 1, 1, 1, 1])
    assert cut.objective == 660.0
    # The first piece of type 0 is 20 long, then all of type 1, and type 0 has 30 left.
    assert cut.features["realised"] == pytest.approx((45 + 75 + 80 + 110 + 120) / 660)
    assert cut.features["interruptions"] == 0.2
    for answer, codes in (
        ([1, 0, 1], ("incomplete",)),
        ([], ("incomplete",)),
        ([1, 0, 1, 1, 0], ("no_choice_left:4",)),
        ([0, 0, 0], ("no_choice_left:2",)),
        ([2, 0], ("not_a_type:0",)),
        ([0, True], ("not_a_type:1",)),
    ):
        assert verify(CASE, "choose", answer).violations == codes
    assert len(verify(CASE, "choose", [9] * 1000).violations) == 20


def test_a_type_without_jobs_cannot_run():
    three = dataclasses.replace(
        CASE, means=(100, 30, 10), durations=((5,), (5, 5), (5,))
    )
    assert verify(three, "choose", [0, 0]).violations == ("no_job_left:1",)


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
@pytest.mark.parametrize("entry_point", PACK.entry_points)
def test_a_value_that_is_no_number_is_told_with_its_type(entry_point, value):
    decoded = simulate.decode(encode(CASE))
    with pytest.raises(ValueError, match=f"{entry_point} of type 0 at tick 0"):
        simulate.run(entry_point, lambda k, s: value, decoded, 0)


def test_a_picture_has_the_pieces_and_marks_interruptions():
    assert list(gantt(CASE, [0, 1, 1, 1, 1, 1])) == [
        Bar(row="type 0", start=0, end=20, label="", late=True),
        Bar(row="type 1", start=20, end=45, label="1"),
        Bar(row="type 1", start=45, end=75, label="2"),
        Bar(row="type 1", start=75, end=80, label="3"),
        Bar(row="type 0", start=80, end=110, label="4"),
        Bar(row="type 0", start=110, end=120, label="5"),
    ]
    ends = [bar.end for bar in gantt(CASE, [1, 0, 1, 1])]
    assert ends == [25, 75, 105, 110, 120]


@pytest.mark.parametrize("split", [Split.TEST, Split.VALID])
def test_preemption_gains_most_where_types_are_far_apart(split):
    gains = {}
    for group in ("near2", "near4", "far2", "far4"):
        some = of_group(split, group)
        gains[group] = min(excess(some, "etc_u"), excess(some, "ucb_u")) - max(
            excess(some, "etc_rr"), excess(some, "ucb_rr")
        )
    assert min(gains["far2"], gains["far4"]) > 0.03
    assert max(gains["near2"], gains["near4"]) < 0.03


def test_learning_gains_and_more_jobs_make_it_cheaper():
    few, many = of_group(Split.TEST, "far2"), of_group(Split.OOD, "far2")
    assert excess(few, "ucb_u") < excess(few, "etc_u") < excess(few, "random")
    for rule in ("greedy", "ucb_u", "etc_u", "etc_rr", "ucb_rr", "ucb_index"):
        assert excess(many, rule) < excess(few, rule)
    # Without learning the excess does not vanish.
    assert excess(many, "random") > 0.5
