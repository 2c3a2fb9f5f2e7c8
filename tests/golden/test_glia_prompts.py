"""Prompts of a session. After a wanted change: HEURESIS_GOLDEN=write pytest."""

import os
from pathlib import Path

import pytest

from evolve.agents.glia.tools import TOOLS
from evolve.records import Note, NoteKind
from problems.base import BLOCK_END, BLOCK_START
from prompts import render
from tests.fakes.tiny_problem import TINY
from tests.golden.test_prompts import LENDER, OTHER, PARENT

FOLDER = Path(__file__).parent / "prompts"
NOTES = (
    Note(kind=NoteKind.HINT, title="use the clock", text="t", number=3),
    Note(kind=NoteKind.SKILL, title="+max +time: helped", text="t", number=4),
)


@pytest.mark.parametrize("name", ["researcher", "supervisor"])
def test_the_prompt_is_the_one_that_was_reviewed(name):
    prompt = render(
        name,
        problem=TINY,
        entry_point=TINY.default_entry_point,
        block_start=BLOCK_START,
        block_end=BLOCK_END,
        turns=24,
        source_chars=1000,
        notes=NOTES,
        parent=PARENT,
        other=LENDER,
        best=OTHER,
        report="After answer 1 of 24:\n\nI think.\n\n[calls evaluate]",
    )
    text = f"{prompt.system}\n\n======== user\n\n{prompt.user}\n"
    check(FOLDER / f"{name}.md", text)


def test_the_tools_are_the_ones_that_were_reviewed():
    lines = [f"{t.name}: {t.doc}\n{t.parameters}\n" for t in TOOLS]
    check(FOLDER / "researcher_tools.md", "\n".join(lines))


def check(path, text):
    if os.environ.get("HEURESIS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
