import json
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from problems.base import Split
from problems.errors import ConfigError
from problems.llm_fair import simulate
from problems.llm_fair.gaps import Gaps, ceiling
from problems.llm_fair.instances import ARENA, draw, instances, read
from problems.llm_fair.pack import PACK
from problems.llm_fair.reference import bound, ground
from problems.llm_fair.rules import INPUT, OUTPUT, RULES
from problems.llm_fair.verify import verify
from problems.llm_fair.views import observe
from problems.llm_serving import profiles
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.judging import mean, replay
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario
from problems.llm_serving.traces import arena
from tests.fakes.instance_files import ARENA as ARENA_FILE
from tests.unit.problems.llm_serving.shared_data import shared

A10G = EngineSpec(cost=profiles.cost("a10g-llama2-7b"), blocks=625, slots=200)
LIGHT = 30


def scenario(requests, spec=A10G, limits=(1000.0, 500)):
    return Scenario(
        id="", group="", requests=tuple(requests), engines=(spec,), limits=limits
    )


def policy(rule):
    names = {}
    exec(PACK.baselines[rule].source, names)
    return names[PACK.baselines[rule].entry_point]


def decisions(rule, instance):
    return simulate.run(PACK.baselines[rule].entry_point, policy(rule), instance, 0)


def judged(rule, instance):
    return verify(instance, "", decisions(rule, instance))


@cache
def arena_run(rule):
    rows = arena(shared("vtc_arena/real_fcfs.csv.gz"))
    instance = scenario(row.request for row in rows)
    answer = decisions(rule, instance)
    return instance, answer


def light_clients_wait(rule):
    instance, answer = arena_run(rule)
    served = replay(instance, RULES, answer).served
    counts = Counter(one.client for one in instance.requests)
    times = [
        one.end - one.arrival
        for request, one in zip(instance.requests, served, strict=True)
        if counts[request.client] < LIGHT
    ]
    return mean(times)


@pytest.mark.slow
def test_vtc_halves_the_latency_of_light_clients_in_the_arena():
    """Gate V5."""
    counts = Counter(one.client for one in arena_run("fcfs")[0].requests)
    assert (len(counts), sum(n < LIGHT for n in counts.values())) == (27, 14)

    assert light_clients_wait("fcfs") > 2 * light_clients_wait("vtc")
    assert light_clients_wait("fcfs") > 2 * light_clients_wait("lcf")


@pytest.mark.slow
def test_in_the_arena_only_counters_keep_the_bound_of_vtc():
    limit = ceiling(1021, 16 * A10G.blocks, (INPUT, OUTPUT))
    gaps = {
        rule: verify(*arena_run(rule)[:1], "", arena_run(rule)[1]).features["gap"]
        for rule in ("fcfs", "vtc")
    }
    assert gaps["vtc"] <= limit < gaps["fcfs"]


