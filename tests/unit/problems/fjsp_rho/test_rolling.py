"""The horizon: windows, overlap, budget; and what a heuristic sees of it."""

import json

import pytest

from problems.base import Split
from problems.fjsp.instances import draw
from problems.fjsp.verify import verify
from problems.fjsp_rho import simulate
from problems.fjsp_rho.cpsat import solve
from problems.fjsp_rho.desk import SIZE, STEP, Desk, shop
from problems.fjsp_rho.instances import instances
from problems.fjsp_rho.pack import PACK
from problems.fjsp_rho.reference import own, reference, solve_references
from problems.fjsp_rho.rolling import UNITS_PER_OPERATION, Horizon
from problems.fjsp_rho.views import Op, State

SHOP = draw("mix", 8, 3, 1000)


def rolled(instance, size, step):
    horizon = Horizon(instance)
    while horizon.left:
        horizon.roll(size, step, ())
    return horizon


def makespan(instance, schedule):
    verdict = verify(instance, "", schedule)
    assert verdict.violations == ()
    return verdict.objective


def test_a_window_of_everything_is_the_last_one_and_finds_the_optimum():
    horizon = rolled(SHOP, 10**6, 1)

    assert horizon.windows == 1
    assert makespan(SHOP, horizon.schedule) == reference(SHOP).best


@pytest.mark.parametrize(
    ("size", "step", "windows"), [(8, 8, 3), (8, 4, 5), (8, 0, 17)]
)
def test_windows_follow_each_other_by_steps(size, step, windows):
    horizon = rolled(SHOP, size, step)

    assert horizon.windows == windows
    assert makespan(SHOP, horizon.schedule) >= reference(SHOP).lower


def test_a_window_holds_the_most_work_behind_and_keeps_the_order_of_jobs():
    horizon = Horizon(SHOP)
    order = horizon.order()
    behind = [sum(min(p for _, p in op) for op in SHOP.jobs[j][k:]) for j, k in order]

    assert behind == sorted(behind, reverse=True)
    horizon.roll(9, 3, ())
    assert set(horizon.plan) == set(order[:9]) - (set(order) - set(horizon.order()))
    assert len(horizon.plan) == 6
    assert horizon.overlap(2) != horizon.overlap(24)
    assert set(horizon.overlap(24)) == set(horizon.plan)


def test_what_is_fixed_keeps_its_machine_until_it_starts():
    instance = draw("mix", 12, 4, 2000)
    horizon = Horizon(instance)
    horizon.roll(24, 8, ())
    planned = dict(horizon.plan)
    horizon.roll(24, 8, list(planned))
    later = {key: place[0] for key, place in horizon.plan.items()} | {
        (j, k): pair[0]
        for j, row in enumerate(horizon.schedule)
        for k, pair in enumerate(row)
        if pair is not None
    }

    assert all(later[key] == place[0] for key, place in planned.items())
    assert horizon.state().fixed == 1
    assert horizon.state().moved == 0


def test_the_budget_is_spent_and_never_exceeded_by_more_than_a_window():
    instance = draw("mix", 12, 4, 2000)
    horizon = Horizon(instance)
    left = [1.0]
    while horizon.left:
        horizon.roll(36, 8, ())
        left.append(horizon.state().budget)

    assert left == sorted(left, reverse=True)
    assert 0 <= left[-1] < 0.3
    whole = UNITS_PER_OPERATION * instance.operations
    assert whole == pytest.approx(0.0288)


def test_with_too_little_time_windows_are_listed_not_solved():
    instance = draw("mix", 2, 4, 1)
    horizon = Horizon(instance)
    before = solve.cache_info()
    horizon.roll(6, 1, ())

    assert solve.cache_info() == before
    assert horizon.state().budget == 1
    assert (horizon.state().proved, horizon.state().used) == (0, 0)


