"""Published formulas, with numbers worked out by hand."""

import math
from collections import Counter

import numpy as np
import pytest

from evolve.records import Operator
from evolve.selection import IslandSettings, open_selector
from evolve.selection.cvt import centroids, nearest
from evolve.selection.descriptors import Descriptor, deeds, squash, structure
from evolve.selection.map_elites import bins
from evolve.selection.pareto import fronts, reduced
from evolve.selection.plus import rank_weights
from evolve.selection.portfolio import Reward, rewards, shares
from evolve.selection.shinka import weights
from evolve.selection.uct import descend, grow, uncertainty
from tests.fakes.briefs import a_view
from tests.fakes.genetic import a_program as judged
from tests.fakes.records import a_program, a_source, an_evaluation


def draws(name, view, count=4000, **settings):
    one = open_selector(name, IslandSettings(**settings))
    rng = np.random.default_rng(3)
    found = Counter(
        one.parents(view, 0, 1, rng)[0].candidate.step for _ in range(count)
    )
    return {step: number / count for step, number in found.items()}


def test_shinka_weighs_quality_by_novelty_of_children():
    # Scores 0.1, 0.2, 0.4: median 0.2, absolute deviations 0.1, 0, 0.2, MAD 0.1.
    # 10 (0.2 - score) / 0.1 is 10, 0, -20.
    found = weights([0.1, 0.2, 0.4], [0, 1, 0])
    expected = [1 / (1 + math.exp(-10)), 0.5 / 2, 1 / (1 + math.exp(20))]
    assert found == pytest.approx(expected)


def test_shinka_bounds_the_spread_from_below():
    # MAD is 0, so 1e-6 stands in for it: 10 * 1e-7 / 1e-6 = 1.
    found = weights([0.5, 0.5, 0.5, 0.5 - 1e-7], [0, 0, 0, 3])
    assert found[0] == pytest.approx(0.5)
    assert found[3] == pytest.approx(1 / (1 + math.exp(-1)) / 4, rel=1e-6)


def test_shinka_draws_in_proportion_to_the_weights():
    living = [a_program(0, 0.1), a_program(1, 0.2), a_program(2, 0.4)]
    view = a_view(living, children={living[0].id: 3, living[1].id: 1})
    share = draws("shinka", view, islands=1)
    # Weights 1/4 and 0.5/2: as likely as each other; the third is out.
    assert share[0] == pytest.approx(0.5, abs=0.03)
    assert share[1] == pytest.approx(0.5, abs=0.03)


def test_plus_draws_by_rank():
    assert rank_weights(3) == pytest.approx([1 / 4, 1 / 5, 1 / 6])
    living = [a_program(0, 0.3), a_program(1, 0.1), a_program(2, 0.2)]
    share = draws("plus", a_view(living))
    total = 1 / 4 + 1 / 5 + 1 / 6
    assert share[1] == pytest.approx(1 / 4 / total, abs=0.03)
    assert share[0] == pytest.approx(1 / 6 / total, abs=0.03)


def test_plus_keeps_the_ten_best():
    one = open_selector("plus", IslandSettings())
    living = [a_program(step, step / 100) for step in range(1, 11)]
    assert not one.admit(a_view(living), a_program(50, 0.2))
    moves = one.admit(a_view(living), a_program(51, 0.055))
    assert [(m.program, m.living) for m in moves] == [
        (living[-1].id, False),
        (a_program(51, 0.055).id, True),
    ]


def four():
    """Objectives on four instances; the mean is not what counts."""
    table = {0: (1, 5, 5, 1), 1: (1, 1, 9, 9), 2: (9, 1, 1, 9), 3: (2, 2, 2, 2)}
    return [
        judged(a_source(step), step=step, score=sum(row) / 100, objectives=row)
        for step, row in table.items()
    ]


