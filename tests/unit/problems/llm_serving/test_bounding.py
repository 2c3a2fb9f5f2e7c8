"""How long engines must work at least: never more than they do, and near to it."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.llm_autoscale.instances import COST
from problems.llm_serving.bounding import busy_seconds, work_of
from problems.llm_serving.cluster import Cluster
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.profiles import cost
from problems.llm_serving.requests import Request

RTX4090 = cost("rtx4090-llama3-8b")


def _batch(seed, count, prompt, output):
    rng = random.Random(seed)
    return [
        Request(
            arrival=0.0,
            prompt=rng.randint(prompt // 4, prompt),
            output=rng.randint(1, output),
        )
        for _ in range(count)
    ]


def _served_in(requests, spec):
    cluster = Cluster(requests, [spec])
    assert cluster.advance() is None
    assert cluster.complete
    return cluster


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 40),
    prompt=st.sampled_from([8, 200, 2000]),
    output=st.sampled_from([1, 30, 300]),
    blocks=st.sampled_from([150, 400, 2588]),
    slots=st.sampled_from([1, 8, 64]),
    budget=st.sampled_from([64, 512, 2048]),
    times=st.sampled_from([RTX4090, COST]),
)
def test_no_engine_works_less(
    seed, count, prompt, output, blocks, slots, budget, times
):
    requests = _batch(seed, count, prompt, output)
    spec = EngineSpec(cost=times, blocks=blocks, slots=slots, budget=budget)
    bound = busy_seconds(work_of(requests, times), spec)
    assert 0 < bound <= _served_in(requests, spec).now


def test_calls_that_lose_their_memory_again_and_again_are_covered():
    requests = _batch(1, 40, 100, 400)
    spec = EngineSpec(cost=RTX4090, blocks=60, slots=64, watermark=0.0)
    cluster = _served_in(requests, spec)
    assert sum(one.restarts for one in cluster.served) > 20
    assert busy_seconds(work_of(requests, RTX4090), spec) <= cluster.now


@pytest.mark.parametrize(
    ("spec", "count", "near"),
    [
        (EngineSpec(cost=COST, blocks=1000, slots=8, budget=512), 200, 0.95),
        (EngineSpec(cost=RTX4090, blocks=20000, slots=128), 400, 0.8),
    ],
)
def test_a_full_engine_works_little_more(spec, count, near):
    requests = [
        replace(one, output=200 + k % 7)
        for k, one in enumerate(_batch(2, count, 900, 2))
    ]
    bound = busy_seconds(work_of(requests, spec.cost), spec)
    assert bound >= near * _served_in(requests, spec).now
