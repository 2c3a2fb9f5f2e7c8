"""Replicas that come and go: what is paid for, who serves, when a run ends."""

from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.llm_serving.cluster import (
    ROUTE,
    SCALE,
    Cluster,
    IllegalDecisionError,
    Scaling,
)
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import PICK, EngineSpec
from problems.llm_serving.requests import Request

SPEC = EngineSpec(cost=CostModel(dense=((1, 1.0),)), blocks=64, slots=1)
"""A step takes a second, a request as many as it has tokens of output."""


def _cluster(requests, *, most=3, initial=1, boot=60.0, tick=10.0, asks=(SCALE,)):
    return Cluster(
        requests,
        [SPEC] * most,
        asks=frozenset(asks),
        scaling=Scaling(initial, boot, tick),
    )


def _every(gap, count, output):
    return [Request(arrival=gap * k, prompt=1, output=output) for k in range(count)]


def _run(cluster, decisions, see=None):
    """Decide in turns, and collect what ``see`` makes of the cluster before each."""
    seen = []
    told = iter(decisions)
    while (point := cluster.advance()) is not None:
        assert point.kind == SCALE
        seen.append(see(cluster) if see else None)
        cluster.act(point, next(told))
    return seen


def _counts(cluster):
    return len(cluster.active), cluster.booting, cluster.draining


@settings(deadline=None, max_examples=25)
@given(
    decisions=st.lists(st.integers(1, 4), min_size=1, max_size=30),
    boot=st.sampled_from([5.0, 10.0, 25.0, 40.0]),
    initial=st.integers(1, 4),
)
def test_paid_for_is_the_time_that_replicas_are_there(decisions, boot, initial):
    cluster = _cluster(_every(3.0, 60, 7), most=4, initial=initial, boot=boot)
    paid, last, there = 0.0, 0.0, initial

    def watch(seen):
        nonlocal paid, last, there
        paid += there * (seen.now - last)
        last, there = seen.now, sum(start >= 0 for start in seen.started)
        assert there == len(seen.active) + seen.booting + seen.draining

    cluster.watch = watch
    _run(cluster, cycle(decisions))
    assert cluster.complete
    assert cluster.replica_seconds == pytest.approx(paid, abs=1e-6)


def test_a_boot_that_is_cancelled_brings_nothing_and_costs_what_it_took():
    cluster = _cluster(_every(20.0, 10, 5))
    decisions = [2, 2, 1, 2, *[2] * 30]

    seen = _run(cluster, decisions, _counts)

    # Begun at 10 s, cancelled at 30 s; begun at 40 s, there at 100 s, not at 70 s.
    assert seen[:4] == [(1, 0, 0), (1, 1, 0), (1, 1, 0), (1, 0, 0)]
    assert seen[4:9] == [(1, 1, 0)] * 5
    assert seen[9] == (2, 0, 0)
    assert cluster.now == 185.0
    assert cluster.replica_seconds == 185.0 + 20.0 + 145.0


def test_what_still_boots_goes_before_what_serves():
    cluster = _cluster(_every(1.0, 60, 2), initial=2)
    seen = _run(cluster, [3, 2, *[2] * 30], _counts)
    assert seen[1] == (2, 1, 0)
    assert seen[2] == (2, 0, 0)


def test_of_those_that_serve_the_youngest_goes_first():
    cluster = _cluster(_every(5.0, 30, 5), boot=10.0)
    seen = _run(
        cluster,
        [2, 2, 2, 1, *[1] * 30],
        lambda one: [engine.number for engine in one.active],
    )
    assert seen[3] == [0, 1]
    assert seen[5] == [0]


def test_a_replica_that_drains_takes_no_calls_and_is_paid_until_it_has_none():
    long = [Request(arrival=0.0, prompt=1, output=50) for _ in range(2)]
    later = [Request(arrival=20.0 + k, prompt=1, output=1) for k in range(3)]
    cluster = _cluster([*long, *later], most=2, initial=2)

    seen = _run(cluster, [1] * 40, _counts)

    assert [one.replica for one in cluster.served] == [0, 1, 1, 1, 1]
    assert seen[1] == (1, 0, 1)
    assert cluster.now == 53.0
    assert cluster.replica_seconds == 50.0 + 53.0


def test_a_place_that_drains_is_not_given_again_before_it_is_free():
    cluster = _cluster(_every(0.0, 2, 50), most=2, initial=2, boot=20.0)
    seen = _run(cluster, [1, 2, 2, 2, 2, 2, 2, 2], _counts)
    assert seen[2] == (1, 0, 1)


def test_a_replica_that_comes_anew_has_an_empty_cache():
    spec = EngineSpec(cost=CostModel(dense=((1, 1.0),)), blocks=64, slots=1, unit=16)
    requests = [
        Request(arrival=t, prompt=33, output=1, prefix=(0, 1))
        for t in (0.0, 0.0, 10.0, 61.0, 61.0)
    ]
    cluster = Cluster(
        requests,
        [spec] * 2,
        asks=frozenset({SCALE}),
        scaling=Scaling(2, 20.0, 15.0),
    )
    _run(cluster, [1, 2, 2, 2, 2, 2])
    assert [one.replica for one in cluster.served] == [0, 1, 0, 0, 1]
    assert [one.hit for one in cluster.served] == [0, 0, 32, 0, 32]


def test_a_run_ends_with_its_last_request_though_ticks_go_on():
    cluster = _cluster(_every(0.0, 1, 25))
    seen = _run(cluster, [2] * 10)
    assert len(seen) == 2
    assert cluster.now == 25.0
    assert cluster.replica_seconds == 25.0 + 15.0


def test_a_run_ends_if_all_calls_are_held_for_ever():
    cluster = _cluster(_every(1.0, 3, 5), asks=(SCALE, PICK))
    told = {SCALE: cycle([2, 1]), PICK: cycle([None])}
    points = 0
    while (point := cluster.advance()) is not None:
        points += 1
        assert points < 100
        cluster.act(point, next(told[point.kind]))
    assert not cluster.complete


def test_a_queue_is_not_held_while_no_replica_has_work():
    cluster = _cluster(_every(1.0, 3, 5), asks=(SCALE, ROUTE))
    point = cluster.advance()
    assert point.kind == ROUTE
    with pytest.raises(IllegalDecisionError, match="idle"):
        cluster.act(point, [])


@pytest.mark.parametrize("decision", [0, 4, -1, 1.0, True, None, [1], "2"])
def test_what_is_no_number_of_replicas_is_refused(decision):
    cluster = _cluster(_every(1.0, 30, 2))
    point = cluster.advance()
    with pytest.raises(IllegalDecisionError, match="not_a_number_of_replicas"):
        cluster.act(point, decision)
