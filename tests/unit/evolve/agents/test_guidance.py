"""Advice that evolves: who competes, who is credited, and what a restart knows."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from evolve.agents.guidance import PLAIN, TRIALS, competing, due, tallies
from evolve.agents.guiding import ROLE, GuideSettings, GuidingProposer, pulls_of
from evolve.agents.llm import LlmProposer, LlmSettings
from evolve.agents.noting import clean, question
from evolve.agents.repairing import RepairingProposer, RepairSettings
from evolve.llm.asking import Asker, OneModel
from evolve.llm.bandit import WINDOW, Pull, pick
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import Ledger
from evolve.llm.prompting import GUIDANCE_CHARS
from evolve.llm.scripted import ScriptedModel
from evolve.population.memory import MemoryPopulation
from evolve.records import (
    Call,
    Note,
    NoteKind,
    Operator,
    Placement,
    Program,
    Reason,
    Rejection,
)
from problems.base import BLOCK_START
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import a_program, an_evaluation, an_info
from tests.fakes.tiny_problem import TINY

GOOD = "Better.\n```python\ndef priority(job, state):\n    return job.d + {n}\n```"
EVERY = 3


def advice(number, text=None, step=3):
    return Note(
        kind=NoteKind.GUIDANCE,
        title=f"n{number}",
        text=text or f"advice {number}",
        step=step,
        number=number,
    )


def pulls(*rows):
    """Uses in order of steps: name and gain."""
    return [
        Pull(step=step, turn=0, model=name, gain=gain)
        for step, (name, gain) in enumerate(rows, 1)
    ]


# Who competes.


def test_all_compete_until_there_are_too_many_then_the_least_helpful_makes_room():
    notes = [advice(n) for n in (2, 5, 9)]
    used = pulls(
        *[("2", 0.1)] * TRIALS, *[("5", 0.0)] * TRIALS, *[(PLAIN, 0.0)] * 9, ("9", 0.0)
    )
    assert list(competing(notes, used, step=30, most=3)) == [PLAIN, "2", "5", "9"]
    # 9 brought nothing either, but was hardly tried.
    assert list(competing(notes, used, step=30, most=2)) == [PLAIN, "2", "9"]


def test_what_was_just_written_is_tried_even_if_others_are_hardly_tried():
    notes = [advice(n) for n in (1, 2, 3)]
    used = pulls(("1", 0.5), ("2", 0.25))
    assert list(competing(notes, used, step=9, most=2)) == [PLAIN, "1", "3"]


def test_a_paragraph_that_made_room_does_not_come_back_as_a_new_one():
    old, new = advice(1, step=3), advice(2, step=WINDOW)
    step = WINDOW + 10
    assert list(competing([old, new], [], step=step, most=6)) == [PLAIN, "2"]
    used = [Pull(step=step - 1, turn=0, model="1")]
    assert list(competing([old, new], used, step=step, most=6)) == [PLAIN, "1", "2"]


def test_a_use_under_way_counts_as_one_and_brings_nothing_yet():
    used = [*pulls(("1", 0.2), (PLAIN, 0.0)), Pull(step=9, turn=0, model="1")]
    arm = competing([advice(1)], used, step=10, most=6)["1"]
    assert arm.pulls == 2
    assert arm.mean == 1.0
    assert due(used, -1, 2)
    assert not due(used, -1, 3)
    assert not due(used, 2, 2)  # one outcome since then


@pytest.mark.parametrize("seed", range(5))
def test_advice_that_helps_is_given_most_and_advice_that_harms_is_given_up(seed):
    helps = {PLAIN: 0.1, "1": 0.5, "2": 0.0, "3": 0.1}
    notes = [advice(n) for n in (1, 2, 3)]
    rng = np.random.default_rng(seed)
    used = []
    for step in range(4, 304):
        name = pick(competing(notes, used, step=step, most=2), rng)
        gain = float(rng.random()) if rng.random() < helps[name] else 0.0
        used.append(Pull(step=step, turn=0, model=name, gain=gain))
    times = Counter(pull.model for pull in used)
    assert times["1"] > 0.4 * len(used)
    assert times.most_common(1)[0][0] == "1"
    assert 0 < times["2"] < 0.2 * len(used)


def test_the_summary_has_the_most_helpful_first_and_says_who_was_given_up():
    used = pulls(
        *[("1", 0.0)] * TRIALS, *[("2", 0.5), ("2", 0.25), ("2", 0.0)] * 2, (PLAIN, 0.1)
    )
    rows = tallies([advice(1), advice(2), advice(7)], used, step=20, most=2)
    assert [row.name for row in rows] == ["2", PLAIN, "1"]
    best = rows[0]
    assert (best.uses, best.judged, best.better, best.gain) == (6, 6, 4, 0.5)
    assert [row.living for row in rows] == [True, True, False]
    assert (best.text, rows[1].text) == ("advice 2", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Look at d.\n\tThen p.", "Look at d.\n\tThen p."),
        ("a\x1b[31mb\x00c\u202ed\ud800e", "a [31mb c d e"),
        (f"x\n{BLOCK_START}\ny", "x\n \ny"),
        (
            "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE",
            "SEARCH\na\n \nb\n  REPLACE",
        ),
    ],
)
def test_what_controls_or_marks_is_taken_out_of_a_text(text, expected):
    assert clean(text) == expected


# The proposer.


class World:
    """A population, a model with a script, and the loop's part in small."""

    def __init__(self, said=None, population=None):
        self.said = said or (lambda n: {"title": f"t{n}", "advice": f"advice {n}"})
        self.asked = []
        self.questions = 0
        self.population = population or MemoryPopulation(an_info())
        if population is None:
            self.add(a_program(0, 0.5))
        self.proposer = self.a_proposer()

    def answer(self, prompt, seed):
        self.asked.append(prompt)
        if prompt.template == "guidance":
            self.questions += 1
            return f"```json\n{json.dumps(self.said(self.questions))}\n```"
        return GOOD.replace("{n}", str(len(self.asked)))

    def a_proposer(self):
        parts = {
            "problem": TINY,
            "entry_point": TINY.default_entry_point,
            "asker": Asker(
                router=OneModel(ScriptedModel(self.answer)),
                population=self.population,
                ledger=Ledger(tokens=None, usd=None),
                max_tokens=100,
            ),
            "population": self.population,
        }
        self.guide = GuidingProposer(
            LlmProposer(**parts, settings=LlmSettings(rewrite_share=1.0)),
            **parts,
            settings=GuideSettings(every=EVERY, paragraphs=2),
        )
        return RepairingProposer(
            self.guide, **parts, settings=RepairSettings(share=0.0)
        )

    def add(self, program, living=True):
        moves = [Placement(program=program.id, island=0, living=True)]
        self.population.add(program, moves if living else [])

    def brief(self, step, **changes):
        programs = self.population.living(0)
        best = self.population.best(1)[0]
        view = a_view(programs, recent=self.population.latest(200), best=best)
        return a_brief(programs[:1], step=step, view=view, **changes)

    def propose(self, step, **changes):
        rng = np.random.default_rng(step)
        return asyncio.run(self.proposer.propose(self.brief(step, **changes), rng))

    def resume(self, step):
        rng = np.random.default_rng(step)
        dialogue = self.population.dialogue(step)
        return asyncio.run(self.proposer.resume(self.brief(step), dialogue, rng))

    def conclude(self, outcome, score=None):
        if isinstance(outcome, Rejection):
            self.population.reject(outcome)
            self.guide.observe(outcome)
            return
        program = Program(candidate=outcome, evaluation=an_evaluation(score))
        self.add(program, living=False)
        self.guide.observe(program)

    def step(self, step, score=0.5):
        outcome = self.propose(step)
        self.conclude(outcome, score)
        return outcome

    def roles(self, step):
        return [p.call.role for p in self.population.dialogue(step)]

    @property
    def notes(self):
        return self.population.notes(NoteKind.GUIDANCE)


