"""An estimate before the run: bounds that hold, and what is not known stays unknown."""

import pytest

from evolve import config
from evolve.estimate import summed_up
from problems.errors import ConfigError
from tests.e2e.cli import heuresis
from tests.fakes.records import an_evaluation
from tests.fakes.tiny_problem import SPT, TINY


def found(budget, seconds=0.02, *, prompts=None, novelty=None, **model):
    campaign = config.build(
        {"name": "x", "problem": "tiny", "budget": budget, "prompts": prompts or {}}
        | ({"novelty": novelty} if novelty else {})
        | ({"model": {"name": "openai/gpt-4o", **model}} if model else {})
    )
    return summed_up(campaign, TINY, SPT, an_evaluation(0.3), seconds)


def test_offline_time_is_worth_what_the_workers_judge():
    estimate = found({"seconds": 10, "candidates": 5000})
    assert [(cap.name, cap.proposals) for cap in estimate.caps] == [
        ("seconds", 1000),
        ("candidates", 5000),
    ]
    assert estimate.first.name == "seconds"
    assert estimate.usd is estimate.prompt is None


def test_dollars_are_worst_cases_from_the_price_list():
    estimate = found({"usd": 1.0, "candidates": 50}, max_tokens=1000)
    price = estimate.usd_per_call
    assert price == pytest.approx(2.5e-6 * estimate.prompt_tokens + 10e-6 * 1000)
    usd = next(cap for cap in estimate.caps if cap.name == "usd")
    assert usd.proposals == int(1.0 // price)
    assert estimate.first.name == "candidates"
    assert estimate.usd == pytest.approx(50 * price)
    tight = found({"usd": 0.05, "tokens": 10**6}, max_tokens=1000)
    assert tight.first.name == "usd"
    assert tight.usd <= 0.05


def test_the_calls_for_advice_are_counted_where_it_evolves():
    budget = {"usd": 1.0, "calls": 105, "tokens": 10**6}
    plain = found(budget, max_tokens=1000)
    advised = found(budget, max_tokens=1000, prompts={"evolve": True, "every": 20})
    assert plain.further == ()
    assert plain.usd_per_call == advised.usd_per_call
    (advice,) = advised.further
    assert (advice.name, advice.share) == ("advice", 1 / 20)
    assert advice.tokens > advised.prompt_tokens + 1000
    each = advised.usd_per_call + advice.usd / 20
    fits = {cap.name: cap.proposals for cap in advised.caps}
    assert fits["calls"] == 100
    assert fits["usd"] == int(1.0 // each)
    per_call = advised.prompt_tokens + 1000
    assert fits["tokens"] == int(10**6 // (per_call + advice.tokens / 20))
    assert advised.usd == pytest.approx(fits["usd"] * each)
    before = {cap.name: cap.proposals for cap in plain.caps}
    assert all(fits[name] < before[name] for name in fits)


def test_an_embedding_is_one_more_call_for_each_proposal():
    budget = {"usd": 1.0, "calls": 100}
    model = "openai/text-embedding-3-small"
    estimate = found(budget, max_tokens=1000, novelty={"model": model})
    (call,) = estimate.further
    assert (call.name, call.share) == ("embedding", 1.0)
    assert call.usd == pytest.approx(0.02e-6 * call.tokens)
    fits = {cap.name: cap.proposals for cap in estimate.caps}
    assert fits["calls"] == 50
    assert fits["usd"] == int(1.0 // (estimate.usd_per_call + call.usd))
    unlisted = {"model": "x", "base_url": "http://127.0.0.1:1/v1"}
    with pytest.raises(ConfigError, match=r"usd_per_million_tokens in \[novelty\]"):
        found(budget, max_tokens=1000, novelty=unlisted)


def test_the_pace_of_a_model_and_an_unlisted_price_are_not_guessed():
    estimate = found({"seconds": 60}, base_url="http://127.0.0.1:1/v1")
    assert estimate.caps[0].proposals is None
    assert estimate.first is estimate.usd_per_call is estimate.usd is None
    with pytest.raises(ConfigError, match="price of"):
        found({"usd": 1.0}, base_url="http://127.0.0.1:1/v1")


def test_the_verb_needs_no_key_and_writes_nothing(tmp_path):
    arguments = ("estimate", "smtt", "--model", "openai/gpt-4o", "--budget-usd", "1")
    done = heuresis(*arguments, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["ends_first"] == "usd"
    assert done.json["seed"]["cpu_seconds"] > 0
    assert done.json["usd"] <= 1
    assert not list(tmp_path.iterdir())
    text = heuresis("estimate", "smtt", cwd=tmp_path).out
    assert "ends first" in text
