"""Prompts as they are sent. After a wanted change: HEURESIS_GOLDEN=write pytest."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from evaluators.base import InstanceVerdict, Status
from evolve.agents.directions import Followed
from evolve.agents.guidance import PLAIN, Tally
from evolve.agents.guiding import GuideSettings, guidance_prompt
from evolve.agents.noting import situation
from evolve.llm.prompting import (
    PromptLimits,
    Question,
    build_prompt,
    task_context,
)
from evolve.population.memory import MemoryPopulation
from evolve.records import Note, NoteKind, Operator
from prompts import render
from tests.fakes.briefs import a_view
from tests.fakes.records import a_program, an_evaluation, an_info
from tests.fakes.tiny_problem import SPT, TINY

FOLDER = Path(__file__).parent / "prompts"


def verdicts(*gaps):
    return tuple(
        InstanceVerdict(instance=f"t{i}", status=Status.OK, objective=100 + i, gap=gap)
        for i, gap in enumerate(gaps)
    )


PARENT = a_program(
    1,
    source=SPT,
    evaluation=an_evaluation(
        0.1234, verdicts=verdicts(0.01, 0.5, None, 0.25), message="t1 is the worst"
    ),
)
LENDER = a_program(
    2,
    source=SPT.replace("return p", "return -p"),
    evaluation=an_evaluation(0.2, verdicts=verdicts(0.2)),
)
OTHER = a_program(
    3,
    source=SPT.replace("return p", 'return "```" and p'),
    evaluation=an_evaluation(0.05, verdicts=()),
)
FAILED = a_program(
    4,
    source=SPT.replace("return p", "return q"),
    evaluation=an_evaluation(None, message="NameError: name 'q' is not defined\n```"),
)


@pytest.mark.parametrize(
    ("operator", "parents"),
    [
        (Operator.DIFF, (PARENT,)),
        (Operator.REWRITE, (PARENT,)),
        (Operator.CROSSOVER, (PARENT, LENDER)),
    ],
)
def test_the_prompt_is_the_one_that_was_reviewed(operator, parents):
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=operator,
            parents=parents,
            inspirations=(OTHER,),
            failures=(FAILED,),
            limits=PromptLimits(instances=3),
        )
    )
    text = f"{prompt.system}\n\n======== user\n\n{prompt.user}\n"
    check(prompt.template, text)


def test_a_program_of_several_files_is_shown_with_them():
    source = SPT.replace("return p", "return weigh(p)").replace(
        "def priority", "from rules import weigh\n\n\ndef priority"
    )
    source += "# FILE rules.py\ndef weigh(p):\n    return p\n"
    program = a_program(1, source=source, evaluation=an_evaluation(0.1))
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=Operator.DIFF,
            parents=(program,),
            inspirations=(program,),
            limits=PromptLimits(instances=0),
        )
    )
    assert prompt.user.count("# FILE rules.py\ndef weigh(p):") == 2
    check("files", prompt.user + "\n")
    crossed = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=Operator.CROSSOVER,
            parents=(PARENT, program),
            limits=PromptLimits(),
        )
    )
    assert "helper files of the second program are not there" in crossed.user


def test_a_prompt_with_everything_is_the_one_that_was_reviewed():
    notes = (
        Note(kind=NoteKind.HINT, title="short", text="Keep it short.", number=0),
        Note(kind=NoteKind.INSIGHT, title="Late jobs\nmatter", text="…", number=1),
        Note(kind=NoteKind.DIRECTION, title="Look ahead", text="Two jobs.", number=2),
    )
    numbers = {f"t{i}": {"jobs": 3.0 + i, "load": 0.123456} for i in range(4)}
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=Operator.REWRITE,
            parents=(PARENT,),
            inspirations=(LENDER,),
            siblings=("- gap 12.00 %, better: a", "- failed (error): b"),
            notes=notes,
            direction=notes[2],
            numbers=numbers,
            limits=PromptLimits(instances=3),
        )
    )
    check("everything", f"{prompt.user}\n")


def test_a_prompt_with_advice_is_the_one_that_was_reviewed():
    advice = Note(
        kind=NoteKind.GUIDANCE, title="t", text="Look at late jobs.\n```\n", number=3
    )
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=Operator.DIFF,
            parents=(PARENT,),
            inspirations=(LENDER,),
            notes=(advice,),
            guidance=advice,
            limits=PromptLimits(instances=1),
        )
    )
    check("advised", f"{prompt.user}\n")


def situated():
    return situation(
        a_view(
            (PARENT,),
            recent=[PARENT, replace_operator(LENDER), FAILED],
            best=PARENT,
        ),
        noted(),
        best=2,
        limits=PromptLimits(instances=1),
        numbers={},
    )


def noted():
    population = MemoryPopulation(an_info())
    population.add(PARENT)
    population.add_note(Note(kind=NoteKind.HINT, title="short", text="Keep it short."))
    return population


def replace_operator(program):
    candidate = replace(
        program.candidate, operator=Operator.REWRITE, parents=(PARENT.id,)
    )
    return replace(program, candidate=candidate)


def test_the_question_for_directions_is_the_one_that_was_reviewed():
    prompt = render(
        "directions",
        **task_context(TINY, TINY.default_entry_point, PromptLimits()),
        **situated(),
        window=40,
        past=[Followed(title="Look\nahead", uses=2, gain=0.25)],
        count=3,
    )
    check("directions", f"{prompt.user}\n")


def test_the_question_for_advice_is_the_one_that_was_reviewed():
    def row(name, reward):
        return Tally(
            name=name,
            title=f"title {name}",
            text=f"Advice {name}.\n```",
            uses=4,
            judged=3,
            better=2,
            gain=0.125,
            reward=reward,
            living=reward > 0.3,
        )

    prompt = guidance_prompt(
        TINY,
        TINY.default_entry_point,
        GuideSettings(shown=1),
        [row("4", 0.75), row(PLAIN, 0.5), row("2", 0.4), row("3", 0.125)],
        situated(),
    )
    check("guidance", f"{prompt.user}\n")


def test_a_repair_is_the_one_that_was_reviewed():
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=Operator.REPAIR,
            parents=(FAILED,),
            origin=PARENT,
            attempts=1,
            limits=PromptLimits(instances=2),
        )
    )
    check("repair", f"{prompt.user}\n")


def check(name, text):
    path = FOLDER / f"{name}.md"
    if os.environ.get("HEURESIS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
