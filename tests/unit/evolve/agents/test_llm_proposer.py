import asyncio

import numpy as np
import pytest

from evolve.agents.llm import LlmProposer, LlmSettings
from evolve.errors import ModelUnavailableError
from evolve.llm.asking import Asker, OneModel, prompt_tokens
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import BudgetExhausted, Ledger
from evolve.llm.scripted import ScriptedModel
from evolve.patch import program_id
from evolve.population.memory import MemoryPopulation
from evolve.records import (
    Candidate,
    Operator,
    Placement,
    Proposal,
    Reason,
    Rejection,
    Response,
    Usage,
)
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import a_program, a_prompt, a_source, an_evaluation, an_info
from tests.fakes.tiny_problem import TINY

NEW = "Shorter.\n```python\ndef priority(job, state):\n    return job.d\n```"


class Journal(MemoryPopulation):
    """A population that notes the order of what happens."""

    def __init__(self):
        super().__init__(an_info())
        self.order = []

    def record_call(self, call):
        self.order.append("call")
        super().record_call(call)

    def record_response(self, step, response, failure, *, turn=0):
        self.order.append("response")
        super().record_response(step, response, failure, turn=turn)


class SlowModel:
    """Answers when it is told to; reports fixed usage."""

    name = "slow"

    def __init__(self, usage):
        self.usage, self.go, self.asked = usage, asyncio.Event(), 0

    async def complete(self, prompt, *, seed):
        self.asked += 1
        await self.go.wait()
        return Response(
            text=NEW, model="m", finish_reason="stop", usage=self.usage, seconds=0.0
        )

    def price(self, prompt_tokens, completion_tokens):
        return None


class BrokenModel(SlowModel):
    """Fails with the error that it was given."""

    def __init__(self, error):
        super().__init__(Usage())
        self.error = error

    async def complete(self, prompt, *, seed):
        raise self.error


@pytest.fixture
def population():
    population = Journal()
    for step in range(4):
        program = a_program(step, 0.5 - step / 10)
        population.add(program, [Placement(program=program.id, island=0, living=True)])
    return population


def a_proposer(population, model, *, ledger=None, max_tokens=4096, **settings):
    ledger = ledger or Ledger(tokens=None, usd=None)
    return LlmProposer(
        problem=TINY,
        entry_point=TINY.default_entry_point,
        asker=Asker(
            router=OneModel(model),
            population=population,
            ledger=ledger,
            max_tokens=max_tokens,
        ),
        population=population,
        settings=LlmSettings(**settings),
    )


def propose(proposer, population, *, step=10, count=1, seed=0):
    parents = list(population.living(0))[:count]
    rng = np.random.default_rng(seed)
    return asyncio.run(proposer.propose(a_brief(parents, step=step), rng))


def settled(proposer, population, dialogue):
    brief = a_brief(list(population.living(0))[:1], step=10)
    return asyncio.run(proposer.resume(brief, dialogue, np.random.default_rng(0)))


def test_an_answer_becomes_a_candidate(population):
    outcome = propose(a_proposer(population, ScriptedModel([NEW])), population)
    parent = population.living(0)[0]
    assert isinstance(outcome, Candidate)
    assert "return job.d" in outcome.source
    assert outcome.id == program_id(outcome.source)
    assert (outcome.step, outcome.parents) == (10, (parent.id,))
    assert outcome.rationale == "Shorter."


def test_the_order_is_call_model_response(population):
    def answer(prompt, seed):
        population.order.append("model")
        return NEW

    propose(a_proposer(population, ScriptedModel(answer)), population)
    assert population.order == ["call", "model", "response"]


def test_the_response_is_durable_even_if_it_cannot_be_used(population):
    outcome = propose(a_proposer(population, ScriptedModel(["no"])), population)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is Reason.NO_CODE
    assert population.dialogue(10)[0].response.text == "no"


def test_a_failed_call_is_a_rejection_and_is_kept(population):
    model = BrokenModel(ModelCallError("503 for ever"))
    outcome = propose(a_proposer(population, model), population)
    assert outcome.reason is Reason.MODEL_FAILED
    assert outcome.detail == "503 for ever"
    assert population.dialogue(10)[0].failure == "503 for ever"


def test_a_model_that_cannot_be_used_ends_it_and_leaves_no_open_call(population):
    model = BrokenModel(ModelUnavailableError("no API key"))
    with pytest.raises(ModelUnavailableError):
        propose(a_proposer(population, model), population)
    assert population.dialogue(10)[0].failure == "no API key"


def test_two_parents_are_crossed_and_one_is_changed(population):
    proposer = a_proposer(population, ScriptedModel(lambda p, s: NEW))
    two = propose(proposer, population, step=10, count=2)
    assert two.operator is Operator.CROSSOVER
    assert len(two.parents) == 2
    kinds = {
        propose(proposer, population, step=20 + seed, seed=seed).operator
        for seed in range(20)
    }
    assert kinds == {Operator.DIFF, Operator.REWRITE}