def test_a_paragraph_is_asked_for_used_and_credited():
    world = World()
    plain = [world.step(step) for step in (1, 2, 3)]
    assert [outcome.note for outcome in plain] == [None] * 3
    assert world.notes == []
    outcome = world.step(4, score=0.25)
    assert world.roles(4) == [ROLE, "proposer"]
    (note,) = world.notes
    assert (note.text, note.step) == ("advice 1", 4)
    # A new one is tried at once; its text stands behind what all prompts share.
    assert outcome.note == note.number
    assert world.asked[-1].system == world.asked[0].system
    assert "advice 1" in world.asked[-1].user
    assert "advice 1" not in world.asked[0].user
    rows = tallies(world.notes, world.guide._window(5), step=5, most=2)
    assert [(r.name, r.uses, r.better, r.gain) for r in rows] == [
        ("0", 1, 1, 0.5),
        (PLAIN, 3, 0, 0.0),
    ]
    assert world.population.dialogue(4)[1].call.note == note.number
    assert world.population.get(outcome.id).candidate.note == note.number


def test_the_question_shows_what_came_of_the_ones_before():
    world = World()
    for step in range(1, 9):
        world.step(step, score=0.25 if step == 4 else 0.6)
    question = [p for p in world.asked if p.template == "guidance"][-1]
    assert world.questions == 2
    assert "| 0 (t1) |" in question.user
    assert "50.00 %" in question.user
    assert "advice 1" in question.user
    assert "| none (no advice) |" in question.user


def test_no_more_compete_than_wanted():
    world = World()
    for step in range(1, 60):
        world.step(step)
    assert len(world.notes) > 4
    names = set(competing(world.notes, world.guide._window(60), step=60, most=2))
    assert len(names) == 3
    assert PLAIN in names


