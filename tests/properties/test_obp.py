import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.obp import simulate
from problems.obp.model import ObpInstance, encode
from problems.obp.pack import PACK
from problems.obp.reference import solve
from problems.obp.verify import verify
from tests.unit.problems.smtt.programs import define

RULES = {name: define(baseline) for name, baseline in PACK.baselines.items()}
FEW = settings(max_examples=40, deadline=None)


@st.composite
def cases(draw):
    capacity = draw(st.integers(1, 30))
    items = draw(st.lists(st.integers(1, capacity), min_size=1, max_size=14))
    return ObpInstance(id="case", group="g", capacity=capacity, items=tuple(items))


def _run(rule, case):
    point = PACK.baselines[rule].entry_point
    return simulate.run(point, RULES[rule], simulate.decode(encode(case)), seed=0)


def _step(rule, case):
    point = PACK.baselines[rule].entry_point
    line = PACK.simulator(case, point)
    while (seen := line.observe()) is not None:
        line.act(simulate.decide(point, RULES[rule], json.loads(json.dumps(seen))))
    return line.trace()


def _naive(case, choose):
    """Pack by a rule over (index, load) of the open bins with room, from scratch."""
    loads, answer = [], []
    for item in case.items:
        room = [k for k, load in enumerate(loads) if load + item <= case.capacity]
        index = choose(room, loads) if room else len(loads)
        loads += [0] if index == len(loads) else []
        loads[index] += item
        answer.append(index)
    return answer


@pytest.mark.parametrize("rule", sorted(RULES))
@FEW
@given(case=cases())
def test_both_sides_agree_on_a_packing_that_beats_no_bound(rule, case):
    answer = _run(rule, case)
    assert json.dumps(answer) == json.dumps(_step(rule, case))
    verdict = verify(case, "", answer)
    assert not verdict.violations
    assert verdict.objective >= solve(case).lower


@FEW
@given(case=cases())
def test_the_classical_rules_are_what_their_names_say(case):
    first = _naive(case, lambda room, loads: room[0])
    best = _naive(case, lambda room, loads: max(room, key=loads.__getitem__))
    worst = _naive(case, lambda room, loads: min(room, key=loads.__getitem__))
    assert _run("first_fit", case) == _run("first_fit_bins", case) == first
    assert _run("best_fit", case) == _run("best_fit_bins", case) == best
    assert _run("worst_fit", case) == worst


@FEW
@given(case=cases(), data=st.data())
def test_an_item_that_is_moved_is_judged_truly(case, data):
    answer = _run("best_fit", case)
    place = data.draw(st.integers(0, case.n - 1))
    answer[place] = data.draw(st.integers(-1, case.n))
    loads = {}
    for size, index in zip(case.items, answer, strict=True):
        loads[index] = loads.get(index, 0) + size
    valid = set(loads) <= set(range(case.n)) and max(loads.values()) <= case.capacity
    verdict = verify(case, "", answer)
    assert verdict.objective == (len(loads) if valid else None)
