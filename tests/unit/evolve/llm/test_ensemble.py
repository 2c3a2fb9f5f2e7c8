import asyncio
from collections import Counter

import numpy as np
import pytest

from evolve import config as configs
from evolve.errors import ModelUnavailableError
from evolve.llm.asking import Ask, Asker
from evolve.llm.bandit import DECAY, EPSILON, Arm, Pull, arms, pick, values
from evolve.llm.ensemble import (
    ASIDE,
    FAILURES,
    Ensemble,
    Member,
    pulls_of,
    set_aside,
)
from evolve.llm.errors import ModelCallError
from evolve.llm.gains import relative_gain
from evolve.llm.ledger import Ledger
from evolve.llm.opening import open_models
from evolve.population.memory import MemoryPopulation
from evolve.records import Operator, Response, Spent, Usage
from problems.errors import ConfigError
from tests.fakes.records import a_program, a_prompt, a_rejection, an_info


class Priced:
    """A model with a price per token; it fails with ``error`` if it has one."""

    def __init__(self, name, price=1e-6, error=None):
        self.name, self.per_token, self.error = name, price, error

    async def complete(self, prompt, *, seed):
        if self.error is not None:
            raise self.error
        usage = Usage(
            prompt_tokens=1000, completion_tokens=0, cost_usd=1000 * self.per_token
        )
        return Response(
            text="x", model=self.name, finish_reason="stop", usage=usage, seconds=0.0
        )

    def price(self, prompt_tokens, completion_tokens):
        return self.per_token * (prompt_tokens + completion_tokens)


def an_ensemble(*models, strong=(), left=None, population=None):
    members = [
        Member(model=model, strong=model.name in strong, max_tokens=100)
        for model in models
    ]
    population = population or MemoryPopulation(an_info())
    return Ensemble(members, population, lambda: left), population


def an_ask(step=0, **changes):
    values = {"island": 0, "operator": Operator.DIFF, "parents": ()}
    return Ask(step=step, prompt=a_prompt(), **(values | changes))


def a_pull(step, model="a", **changes):
    return Pull(**({"step": step, "turn": 0, "model": model} | changes))


# The bandit.


def test_the_mean_is_decayed_and_rewards_are_ranks():
    pulls = [
        a_pull(0, gain=1e-6),
        a_pull(1, gain=0.0),
        a_pull(2, "b", gain=0.5),
    ]
    found = arms(pulls, ("a", "b"))
    weights = DECAY**2, DECAY
    # 1e-6 is the smaller of two gains: its rank is one half, however small it is.
    assert found["a"].mean == pytest.approx(weights[0] * 0.5 / sum(weights))
    assert found["b"].mean == 1
    assert arms(pulls[::-1], ("a", "b")) == found


def test_calls_under_way_count_as_pulls_without_a_reward():
    found = arms([a_pull(0, gain=1.0), a_pull(1), a_pull(2)], ("a",))
    assert (found["a"].pulls, found["a"].mean) == (3, 1.0)


def test_the_value_is_the_published_one():
    found = {
        "a": Arm(pulls=10, mean=0.5, cost=1.0),
        "b": Arm(pulls=10, mean=0.5, cost=3.0),
    }
    value = values(found)
    bonus = np.sqrt(2 * np.log(20) / 10)
    low = 1.0 - 0.1 * 2 * bonus
    high = 3.0 - 0.1 * 2 * bonus
    assert value["a"] == pytest.approx(0.5 * (0.5 + bonus) + 0.5)
    assert value["b"] == pytest.approx(0.5 * (0.5 + bonus) + 0.5 * low / high)


def test_a_free_model_does_not_make_the_others_infinitely_dear():
    found = {
        "free": Arm(pulls=50, mean=0.0, cost=0.0),
        "good": Arm(pulls=50, mean=0.9, cost=1.0),
    }
    value = values(found)
    assert value["good"] - value["free"] == pytest.approx(0.45 - 0.5 * 0.99, abs=1e-3)


def test_every_arm_is_seen_first_and_then_the_better_one_mostly():
    rng = np.random.default_rng(0)
    pulls, chosen = [], Counter()
    for step in range(400):
        name = pick(arms(pulls, ("a", "b", "c")), rng)
        chosen[name] += 1
        # One kind of gain comes ten times as often.
        gain = float(rng.random() < {"a": 0.05, "b": 0.5, "c": 0.05}[name]) * 0.01
        pulls.append(a_pull(step, name, gain=gain, cost=1.0))
    assert [pull.model for pull in pulls[:3]] == ["a", "b", "c"]
    assert chosen["b"] > 200
    assert min(chosen.values()) > EPSILON / 2 * 400 / 4


def test_gains_are_relative_to_the_parent():
    assert relative_gain(0.2, 0.1) == pytest.approx(0.5)
    assert relative_gain(0.2, 0.3) == 0
    assert relative_gain(0.2, None) == 0
    assert relative_gain(None, 0.9) == 1


# Setting aside.


def test_a_model_that_fails_in_a_row_is_set_aside_for_so_many_calls():
    failed = [a_pull(i, ended=True, failed=True) for i in range(FAILURES)]
    assert set_aside(failed[:-1], ("a", "b")) == {}
    assert set_aside(failed, ("a", "b")) == {"a": ASIDE}
    others = [a_pull(100 + i, "b", ended=True) for i in range(ASIDE)]
    assert set_aside(failed + others[:-1], ("a", "b")) == {"a": 1}
    assert set_aside(failed + others, ("a", "b")) == {}
    again = a_pull(200, ended=True, failed=True)
    assert set_aside([*failed, *others, again], ("a", "b")) == {"a": ASIDE}


