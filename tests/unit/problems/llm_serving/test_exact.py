"""The search over decisions, against one that drops nothing."""

from itertools import count

import pytest

from problems.llm_serving import exact, profiles
from problems.llm_serving.engine import PICK, VICTIM, EngineSpec
from problems.llm_serving.hosting import Rules
from problems.llm_serving.judging import responses
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

BOTH = Rules(asks=frozenset({PICK, VICTIM}))
SPEC = EngineSpec(
    cost=profiles.cost("rtx4090-llama3-8b"), blocks=14, slots=3, watermark=0.0
)


def scenario(*rows):
    requests = tuple(Request(arrival=a, prompt=p, output=o) for a, p, o in rows)
    return Scenario(id="", group="", requests=requests, engines=(SPEC,))


def total(cluster):
    return sum(responses([one for one in cluster.served if one is not None]))


def floor(cluster):
    ends = exact.earliest_ends(cluster)
    return sum(e - r.arrival for e, r in zip(ends, cluster.requests, strict=True))


CASES = [
    scenario((0.0, 60, 30), (0.001, 90, 3), (0.002, 20, 8), (0.3, 30, 2)),
    scenario((0.0, 40, 60), (0.0, 60, 60), (0.1, 50, 5)),
]


@pytest.mark.parametrize("case", CASES)
def test_nothing_that_is_dropped_would_have_been_better(case):
    best, answer = exact.search(case, BOTH, total, floor)
    every, _ = exact.search(case, BOTH, total, lambda _: -1.0)
    assert best == pytest.approx(every, abs=1e-9)
    cluster = BOTH.start(case)
    for decision in answer:
        cluster.act(BOTH.next(cluster), decision)
    assert BOTH.next(cluster) is None
    assert total(cluster) == best
    fcfs = case.cluster()
    fcfs.advance()
    assert best <= total(fcfs)


def test_the_floor_is_below_every_end():
    case = CASES[0]
    floors = []

    def watched(cluster):
        floors.append(floor(cluster))
        return -1.0

    best, _ = exact.search(case, BOTH, total, watched)
    assert floors[0] <= best
    calls = count()
    least, _ = exact.search(case, BOTH, total, lambda c: next(calls) * 0.0 + floor(c))
    assert least == best
    assert next(calls) < len(floors)


def test_too_many_runs_are_refused():
    with pytest.raises(exact.TooManyError, match="more than 3 runs"):
        exact.search(CASES[0], BOTH, total, floor, limit=3)
