import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.llm.ledger import BudgetExhausted, Ledger
from evolve.records import Spent, Usage
from problems.errors import ConfigError


def used(prompt, completion, usd=None):
    return Usage(prompt_tokens=prompt, completion_tokens=completion, cost_usd=usd)


def test_without_caps_there_is_always_room():
    ledger = Ledger(tokens=None, usd=None)
    assert all(ledger.reserve(10**9, None) for _ in range(100))


def test_calls_in_flight_count():
    ledger = Ledger(tokens=100, usd=None)
    first = ledger.reserve(60, None)
    assert ledger.reserve(60, None) is None
    ledger.settle(first, used(10, 10))
    assert ledger.reserve(60, None) is not None
    assert ledger.tokens == 20


def test_the_end_is_told_when_no_settling_can_make_room():
    ledger = Ledger(tokens=100, usd=None)
    ledger.settle(ledger.reserve(60, None), used(50, 0))
    with pytest.raises(BudgetExhausted, match="100 tokens used: 50 spent"):
        ledger.reserve(51, None)


def test_dollars_end_a_budget_too():
    ledger = Ledger(tokens=None, usd=1.0)
    first = ledger.reserve(10, 0.75)
    assert ledger.reserve(10, 0.5) is None
    ledger.settle(first, used(1, 1, 0.625))
    assert ledger.usd == 0.625
    with pytest.raises(BudgetExhausted, match="1 usd"):
        ledger.reserve(10, 0.5)
    assert ledger.reserve(10, 0.375) is not None


def test_what_was_not_reported_is_booked_as_reserved():
    ledger = Ledger(tokens=100, usd=1.0)
    ledger.settle(ledger.reserve(60, 0.5), Usage())
    assert (ledger.tokens, ledger.usd) == (60, 0.5)
    ledger.settle(ledger.reserve(30, 0.25), used(5, None, 0.125))
    assert (ledger.tokens, ledger.usd) == (90, 0.625)


def test_a_cap_is_exact():
    ledger = Ledger(tokens=100, usd=None)
    assert ledger.reserve(100, None)


def test_what_earlier_sessions_spent_counts():
    ledger = Ledger(tokens=100, usd=2.0, spent=Spent(tokens=90, cost_usd=1.5))
    with pytest.raises(BudgetExhausted):
        ledger.reserve(11, 0.0)
    with pytest.raises(BudgetExhausted):
        ledger.reserve(1, 0.75)
    assert ledger.reserve(10, 0.5)


def test_a_cap_in_dollars_needs_a_price():
    with pytest.raises(ConfigError, match="usd_per_million_prompt_tokens"):
        Ledger(tokens=None, usd=1.0).require_price(lambda p, c: None)
    Ledger(tokens=None, usd=1.0).require_price(lambda p, c: 0.0)
    Ledger(tokens=5, usd=None).require_price(lambda p, c: None)


@given(
    cap=st.integers(1, 1000),
    calls=st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100)), max_size=60),
    width=st.integers(1, 8),
)
def test_a_cap_is_never_broken_by_calls_that_keep_to_their_reservation(
    cap, calls, width
):
    ledger, flying = Ledger(tokens=cap, usd=None), []
    for reserved, actual in calls:
        try:
            reservation = ledger.reserve(reserved, None)
        except BudgetExhausted:
            continue
        if reservation is not None:
            flying.append((reservation, min(actual, reserved)))
        if len(flying) >= width or reservation is None:
            done, tokens = flying.pop(0)
            ledger.settle(done, used(tokens, 0))
        assert ledger.tokens + sum(r.tokens for r, _ in flying) <= cap