@pytest.mark.parametrize(("share", "operator"), [(0, "diff"), (1, "rewrite")])
def test_the_share_of_rewrites_is_obeyed(population, share, operator):
    proposer = a_proposer(
        population, ScriptedModel(lambda p, s: NEW), rewrite_share=share
    )
    for seed in range(5):
        assert propose(proposer, population, step=10 + seed, seed=seed).operator == (
            operator
        )


def test_a_program_too_long_to_be_shown_is_edited_not_rewritten(population):
    long = a_program(
        50, source=a_source(50) + "# note\n" * 5000, evaluation=an_evaluation(0.1)
    )
    population.add(long, [Placement(program=long.id, island=0, living=True)])
    proposer = a_proposer(population, ScriptedModel(lambda p, s: NEW), rewrite_share=1)
    rng = np.random.default_rng(0)
    outcome = asyncio.run(proposer.propose(a_brief([long], step=60), rng))
    assert outcome.operator is Operator.DIFF


def test_the_same_generator_asks_the_same_question_with_the_same_seed(population):
    asked = []
    model = ScriptedModel(lambda p, s: asked.append((p.digest, s)) or NEW)
    proposer = a_proposer(population, model)
    for step, seed in ((10, 3), (11, 3), (12, 4)):
        propose(proposer, population, step=step, seed=seed)
    assert asked[0] == asked[1]
    assert asked[0] != asked[2]


def test_prompts_show_failures_of_the_island_but_not_of_others(population):
    for step, island in ((5, 0), (6, 1)):
        failure = an_evaluation(None, message=f"failure on island {island}")
        population.add(a_program(step, evaluation=failure, island=island))
    parents = population.living(0)[:1]
    view = a_view(parents, recent=population.latest(10))
    proposer = a_proposer(population, ScriptedModel([NEW]))
    brief = a_brief(parents, step=10, view=view)
    asyncio.run(proposer.propose(brief, np.random.default_rng(0)))
    user = population.dialogue(10)[0].call.prompt.user
    assert "failure on island 0" in user
    assert "failure on island 1" not in user


def test_an_answered_call_of_an_earlier_session_is_settled(population):
    proposer = a_proposer(population, ScriptedModel([NEW]))
    outcome = propose(proposer, population)
    stored = population.pending()
    assert settled(proposer, population, stored) == outcome
    unanswered = Proposal(call=stored[0].call, failure="broken")
    refused = settled(proposer, population, [unanswered])
    assert refused.reason is Reason.MODEL_FAILED


def test_a_call_is_reserved_at_its_worst(population):
    propose(a_proposer(population, ScriptedModel([NEW]), max_tokens=123), population)
    call = population.dialogue(10)[0].call
    assert call.reserved_tokens == prompt_tokens(call.prompt) + 123
    assert call.reserved_usd == 0.0


def test_the_estimate_of_a_prompt_is_above_what_tokenisers_need():
    assert prompt_tokens(a_prompt("x" * 1000, "")) >= 500


def test_an_empty_budget_ends_the_search_before_anything_is_recorded(population):
    proposer = a_proposer(
        population, ScriptedModel([NEW]), ledger=Ledger(tokens=100, usd=None)
    )
    with pytest.raises(BudgetExhausted):
        propose(proposer, population)
    assert population.order == []


def test_a_step_waits_for_calls_in_flight_to_leave_room(population):
    async def two():
        model = SlowModel(Usage(prompt_tokens=10, completion_tokens=10))
        ledger = Ledger(tokens=9_000, usd=None)
        proposer = a_proposer(population, model, ledger=ledger, max_tokens=5_000)
        parents = population.living(0)[:1]
        tasks = [
            asyncio.create_task(
                proposer.propose(
                    a_brief(parents, step=step), np.random.default_rng(step)
                )
            )
            for step in (10, 11)
        ]
        for _ in range(5):
            await asyncio.sleep(0)
        waiting = model.asked
        model.go.set()
        outcomes = await asyncio.gather(*tasks)
        return waiting, model.asked, outcomes, ledger.tokens

    waiting, asked, outcomes, tokens = asyncio.run(two())
    assert (waiting, asked, tokens) == (1, 2, 40)
    assert all(isinstance(outcome, Candidate) for outcome in outcomes)


def test_a_cancelled_call_counts_as_reserved(population):
    async def cancelled():
        ledger = Ledger(tokens=10**6, usd=None)
        model = SlowModel(Usage())
        proposer = a_proposer(population, model, ledger=ledger)
        parents = population.living(0)[:1]
        task = asyncio.create_task(
            proposer.propose(a_brief(parents, step=10), np.random.default_rng(0))
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ledger.tokens

    tokens = asyncio.run(cancelled())
    assert tokens == population.dialogue(10)[0].call.reserved_tokens
    assert tokens == population.spent().tokens
