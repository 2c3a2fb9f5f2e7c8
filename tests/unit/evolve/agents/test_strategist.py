import asyncio
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.agents.directions import (
    by_operator,
    followed,
    next_direction,
    parse_directions,
    stagnant,
)
from evolve.agents.llm import LlmProposer, LlmSettings
from evolve.agents.repairing import RepairingProposer, RepairSettings
from evolve.agents.strategist import ROLE, StrategistProposer, StrategySettings
from evolve.llm.asking import Asker, OneModel
from evolve.llm.ledger import Ledger
from evolve.llm.scripted import ScriptedModel
from evolve.population.memory import MemoryPopulation
from evolve.records import Note, NoteKind, Operator, Placement
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import a_program, an_info
from tests.fakes.tiny_problem import TINY

GOOD = "Better.\n```python\ndef priority(job, state):\n    return job.d\n```"
IDEAS = [{"title": f"idea {n}", "idea": f"do {n}"} for n in "abc"]
DIRECTIONS = f"Here:\n```json\n{json.dumps(IDEAS)}\n```"
WINDOW = 5


def history(*scores):
    return [a_program(step, score) for step, score in enumerate(scores)]


def looking_at(programs):
    able = [p for p in programs if p.score is not None]
    best = min(able, key=lambda p: p.score, default=None)
    return a_view(able[:1], recent=programs, best=best)


# When.


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.5, 0.4, 0.4, 0.41, None, None, 0.4), True),
        ((0.5, 0.4, 0.4, 0.41, None, None, 0.39), False),
        ((0.5, 0.4, 0.4, 0.41, None, None, 0.3999), True),  # 0.025 % better
        ((0.5, 0.4, 0.6), False),  # too early to tell
        ((None,) * 9, False),
    ],
)
def test_stagnation_is_a_window_without_relative_gain(scores, expected):
    assert stagnant(looking_at(history(*scores)), WINDOW) is expected


def test_the_best_before_the_window_may_be_forgotten_but_for_the_islands():
    view = looking_at(history(0.5, 0.4, 0.6, 0.6, 0.6, 0.6, 0.6))
    later = a_view((view.recent[1],), recent=view.recent[2:], best=view.best)
    assert stagnant(later, WINDOW)


# What is followed, and what came of it.


def a_direction(number, step=3):
    return Note(
        kind=NoteKind.DIRECTION, title=f"n{number}", text="t", step=step, number=number
    )


def test_the_least_used_direction_is_next_until_all_are_used_up():
    notes = [a_direction(n) for n in (4, 7, 9)]
    uses = {}
    order = []
    while (note := next_direction(notes, uses, 2)) is not None:
        order.append(note.number)
        uses[note.number] = uses.get(note.number, 0) + 1
    assert order == [4, 7, 9, 4, 7, 9]


def test_outcomes_are_the_best_gain_over_a_parent():
    parent = a_program(0, 0.4)
    programs = [
        a_program(1, 0.3, parents=(parent.id,), note=0),
        a_program(2, 0.2, parents=(parent.id,), note=0),
        a_program(3, 0.6, parents=(parent.id,), note=1),
        a_program(4, None, parents=(parent.id,), operator=Operator.DIFF),
    ]
    scores = {p.id: p.score for p in (parent, *programs)}
    notes = [a_direction(n) for n in range(3)]
    rows = followed(notes, {0: 2, 1: 1}, programs, scores)
    assert [r.outcome for r in rows] == ["SUCCESS", "FAILED", "NOT TRIED"]
    assert rows[0].gain == pytest.approx(0.5)
    mutation, diff = by_operator([parent, *programs], scores)
    assert (mutation.programs, mutation.better, mutation.failed) == (3, 2, 0)
    assert (diff.programs, diff.failed) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        DIRECTIONS,
        json.dumps(IDEAS),
        f"Sure! {json.dumps({'directions': IDEAS})} Good luck.",
        (
            '```\n[{"name": "idea a", "description": "do a",},\n'
            '{"title": "idea b"}, "c"]\n```'
        ),
        f"```python\nnot json\n```\n~~~json\n{json.dumps(IDEAS, indent=1)}\n~~~",
        f"```json\n{json.dumps(IDEAS)}",
    ],
)
def test_directions_are_read_in_what_models_make_of_the_form(text):
    found = parse_directions(text, 3)
    assert len(found) == 3
    assert found[0] == ("idea a", "do a")


@pytest.mark.parametrize("text", ["", "no", "[1, 2]", "{}", "[" * 60_000, '[{"x": 1}]'])
def test_other_answers_give_no_directions(text):
    assert parse_directions(text, 3) == ()


@given(st.text(alphabet='[]{}",:ab`\n', max_size=80))
def test_no_answer_breaks_the_parser(text):
    assert all(title and "\n" not in title for title, _ in parse_directions(text, 3))


