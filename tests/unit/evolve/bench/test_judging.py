"""A model as the judge of outcomes, over HTTP."""

import json
import re

import pytest

from evolve.bench.judging import agreement, judge_results
from evolve.bench.opening import Caps, play
from evolve.bench.page import render
from evolve.bench.records import plan_of
from evolve.llm.models import ModelSettings
from problems.benchmark import Reply
from problems.registry import load_benchmark
from tests.fakes.openai_server import FakeOpenAI

TPS = load_benchmark("tps")


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def nothing(_done, _of):
    """Hear of progress."""


def believes_all(body):
    """Take every item for done that has a line in the answer."""
    user = body["messages"][-1]["content"]
    items = re.findall(r"^(\d+)\. (.*)$", user, flags=re.MULTILINE)
    answer = user.partition("# Its final answer")[2]
    done = [int(number) for number, text in items if text in answer]
    return {"content": json.dumps({"done": done})}


def judged(player, folder, **options):
    plan = plan_of(TPS, changes={"easy": 6, "hard": 2})
    results = play(plan, ModelSettings(name=player), Caps(), folder, nothing)
    with FakeOpenAI(**options) as server:
        settings = ModelSettings(
            name="openai/judge",
            base_url=server.base_url,
            max_tokens=500,
            retries=0,
            concurrency=1,
        )
        first = judge_results(results, settings, Caps(), folder, nothing)
        asked = server.requests
        again = judge_results(results, settings, Caps(), folder, nothing)
        assert again == first or again.samples > first.samples
        return results, first, asked, server.requests


def test_a_judge_is_asked_once_for_each_sample_and_compared(tmp_path):
    results, found, asked, after = judged(
        "baseline/oracle", tmp_path, script=believes_all
    )
    assert asked == after == 8
    assert (found.samples, found.unread) == (8, 0)
    assert found.parts == sum(len(s.data["items"]) for s in results.plan.samples)
    assert (found.own, found.judged, found.agreement) == (1.0, 1.0, 1.0)
    assert found.kappa is None  # both say yes always
    assert "A model as the judge" in render([[results]], ["x"], [found])
    assert "A model as the judge" not in render([[results]], ["x"])


def test_a_judge_may_disagree(tmp_path):
    def nothing_done(_body):
        return {"content": 'I think: {"done": []}'}

    _, found, _, _ = judged("baseline/all_at_once", tmp_path, script=nothing_done)
    assert found.judged == 0
    assert 0 < found.own < 1
    assert found.agreement == pytest.approx(1 - found.own)
    assert found.kappa == 0


def test_what_cannot_be_read_is_counted_and_left_out(tmp_path):
    _, found, _, _ = judged("baseline/oracle", tmp_path, always="nonjson")
    assert (found.samples, found.unread, found.agreement) == (0, 8, None)
    faults = {1: "500", 3: "refusal"}
    _, found, asked, after = judged(
        "baseline/random", tmp_path, script=believes_all, at=faults
    )
    assert (asked, after) == (8, 9)  # what failed is asked again, what was said is not
    assert (found.samples, found.unread) == (6, 2)


def test_benchmarks_without_parts_have_no_judge(tmp_path):
    plan = plan_of(load_benchmark("rconstraint"), changes={"seeds": 1, "levels_to": 1})
    results = play(
        plan, ModelSettings(name="baseline/oracle"), Caps(), tmp_path, nothing
    )
    settings = ModelSettings(name="openai/judge")
    assert judge_results(results, settings, Caps(), tmp_path, nothing) is None


def test_kappa_is_that_of_cohen():
    pairs = [(True, True)] * 20 + [(True, False)] * 5
    pairs += [(False, True)] * 10 + [(False, False)] * 15
    share, kappa = agreement(pairs)
    assert share == pytest.approx(0.7)
    assert kappa == pytest.approx(0.4)
    assert agreement([]) == (None, None)


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ('{"done": [1, 3]}', (True, False, True)),
        ('Well: {"done": []}.', (False, False, False)),
        ('{"done": [4]}', None),
        ('{"done": [true]}', None),
        ('{"done": "all"}', None),
        ("all of them", None),
    ],
)
def test_an_opinion_is_a_list_of_numbers(text, verdicts):
    plan = plan_of(TPS, changes={"easy": 8, "hard": 0})
    sample = next(s for s in plan.samples if len(s.data["items"]) == 3)
    assert TPS.judge.read(sample, Reply(text=text)) == verdicts
