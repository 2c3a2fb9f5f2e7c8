"""The question of calconflict. After a wanted change: HEURESIS_GOLDEN=write pytest."""

import pytest

from prompts import render
from tests.golden.test_glia_prompts import FOLDER, check
from tests.unit.problems.calconflict.playing import BENCHMARK, accept, changed

NOTES = ["family before work", "prefers the morning"]


def prompt(rounds, **changes):
    settings = changed(users=1, rounds=20, **changes)
    dialogue = BENCHMARK.start(BENCHMARK.samples(settings)[0], settings)
    for _ in range(rounds):
        dialogue.answer(accept(dialogue.question(), memory=NOTES))
    question = dialogue.question()
    found = render(question.template, **question.values)
    return f"{found.system}\n\n======== user\n\n{found.user}\n"


def test_the_prompt_is_the_one_that_was_reviewed():
    check(FOLDER / "calconflict.md", prompt(3, memory=True))


@pytest.mark.parametrize("history", ["full", "last_n", "none"])
@pytest.mark.parametrize("feedback", ["gold", "binary"])
@pytest.mark.parametrize("memory", [True, False])
def test_each_protocol_tells_what_it_should(history, feedback, memory):
    text = prompt(3, history=history, feedback=feedback, memory=memory, last_n=2)
    shown = {"full": 3, "last_n": 2, "none": int(memory)}[history]
    assert text.count("You accepted E1: ") == shown
    assert text.count("attended E") == (shown if feedback == "gold" else 0)
    assert ("# Earlier rounds" in text) == (shown > 0)
    assert ("# Your notes\n\n- family before work\n" in text) == memory
    assert ('"memory"' in text) == memory
    assert "\n\n\n" not in text
    assert "# Round 4 of 20, 2027-02-25" in text
