"""Questions of benchmarks as they are sent. To write them: HEURESIS_GOLDEN=write."""

import os
from pathlib import Path

import pytest

from problems.benchmark import Reply, ToolCall, settings_of
from problems.tps.benchmark import BENCHMARK
from prompts import render

FOLDER = Path(__file__).parent / "prompts"


def tps_questions():
    """Every kind of question of the first hard task, whose calls end after one turn."""
    settings = settings_of(BENCHMARK.profile, {"easy": 0, "hard": 1, "max_turns": 1})
    dialogue = BENCHMARK.start(BENCHMARK.samples(settings)[0], settings)
    yield dialogue.question()
    dialogue.answer(Reply(text='{"tools": ["units__weekday"]}'))
    yield dialogue.question()
    call = ToolCall(id="a", name="units__weekday", arguments='{"date": "2031-05-01"}')
    dialogue.answer(Reply(calls=(call,)))
    yield dialogue.question()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_question_of_tps_is_the_one_that_was_reviewed(number):
    question = list(tps_questions())[number]
    prompt = render(question.template, **question.values)
    text = f"{prompt.system}\n\n======== user\n\n{prompt.user}\n"
    for tool in question.tools:
        text += f"\n======== tool {tool.name}\n\n{tool.doc}\n{tool.parameters}\n"
    for name, result in question.results:
        text += f"\n======== result {name}\n\n{result}\n"
    check(question.template.replace("/", "_"), text)


def check(name, text):
    path = FOLDER / f"{name}.md"
    if os.environ.get("HEURESIS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