def ask_many(ensemble, population, count, start=0, **changes):
    """Ask, and let every step end without a gain; return who was asked."""
    ledger = Ledger(tokens=None, usd=None)
    asker = Asker(router=ensemble, population=population, ledger=ledger, max_tokens=100)

    async def run():
        asked = []
        for step in range(start, start + count):
            rng = np.random.default_rng(step)
            proposal = await asker.ask(an_ask(step, **changes), rng)
            asked.append(proposal.call.model)
            rejection = a_rejection(step)
            population.reject(rejection)
            ensemble.observe(rejection)
        return asked

    return asyncio.run(run())


def test_the_others_go_on_when_one_fails():
    broken = Priced("broken", 1e-9, ModelCallError("503"))
    ensemble, population = an_ensemble(broken, Priced("works"))
    asked = ask_many(ensemble, population, 100)
    assert asked.count("works") > 70
    assert asked.count("broken") >= FAILURES + 2  # it is tried again, now and then


def test_a_model_without_a_key_is_left_out_and_the_last_one_ends_it():
    lost = Priced("lost", 1e-9, ModelUnavailableError("401"))
    ensemble, population = an_ensemble(lost, Priced("works"))
    asked = ask_many(ensemble, population, 30)
    assert asked.count("lost") == 1
    assert population.dialogue(asked.index("lost"))[0].failure == "401"
    both, population = an_ensemble(lost, Priced("also", 1, ModelUnavailableError("no")))
    with pytest.raises(ModelUnavailableError, match="no"):
        ask_many(both, population, 30)
    with pytest.raises(ModelUnavailableError, match="none of the 2 models"):
        ask_many(both, population, 1, start=50)


# Strong and cheap.


def test_strong_models_are_asked_when_wanted_and_within_their_share():
    def model(left, *, strong):
        ensemble, _ = an_ensemble(
            Priced("cheap"), Priced("dear", 1e-3), strong={"dear"}, left=left
        )
        ask = an_ask(strong=strong)
        return ensemble.choose(ask, np.random.default_rng(0)).name

    assert model(None, strong=False) == "cheap"
    assert model(None, strong=True) == "dear"
    assert model(100.0, strong=True) == "dear"
    assert model(0.5, strong=True) == "cheap"


def test_without_cheap_ones_the_strong_ones_refine():
    ensemble, _ = an_ensemble(Priced("a"), Priced("b"), strong={"a", "b"})
    assert ensemble.choose(an_ask(), np.random.default_rng(0)).name == "a"


# The store.


def test_a_resumed_ensemble_knows_what_the_first_one_knew():
    ensemble, population = an_ensemble(Priced("a"), Priced("b", 2e-6))
    population.add(a_program(0, 0.5))
    parent = population.get(a_program(0).id)
    ledger = Ledger(tokens=None, usd=None)
    asker = Asker(router=ensemble, population=population, ledger=ledger, max_tokens=100)
    for step in range(1, 30):
        rng = np.random.default_rng(step)
        asyncio.run(asker.ask(an_ask(step, parents=(parent.id,)), rng))
        if step % 3 == 0:
            outcome = a_program(step, 0.5 - step / 100, parents=(parent.id,))
            population.add(outcome)
        else:
            outcome = a_rejection(step)
            population.reject(outcome)
        ensemble.observe(outcome)
    asyncio.run(asker.ask(an_ask(30), np.random.default_rng(30)))  # under way
    rebuilt = pulls_of(population, ensemble._members)
    assert rebuilt == sorted(ensemble._pulls.values(), key=lambda p: p.step)
    assert {p.gain for p in rebuilt} > {None, 0.0}
    again = Ensemble(list(ensemble._members.values()), population, lambda: None)
    for seed in range(20):
        chosen = [
            e.choose(an_ask(31), np.random.default_rng(seed)).name
            for e in (ensemble, again)
        ]
        assert chosen[0] == chosen[1]


# The campaign file.

MANY = """
name = "many"
problem = "smtt"

[budget]
candidates = 5

[[models]]
name = "scripted:a.json"
max_tokens = 100

[[models]]
name = "scripted:b.json"
strong = true
concurrency = 7
requests_per_minute = 30.0
"""


def test_models_of_a_file_are_read_and_written():
    campaign = configs.parse(MANY)
    assert [m.strong for m in campaign.ensemble] == [False, True]
    assert configs.parse(configs.to_toml(campaign)) == campaign
    assert "models" in configs.schema()["properties"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MANY + '[model]\nname = "x"\n', "either .model. or"),
        (MANY.replace("b.json", "a.json"), "twice"),
        (MANY.replace("strong", "stong"), "did you mean 'strong'"),
    ],
)
def test_wrong_models_are_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        configs.parse(text)


def test_models_are_opened_with_what_the_file_says(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("[]")
    text = MANY.replace("scripted:", f"scripted:{tmp_path}/")
    models = open_models(configs.parse(text), Spent())
    assert [m.strong for m in models.members] == [False, True]
    assert (models.concurrency, list(models.max_tokens.values())) == (7, [100, 4096])
    router, learn = models.router(MemoryPopulation(an_info()))
    assert isinstance(router, Ensemble)
    assert learn == router.observe


def test_models_of_the_command_line_take_the_place_of_those_of_the_file(tmp_path):
    from evolve.cli.campaigns import Options, resolve

    path = tmp_path / "many.toml"
    path.write_text(MANY)

    def names(*models):
        nothing = dict.fromkeys(Options.__dataclass_fields__) | {
            "allow_weak_sandbox": False
        }
        options = Options(**(nothing | {"models": models}))
        return [m.name for m in resolve(str(path), options).ensemble]

    assert names() == ["scripted:a.json", "scripted:b.json"]
    assert names("x/1") == ["x/1"]
    assert names("x/1", "x/2") == ["x/1", "x/2"]
