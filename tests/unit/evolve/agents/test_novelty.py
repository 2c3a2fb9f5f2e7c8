"""What is turned away unjudged, what that costs, and what a restart knows."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from evolve.agents.novelty import BATCH, NoveltyProposer, nearest, text_of
from evolve.errors import ModelUnavailableError
from evolve.llm.asking import Ask, Asker, OneModel
from evolve.llm.embedding import pack
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import Ledger
from evolve.llm.scripted import ScriptedModel
from evolve.population.memory import MemoryPopulation
from evolve.program import program_id
from evolve.records import (
    EMBEDDER,
    Candidate,
    Operator,
    Placement,
    Reason,
    Rejection,
)
from problems.base import BLOCK_END, BLOCK_START
from prompts import texts_of
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.openai_server import embed
from tests.fakes.records import a_program, a_prompt, an_info

NEAR, FAR = "x = alpha + beta + gamma + 1", "while True:\n    q.pop()"
LIVING = "x = alpha + beta + gamma + 0"


def source(text):
    return f"{BLOCK_START}\n{text}\n{BLOCK_END}\n"


class World:
    """One living program, a proposer that makes ``text``, an embedding model."""

    def __init__(self, text=NEAR, *, answer=None, calls=None, population=None):
        self.text = text
        self.answer = answer or (lambda texts: pack([embed(t) for t in texts]))
        self.embedded = []
        self.population = population or MemoryPopulation(an_info())
        if population is None:
            self.live(0, LIVING)
        model = ScriptedModel(self.respond, name="embedding")
        asker = Asker(
            router=OneModel(model),
            population=self.population,
            ledger=Ledger(tokens=None, usd=None, calls=calls),
            max_tokens=0,
        )
        self.asker = asker
        self.proposer = NoveltyProposer(
            self, asker=asker, population=self.population, threshold=0.9
        )

    def live(self, step, text):
        program = a_program(step, 0.5, source=source(text))
        moves = [Placement(program=program.id, island=0, living=True)]
        self.population.add(program, moves)
        return program

    def respond(self, prompt, seed):
        texts = texts_of(prompt)
        self.embedded.append(texts)
        return self.answer(texts)

    # The proposer within.

    async def propose(self, brief, rng):
        text = source(self.text)
        return Candidate(
            id=program_id(text),
            step=brief.step,
            source=text,
            operator=Operator.DIFF,
            island=0,
            parents=(brief.parents[0].id,),
        )

    async def resume(self, brief, dialogue, rng):
        assert all(p.call.role != EMBEDDER for p in dialogue)
        return await self.propose(brief, rng)

    # The loop's part.

    def brief(self, step):
        living = self.population.living(0)
        view = a_view(living, recent=self.population.latest(200), best=living[0])
        return a_brief(living[:1], step=step, view=view)

    def check(self, step=1, text=None):
        self.text = text or self.text
        rng = np.random.default_rng(step)
        return asyncio.run(self.proposer.propose(self.brief(step), rng))

    def again(self, step=1):
        dialogue = self.population.dialogue(step)
        rng = np.random.default_rng(step)
        return asyncio.run(self.proposer.resume(self.brief(step), dialogue, rng))


def test_what_is_much_like_a_living_program_is_turned_away():
    world = World()
    found = world.check()
    assert isinstance(found, Rejection)
    assert found.reason is Reason.TOO_SIMILAR
    living = world.population.living(0)[0]
    assert living.id[:12] in found.detail
    assert "above 0.9" in found.detail
    assert found.parents == (living.id,)
    # Both texts in one call, without what may not change.
    assert world.embedded == [[NEAR, LIVING]]


def test_what_is_new_is_judged_and_nothing_is_embedded_twice():
    world = World(FAR)
    assert world.check(1).source == source(FAR)
    world.live(1, FAR)
    world.live(2, "other = 5")
    assert isinstance(world.check(3, "something = else_()"), Candidate)
    assert world.embedded == [[FAR, LIVING], ["something = else_()", "other = 5"]]
    assert isinstance(world.check(4, f"{FAR}\n    q.pop()"), Rejection)


def test_a_program_that_is_known_is_left_to_the_campaign():
    world = World(LIVING)
    assert isinstance(world.check(), Candidate)
    assert world.embedded == []


def test_a_dead_program_is_no_reason_to_turn_one_away():
    world = World()
    dead = a_program(5, 0.9, source=source(NEAR + " + 2"))
    world.population.add(dead)
    vectors = {
        program_id(t): np.array(embed(t))
        for t in (NEAR, text_of(dead.candidate.source))
    }
    assert nearest(NEAR, [dead], vectors).program == dead.id
    assert world.check().detail.count(dead.id[:12]) == 0


def _raises(error):
    def answer(texts):
        raise error

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        _raises(ModelCallError("down")),
        lambda _: "no vectors",
        lambda texts: pack([embed(texts[0])]),
    ],
)
def test_a_failed_call_skips_the_check_and_the_next_step_asks_again(answer):
    world = World(answer=answer)
    assert isinstance(world.check(1), Candidate)
    world.answer = lambda texts: pack([embed(t) for t in texts])
    assert isinstance(world.check(2), Rejection)
    assert world.embedded[-1] == [NEAR, LIVING]


def test_a_model_that_cannot_be_used_is_not_asked_again_in_the_session():
    world = World(answer=_raises(ModelUnavailableError("no key")))
    for step in (1, 2, 3):
        assert isinstance(world.check(step), Candidate)
    assert len(world.embedded) == 1


def test_without_room_in_the_budget_nothing_is_checked_and_nothing_is_lost():
    world = World(calls=0)
    assert isinstance(world.check(), Candidate)
    assert world.embedded == []
    assert world.population.dialogue(1) == []


def test_many_programs_without_a_vector_are_embedded_in_turns():
    world = World(FAR)
    for step in range(1, BATCH + 10):
        world.live(step, f"value_{step} = {step}")
    world.check(100)
    world.check(101)
    assert [len(texts) for texts in world.embedded] == [BATCH, 11]
    assert not set(world.embedded[0]) & set(world.embedded[1])


def test_a_rejection_costs_no_call():
    world = World()
    turned = Rejection(step=1, operator=Operator.DIFF, island=0, reason=Reason.SYNTAX)

    async def propose(brief, rng):
        return turned

    world.propose = propose
    assert world.check() is turned
    assert world.embedded == []


def test_a_restart_knows_the_vectors_and_decides_the_same():
    world = World()
    turned = world.check(1)
    again = World(population=world.population)
    assert again.again(1) == turned
    assert again.embedded == []
    assert isinstance(again.check(2, FAR), Candidate)
    assert again.embedded == [[FAR]]


def test_a_call_that_was_cut_off_skips_the_check_of_its_step():
    world = World()
    ask = Ask(
        step=1, turn=1, role=EMBEDDER, prompt=a_prompt("[]"), operator=Operator.DIFF,
        island=0, parents=(),
    )  # fmt: skip
    call = world.asker._call(ask, ScriptedModel([], name="embedding"))
    world.population.record_call(replace(call, turn=1))
    again = World(population=world.population)
    assert isinstance(again.again(1), Candidate)
    assert again.embedded == []