def test_views_tell_of_the_plan():
    horizon = Horizon(SHOP)
    horizon.roll(12, 6, ())
    keys = horizon.overlap(18)
    views = horizon.views(keys)

    assert [view.place for view in views] == list(range(6))
    starts = [view.start for view in views]
    assert starts == sorted(starts)
    assert min(starts) >= 0
    assert min(view.slack for view in views) == 0
    for view, (j, k) in zip(views, keys, strict=True):
        op = dict(SHOP.jobs[j][k])
        assert view.p == op[horizon.plan[j, k][0]]
        assert (view.p_min, view.choices) == (min(op.values()), len(op))
        assert (view.left, view.kept) == (3 - k, 1)
        assert view.gain == pytest.approx(sum(op.values()) / len(op) - view.p)
    by_machine = {horizon.plan[key][0]: view.load for key, view in zip(keys, views)}  # noqa: B905
    assert sum(by_machine.values()) == sum(view.p for view in views)
    state = horizon.state()
    assert (state.window, state.n, state.open, state.total) == (1, 6, 18, 24)
    assert (state.size, state.step, state.fixed, state.moved) == (12, 6, 0, 0)
    assert state.load_mean == pytest.approx(sum(by_machine.values()) / 3)
    assert all(view.room + view.load == state.load_mean for view in views)


def test_a_second_plan_for_the_same_machine_is_counted():
    horizon = Horizon(SHOP)
    horizon.roll(12, 3, ())
    again = horizon.overlap(12)[:4]
    horizon.roll(12, 3, again)
    kept = {
        key: view.kept
        for key in again
        if key in horizon.plan
        for view in horizon.views([key])
    }

    assert kept
    assert set(kept.values()) == {2}


def test_only_an_overlap_is_asked_about():
    desk = Desk(SHOP, "fix")
    seen = desk.observe()

    assert desk.observe() is seen
    assert State._make(seen["state"]).window == 1
    ops = [Op._make(row) for row in seen["ops"]]
    assert len(ops) == (SIZE - STEP) * SHOP.m
    assert json.loads(json.dumps(seen)) == seen


@pytest.mark.parametrize(
    "decision", [None, [], [True], [1] * 12, [True] * 13, [None] * 12, "all", {}]
)
def test_a_decision_of_another_kind_ends_a_run(decision):
    desk = Desk(SHOP, "fix")
    desk.act(decision)
    desk.act([False] * 12)

    assert desk.observe() is None
    assert desk.trace() == {"refused": 1}
    assert PACK.verify(SHOP, "fix", desk.trace()).violations == ("refused:1",)


@pytest.mark.parametrize("decision", [None, [3], [3, 2, 1], [3, True], [3.0, 2], "32"])
def test_a_window_of_another_kind_ends_a_run(decision):
    desk = Desk(SHOP, "next_window")
    desk.act(decision)

    assert desk.trace() == {"refused": 0}


def test_a_run_that_is_not_over_is_no_answer():
    desk = Desk(SHOP, "next_window")
    desk.act([6, 3])

    assert PACK.verify(SHOP, "next_window", desk.trace()).objective is None


def test_fixing_decides_something():
    shops = instances(Split.TRAIN)[:3]
    found = {
        rule: [
            makespan(one, simulate.run("fix", _defined(rule), PACK.encode(one), 0))
            for one in shops
        ]
        for rule in ("none", "all", "fastest")
    }

    assert len(set(map(tuple, found.values()))) == 3


def _defined(rule):
    names = {}
    exec(PACK.baselines[rule].source, names)
    return names["fix"]


def test_an_encoded_shop_is_read_back():
    read = shop(json.loads(json.dumps(PACK.encode(SHOP))))
    assert (read.m, read.jobs) == (SHOP.m, SHOP.jobs)


def test_references_are_those_of_fjsp_where_it_has_the_instance():
    from problems.fjsp.reference import reference as of_shops

    ours = own()
    assert {one.group for one in ours} == {"mix8x3", "mix20x4x8"}
    for split in Split:
        for one in instances(split):
            if one not in ours:
                assert reference(one) == of_shops(one)


def test_our_references_are_solved_again_with_the_same_values(tmp_path):
    file = tmp_path / "references.json"
    chosen = [one for one in own() if one.group == "mix8x3"]
    solve_references(lambda _: None, file, chosen)

    rows = json.loads(file.read_text())["instances"]
    for one in chosen:
        found = reference(one)
        assert rows[one.id][1:] == [found.lower, found.best]
