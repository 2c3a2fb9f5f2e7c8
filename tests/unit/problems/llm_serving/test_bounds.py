"""Bounds: below every run, attained where they must be."""

import random

import pytest

from problems.llm_serving import profiles
from problems.llm_serving.bounds import Demand, charges, least_flow, least_missed
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.judging import responses
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario


def drawn(seed, n=40):
    rng = random.Random(seed)
    t, found = 0.0, []
    for _ in range(n):
        t += rng.expovariate(8)
        prompt, output = rng.randrange(1, 1500), rng.randrange(1, 300)
        found.append(Request(arrival=round(t, 3), prompt=prompt, output=output))
    return tuple(found)


@pytest.mark.parametrize("name", ["rtx4090-llama3-8b", "a10-llama3-8b"])
def test_no_run_takes_less_than_it_is_charged(name):
    spec = EngineSpec(cost=profiles.cost(name), blocks=300)
    for seed in range(3):
        requests = drawn(seed)
        scenario = Scenario(id="", group="", requests=requests, engines=(spec,))
        cluster = scenario.cluster()
        cluster.advance()
        flow = sum(responses([one for one in cluster.served if one]))
        bounds = []
        for charge in charges(spec):
            works = [charge(one.prompt, one.output) for one in requests]
            assert all(0 < work.first <= work.whole for work in works)
            jobs = [(r.arrival, w.whole) for r, w in zip(requests, works, strict=True)]
            bounds.append(least_flow(jobs))
            busy = sum(work.whole for work in works)
            assert busy <= cluster.now
        assert 0.1 * flow < max(bounds) <= flow


def test_charges_are_exact_where_a_step_is_linear_and_memory_is_full():
    # A step costs 1 s; only one call of 15 + 1 tokens fits into the only block.
    spec = EngineSpec(cost=CostModel(dense=((1, 1.0),)), blocks=1, slots=1)
    most = max(charge(15, 1).whole for charge in charges(spec))
    assert most == pytest.approx(15 / 16)
    spec = EngineSpec(cost=CostModel(dense=((1, 1.0), (11, 11.0))), blocks=1, slots=1)
    most = max(charge(10, 1).whole for charge in charges(spec))
    assert most == pytest.approx(10.0)


def test_least_flow_serves_the_shortest_remaining_work():
    assert least_flow([]) == 0
    assert least_flow([(0.0, 3.0), (1.0, 1.0)]) == pytest.approx(4 + 1)
    assert least_flow([(0.0, 3.0), (2.5, 1.0), (9.0, 2.0)]) == pytest.approx(
        3 + 1.5 + 2
    )


def test_what_cannot_be_in_time_is_missed():
    one, two = Demand(0.0, 1.0, 0.8), Demand(0.0, 1.0, 0.7)
    late = Demand(5.0, 9.0, 1.0)
    found = least_missed([[one], [two], [late]], [1.0, 1.0, 1.0])
    assert found == pytest.approx(0.5 / 0.8, abs=1e-4)
    assert least_missed([[one], [late]], [1.0, 1.0]) == 0
    assert least_missed([[one], [], [late]], [1.0, 3.0, 1.0]) == 3
    heavy = least_missed([[one], [two]], [1.0, 9.0])
    assert heavy == pytest.approx(0.5 / 0.8, abs=1e-4)
