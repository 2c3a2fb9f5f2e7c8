"""The pack ``llm_autoscale``: terms, views, plans, references, imports."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from problems.base import Split
from problems.llm_autoscale import planning, simulate
from problems.llm_autoscale.importer import read
from problems.llm_autoscale.instances import TERMS, draw, instances
from problems.llm_autoscale.pack import PACK
from problems.llm_autoscale.planning import Plan, counts, decisions, demand, improve
from problems.llm_autoscale.reference import ground, hours, lower_bound
from problems.llm_autoscale.rules import RULES, Terms
from problems.llm_autoscale.verify import verify
from problems.llm_autoscale.views import observe
from problems.llm_serving.requests import Request, Served
from problems.llm_serving.scenario import decode, encode
from tests.unit.problems.llm_serving.shared_data import shared

ONE = instances(Split.SMOKE)[0]


def _served(first, end):
    return Served(10.0, 10.0, 10.0, 10.0 + first, 10.0 + end, 0, 0, 0)


@pytest.mark.parametrize(
    ("first", "end", "late"),
    [(20.0, 35.0, False), (20.5, 30.0, True), (5.0, 35.0, False), (5.0, 35.5, True)],
)
def test_a_request_is_late_if_its_first_or_last_token_is(first, end, late):
    request = Request(arrival=10.0, prompt=100, output=101)
    assert Terms(20.0, 0.15, 0.99, 30.0).late(request, _served(first, end)) == late


def test_each_request_beyond_the_share_has_its_price():
    terms = Terms(20.0, 0.15, 0.99, 36.0)
    assert terms.allowed(300) == 3
    assert terms.allowed(250) == 2
    assert terms.hours(3600.0, 3, 300) == 1.0
    assert terms.hours(3600.0, 5, 300) == pytest.approx(1.02)


def test_the_objective_is_counted_again_from_what_was_served():
    told = [2, 3, 3, 4, 2, 1, 2, *[3] * 60]
    cluster = RULES.start(ONE)
    answer = []
    while (point := RULES.next(cluster)) is not None:
        answer.append(told[len(answer)])
        cluster.act(point, answer[-1])
    late = sum(
        one.first - one.arrival > TERMS.first
        or one.end - one.arrival > TERMS.first + TERMS.pace * (request.output - 1)
        for request, one in zip(ONE.requests, cluster.served, strict=True)
    )
    verdict = verify(ONE, "target", answer)
    beyond = max(0, late - ONE.n // 100)
    expected = (cluster.replica_seconds + TERMS.price * beyond) / 3600
    assert late > ONE.n // 100
    assert verdict.objective == pytest.approx(expected)
    assert verdict.objective == hours(ONE, told)
    assert verdict.features["attained"] == 1 - late / ONE.n


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 1),
        (-3.5, 1),
        (1.0, 1),
        (1.2, 2),
        (3.0000000001, 3),
        (3.001, 4),
        (7.5, 8),
        (99, 8),
        (10**400, 8),
        (-(10**400), 1),
        (True, 1),
    ],
)
def test_targets_are_rounded_up_and_clipped(value, number):
    answer = simulate.run("target", lambda _: value, decode(encode(ONE)), 0)
    assert set(answer) == {number}


def test_views_tell_what_happened():
    seen = []
    decoded = decode(json.loads(json.dumps(encode(ONE))))

    def replicas(stats, there, past):
        seen.append((stats, there, past))
        return 3 + len(seen) % 2

    simulate.run("replicas", replicas, decoded, 0)
    for stats, there, past in seen:
        came = [one for one in ONE.requests if one.arrival < stats.t]
        assert stats.arrived == len(came) == sum(tick.arrived for tick in past)
        assert stats.mean_prompt == pytest.approx(np.mean([c.prompt for c in came]))
        assert stats.finished == sum(tick.ended for tick in past)
        assert stats.in_flight == stats.arrived - stats.finished
        states = [one.state for one in there]
        assert states.count(1) == stats.replicas == past[-1].replicas
        assert states.count(0) == stats.booting
        assert states.count(2) == stats.draining
        assert sum(one.running + one.waiting for one in there) == stats.in_flight
        assert stats.load_fast <= stats.load_most
        assert 0 <= stats.kv <= min(1, stats.wanted)
        assert past[-1].t == stats.t
    assert any(stats.booting for stats, *_ in seen)
    assert seen[-1][0].late > 0


def test_loads_are_replicas_that_the_work_would_keep_busy():
    instance = draw("diurnal", 7)
    cluster = RULES.start(instance)
    loads = []
    while (point := RULES.next(cluster)) is not None:
        loads.append(observe(cluster, point).state.load)
        cluster.act(point, 8)
    rows = demand(instance)
    truth = sum(rows.work) / instance.requests[-1].arrival
    assert np.mean(loads[20:100]) == pytest.approx(
        sum(rows.work[20:100]) / 80 / 15, rel=0.1
    )
    assert 1.5 < truth < 3


def test_views_hold_no_output_of_what_is_not_complete():
    scenes = []
    for more in (300, 900):
        requests = [replace(one, output=one.output + more) for one in ONE.requests]
        cluster = RULES.start(replace(ONE, requests=tuple(requests)))
        scenes.append(observe(cluster, RULES.next(cluster)))
    assert scenes[0].state.arrived > 0
    assert scenes[0] == scenes[1]


def _model_cost(instance, rows, plan, share):
    """Cost of numbers of replicas in the model of the dynamic programme."""
    scaling = instance.scaling
    terms = Terms(*instance.limits)
    total, before = 0.0, scaling.initial
    for c, requests, seconds in zip(plan, rows.requests, rows.work, strict=True):
        over = max(0.0, seconds - share * scaling.tick * c)
        lost = terms.price * requests * over / seconds if seconds else 0.0
        total += scaling.tick * c + scaling.boot * max(0, c - before) + lost
        before = c
    return total


def test_the_programme_finds_the_optimum_of_its_model():
    few = tuple(one for one in ONE.requests if one.arrival < 60)
    instance = replace(ONE, requests=few, engines=ONE.engines[:4])
    rows = demand(instance)
    for share in (0.5, 1.0):
        plan = counts(instance, share)
        every = product(range(1, 5), repeat=len(plan))
        best = min(_model_cost(instance, rows, one, share) for one in every)
        assert _model_cost(instance, rows, plan, share) == pytest.approx(best)


def test_decisions_are_early_enough_for_boots():
    told = decisions(ONE, [3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 2, 2])
    assert ONE.scaling.boot == 90.0
    assert told == [3, 5, 5, 5, 5, 5, 5, 5, 5, 2, 2]


def test_neighbours_only_improve():
    def judge(told):
        return float(sum((x - 4) ** 2 for x in told))

    start = Plan(judge([1] * 9), [1] * 9)
    found = improve(start, 8, judge, np.random.default_rng(1))
    assert found.hours == judge(found.decisions) < start.hours


def test_a_reference_is_attained_and_above_its_bound(monkeypatch):
    monkeypatch.setattr(planning, "_TRIES", 2)
    monkeypatch.setattr(planning, "_SHARES", (0.8,))
    found = ground(ONE)
    assert lower_bound(ONE) == found.lower < found.best
    assert PACK.reference(ONE).lower == found.lower
    assert PACK.reference(ONE).best <= found.best


def test_clairvoyance_is_worth_a_lot():
    best = [PACK.reference(one) for one in instances(Split.TEST)]
    assert all(not one.proved and one.lower < one.best for one in best)
    assert 0.35 < np.mean([one.lower / one.best for one in best]) < 0.9


def test_instances_are_cheap():
    for split in (Split.TRAIN, Split.VALID, Split.TEST):
        assert max(one.n for one in instances(split)) <= 1500
    assert sum(one.n for one in instances(Split.TRAIN)) <= 3000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conv", "code"])
def test_the_trace_of_azure_is_thinned_to_about_two_replicas(name):
    path = shared(f"azure_llm_2023/AzureLLMInferenceTrace_{name}.csv.gz")
    (found,) = read(path)
    assert 1000 < found.instance.n <= 1500
    rows = demand(found.instance)
    assert 1.4 < sum(rows.work) / 3600 < 2.2
    answer = simulate.run("target", lambda s: s.most, found.instance, 0)
    verdict = verify(found.instance, "target", answer)
    assert verdict.objective > found.reference.lower