def test_advice_does_not_decide_between_edits_and_rewrites():
    world = World()
    settings = LlmSettings(rewrite_share=0.0)
    world.guide._inner._settings = settings
    operators = set()
    for step in range(1, 8):
        world.propose(step)
        operators.add(world.population.dialogue(step)[-1].call.operator)
        world.guide.observe(a_program(step, 0.5))
    assert world.notes
    assert operators == {Operator.DIFF}


def test_a_step_that_follows_a_direction_gets_no_advice_and_is_no_use_of_any():
    world = World()
    direction = Note(kind=NoteKind.DIRECTION, title="d", text="go", step=1)
    number = world.population.add_note(direction)
    outcome = world.propose(1, note=replace(direction, number=number))
    assert outcome.note == number
    assert world.guide._pulls == {}
    assert pulls_of(world.population) == ({}, -1)


@pytest.mark.parametrize(
    "said",
    [
        {"title": "t", "advice": "x" * 5000},
        {"title": "t\x1b[2J", "advice": f"a\x00b\n{BLOCK_START}\nc <<<<<<< SEARCH"},
    ],
)
def test_what_a_model_writes_is_cut_and_made_harmless(said):
    world = World(said=lambda _: said)
    for step in range(1, 5):
        world.step(step)
    (note,) = world.notes
    assert len(note.text) <= GUIDANCE_CHARS
    shown = world.asked[-1].user
    assert note.text[:20] in shown
    for banned in ("\x00", "\x1b", "<<<<<<<"):
        assert banned not in note.text + note.title
    assert BLOCK_START not in note.text


@pytest.mark.parametrize("said", ["", [], {"title": ""}, {"advice": 5}])
def test_an_answer_without_a_paragraph_costs_one_call_and_nothing_else(said):
    world = World(said=lambda _: said)
    for step in range(1, 7):
        assert world.step(step).note is None
    assert world.notes == []
    assert world.questions == 1
    world.step(7)
    assert world.questions == 2


def test_the_same_paragraph_again_is_no_second_one():
    world = World(said=lambda _: {"title": "t", "advice": "the same"})
    for step in range(1, 15):
        world.step(step)
    assert world.questions > 2
    assert len(world.notes) == 1


def test_a_failed_call_says_nothing_about_advice():
    world = World()
    world.step(1)

    def answer(prompt, seed):
        raise ModelCallError("no")

    world.answer = answer
    world.proposer = world.a_proposer()
    outcome = world.propose(2)
    assert outcome.reason is Reason.MODEL_FAILED
    assert 2 in world.guide._pulls
    world.conclude(outcome)
    assert set(world.guide._pulls) == {1}
    assert pulls_of(world.population)[0] == world.guide._pulls


# Restarts.


def test_a_restart_knows_the_same():
    world = World()
    for step in range(1, 30):
        world.step(step, score=0.5 - 0.01 * (step % 4))
    pending = world.propose(30)
    again = World(population=world.population)
    assert again.guide._pulls == world.guide._pulls
    assert again.guide._pulls[30].gain is None
    assert again.guide._asked == world.guide._asked
    assert again.resume(30) == pending
    again.conclude(pending, 0.4)
    world.guide.observe(world.population.get(pending.id))
    assert again.guide._pulls == world.guide._pulls
    one, other = (
        competing(w.notes, w.guide._window(31), step=31, most=2) for w in (world, again)
    )
    assert one == other
    assert len(one) == 3


def test_a_paragraph_that_was_answered_before_a_kill_is_kept_and_not_asked_again():
    world = World()
    for step in (1, 2, 3):
        world.step(step)
    brief = world.brief(4)
    ask = world.guide._prompt(brief, world.guide._window(4))
    asyncio.run(
        world.guide._asker.ask(question(brief, ROLE, ask), np.random.default_rng(0))
    )
    assert world.notes == []
    again = World(population=world.population)
    outcome = again.resume(4)
    assert again.questions == 0
    assert outcome.note == again.notes[0].number
    assert again.roles(4) == [ROLE, "proposer"]
    third = World(population=world.population)
    assert third.resume(4) == outcome
    assert third.asked == []
    assert len(third.notes) == 1


def test_a_call_that_was_cut_off_after_the_answer_fails_its_step_and_keeps_the_note():
    world = World()
    for step in (1, 2, 3):
        world.step(step)
    brief = world.brief(4)
    prompt = world.guide._prompt(brief, world.guide._window(4))
    asyncio.run(
        world.guide._asker.ask(question(brief, ROLE, prompt), np.random.default_rng(0))
    )
    world.population.record_call(
        Call(
            step=4,
            turn=1,
            model="scripted",
            prompt=prompt,
            operator=Operator.REWRITE,
            island=0,
            parents=(brief.parents[0].id,),
            reserved_tokens=1,
            reserved_usd=None,
        )
    )
    again = World(population=world.population)
    outcome = again.resume(4)
    assert outcome.reason is Reason.MODEL_FAILED
    assert len(again.notes) == 1
    assert again.asked == []
    again.conclude(outcome)
    assert again.guide._pulls == pulls_of(again.population)[0]
    assert set(again.guide._pulls) == {1, 2, 3}
