"""No mutation of an answer crashes a pack's verifier or is accepted when invalid."""

import copy
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from problems.base import Split, Verdict
from tests.contracts.test_problem_packs import HOOKS, PACKS, _run_baseline

FIVE_HUNDRED = settings(
    max_examples=500, deadline=None, suppress_health_check=list(HealthCheck)
)
CHANGES = ("replace", "delete", "duplicate", "swap", "shift", "negate", "nest")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**400), 1e308, -0.0, "0", "nan", ""])
    | st.text(max_size=3)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def honest(pack):
    """Answer of every baseline on the smoke instances, with both as indices."""
    return {
        (rule, index): _run_baseline(pack, rule, instance)
        for rule in sorted(pack.baselines)
        for index, instance in enumerate(pack.instances(Split.SMOKE))
    }


def places(answer, found, holder=None, key=None):
    """Collect (container, key) of every value below ``answer``, at most a few 1000."""
    if holder is not None:
        found.append((holder, key))
    if len(found) > 5000:
        return
    if isinstance(answer, list):
        for index, value in enumerate(answer):
            places(value, found, answer, index)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            places(value, found, answer, name)


def change(draw, root):
    """Spoil one place of ``root`` (a list that holds the answer)."""
    found = []
    places(root[0], found, root, 0)
    holder, key = draw(st.sampled_from(found))
    value = holder[key]
    kind = draw(st.sampled_from(CHANGES))
    listed = isinstance(holder, list) and holder is not root
    if kind == "delete" and holder is not root:
        del holder[key]
    elif kind == "duplicate" and listed:
        holder.insert(draw(st.integers(0, len(holder))), copy.deepcopy(value))
    elif kind == "swap" and listed:
        other = draw(st.integers(0, len(holder) - 1))
        holder[key], holder[other] = holder[other], holder[key]
    elif kind == "shift" and type(value) in (int, float) and abs(value) < 1e300:
        holder[key] = value + draw(st.sampled_from([-1, 1, 0.5, 1e9, -1e9]))
    elif kind == "negate" and type(value) in (int, float):
        holder[key] = -value
    elif kind == "nest":
        holder[key] = [value]
    else:
        holder[key] = draw(values)


@st.composite
def spoilt(draw, answers):
    """A baseline, an instance, and the answer with one to three changes."""
    rule, index = draw(st.sampled_from(list(answers)))
    root = [copy.deepcopy(answers[rule, index])]
    for _ in range(draw(st.integers(1, 3))):
        change(draw, root)
    return rule, index, root[0]


def check(pack, valid, instance, entry_point, answer):
    encoded = json.dumps(pack.encode(instance))

    verdict = pack.verify(instance, entry_point, answer)

    assert isinstance(verdict, Verdict)
    assert json.dumps(pack.encode(instance)) == encoded
    assert (verdict.objective is None) == bool(verdict.violations)
    if verdict.objective is not None:
        assert math.isfinite(verdict.objective)
        assert all(map(math.isfinite, verdict.features.values()))
        assert verdict.objective >= pack.reference(instance).lower
        assert verdict == pack.verify(instance, entry_point, answer)
    if valid is not None:
        assert (verdict.objective is not None) == valid(instance, answer)


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKS)
def test_a_mutated_answer_is_refused_or_judged_truly(name):
    pack = PACKS[name]
    answers = honest(pack)
    valid = HOOKS[name].valid if name in HOOKS else None
    instances = pack.instances(Split.SMOKE)

    @FIVE_HUNDRED
    @given(case=spoilt(answers))
    def check_all(case):
        rule, index, answer = case
        entry_point = pack.baselines[rule].entry_point
        check(pack, valid, instances[index], entry_point, answer)

    check_all()