def test_pareto_reduces_the_fronts_to_a_cover():
    # Ranked: 3 (on no front), 0 (fronts 0 and 3), 1 (0 and 1), 2 (1 and 2).
    ranked = [four()[i] for i in (3, 0, 1, 2)]
    member = fronts(ranked)
    assert member.tolist() == [
        [False, False, False, False],
        [True, False, False, True],
        [True, True, False, False],
        [False, True, True, False],
    ]
    # From the worst: 2 is alone on front 2 and stays; 1 goes, since 0 holds front 0
    # and 2 holds front 1; 0 is alone on front 3 and stays; 3 holds nothing and goes.
    assert reduced(member) == [1, 3]


def test_pareto_draws_in_proportion_to_fronts():
    three = [
        judged(a_source(i), step=i, score=i / 10, objectives=row)
        for i, row in enumerate([(1, 1, 1, 9), (9, 9, 9, 1), (5, 5, 5, 5)])
    ]
    share = draws("pareto", a_view(three))
    assert share[0] == pytest.approx(0.75, abs=0.03)
    assert share[1] == pytest.approx(0.25, abs=0.03)
    assert 2 not in share


def test_pareto_keeps_a_specialist_and_drops_who_is_best_at_nothing():
    one = open_selector("pareto", IslandSettings(island_size=2))
    good, mediocre = four()[0], four()[3]
    specialist = judged(a_source(8), step=8, score=9.0, objectives=(9, 9, 0, 99))
    moves = one.admit(a_view([good, mediocre]), specialist)
    # Fronts with the specialist: good 0 and 3, mediocre 1, specialist 2: of those with
    # one front the specialist has the worse score.
    assert not moves
    useless = judged(a_source(9), step=9, score=0.01, objectives=(9, 9, 9, 9))
    moves = one.admit(a_view([good, useless]), specialist)
    assert [(m.program, m.living) for m in moves] == [
        (useless.id, False),
        (specialist.id, True),
    ]


def chain():
    """A seed with two children, the first of which has one."""
    seed = a_program(0, 0.8)
    left = a_program(1, 0.6, parents=(seed.id,))
    right = a_program(2, 0.4, parents=(seed.id,))
    deep = a_program(3, 0.5, parents=(left.id,))
    return seed, left, right, deep


def test_uct_backs_up_the_best_score_and_all_visits():
    seed, left, right, deep = chain()
    children = {seed.id: 3, left.id: 1}  # a third child of the seed has failed
    (top,) = grow([seed, left, right, deep], children)
    assert (top.best, top.visits, top.born) == (0.4, 5, 3)
    below = {node.program.id: node for node in top.below}
    assert (below[left.id].best, below[left.id].visits) == (0.5, 2)
    assert (below[right.id].best, below[right.id].visits) == (0.4, 1)


def test_uct_descends_by_its_formula():
    seed, left, right, deep = chain()
    tops = grow([seed, left, right, deep], {seed.id: 3, left.id: 1})
    # After backing up, best is 0.4 (seed, right) or 0.5 (left, deep): Q 1 and 0.
    assert uncertainty(5, 2) == pytest.approx(math.sqrt(math.log(6) / 2))
    assert descend(tops, 0.0).id == right.id
    # right: 1 + 3 sqrt(ln 6 / 1) = 5.02; left: 0 + 3 sqrt(ln 6 / 2) = 2.84.
    assert descend(tops, 3.0).id == right.id
    # With ten failed children right has 11 visits: 1 + 3 sqrt(ln 16 / 11) = 2.51, and
    # left 3 sqrt(ln 16 / 2) = 3.53; left has floor(sqrt 2) = 1 child, so go on to deep.
    tops = grow([seed, left, right, deep], {seed.id: 3, left.id: 1, right.id: 10})
    assert descend(tops, 3.0).id == deep.id


def test_uct_widens_a_program_with_few_children_for_its_visits():
    seed = a_program(0, 0.8)
    child = a_program(1, 0.6, parents=(seed.id,))
    # Visits of the seed 1 + 1 + 2 = 4, of which the root is 2: one child is too few.
    (top,) = grow([seed, child], {seed.id: 1, child.id: 2})
    assert top.visits == 4
    assert descend([top], 0.1).id == seed.id
    (top,) = grow([seed, child], {seed.id: 1, child.id: 1})
    assert descend([top], 0.1).id == child.id


