from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.base import Status
from evaluators.statistics import Estimate
from evolve.records import Spent
from evolve.report.records import SplitFacts, Standing
from evolve.report.text import (
    dollars,
    duration,
    headline,
    interval,
    known_cost,
    main_claim,
    one_line,
    percent,
    ranked,
    reference_name,
    short_percent,
    shortened,
    spent_dollars,
    standing_text,
    visible,
)
from problems.base import Split
from tests.unit.evolve.report.example import empty, example, only_failures


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (None, "not evaluated"),
        (0.0, "0 %"),
        (0.0232, "2.32 %"),
        (-0.0232, "−2.32 %"),  # noqa: RUF001
        (0.123, "12.3 %"),
        (3.2, "320 %"),
        (0.00012, "0.012 %"),
        (-1e-9, "0.000 %"),
        (0.0999999, "10.0 %"),
    ],
)
def test_percent_keeps_about_three_digits(fraction, text):
    assert percent(fraction).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "10 %"), (0.005, "0.5 %"), (0, "0 %")]
)
def test_axis_labels_have_no_spare_digits(value, text):
    assert short_percent(value).replace("\N{NO-BREAK SPACE}", " ") == text


def test_hidden_characters_become_visible():
    assert visible("a\x1b[31m\x00\u202e\ud800\u2028b") == (
        "a\\x1b[31m\\x00\\u202e\\ud800\\u2028b"
    )
    assert visible("tab\tnew\nline é 漢") == "tab\tnew\nline é 漢"


@given(st.text())
def test_visible_text_can_be_written_and_steers_no_terminal(text):
    shown = visible(text)
    shown.encode()
    assert all(char.isprintable() or char in "\n\t" or char.isspace() for char in shown)


@given(st.text(max_size=400))
def test_one_line_is_one_short_line(text):
    line = one_line(text, 50)
    assert len(line) <= 50
    assert len(line.splitlines()) <= 1


def test_long_lines_are_cut_and_say_so():
    assert shortened("x" * 100_000) == "x" * 2000 + " … 98000 more characters"
    assert shortened("short\n") == "short\n"


def test_unknown_cost_is_not_zero():
    assert dollars(None, 14, 14) == "not reported (14 calls)"
    assert dollars(1.23, 20, 14) == "$1.23 + 14 calls not reported"
    assert dollars(0.5, 3, 0) == "$0.5000"
    assert dollars(0.0, 0, 0) == "no model calls"
    assert spent_dollars(Spent(calls=2, unpriced_calls=2)) == "not reported (2 calls)"
    assert known_cost(Spent(calls=2, unpriced_calls=2)) is None
    assert known_cost(Spent()) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.2, "1.2 s"), (600, "10.0 min"), (9000, "2.5 h")]
)
def test_duration_has_a_unit(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("proved", "text"),
    [
        (10, "the proven optimum"),
        (0, "the best known value or bound (none proven optimal)"),
        (7, "the best known value or bound (7 of 10 proven optimal)"),
    ],
)
def test_a_gap_names_its_reference(proved, text):
    assert reference_name(SplitFacts(instances=10, proved=proved)) == text


def test_a_gap_of_unknown_reference_does_not_claim_one():
    assert reference_name(None) == "the reference"


def test_a_missing_gap_says_why():
    line = Standing(name="x", failed={Split.OOD: Status.TIMEOUT_CPU})
    assert standing_text(line, Split.OOD) == "failed: timeout_cpu"
    assert standing_text(line, Split.TEST) == "not evaluated"
    assert interval(Estimate(value=0.1, interval=None, n=1)) == ""


def test_failed_baselines_rank_last():
    failed = Standing(name="A", failed={Split.TEST: Status.ERROR})
    report = example()
    names = [line.name for line in ranked([failed, *report.baselines])]
    gaps = [line.overall[Split.TEST].value for line in ranked(report.baselines)]
    assert names[-1] == "A"
    assert gaps == sorted(gaps)


def test_the_headline_is_about_the_strongest_baseline():
    report = example()
    assert main_claim(report).against == ranked(report.baselines)[0].name
    first, second = headline(report)
    assert "proven optimum" in first
    assert "120 unseen test instances" in first
    assert second.startswith(
        "On test it is better than ATC (the strongest baseline) by"
    )


def test_the_headline_without_a_test_says_so():
    report = example()
    train_only = {Split.TRAIN: report.champion.overall[Split.TRAIN]}
    champion = replace(report.champion, overall=train_only)
    (text,) = headline(replace(report, champion=champion, claims=()))
    assert "48 train instances" in text
    assert "not evaluated on test" in text


def test_the_headline_of_a_run_without_result():
    assert headline(empty()) == ["No program has been judged."]
    assert headline(only_failures()) == [
        "No valid program: 40 programs, 20 error, 20 memory."
    ]
