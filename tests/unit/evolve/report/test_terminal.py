import io

import pytest
from rich.console import Console

from evolve.report.terminal import show
from tests.unit.evolve.report.example import (
    all_equal,
    empty,
    example,
    hostile,
    one_program,
    only_failures,
)


def shown(report, width=100, **more):
    file = io.StringIO()
    show(report, Console(file=file, width=width, **more))
    return file.getvalue()


def test_the_end_of_a_run_says_what_was_found():
    text = shown(example())
    for words in (
        "better than ATC (the strongest baseline)",
        "champion",
        "COVERT",
        "test n30",
        "gaps to the proven optimum",
        "+ test: better than ATC by",
        "def priority(job, state):",
        "runs/smtt-evening/report.html",
        "next: heuresis export runs/smtt-evening -o rule.py",
        "14 calls not reported",
    ):
        assert words in text


@pytest.mark.parametrize("width", [40, 80])
def test_narrow_terminals_lose_nothing_that_must_be_typed(width):
    assert "heuresis export runs/smtt-evening -o rule.py" in shown(example(), width)


@pytest.mark.parametrize(
    "report",
    [empty(), one_program(), only_failures(), all_equal()],
    ids=["empty", "one", "failures", "equal"],
)
def test_edge_cases_can_be_shown(report):
    assert "candidate" in shown(report)


def test_nothing_in_a_run_can_steer_the_terminal():
    text = shown(hostile("\x1b[2J[bold]x[/nope]\x07\u202e"))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\\x1b[2J[bold]x[/nope]" in text


def test_a_long_rule_is_cut():
    assert "more lines" in shown(hostile("a\n" * 80))