@pytest.mark.parametrize("heavy", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_the_bound_of_vtc_holds_where_first_come_first_served_breaks_it(heavy):
    """Two clients without pause, one of which asks ``heavy`` times as much."""
    spec = replace(A10G, blocks=125, watermark=0.0)
    times = [(0.01 * i, int(i % (heavy + 1) == 0)) for i in range(240)]
    requests = [Request(arrival=t, prompt=100, output=60, client=c) for t, c in times]
    instance = scenario(requests, spec)
    limit = ceiling(100, 16 * spec.blocks, (INPUT, OUTPUT))

    assert judged("vtc", instance).features["gap"] <= limit
    assert judged("fcfs", instance).features["gap"] > limit


def test_the_gap_counts_only_while_both_wait():
    spec = replace(A10G, slots=1)
    rows = [(0.0, 0), (0.0, 0), (0.0, 0), (0.0, 1), (500.0, 0), (500.0, 0)]
    requests = [Request(arrival=t, prompt=10, output=20, client=c) for t, c in rows]
    instance = scenario(requests, spec)
    served = 10 * INPUT + 20 * OUTPUT

    # Request 0 comes alone; 1 is served while 2 and 3 wait; then 3 waits alone.
    unfair = verify(instance, "", [0, 1, 2, 3, 4, 5])
    assert unfair.features["gap"] == served
    assert unfair.objective == unfair.features["response_mean"]

    tight = verify(replace(instance, limits=(served / 4, 500)), "", [0, 1, 2, 3, 4, 5])
    assert tight.objective == pytest.approx(4 * unfair.objective)


def test_a_counter_is_lifted_when_its_client_comes_back():
    spec = replace(A10G, slots=1)
    rows = [(0.0, 1), *[(0.1 * i, 0) for i in range(6)], (4.0, 1)]
    rows.sort()
    requests = [Request(arrival=t, prompt=50, output=40, client=c) for t, c in rows]
    seen = []

    def vtc(request, client, state):
        seen.append((state.t, client))
        return client.counter

    simulate.run("priority", vtc, scenario(requests, spec), 0)

    back = [client for t, client in seen if client.number == 1 and t >= 4.0]
    there = [client for t, client in seen if client.number == 0 and t >= 4.0]
    assert back[0].served < there[0].served
    assert back[0].counter == there[0].counter
    assert back[0].lead == 0


def test_quanta_are_refilled_only_when_nobody_has_any():
    instance = draw(ARENA, 1)
    before = {}

    def check(request, client, state):
        granted = client.deficit + client.served
        last = before.setdefault(client.number, granted)
        assert granted >= last
        assert (granted - 500) % 500 == 0
        before[client.number] = granted
        return -request.wait

    simulate.run("priority", check, replace(instance, limits=(1000.0, 500)), 0)

    cluster = RULES.start(instance)
    while (point := RULES.next(cluster)) is not None:
        scene = observe(cluster, point)
        assert any(client.deficit > 0 for client in scene.columns)
        cluster.act(point, scene.rows[0].id)


def test_service_is_what_was_computed_and_made():
    for instance in instances(Split.SMOKE):
        gaps = Gaps(1 + max(one.client for one in instance.requests))
        cluster = RULES.start(instance)
        while (point := RULES.next(cluster)) is not None:
            gaps.follow(cluster, point.t)
            cluster.act(point, next(iter(point.engine.waiting)))
        gaps.ledger.follow(cluster, cluster.now)

        total = sum(gaps.ledger.served)
        hits = sum(one.hit for one in cluster.served)
        prompts = sum(one.prompt for one in instance.requests)
        outputs = sum(one.output for one in instance.requests)
        assert total == INPUT * (prompts - hits) + OUTPUT * outputs
        assert sum(gaps.ledger.admitted) == instance.n


def test_a_limit_a_minute_puts_the_excess_behind():
    requests = [
        Request(arrival=round(0.01 * i, 3), prompt=30, output=20, client=int(i >= 40))
        for i in range(50)
    ]
    instance = scenario(requests, replace(A10G, slots=2))
    order = [one for one in decisions("rpm", instance) if one is not None]
    served = list(dict.fromkeys(order))
    assert max(served.index(i) for i in range(40, 50)) < 40
    assert served[-1] == 39


def test_locality_pays_where_prefixes_fill_the_memory():
    (instance,) = [one for one in instances(Split.TRAIN) if one.group == "prefix"]
    found = {rule: judged(rule, instance) for rule in ("vtc", "lpm", "dlpm")}
    hits = {rule: one.features["hit_share"] for rule, one in found.items()}
    gaps = {rule: one.features["gap"] for rule, one in found.items()}

    assert hits["lpm"] > hits["dlpm"] > hits["vtc"]
    assert gaps["vtc"] < gaps["lpm"]
    assert gaps["dlpm"] < gaps["lpm"]
    assert found["dlpm"].objective < found["vtc"].objective


@pytest.mark.slow
def test_the_reference_is_better_than_no_fairness_and_above_the_bound():
    instance = instances(Split.SMOKE)[0]
    found = ground(instance)
    assert bound(instance) == found.lower < found.best
    assert found.best <= judged("fcfs", instance).objective


def test_charts_show_the_gap_that_is_judged():
    instance = instances(Split.SMOKE)[1]
    answer = decisions("lpm", instance)
    gap, service, *_ = PACK.charts(instance, answer)
    assert gap.curves[0].points[-1][1] == verify(instance, "", answer).features["gap"]
    assert len(service.curves) == 5


def test_a_run_of_the_arena_is_read(tmp_path):
    path = tmp_path / "arena.csv"
    path.write_text(ARENA_FILE)
    (found,) = read(path)
    assert [one.client for one in found.instance.requests] == [0, 3]
    assert found.reference.lower == bound(found.instance) > 0
    assert found.reference.best is None
    json.dumps(PACK.encode(found.instance))

    path.write_text(ARENA_FILE.replace("0,20,30", "0,20,300000"))
    with pytest.raises(ConfigError, match=r"arena.csv line 2 or later: request 0"):
        read(path)


@pytest.mark.parametrize(
    ("told", "message"),
    [("x", "or None, not str"), (10**6, "must return the id of a request that waits")],
)
def test_what_is_no_choice_is_said(told, message):
    with pytest.raises(ValueError, match=message):
        simulate.run("pick", lambda *_: told, instances(Split.SMOKE)[0], 0)
