"""The engine against one that does step after step, and against real runs."""

import random
from dataclasses import replace
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.llm_serving import traces
from problems.llm_serving.cluster import PLACE, Cluster, IllegalDecisionError, check
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import PICK, VICTIM, EngineSpec
from problems.llm_serving.profiles import cost, profile
from problems.llm_serving.requests import Request
from tests.fakes.stepwise_engine import StepwiseEngine
from tests.unit.problems.llm_serving.shared_data import shared

RTX4090 = cost("rtx4090-llama3-8b")


def _requests(rng, count, gap, longest, output):
    now, made = 0.0, []
    for _ in range(count):
        now = round(now + rng.expovariate(1 / gap), 6)
        made.append(
            Request(
                arrival=now,
                prompt=rng.randint(1, longest),
                output=rng.randint(1, output),
            )
        )
    return made


def _both(requests, spec):
    cluster = Cluster(requests, [spec])
    assert cluster.advance() is None
    return cluster.served, StepwiseEngine(spec).serve(requests)


def _equal(fast, plain):
    for one, (first, end, restarts) in zip(fast, plain, strict=True):
        assert one.restarts == restarts
        assert one.first == pytest.approx(first, rel=1e-9, abs=1e-6)
        assert one.end == pytest.approx(end, rel=1e-9, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    blocks=st.integers(20, 200),
    slots=st.sampled_from([1, 2, 5, 32]),
    budget=st.sampled_from([40, 128, 2048]),
    gap=st.sampled_from([0.01, 0.2, 2.0]),
    watermark=st.sampled_from([0.0, 0.01, 0.1]),
)
def test_many_steps_at_once_equal_step_after_step(
    seed, blocks, slots, budget, gap, watermark
):
    spec = EngineSpec(
        cost=RTX4090, blocks=blocks, slots=slots, budget=budget, watermark=watermark
    )
    requests = _requests(random.Random(seed), 30, gap, 8 * blocks, 7 * blocks)
    check(requests, [spec])
    _equal(*_both(requests, spec))


@pytest.mark.slow
def test_twenty_thousand_requests_equal_step_after_step():
    spec = EngineSpec(cost=RTX4090, blocks=1500)
    requests = _requests(random.Random(5), 20_000, 0.4, 2000, 400)
    fast, plain = _both(requests, spec)
    assert sum(one.restarts for one in fast) > 100
    _equal(fast, plain)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), unit=st.sampled_from([0, 16, 48]), data=st.data())
