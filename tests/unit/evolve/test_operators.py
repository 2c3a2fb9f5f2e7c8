"""Operators of a campaign: their shares, and how they work in the loop together."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from evaluators.base import Status
from evolve import config
from evolve.campaign import FAILED_CALLS, CampaignLoop, Plan, Ports
from evolve.config import Budget, Operators
from evolve.errors import ModelUnavailableError
from evolve.operators import mixture
from evolve.population.memory import MemoryPopulation
from evolve.records import Operator, Reason, Rejection
from evolve.selection.islands import IslandSelector, IslandSettings
from problems.errors import ConfigError
from tests.fakes.fixed_evaluator import FixedEvaluator
from tests.fakes.genetic import ENTRY_POINT, function, views, wrap
from tests.fakes.records import an_evaluation, an_info

SEED = wrap("    return 0.5 * job.p + job.d + 2.5 * max(state.t, job.p)")


class DeadModel:
    """A proposer whose model never answers."""

    async def propose(self, brief, rng):
        return Rejection(
            step=brief.step,
            operator=Operator.REWRITE,
            island=brief.island,
            reason=Reason.MODEL_FAILED,
            detail="connection refused",
        )

    async def resume(self, brief, dialogue, rng):
        raise AssertionError("nothing was asked")


def judge(request):
    """How far a program is from a rule with other numbers."""
    rng, errors = np.random.default_rng(1), []
    for _ in range(6):
        job, state = views(rng)
        try:
            value = float(function(request.source)(job, state))
        except ArithmeticError:
            return an_evaluation(None)
        errors.append(abs(value - 0.8 * job.p - job.d - 1.7 * max(state.t, job.p)))
    score = sum(errors) / 1000
    limit = request.hopeless_above
    if limit is not None and score > limit:
        return an_evaluation(None, status=Status.OK, complete=False, message="hopeless")
    return an_evaluation(score)


def run(*, given=None, asking=None, budget=120, workers=1, racing=False, judge=judge):
    known = set()
    proposer = mixture(
        SimpleNamespace(name="demo"), ENTRY_POINT,
        given=given, asking=asking or {}, known=known,
    )  # fmt: skip
    population = MemoryPopulation(an_info())
    selector = IslandSelector(
        IslandSettings(
            islands=2, island_size=8 if racing else 30, tournament=2,
            migration_interval=10,
        )
    )  # fmt: skip
    plan = Plan(
        entry_point="priority", seed=0, seeds=(("first", SEED),),
        budget=Budget(candidates=budget), crossover=0.3, concurrency=workers,
    )  # fmt: skip
    ports = Ports(
        population=population, selector=selector, proposer=proposer,
        evaluator=FixedEvaluator(judge), clock=lambda: 0.0, known=known,
        resumable=None if asking is None else proposer, racing=racing,
    )  # fmt: skip
    loop = CampaignLoop(plan, ports)
    asyncio.run(loop.run())
    return population


def operators(population):
    return Counter(p.candidate.operator for p in population.programs())


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    "given",
    [None, Operators(tuning=1.0, genetic=0.2), Operators(simplification=1, genetic=1)],
)
def test_the_budget_is_used_to_the_last_program(given, workers):
    population = run(given=given, workers=workers)
    assert len(population.programs()) == 120


def test_without_a_section_genetic_operators_do_most_but_not_all():
    found = operators(run(budget=250))
    others = found[Operator.TUNING] + found[Operator.SIMPLIFICATION]
    assert 1 <= others <= 80
    assert sum(found.values()) == 250


def test_the_section_decides_who_works():
    found = operators(run(given=Operators(genetic=1.0)))
    assert set(found) == {Operator.SEED, Operator.MUTATION, Operator.CROSSOVER}


def test_a_run_is_the_same_again():
    def history(population):
        return [(p.candidate.step, p.id) for p in population.programs()]

    given = Operators(genetic=1.0, tuning=1.0, simplification=1.0)
    first = history(run(given=given))
    assert first == history(run(given=given))


def test_programs_tried_out_do_not_hold_up_migration():
    population = run(given=Operators(tuning=1.0, genetic=0.1))
    homes = {p.id: p.candidate.island for p in population.programs()}
    guests = [p for i in range(2) for p in population.living(i) if homes[p.id] != i]
    assert guests


def test_with_racing_a_hopeless_program_may_be_tried_again():
    population = run(
        given=Operators(tuning=1.0, simplification=1.0, genetic=1.0),
        racing=True, budget=200,
    )  # fmt: skip
    hopeless = population.rejections()[Reason.HOPELESS]
    assert len(population.programs()) + hopeless == 200


def test_a_dead_model_is_noticed_although_others_succeed():
    given = Operators(llm=1.0, tuning=1.0, simplification=1.0)
    with pytest.raises(ModelUnavailableError, match=f"{FAILED_CALLS} model calls"):
        run(given=given, asking={"llm": DeadModel()}, budget=5000)


def test_an_entry_point_without_features_has_no_genetic_operators():
    from dataclasses import replace

    bare = replace(ENTRY_POINT, features=())
    problem = SimpleNamespace(name="demo")
    mixture(problem, bare, given=None, asking={"llm": DeadModel()}, known=())
    with pytest.raises(ConfigError, match="no features"):
        mixture(problem, bare, given=None, asking={}, known=())
    only = Operators(tuning=1.0)
    mixture(problem, bare, given=only, asking={}, known=())


# The campaign file.


def read(text):
    return config.parse(f'name = "demo"\nproblem = "smtt"\n{text}')


def test_shares_are_read_and_written():
    campaign = read("[operators]\ngenetic = 3.0\ntuning = 1.0\n")
    assert campaign.operators == Operators(genetic=3.0, tuning=1.0)
    assert config.parse(config.to_toml(campaign)) == campaign
    assert read("").operators is None


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("genetics = 1.0", "did you mean 'genetic'"),
        ("tuning = -1.0", "operators.tuning"),
        ("tuning = 0.0", "gives no share"),
        ("llm = 1.0", "there is no model"),
    ],
)
def test_wrong_shares_are_refused(section, message):
    with pytest.raises(ConfigError, match=message):
        read(f"[operators]\n{section}\n")
