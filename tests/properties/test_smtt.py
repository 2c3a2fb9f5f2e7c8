from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.smtt import simulate
from problems.smtt.model import SmttInstance, encode
from problems.smtt.pack import PACK
from problems.smtt.reference import exact, optimal_sequence
from problems.smtt.verify import verify
from tests.unit.problems.smtt.programs import define

RULES = sorted(PACK.baselines)
FEW = settings(max_examples=40, deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@st.composite
def cases(draw, least=1, most=9, shortest=1):
    n = draw(st.integers(least, most))
    p = draw(st.lists(st.integers(shortest, 20), min_size=n, max_size=n))
    d = draw(st.lists(st.integers(0, 20 * n), min_size=n, max_size=n))
    return SmttInstance(id="case", group=f"n{n}", p=tuple(p), d=tuple(d), w=(1,) * n)


def _answer(rule, case):
    baseline = PACK.baselines[rule]
    jobs = simulate.decode(encode(case))
    return simulate.run(baseline.entry_point, define(baseline), jobs, seed=0)


@pytest.mark.parametrize("rule", RULES)
@FEW
@given(case=cases())
def test_what_the_driver_emits_is_accepted_and_no_better_than_the_optimum(rule, case):
    verdict = verify(case, "", _answer(rule, case))
    assert not verdict.violations
    assert verdict.objective >= exact(case)


@FEW
@given(case=cases(most=6, shortest=0))
def test_no_sequence_beats_the_optimum(case):
    every = permutations(range(case.n))
    least = min(verify(case, "", list(order)).objective for order in every)
    assert exact(case) == least
    assert verify(case, "", optimal_sequence(case)).objective == least


@FEW
@given(case=cases(least=2), data=st.data())
def test_a_changed_entry_is_rejected(case, data):
    answer = _answer("mdd", case)
    place = data.draw(st.integers(0, case.n - 1))
    wrong = data.draw(json_values.filter(lambda v: v != answer[place] or v is True))
    answer[place] = wrong
    assert verify(case, "", answer).objective is None


@FEW
@given(case=cases(), data=st.data())
def test_a_removed_or_added_entry_is_rejected(case, data):
    answer = _answer("edd", case)
    place = data.draw(st.integers(0, case.n - 1))
    assert "wrong_length" in verify(case, "", answer[:place]).violations
    longer = [*answer[:place], data.draw(json_values), *answer[place:]]
    assert "wrong_length" in verify(case, "", longer).violations


@FEW
@given(case=cases(), value=json_values)
def test_any_plain_data_gets_a_verdict(case, value):
    verdict = verify(case, "", value)
    valid = type(value) is list and sorted(map(repr, value)) == sorted(
        map(repr, range(case.n))
    )
    assert (verdict.objective is not None) == valid
