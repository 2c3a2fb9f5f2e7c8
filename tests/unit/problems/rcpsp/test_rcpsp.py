"""The pack ``rcpsp``: instances, drivers, verifier, pictures, published figures."""

import dataclasses
from importlib import import_module
from itertools import pairwise
from statistics import fmean

import pytest

from problems.base import Bar, Split
from problems.rcpsp import simulate
from problems.rcpsp.instances import COMPLEXITIES, Cell, draw, grid
from problems.rcpsp.model import (
    RcpspInstance,
    cpm_bound,
    describe,
    encode,
    ordered,
    trivial_bound,
)
from problems.rcpsp.pack import PACK, gantt
from problems.rcpsp.published import PUBLISHED
from problems.rcpsp.variants import constrained
from problems.rcpsp.verify import verify

# 0 before 2; 0 and 1 do not fit together, 1 and 2 do.
CASE = RcpspInstance(
    id="x",
    group="g",
    durations=(2, 3, 1),
    demands=((2,), (2,), (1,)),
    capacities=(3,),
    successors=((2,), (), ()),
)


def started(instance, entry_point, heuristic):
    project = simulate.decode(encode(instance))
    return simulate.run(entry_point, heuristic, project, seed=0)


def by_rule(instance, rule):
    entry_point = PACK.baselines[rule].entry_point
    module = import_module(f"problems.rcpsp.heuristics.{rule}")
    return started(instance, entry_point, getattr(module, entry_point))


def varied(seed=0, n=30, **changes):
    base = draw(Cell(n=n, complexity=1.8, factor=0.75, strength=0.5), seed)
    kinds = {"downtime": 1.0, "windows": 1.0, "disjunctive": 1.0, "deadlines": True}
    return constrained(base, seed=seed, **{**kinds, **changes})


def closure(successors):
    behind = [set() for _ in successors]
    for k in reversed(ordered(successors)):
        for after in successors[k]:
            behind[k] |= {after} | behind[after]
    return behind


