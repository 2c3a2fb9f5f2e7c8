"""Orders of a person: what stands, what the loop does with it, and clear refusals."""

import asyncio
from dataclasses import dataclass

import pytest

from evolve import steering
from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.config import Budget
from evolve.llm.choosing import HINTS
from evolve.llm.prompting import PromptLimits, Question, build_prompt
from evolve.patch import program_id
from evolve.population.memory import MemoryPopulation
from evolve.records import Candidate, Operator, Order, OrderKind, Reason
from evolve.selection.islands import IslandSelector, IslandSettings
from problems.errors import ConfigError
from tests.fakes.fixed_evaluator import FixedEvaluator
from tests.fakes.records import a_program, a_source, an_evaluation, an_info
from tests.fakes.tiny_problem import SPT, TINY


@dataclass
class Counting:
    """Proposes a new program each step."""

    async def propose(self, brief, rng):
        source = a_source(1000 + brief.step)
        return Candidate(
            id=program_id(source),
            step=brief.step,
            source=source,
            operator=Operator.MUTATION,
            island=brief.island,
            parents=(brief.parents[0].id,),
        )


def a_loop(population, candidates):
    return CampaignLoop(
        Plan(
            entry_point="priority",
            seed=0,
            seeds=(("first", a_source(0)),),
            budget=Budget(candidates=candidates),
            crossover=0,
            concurrency=1,
        ),
        Ports(
            population=population,
            selector=IslandSelector(
                IslandSettings(
                    islands=1, island_size=50, tournament=1, migration_interval=1000
                )
            ),
            proposer=Counting(),
            evaluator=FixedEvaluator(lambda _: an_evaluation(0.5)),
            clock=lambda: 0.0,
        ),
    )


@pytest.fixture
def population():
    found = MemoryPopulation(an_info())
    asyncio.run(a_loop(found, 5).run())
    return found


def ids(population):
    return {program.id for program in population.living(0)}


def test_a_ban_takes_effect_at_once_and_a_pin_brings_back(population):
    victim = population.programs()[2]
    steering.ban(population, victim.id[:10])
    loop = a_loop(population, 7)
    assert victim.id not in ids(population)
    steering.pin(population, victim.id)
    loop.obey()
    assert victim.id in ids(population)
    told = steering.standing(population)
    assert (told.pinned, told.banned) == ((victim.id,), ())


def test_orders_of_old_change_nothing_when_a_run_is_opened_again(population):
    victim = population.programs()[2]
    steering.ban(population, victim.id)
    steering.pin(population, victim.id)
    a_loop(population, 7)
    before = len(population.events())
    a_loop(population, 7)
    assert len(population.events()) == before


def test_a_seed_is_judged_next_and_only_once(population):
    source = a_source(77)
    population.add_order(Order(kind=OrderKind.SEED, text=source))
    assert steering.waiting(population, [source]) == 1
    asyncio.run(a_loop(population, 7).run())
    found = population.get(program_id(source))
    assert found.candidate.operator is Operator.SEED
    assert found.candidate.step == 5
    assert steering.waiting(population, [source]) == 0
    asyncio.run(a_loop(population, 9).run())
    assert population.rejections() == {}


def test_a_failed_program_cannot_be_pinned():
    population = MemoryPopulation(an_info())
    failed = a_program(0, None, evaluation=an_evaluation(None))
    population.add(failed)
    with pytest.raises(ConfigError, match="no score"):
        steering.pin(population, failed.id)
    assert not population.orders()


@pytest.mark.parametrize("text", ["", "  \n", "x" * (steering.HINT_CHARS + 1)])
def test_useless_hints_are_refused(population, text):
    with pytest.raises(ConfigError):
        steering.hint(population, text)


def test_the_latest_hints_stand_in_the_prompt(population):
    for number in range(HINTS + 1):
        steering.hint(population, f"hint {number}\nits second line")
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=Operator.DIFF,
            parents=[a_program(1, source=SPT)],
            notes=population.notes(),
            limits=PromptLimits(),
        )
    )
    assert f"hint {HINTS}\nits second line" in prompt.user
    assert "hint 0" not in prompt.user


def test_a_seed_that_says_what_is_known_is_passed_over(population):
    twin = "# the same\n" + a_source(0)
    population.add_order(Order(kind=OrderKind.SEED, text=twin))
    asyncio.run(a_loop(population, 7).run())
    assert Reason.DUPLICATE not in population.rejections()