def test_whatever_is_decided_memory_and_time_are_kept(seed, unit, data):
    rng = random.Random(seed)
    spec = EngineSpec(cost=RTX4090, blocks=60, slots=6, budget=200, unit=unit)
    requests = [
        Request(
            arrival=one.arrival,
            prompt=one.prompt,
            output=one.output,
            prefix=tuple(
                family * 1000 + k for k in range((one.prompt + one.output) // 16)
            ),
        )
        for one in _requests(rng, 25, 0.2, 500, 300)
        for family in [rng.randint(0, 2)]
    ]
    asks = data.draw(st.sets(st.sampled_from([PICK, VICTIM, PLACE])))
    cluster = Cluster(requests, [spec] * 2, asks=frozenset(asks))
    last = [0.0]

    def watch(run):
        assert run.now >= last[0]
        last[0] = run.now
        for engine in run.engines:
            held = engine.used_at(run.now)
            assert 0 <= held <= engine.blocks
            assert len(engine.running) <= spec.slots
            if unit:
                private = held - engine.cache.held * (unit // 16)
                assert private >= 0

    cluster.watch = watch
    while (point := cluster.advance()) is not None:
        if point.kind == PLACE:
            cluster.act(point, rng.randrange(2))
        elif point.kind == VICTIM:
            cluster.act(point, rng.choice(list(point.engine.running)))
        else:
            cluster.act(point, rng.choice(list(point.engine.waiting)))
    assert cluster.complete
    for one, request in zip(cluster.served, requests, strict=True):
        assert request.arrival == one.arrival <= one.routed <= one.admitted
        assert one.admitted < one.first <= one.end
        assert one.hit < request.prompt
    for engine in cluster.engines:
        assert engine.used == engine.n == engine.kv == engine.cache.held == 0
        assert not engine.running
        assert not engine.waiting


def test_memory_is_full_to_the_last_block_before_a_call_loses_its_own():
    flat = CostModel(dense=((1, 1.0),))
    spec = EngineSpec(cost=flat, blocks=4, watermark=0.0)
    requests = [Request(arrival=0.0, prompt=16, output=33) for _ in range(2)]
    fast, plain = _both(requests, spec)
    _equal(fast, plain)
    assert [one.restarts for one in fast] == [0, 1]


def test_a_prompt_is_computed_in_chunks_of_the_budget():
    model = CostModel(dense=((0, 0.0), (100, 100.0)))
    spec = EngineSpec(cost=model, blocks=100, budget=40)
    cluster = Cluster([Request(arrival=1.0, prompt=100, output=1)], [spec])
    assert cluster.advance() is None
    assert cluster.served[0].first == cluster.served[0].end == 101.0
    assert model.step(0, 0, [(40, 0)]) == 40.0


def test_a_shared_prefix_is_computed_once():
    model = CostModel(dense=((0, 0.0), (100, 100.0)))
    spec = EngineSpec(cost=model, blocks=100, unit=16)
    requests = [
        Request(arrival=t, prompt=40, output=1, prefix=(7, 8, 9)) for t in (0.0, 50.0)
    ]
    cluster = Cluster(requests, [spec])
    assert cluster.advance() is None
    assert [one.hit for one in cluster.served] == [0, 32]
    assert cluster.served[1].end == 58.0


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(arrival=0.0, prompt=0, output=1), "no prompt"),
        (Request(arrival=0.0, prompt=100, output=80), "does not fit"),
        (Request(arrival=0.0, prompt=1, output=1, parents=(0,)), "parent"),
    ],
)
def test_requests_that_can_never_be_served_are_refused(request_, words):
    spec = EngineSpec(cost=RTX4090, blocks=11)
    with pytest.raises(ValueError, match=words):
        check([request_], [spec])


def test_a_decision_that_is_none_is_an_error_with_a_code():
    request = Request(arrival=0.0, prompt=1, output=1)
    spec = EngineSpec(cost=RTX4090, blocks=11)
    cluster = Cluster([request], [spec], asks=frozenset({PLACE}))
    point = cluster.advance()
    for wrong in (None, True, 1, -1, "0"):
        with pytest.raises(IllegalDecisionError, match="not_a_replica"):
            cluster.act(point, wrong)
    cluster.act(point, 0)
    assert cluster.advance() is None


@pytest.mark.parametrize(
    ("gpu", "name", "over", "blocks", "slots", "within"),
    [
        ("RTX4090", "rtx4090-llama3-8b", None, 2588, 256, 0.05),
        ("RTXPRO6000", "rtxpro6000-llama3-8b", None, 33_000, 128, 0.05),
        ("RTXPRO6000", "rtxpro6000-llama3-8b", 0.3, 33_000, 128, 0.21),
    ],
)
def test_real_runs_of_vllm_are_met(gpu, name, over, blocks, slots, within):
    file = shared(f"llmservingsim_validation/{gpu}/requests.jsonl.gz")
    measured = traces.vllm(file)
    assert profile(name).kv_blocks in (None, blocks)
    spec = EngineSpec(
        cost=cost(name, over=over), blocks=blocks, slots=slots, watermark=0.0
    )
    requests = [replace(one.request, arrival=one.queued) for one in measured]
    cluster = Cluster(requests, [spec])
    assert cluster.advance() is None
    ours = _means(requests, cluster.served)
    real = _means(requests, measured)
    for mine, theirs in zip(ours, real, strict=True):
        assert mine == pytest.approx(theirs, rel=within)


def _means(requests, found):
    """Mean TTFT, TPOT and response."""
    first = [one.first - r.arrival for r, one in zip(requests, found, strict=True)]
    end = [one.end - r.arrival for r, one in zip(requests, found, strict=True)]
    pace = [
        (one.end - one.first) / (r.output - 1)
        for r, one in zip(requests, found, strict=True)
        if r.output > 1
    ]
    return mean(first), mean(pace), mean(end)