def test_uct_explores_less_as_the_budget_is_used():
    seed = a_program(0, 0.8)
    left = a_program(1, 0.6, parents=(seed.id,))
    right = a_program(2, 0.4, parents=(seed.id,))
    deep = a_program(3, 0.45, parents=(left.id,))
    bad = a_program(4, 1.4, parents=(seed.id,))
    living = [seed, left, right, deep, bad]
    children = {seed.id: 9, left.id: 1, right.id: 60}
    # Q from 0.4 to 1.4: right 1, left 0.95. Visits: right 61, left 2, seed 1 + 9 + 60 +
    # 1 = 71, with 9 children enough for it. right: 1 + x sqrt(ln 72 / 61) = 1 + 0.26 x,
    # left: 0.95 + x sqrt(ln 72 / 2) = 0.95 + 1.46 x: equal at x = 0.042, which is
    # lambda = 0.1 (1 - 58 / 100).
    one = open_selector("uct", IslandSettings())

    def chosen(spent):
        view = a_view(living, children=children, judged={0: spent}, budget=100)
        return one.parents(view, 0, 1, np.random.default_rng(0))[0].id

    assert [chosen(spent) for spent in (0, 55)] == [deep.id] * 2
    assert [chosen(spent) for spent in (62, 100, 120)] == [right.id] * 3


def test_uct_drops_leaves_only():
    one = open_selector("uct", IslandSettings(island_size=4))
    seed, left, right, deep = chain()
    new = a_program(4, 0.45, parents=(deep.id,))
    moves = one.admit(a_view([seed, left, right, deep]), new)
    # The seed is the worst, but an inner node; leaves are right (0.4) and new (0.45).
    assert not moves
    better = a_program(5, 0.3, parents=(deep.id,))
    moves = one.admit(a_view([seed, left, right, deep]), better)
    assert [m.program for m in moves] == [right.id, better.id]


def test_portfolio_matches_probabilities_to_rewards():
    # Q of arm 0: 1 -> 0.9 (reward 0) -> 0.81; of arm 1: 1 -> 1 (reward 1).
    history = [Reward(0, 0.0), Reward(1, 1.0), Reward(0, 0.0)]
    total = 0.81 + 1.0 + 1.0
    assert shares(history, 3) == pytest.approx(
        [0.1 + 0.7 * 0.81 / total, 0.1 + 0.7 / total, 0.1 + 0.7 / total]
    )


def test_portfolio_rewards_progress_by_rank():
    recent = [
        a_program(0, 0.9, island=0),
        a_program(1, 0.5, island=1),
        a_program(2, 0.7, island=0),
        a_program(3, None, island=1),
        a_program(4, 0.7, island=1),
        a_program(5, 0.1, island=1),
    ]
    # Of five scores 0.7 beats 0.9 and ties with 0.7: (1 + 1/2) / 4; 0.1 beats four.
    assert [r.value for r in rewards(recent)] == [0, 0, 0.375, 0, 0, 1]


def test_portfolio_turns_to_the_arm_that_makes_progress():
    one = open_selector("portfolio", IslandSettings())
    recent = [
        a_program(i, 1 - i / 100 if i % 4 == 2 else 0.99, island=i % 4)
        for i in range(80)
    ]
    view = a_view(
        *[recent[k::4] for k in range(4)],
        recent=recent,
        judged=dict.fromkeys(range(4), 20),
    )
    rng = np.random.default_rng(0)
    visits = Counter(one.island(view, rng) for _ in range(2000))
    assert visits[2] / 2000 > 0.45
    assert min(visits.values()) / 2000 > 0.07
    young = a_view(*[[]] * 4, recent=recent, judged={0: 9, 1: 9, 2: 9, 3: 4}, step=7)
    assert one.island(young, rng) == 3


