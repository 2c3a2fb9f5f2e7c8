import random

import pytest

from problems.llm_serving.cached import alone, least
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.runs import decode, encode, lengthen, shorten
from problems.llm_serving.scenario import Scenario

COST = CostModel(
    dense=((1, 0.01), (128, 0.012), (512, 0.03), (2048, 0.1)),
    a0=4e-4,
    a1=1e-5,
    b=1e-7,
    p1=1e-6,
    p2=3e-9,
    h0=7e-4,
    h1=1e-6,
    over=1e-3,
    mix=1.4,
)
SPEC = EngineSpec(cost=COST, blocks=1000, budget=700, unit=64)


def serve(*requests, spec=SPEC):
    cluster = Scenario(id="", group="", requests=requests, engines=(spec,)).cluster()
    assert cluster.advance() is None
    return cluster.served


@pytest.mark.parametrize("units", [0, 1, 8, 15])
def test_alone_is_what_an_engine_takes_that_has_the_prefix(units):
    ids = tuple(range(units))
    before = Request(arrival=0.0, prompt=1000, output=1, prefix=ids)
    request = Request(arrival=50.0, prompt=1000, output=40, prefix=ids)

    served = serve(before, request)[1]

    assert served.hit == 64 * units
    least_first, least_end = alone(1000, 40, 64 * units, SPEC)
    assert served.first - 50.0 == pytest.approx(least_first, abs=1e-9)
    assert served.end - 50.0 == pytest.approx(least_end, abs=1e-9)


def test_the_bound_is_attained_where_nothing_disturbs():
    first = Request(arrival=0.0, prompt=900, output=5, prefix=(1, 2, 3))
    later = Request(arrival=20.0, prompt=900, output=5, prefix=(1, 2, 9))

    bounds = least((first, later), SPEC)

    for request, one, bound in zip(
        (first, later), serve(first, later), bounds, strict=True
    ):
        assert one.first - request.arrival == pytest.approx(bound.first, abs=1e-9)
        assert one.end - request.arrival == pytest.approx(bound.end, abs=1e-9)
    assert bounds[1].first < bounds[0].first


@pytest.mark.parametrize("seed", range(8))
def test_no_run_beats_the_bound(seed):
    rng = random.Random(seed)
    requests, t = [], 0.0
    for i in range(60):
        t += rng.expovariate(rng.choice([1, 20]))
        group, depth = rng.randrange(3), rng.randrange(10)
        own = tuple(1000 * (i + 1) + k for k in range(rng.randrange(3)))
        ids = (*(100 * group + k for k in range(depth)), *own)
        prompt = max(1, 64 * len(ids) + rng.randrange(-60, 600))
        requests.append(
            Request(
                arrival=round(t, 3),
                prompt=prompt,
                output=rng.randrange(1, 90),
                prefix=ids,
            )
        )
    served = serve(*requests)

    for one, bound in zip(served, least(requests, SPEC), strict=True):
        assert one.first - one.arrival >= bound.first - 1e-9
        assert one.end - one.arrival >= bound.end - 1e-9
    assert any(one.hit for one in served)


@pytest.mark.parametrize(
    ("ids", "runs"),
    [([], []), ([7], [7, 1]), ([7, 8, 9, 40], [7, 3, 40, 1]), ([3, 2], [3, 1, 2, 1])],
)
def test_prefixes_become_runs_and_come_back(ids, runs):
    assert shorten(ids) == runs
    assert lengthen(runs) == ids


def test_a_scenario_comes_back_from_its_payload():
    requests = (
        Request(arrival=0.5, prompt=100, output=3, prefix=(4, 5, 6, 2), client=1),
        Request(arrival=1.5, prompt=10, output=4),
    )
    scenario = Scenario(
        id="", group="", requests=requests, engines=(SPEC, SPEC), limits=(5.0, 7)
    )

    assert decode(encode(scenario)) == scenario
    plain = Scenario(id="", group="", requests=requests[1:], engines=(SPEC,))
    assert decode(encode(plain)) == plain
