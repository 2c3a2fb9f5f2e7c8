"""What a batch will need, against the formula told plainly."""

import random
from types import SimpleNamespace

import pytest

from problems.llm_serving.forecast import History, Peak


def ended(*outputs):
    return [SimpleNamespace(output=o, end=5.0, arrival=2.0) for o in outputs]


def peak_of(calls):
    """Past-Future: largest rest first; whoever is there has grown by the rest."""
    ranked = sorted(calls, reverse=True)
    needs = [
        sum(tokens for _, tokens in ranked[: i + 1]) + (i + 1) * rest
        for i, (rest, _) in enumerate(ranked)
    ]
    return max(needs, default=0) / 16


def test_the_rest_is_what_others_made_after_as_many():
    history = History()
    assert history.rest(0) == 1
    assert history.rest(7) == 7
    calls = ended(10, 20)
    history.follow(calls)
    assert history.rest(0) == 15
    assert history.rest(10) == 10
    assert history.rest(20) == 20
    calls += ended(60)
    history.follow(calls)
    history.follow(calls)
    assert history.rest(10) == pytest.approx((10 + 50) / 2)
    assert history.total == 90
    assert history.responses == pytest.approx(9.0)


def test_the_peak_is_that_of_past_future_with_and_without_another():
    rng = random.Random(5)
    for _ in range(200):
        calls = [
            (rng.choice([1.0, 5.5, 20.0, 90.0]), rng.randrange(1, 200))
            for _ in range(rng.randrange(0, 9))
        ]
        peak = Peak(calls)
        assert peak.blocks == pytest.approx(peak_of(calls))
        more = (rng.choice([1.0, 5.5, 30.0, 100.0]), rng.randrange(1, 200))
        assert peak.joined(*more) == pytest.approx(peak_of([*calls, more]))
