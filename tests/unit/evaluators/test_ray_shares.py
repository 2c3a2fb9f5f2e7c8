"""How slots are spread over the machines of a cluster; needs no Ray."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.backends.ray import SLOTS_PER_ACTOR, shares
from evaluators.errors import EvaluatorError

CPUS = st.dictionaries(st.text(min_size=1), st.integers(1, 64), min_size=1, max_size=9)


def spread(cpus, slots):
    return [(share.node, share.slots) for share in shares(cpus, slots)]


def test_one_machine_gets_actors_of_eight():
    assert spread({"a": 20}, 20) == [("a", 8), ("a", 8), ("a", 4)]


def test_slots_follow_the_cpus():
    assert spread({"a": 2, "b": 4}, 3) == [("a", 1), ("b", 2)]
    assert spread({"a": 2, "b": 4}, 6) == [("a", 2), ("b", 4)]


def test_fewer_slots_than_machines_leave_some_out():
    assert spread({"a": 4, "b": 4, "c": 4}, 2) == [("a", 1), ("b", 1)]


@given(CPUS, st.data())
def test_every_slot_is_given_out_and_no_machine_is_overfull(cpus, data):
    slots = data.draw(st.integers(1, sum(cpus.values())))
    given_out = shares(cpus, slots)

    assert sum(share.slots for share in given_out) == slots
    assert all(1 <= share.slots <= SLOTS_PER_ACTOR for share in given_out)
    for node, most in cpus.items():
        assert sum(s.slots for s in given_out if s.node == node) <= most


def test_too_many_slots_are_refused():
    with pytest.raises(EvaluatorError, match="3 CPUs, fewer than the 4 workers"):
        shares({"a": 1, "b": 2}, 4)