@pytest.mark.parametrize("complexity", COMPLEXITIES)
@pytest.mark.parametrize("factor", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_a_project_has_the_parameters_that_were_asked_for(complexity, factor, strength):
    cell = Cell(n=40, complexity=complexity, factor=factor, strength=strength)
    one = draw(cell, 3)
    assert one == draw(cell, 3)
    assert one != draw(cell, 4)
    before = {after for row in one.successors for after in row}
    arcs = sum(map(len, one.successors))
    ends = sum(not row for row in one.successors) + 40 - len(before)
    # With at most three neighbours on each side, 2.1 is not always reached.
    assert complexity * 42 - 1 - 5 * (complexity > 2) <= arcs + ends
    assert arcs + ends <= complexity * 42 + 1
    cells = [q > 0 for row in one.demands for q in row]
    assert fmean(cells) == pytest.approx(factor, abs=0.01)
    assert all(map(any, one.demands))
    early = by_rule(one, "est")
    rich = dataclasses.replace(one, capacities=(10**6,) * 4)
    if strength == 0.0:
        assert one.capacities == tuple(map(max, zip(*one.demands, strict=True)))
    if strength == 1.0:
        assert early == by_rule(rich, "est")
        assert verify(one, "", early).objective == cpm_bound(one)


def test_no_precedence_follows_from_others():
    for one in grid(30, (0.5,), 7):
        behind = closure(one.successors)
        for row in one.successors:
            assert not any(a in behind[b] for a in row for b in row)
            assert len(row) <= 3


def test_bounds():
    assert cpm_bound(CASE) == 3
    assert trivial_bound(CASE) == 4
    late = dataclasses.replace(CASE, release=(0, 5, 0))
    assert cpm_bound(late) == trivial_bound(late) == 8
    assert describe(CASE)["load"] == pytest.approx(11 / 9)
    with pytest.raises(ValueError, match="activity 0 is on a cycle"):
        ordered(((1,), (0,)))


def test_what_a_heuristic_sees():
    project = simulate.decode(encode(CASE))
    first, second, third = project.activities
    assert first[:12] == (2, 0, 2, 0, 2, 0, 3, 0, 1, 1, 3, 3)
    assert second[:12] == (3, 0, 3, 0, 3, 0, 3, 0, 0, 0, 3, 3)
    assert third[:9] == (1, 2, 3, 2, 3, 0, 1, 1, 0)
    assert (first.peak, first.work) == pytest.approx((2 / 3, 4 / 3))
    assert first.work_after == pytest.approx(1 / 3)
    assert first.scarce == pytest.approx(4 / 3 * 11 / 9)
    assert first.need == 3
    assert project.stats == (
        3,
        1,
        3,
        pytest.approx(11 / 3),
        pytest.approx(11 / 3),
        3,
        2,
    )


def test_due_times_tighten_latest_times():
    one = dataclasses.replace(CASE, deadline=(None, 2, None), horizon=9)
    seen = simulate.decode(encode(one)).activities
    assert [act.lft for act in seen] == [2, 2, 3]
    assert [act.slack for act in seen] == [0, -1, 0]


@pytest.mark.parametrize("seed", range(4))
def test_need_bounds_what_is_left(seed):
    one = draw(Cell(n=30, complexity=1.5, factor=1.0, strength=0.2), seed)
    project = simulate.decode(encode(one))
    for rule in ("lft", "spt", "parallel_wcs", "justified_lft"):
        starts = by_rule(one, rule)
        end = verify(one, "", starts).objective
        for start, act in zip(starts, project.activities, strict=True):
            assert end - start >= act.need - 1e-9
            assert act.need >= act.tail - 1e-9


def test_the_serial_scheme_takes_the_smallest_eligible_and_ties_by_index():
    assert started(CASE, "priority", lambda a, s: a.p) == [0, 2, 2]
    assert started(CASE, "priority", lambda a, s: -a.p) == [3, 0, 5]
    assert started(CASE, "priority", lambda a, s: 0) == [0, 2, 2]


def test_the_serial_scheme_fills_gaps():
    one = dataclasses.replace(CASE, downtime=(((3, 4),),))
    # 0 in [0, 2), then 1 cannot end by 3; what is placed last goes back to the gap.
    assert started(one, "priority", lambda a, s: -a.succs) == [0, 4, 2]


def test_the_parallel_scheme_asks_only_where_there_is_a_choice():
    seen = []

    def dispatch(act, state):
        seen.append((state.t, state.n, state.left, act.p, act.worst, act.harm))
        return -act.p

    assert started(CASE, "dispatch", dispatch) == [3, 0, 5]
    # If 0 starts, 1 waits until 2 with a latest start of 0, and the other way round 3.
    assert seen == [(0, 2, 3, 2, -3, 2), (0, 2, 3, 3, -2, 3)]


def test_the_pairwise_look_ahead_counts_what_runs():
    one = RcpspInstance(
        id="x",
        group="g",
        durations=(5, 3, 2),
        demands=((1,), (1,), (2,)),
        capacities=(3,),
        successors=((), (), ()),
    )
    seen = {}

    def dispatch(act, state):
        seen[state.t, state.left, act.p] = (act.worst, act.harm, act.fit)
        return -act.p

    assert started(one, "dispatch", dispatch) == [0, 0, 3]
    assert seen[0, 3, 2] == (3, 0, pytest.approx(2 / 3))
    # With 5 running, 3 and 2 do not fit together: whoever waits does so until 3 or 2.
    assert seen[0, 2, 3] == (0, 0, 0.5)
    assert seen[0, 2, 2] == (0, 0, 1.0)


@pytest.mark.parametrize("rule", PACK.baselines)
@pytest.mark.parametrize("seed", range(3))
def test_all_schemes_respect_every_constraint_but_due_times(rule, seed):
    one = varied(seed, deadlines=False).instance
    assert any(one.downtime)
    assert any(one.release)
    assert one.disjunctive
    verdict = verify(one, "", by_rule(one, rule))
    assert verdict.violations == ()
    assert verdict.objective >= trivial_bound(one)


def test_activities_without_duration_are_placed_and_block_nothing():
    one = RcpspInstance(
        id="x",
        group="g",
        durations=(0, 0, 2, 0, 0),
        demands=((0,), (1,), (1,), (0,), (1,)),
        capacities=(1,),
        successors=((1,), (2,), (3,), (4,), ()),
        downtime=(((0, 3),),),
    )
    for entry_point in PACK.entry_points:
        starts = started(one, entry_point, lambda a, s: 0)
        assert verify(one, "", starts).violations == ()
        assert max(starts) == 5


def test_justification_never_makes_a_schedule_longer():
    shorter = 0
    cases = [varied(k, deadlines=False).instance for k in range(8)]
    for one in (*grid(30, (0.2,), 5), *cases):
        for rule in ("spt", "lft"):
            before = verify(one, "", by_rule(one, rule)).objective
            after = verify(one, "", by_rule(one, f"justified_{rule}")).objective
            assert after <= before
            shorter += after < before
    assert shorter > 10


@pytest.mark.parametrize("entry_point", PACK.entry_points)
@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_activity(entry_point, value):
    with pytest.raises(ValueError, match=f"{entry_point} of activity 0"):
        started(CASE, entry_point, lambda a, s: value)


def test_names_of_activities_do_not_matter_where_no_values_are_level():
    one = draw(Cell(n=30, complexity=1.8, factor=0.75, strength=0.2), 1)
    order = [(7 * k + 3) % 30 for k in range(30)]
    new = {k: at for at, k in enumerate(order)}
    other = dataclasses.replace(
        one,
        durations=tuple(one.durations[k] for k in order),
        demands=tuple(one.demands[k] for k in order),
        successors=tuple(
            tuple(new[after] for after in one.successors[k]) for k in order
        ),
    )

    def unique(act, _):
        return act.lft + act.work / 1000

    for entry_point in PACK.entry_points:
        before = verify(one, "", started(one, entry_point, unique))
        assert verify(other, "", started(other, entry_point, unique)) == before


def test_starts_are_judged():
    good = verify(CASE, "", [0, 2, 2])
    assert (good.objective, good.violations) == (5.0, ())
    assert good.features == {"use": pytest.approx(11 / 15), "begin_share": 1 / 3}
    assert verify(CASE, "", [0, 2, 1]).violations == ("precedence:0:2",)
    assert verify(CASE, "", [0, 1, 2]).violations == ("capacity:0:1",)
    assert verify(CASE, "", [0, 2, 2, 9]).violations == ("wrong_length",)
    rich = dataclasses.replace(CASE, capacities=(9,))
    change = dataclasses.replace
    for other, code in (
        (change(rich, release=(0, 1, 0)), "release:1"),
        (change(rich, deadline=(None, 2, None)), "deadline:1"),
        (change(rich, horizon=2), "horizon:1"),
        (change(rich, disjunctive=((0, 1),)), "disjunctive:0:1"),
        (change(rich, downtime=(((2, 4),),)), "downtime:0:1"),
    ):
        assert code in verify(other, "", [0, 0, 2]).violations
    assert verify(change(rich, downtime=(((3, 4),),)), "", [0, 0, 2]).objective == 3


def test_a_large_wrong_answer_is_reported_in_few_words():
    one = PACK.instances(Split.OOD)[0]
    assert len(verify(one, "", [0] * one.n).violations) == 20
    assert len(verify(one, "", ["x"] * one.n).violations) == 20


@pytest.mark.parametrize("seed", range(5))
def test_hidden_schedules_meet_the_constraints_drawn_around_them(seed):
    one = varied(seed)
    assert verify(one.instance, "", list(one.starts)).violations == ()
    rows = zip(
        one.instance.release,
        one.instance.deadline,
        one.instance.durations,
        strict=True,
    )
    assert all(p <= due - early <= p + 6 for early, due, p in rows)
    for spans in one.instance.downtime:
        assert all(a[1] < b[0] for a, b in pairwise(spans))
    plain = varied(seed, downtime=0.0, windows=0.0, disjunctive=0.0).instance
    assert not any(plain.downtime)
    assert not any(plain.release)
    assert not any(plain.deadline)
    assert not plain.disjunctive


def test_a_picture_packs_bars_in_few_rows_and_marks_the_end():
    assert list(gantt(CASE, [0, 2, 2])) == [
        Bar(row="row 1", start=0, end=2, label="0"),
        Bar(row="row 1", start=2, end=3, label="2"),
        Bar(row="row 2", start=2, end=5, label="1", late=True),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one.name)
def test_the_measured_figures_of_psplib_on_projects_of_its_design(one):
    instances = one.instances()
    found = {
        rule: 100
        * fmean(
            verify(it, "", by_rule(it, rule)).objective / one.target(it) - 1
            for it in instances
        )
        for rule in one.percent
    }
    for rule, percent in one.percent.items():
        assert found[rule] == pytest.approx(percent, rel=0.22)
    assert max(found["lst"], found["lft"], found["mts"]) < found["est"]
    assert max(found["est"], found["mslk"], found["grpw"]) < found["spt"]
