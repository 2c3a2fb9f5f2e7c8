"""Programs of several calls, and prefixes that are kept for those that come."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.llm_serving.cluster import (
    LONGEST,
    TTL,
    Cluster,
    IllegalDecisionError,
    check,
)
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import PICK, VICTIM, EngineSpec, blocks_of
from problems.llm_serving.profiles import cost
from problems.llm_serving.requests import Request

RTX4090 = cost("rtx4090-llama3-8b")
EVEN = CostModel(dense=((1, 0.001), (1001, 1.001)), over=0.01)


def _call(rng, made, context, ids, program, born, parents, delay):
    """Append a call whose context grows from ``context`` tokens with units ``ids``."""
    prompt = context + rng.randint(1, 60)
    output = rng.randint(1, 60)
    units = (prompt + output) // 16
    grown = [*ids[: context // 16]]
    grown += [10_000 * (len(made) + 1) + k for k in range(units - len(grown))]
    made.append(
        Request(
            arrival=born,
            prompt=prompt,
            output=output,
            prefix=tuple(grown),
            program=program,
            parents=tuple(parents),
            delay=delay,
        )
    )
    return len(made) - 1


def _programs(rng, count):
    """Chains, and chains with a fork and a join, that share a first unit or two."""
    first, now = [], 0.0
    for program in range(count):
        now = round(now + rng.expovariate(2.0), 3)
        plan = [("chain", rng.randint(1, 5)), ("fork", rng.randint(1, 3))]
        first.append((program, now, rng.choice(plan), rng.randint(0, 2)))
    roots = []
    made = []
    for program, born, _, shared in first:
        ids = [-1 - k for k in range(shared)]
        roots.append(_call(rng, made, 16 * shared, ids, program, born, (), 0.0))
    for (program, born, (kind, size), _), root in zip(first, roots, strict=True):
        delay = lambda: rng.choice([0.0, 0.05, 0.5, 3.0])  # noqa: E731
        at = root
        if kind == "fork":
            grow = made[root]
            tokens = grow.prompt + grow.output
            branches = [
                _call(rng, made, tokens, grow.prefix, program, born, (root,), delay())
                for _ in range(size + 1)
            ]
            at = _call(rng, made, tokens, grow.prefix, program, born, branches, delay())
        for _ in range(size):
            grow = made[at]
            tokens = grow.prompt + grow.output
            at = _call(rng, made, tokens, grow.prefix, program, born, (at,), delay())
    return made


def _blocks(engine, now, unit):
    """Blocks of calls and pins, counted one by one."""
    blocks, held = 0, set()
    prefilling = {call.id for call in engine.prefilling()}
    for call in engine.running.values():
        decodes = call.id not in prefilling
        tokens = engine.kv_of(call, now) if decodes else call.context
        blocks += blocks_of(tokens) - call.held * (unit // 16)
        held.update(call.prefix[: call.held])
    for call, units, _ in engine.pins.values():
        held.update(call.prefix[:units])
    return blocks + len(held) * (unit // 16)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    unit=st.sampled_from([0, 16, 32]),
    blocks=st.sampled_from([80, 120, 400]),
    engines=st.integers(1, 2),
    asks=st.sets(st.sampled_from([PICK, VICTIM, TTL])),
)
def test_whatever_is_kept_memory_suffices_and_all_are_served(
    seed, unit, blocks, engines, asks
):
    rng = random.Random(seed)
    requests = _programs(rng, 12)
    spec = EngineSpec(cost=RTX4090, blocks=blocks, slots=6, budget=100, unit=unit)
    check(requests, [spec])
    cluster = Cluster(requests, [spec] * engines, asks=frozenset(asks))

    def watch(run):
        for engine in run.engines:
            assert engine.used_at(run.now) == _blocks(engine, run.now, unit)
            assert 0 <= engine.used_at(run.now) <= engine.blocks
            size = engine.cache.size - engine.cache.held
            assert size * (unit // 16) <= engine.blocks - engine.used
            assert engine.pinned == sum(
                pin.units * (unit // 16) for pin in engine.pins.values()
            )
            assert all(pin.children > 0 for pin in engine.pins.values())

    cluster.watch = watch
    while (point := cluster.advance()) is not None:
        if point.kind == TTL:
            cluster.act(point, rng.choice([0, 0.1, 1.0, 10, 1e9]))
        elif point.kind == VICTIM:
            cluster.act(point, rng.choice(list(point.engine.running)))
        else:
            cluster.act(point, rng.choice(list(point.engine.waiting)))

    assert cluster.complete
    for one, request in zip(cluster.served, requests, strict=True):
        assert one.end > one.first - 1e-12 >= one.arrival
        ends = [cluster.served[parent].end for parent in request.parents]
        due = max(ends) + request.delay if ends else request.arrival
        assert one.arrival == pytest.approx(due)
    if engines == 1:
        assert not cluster.engines[0].pins
        assert cluster.engines[0].used == 0
        assert cluster.engines[0].cache.held == 0


def _chain(*, delay, other, keep, blocks=40):
    """Two calls of one program and one of another between; returns the cluster."""
    requests = [
        Request(arrival=0.0, prompt=256, output=1, prefix=tuple(range(16)), program=0),
        Request(
            arrival=0.5,
            prompt=other,
            output=1,
            prefix=tuple(range(100, 140)),
            program=1,
        ),
        Request(
            arrival=0.0,
            prompt=320,
            output=1,
            prefix=tuple(range(20)),
            program=0,
            parents=(0,),
            delay=delay,
        ),
    ]
    spec = EngineSpec(cost=EVEN, blocks=blocks, budget=1000, watermark=0.0, unit=16)
    cluster = Cluster(requests, [spec], asks=frozenset({TTL}))
    while (point := cluster.advance()) is not None:
        assert point.call.id == 0
        cluster.act(point, keep)
    return cluster


def test_a_prefix_that_is_kept_is_not_computed_again():
    lost = _chain(delay=10.0, other=480, keep=0)
    kept = _chain(delay=10.0, other=352, keep=20.0)

    # Without a pin the other call takes the place of all but what is left of 40 blocks.
    assert lost.served[2].hit == 160
    assert kept.served[2].hit == 256


def test_a_pin_makes_another_call_wait_until_it_ends():
    free = _chain(delay=10.0, other=480, keep=0)
    held = _chain(delay=10.0, other=480, keep=2.0)
    # An empty engine does not wait for what is only pinned.
    assert held.served[1] == free.served[1]


def test_an_engine_with_work_waits_for_memory_that_is_pinned():
    def served(keep):
        requests = [
            Request(arrival=0.0, prompt=256, output=1, prefix=(*range(16),), program=0),
            Request(arrival=0.1, prompt=100, output=400, program=1),
            Request(arrival=0.5, prompt=480, output=1, program=2),
            Request(
                arrival=0.0,
                prompt=320,
                output=1,
                prefix=(*range(20),),
                program=0,
                parents=(0,),
                delay=50.0,
            ),
        ]
        spec = EngineSpec(cost=EVEN, blocks=52, budget=1000, watermark=0.0, unit=16)
        cluster = Cluster(requests, [spec], asks=frozenset({TTL}))
        while (point := cluster.advance()) is not None:
            cluster.act(point, keep)
        return cluster.served

    soon, later, never = served(0), served(1.0), served(30.0)
    # Of 52 blocks 16 are pinned, 8 to 32 are of the call that decodes, 30 are wanted.
    assert soon[2].admitted == pytest.approx(0.5, abs=0.02)
    assert later[2].admitted == pytest.approx(later[0].end + 1.0, abs=0.02)
    assert never[2].admitted >= never[1].end


def test_a_decoding_call_takes_what_is_only_pinned():
    requests = [
        Request(arrival=0.0, prompt=256, output=1, prefix=(*range(16),), program=0),
        Request(arrival=0.1, prompt=100, output=400, program=1),
        Request(arrival=0.0, prompt=320, output=1, program=0, parents=(0,), delay=90.0),
    ]
    spec = EngineSpec(cost=EVEN, blocks=40, budget=1000, watermark=0.0, unit=16)
    cluster = Cluster(requests, [spec], asks=frozenset({TTL}))
    seen = []
    cluster.watch = lambda run: seen.append(bool(run.engines[0].pins))
    while (point := cluster.advance()) is not None:
        cluster.act(point, 80.0)
    assert cluster.served[1].restarts == 0
    assert seen.index(True) < len(seen) - 1 - seen[::-1].index(False)
    assert cluster.served[1].end < 80.0


def test_the_pin_of_the_latest_program_goes_first():
    requests = [
        Request(arrival=0.0, prompt=160, output=1, prefix=(*range(10),), program=0),
        Request(arrival=1.0, prompt=160, output=1, prefix=(*range(20, 30),), program=1),
        Request(arrival=5.0, prompt=300, output=1, program=2),
        *[
            Request(
                arrival=float(program),
                prompt=176,
                output=1,
                prefix=(*range(20 * program, 20 * program + 10),),
                program=program,
                parents=(program,),
                delay=20.0,
            )
            for program in (0, 1)
        ],
    ]
    spec = EngineSpec(cost=EVEN, blocks=30, budget=1000, watermark=0.0, unit=16)
    cluster = Cluster(requests, [spec], asks=frozenset({TTL}))
    while (point := cluster.advance()) is not None:
        cluster.act(point, 100.0)
    assert cluster.served[3].hit == 160
    assert cluster.served[4].hit < 160


def test_a_pin_waits_for_the_last_of_the_children():
    requests = [
        Request(arrival=0.0, prompt=320, output=1, prefix=(*range(20),), program=0),
        *[
            Request(
                arrival=0.0,
                prompt=336,
                output=1,
                prefix=(*range(20), 100 * branch),
                program=0,
                parents=(0,),
                delay=delay,
            )
            for branch, delay in ((1, 1.0), (2, 9.0))
        ],
        # Wants all the memory in between.
        Request(arrival=4.0, prompt=640, output=1, program=1),
    ]
    spec = EngineSpec(cost=EVEN, blocks=60, budget=1000, watermark=0.0, unit=16)

    def follow(keep):
        cluster = Cluster(requests, [spec], asks=frozenset({TTL}))
        left = []
        cluster.watch = lambda run: left.extend(
            (round(run.now), pin.children) for pin in run.engines[0].pins.values()
        )
        while (point := cluster.advance()) is not None:
            cluster.act(point, keep)
        return cluster, left

    cluster, left = follow(1e6)
    assert {(0, 2), (1, 1), (4, 1), (5, 1)} <= set(left)
    assert not cluster.engines[0].pins
    assert [one.hit for one in cluster.served] == [0, 320, 320, 0]
    assert {children for _, children in follow(0.5)[1]} == {2}


@pytest.mark.parametrize("seconds", [-1, None, "1", True, float("nan"), 2e9, 10**400])
def test_what_is_no_time_is_refused(seconds):
    requests = [
        Request(arrival=0.0, prompt=32, output=1, program=0),
        Request(arrival=0.0, prompt=32, output=1, program=0, parents=(0,)),
    ]
    spec = EngineSpec(cost=EVEN, blocks=40, unit=16)
    cluster = Cluster(requests, [spec], asks=frozenset({TTL}))
    point = cluster.advance()
    with pytest.raises(IllegalDecisionError, match="not_seconds"):
        cluster.act(point, seconds)
    cluster.act(point, LONGEST)
    assert cluster.advance() is None
    assert cluster.complete