# The proposer.


@pytest.fixture
def population():
    population = MemoryPopulation(an_info())
    for program in history(0.5, 0.4, 0.4, 0.41, None, None, 0.4):
        moves = [Placement(program=program.id, island=0, living=True)]
        population.add(program, moves if program.score is not None else [])
    return population


def a_proposer(population, directions=DIRECTIONS, **settings):
    asked = []

    def answer(prompt, seed):
        asked.append(prompt)
        return directions if prompt.template == "directions" else GOOD

    parts = {
        "problem": TINY,
        "entry_point": TINY.default_entry_point,
        "asker": Asker(
            router=OneModel(ScriptedModel(answer)),
            population=population,
            ledger=Ledger(tokens=None, usd=None),
            max_tokens=100,
        ),
        "population": population,
    }
    inner = RepairingProposer(
        LlmProposer(**parts, settings=LlmSettings()),
        **parts,
        settings=RepairSettings(share=0),
    )
    settings = StrategySettings(**({"window": WINDOW, "uses": 2} | settings))
    return StrategistProposer(inner, **parts, settings=settings), asked


def a_step(population, step):
    parents = population.living(0)[:1]
    recent = population.latest(200)
    best = population.best(1)[0]
    view = a_view(population.living(0), recent=recent, best=best)
    return a_brief(parents, step=step, view=view)


def propose(proposer, population, step):
    brief = a_step(population, step)
    return asyncio.run(proposer.propose(brief, np.random.default_rng(step)))


def resume(proposer, population, step):
    brief = a_step(population, step)
    dialogue = population.dialogue(step)
    return asyncio.run(proposer.resume(brief, dialogue, np.random.default_rng(step)))


def roles(population, step):
    return [p.call.role for p in population.dialogue(step)]


def test_directions_are_asked_for_once_and_each_is_followed(population):
    proposer, asked = a_proposer(population)
    outcomes = [propose(proposer, population, step) for step in range(10, 18)]
    assert roles(population, 10) == [ROLE, "proposer"]
    assert all(roles(population, step) == ["proposer"] for step in range(11, 18))
    assert [o.note for o in outcomes] == [0, 1, 2, 0, 1, 2, None, None]
    assert [n.title for n in population.notes()] == ["idea a", "idea b", "idea c"]
    assert {n.step for n in population.notes()} == {10}
    assert "do a" in asked[1].user
    assert all(o.operator is Operator.REWRITE for o in outcomes[:6])


def test_the_question_tells_what_was_tried_and_what_came_of_it(population):
    population.add_note(Note(kind=NoteKind.DIRECTION, title="older", text="…", step=1))
    worst = population.living(0)[0]
    population.add(
        a_program(7, 0.41, parents=(worst.id,), note=0, operator=Operator.REWRITE)
    )
    proposer, asked = a_proposer(population, uses=0)
    propose(proposer, population, 10)
    assert asked[0].template == "directions"
    assert "SUCCESS (followed 0 times" in asked[0].user
    assert "older" in asked[0].user
    assert "| rewrite | 1 | 0 | 1 |" in asked[0].user


def test_after_a_bad_answer_it_waits_for_another_window(population):
    proposer, asked = a_proposer(population, "I cannot say.")
    for step in range(10, 14):
        assert propose(proposer, population, step).note is None
    assert [p.template == "directions" for p in asked] == [True] + [False] * 4
    assert population.notes() == []
    for step in range(20, 20 + WINDOW):
        population.add(a_program(step, 0.6))
    propose(proposer, population, 30)
    assert roles(population, 30) == [ROLE, "proposer"]


def test_a_search_that_gets_further_asks_nobody(population):
    population.add(a_program(8, 0.2))
    proposer, asked = a_proposer(population)
    propose(proposer, population, 10)
    assert [p.template for p in asked] != ["directions"]
    assert len(asked) == 1


def test_directions_that_were_answered_are_not_asked_for_again(population):
    proposer, _ = a_proposer(population)
    call = proposer._ask(a_step(population, 10))
    asyncio.run(proposer._asker.ask(call, np.random.default_rng(0)))
    second, asked = a_proposer(population)
    outcome = resume(second, population, 10)
    assert [p.template for p in asked] == ["rewrite"]
    assert outcome.note == 0
    assert [n.step for n in population.notes()] == [10] * 3
    # A third session settles the same step from the store, and makes no note twice.
    third, asked = a_proposer(population)
    assert resume(third, population, 10) == outcome
    assert asked == []
    assert len(population.notes()) == 3
    # It knows how often each was followed.
    notes = [propose(third, population, step).note for step in range(11, 17)]
    assert notes == [1, 2, 0, 1, 2, None]