def test_best_of_n_builds_on_seeds_alone():
    one = open_selector("best_of_n", IslandSettings())
    seed = a_program(0, 0.9, operator=Operator.SEED)
    better = a_program(1, 0.1, parents=(seed.id,))
    assert one.admit(a_view([]), seed)
    assert not one.admit(a_view([seed]), better)
    assert one.parents(a_view([seed]), 0, 2, np.random.default_rng(0)) == [seed]


def test_descriptors_have_fixed_scales():
    # Module, FunctionDef, arguments, Return, Constant: log2(6) / 10; no condition.
    assert structure("def f():\n    return 1\n") == pytest.approx(
        (math.log2(6) / 10, 0.0)
    )
    _, forks = structure("x = min(a, b) if c else max(a, b)\n")
    assert forks == pytest.approx(3 / 7)
    assert structure("def :") == (0.0, 0.0)
    assert [squash(x) for x in (-1, 0, 0.5, 1, 2, math.inf)] == pytest.approx(
        [0, 0, 0.4, 0.8, 0.9, 1.0]
    )
    assert deeds({"b": 1.0, "a": 0.5, "c": 9.0, "max_gap": 7.0}) == pytest.approx(
        (0.4, 0.8)
    )
    assert deeds({"b": 1.0}) == pytest.approx((0.8, 0.0))


def test_map_elites_keeps_the_best_of_each_cell():
    assert bins((0.0, 0.199, 0.2, 1.0)) == (0, 0, 1, 4)
    one = open_selector("map_elites", IslandSettings(islands=1))
    here = a_program(0, evaluation=an_evaluation(0.5, features={"a": 0.1}))
    worse = a_program(1, evaluation=an_evaluation(0.6, features={"a": 0.1}))
    better = a_program(2, evaluation=an_evaluation(0.4, features={"a": 0.1}))
    elsewhere = a_program(3, evaluation=an_evaluation(0.9, features={"a": 0.9}))
    view = a_view([here])
    assert not one.admit(view, worse)
    assert [m.program for m in one.admit(view, better)] == [here.id, better.id]
    assert [m.program for m in one.admit(view, elsewhere)] == [elsewhere.id]


def test_cvt_centres_stay_and_are_spread_evenly():
    centres = centroids(30)
    assert np.array_equal(centres, centroids(30))
    assert centres.min() > 0
    assert centres.max() < 1
    points = np.random.default_rng(9).random((3000, centres.shape[1]))
    owners = Counter(nearest(centres, point) for point in points)
    assert len(owners) == 30
    assert max(owners.values()) < 3 * 3000 / 30
    # Lloyd's fixed point lies nearer to the points than a sample of them does.
    random = np.random.default_rng(1).random(centres.shape)

    def distortion(some):
        return np.mean([((some - x) ** 2).sum(axis=1).min() for x in points])

    assert distortion(centres) < 0.8 * distortion(random)


def test_cvt_keeps_the_best_near_a_centre():
    one = open_selector("cvt", IslandSettings(islands=1, island_size=8))
    here = a_program(0, evaluation=an_evaluation(0.5, features={"a": 0.1}))
    better = a_program(1, evaluation=an_evaluation(0.4, features={"a": 0.1001}))
    far = a_program(2, evaluation=an_evaluation(0.9, features={"a": 99.0, "b": 99.0}))
    describe = Descriptor()
    centres = centroids(8)
    cells = [nearest(centres, np.array(describe(p))) for p in (here, better, far)]
    assert cells[0] == cells[1] != cells[2]
    assert [m.program for m in one.admit(a_view([here]), better)] == [
        here.id,
        better.id,
    ]
    assert [m.program for m in one.admit(a_view([here]), far)] == [far.id]


def test_uct_does_not_ask_one_program_for_ever():
    seed, left, right, deep = chain()
    view = a_view([seed, left, right, deep], children={seed.id: 3, left.id: 1})
    share = draws("uct", view, count=2000)
    # The descent ends at the same program, but for a tenth drawn from the four.
    assert share[2] == pytest.approx(0.9 + 0.1 / 4, abs=0.02)
    assert set(share) == {0, 1, 2, 3}
