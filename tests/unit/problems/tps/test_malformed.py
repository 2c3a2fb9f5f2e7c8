"""Whatever a model writes, a sample goes on or ends, and the error is counted."""

import json
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.benchmark import Reply, ToolCall
from problems.tps.benchmark import BENCHMARK
from problems.tps.dialogue import ERRORS
from problems.tps.parse import Said, is_call, read_choice, tolerance
from problems.tps.repository import tools
from tests.unit.problems.tps.playing import SETTINGS, calling, play, samples, saying

GOOD = ["maps__haul", "maps__nearest_city", "units__add_days"]
PLAN = json.dumps({"tools": GOOD})
VALID = json.dumps({"date": "2031-01-01", "days": 3})
SCRAPS = [
    "",
    " ",
    "{",
    "}",
    "[]",
    "null",
    "true",
    "3",
    '"x"',
    "NaN",
    "\x00",
    "```",
    "\ud800",
]


def malformed_plans():
    yield from (PLAN[:k] for k in range(len(PLAN)))
    yield from SCRAPS
    yield from (json.dumps({"tools": v}) for v in (None, 1, "a", {}, [1], [[]], [{}]))
    yield from (json.dumps(v) for v in ([None], {"tool": GOOD}, {"tools": []}))
    yield from ("[" * 40_000, '{"tools":' * 9_000, "{" * 200_000, "9" * 200_000)


def malformed_arguments():
    yield from (VALID[:k] for k in range(1, len(VALID)))
    yield from (scrap for scrap in SCRAPS if scrap)
    for value in ("true", "null", '"3"', "[]", "{}", "2.5", "NaN", "1e400", "1e16"):
        yield VALID.replace("3}", value + "}")
        yield VALID.replace('"2031-01-01"', value)
    yield from ('{"a":' * 3_000, "[" * 15_000, VALID.replace("3}", "9" * 6_000))
    for position in range(len(VALID)):
        for junk in ("{", "\\", "'"):
            if junk != VALID[position]:
                yield VALID[:position] + junk + VALID[position + 1 :]


PLANS, ARGUMENTS = sorted(set(malformed_plans())), sorted(set(malformed_arguments()))


def test_there_are_300_kinds_of_malformed_output():
    assert len(PLANS) + len(ARGUMENTS) + len(WRAPPED) >= 300


def test_malformed_choices_are_counted_as_such():
    for text in PLANS:
        outcome = play(samples()[0], saying(Reply(text=text), Reply(text="x")))
        kinds = set(outcome.errors)
        assert kinds & {"plan_unreadable", "plan_loose", "plan_unknown_tool"}, text
        assert set(outcome.parsed["tools"]) <= set(GOOD)


def test_malformed_arguments_are_counted_as_such():
    calls = [("units__add_days", text) for text in ARGUMENTS]
    dialogue = BENCHMARK.start(samples()[0], SETTINGS | {"calls_per_turn": 1000})
    dialogue.answer(Reply(text=PLAN))
    dialogue.answer(calling(*calls))
    results = dialogue.question().results
    assert len(results) == len(calls)
    errors = dialogue.outcome().errors
    wrong = errors.get("tool_refused", 0)
    assert errors["bad_arguments"] + wrong == len(calls)
    assert wrong < len(calls) / 4
    assert all("error" in json.loads(text) for _, text in results)


WRAPPED = [
    f"{before}{PLAN}{after}"
    for before in (
        "",
        "Sure!\n",
        "```json\n",
        "<think>{a}</think>",
        '{"x": 1}\n',
        "[1]",
    )
    for after in (
        "",
        "\n```",
        "\nGood luck!",
        " {",
        " [",
        "}",
        "\n{}",
        " []",
        "\0",
        "…",
    )
]


@pytest.mark.parametrize("text", WRAPPED[1:])
def test_a_choice_inside_other_text_is_found_and_counted_as_loose(text):
    choice = read_choice(text, tools(), 10)
    assert choice.names == tuple(GOOD) or "[]" in text
    assert "plan_loose" in choice.errors or choice.errors == {"plan_unreadable": 1}


def test_a_list_is_a_choice_too():
    assert read_choice(json.dumps(GOOD), tools(), 10).names == tuple(GOOD)
    assert read_choice(PLAN, tools(), 10).errors == {}


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("The answer is 1,234,567.", 1234567, True),
        ("1234567 people", 1234567, True),
        ("12345678", 1234567, False),
        ("3.14", 3.14, True),
        ("3.14159", 3.14, True),
        ("3.2", 3.14, False),
        ("-7 degrees", -7, True),
        ("\u22127 degrees", -7, True),
        ("7 degrees", -7, False),
        ("from 3-7", 7, True),
        ("rate 0.9929", 0.9929, True),
        ("rate 0.99", 0.9929, False),
        ("25.", 25, True),
        ("**VERITH**", "Verith", True),
        ("Verithson", "Verith", False),
        ("Ilvo\n  Darran", "Ilvo Darran", True),
        ("at 09:05", "09:05", True),
        ("/srv/a/001.dat", "/srv/a/001.dat", True),
        ("", 0.5, False),
    ],
)
def test_values_are_found_in_answers(text, value, holds):
    assert Said(text).holds(value) is holds


def test_numbers_may_be_rounded_a_little():
    assert tolerance(100) < 1e-8
    assert tolerance(100.5) == pytest.approx(0.005)
    assert tolerance(0.5) == pytest.approx(0.0005, rel=1e-5)


def test_calls_written_as_text_are_told_apart_from_answers():
    assert is_call('```json\n{"name": "a", "arguments": {}}\n```')
    assert not is_call("arguments: none")
    assert not is_call("[" * 100_000)


names = st.one_of(st.sampled_from([*GOOD, "maps__drive", ""]), st.text(max_size=9))
scraps = st.one_of(
    st.sampled_from([VALID, PLAN, *SCRAPS]),
    st.text(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["date", "days", "city"]), inner)
        ),
        max_leaves=6,
    ).map(json.dumps),
)
replies = st.builds(
    Reply,
    text=st.one_of(scraps, st.just(PLAN)),
    calls=st.lists(
        st.builds(ToolCall, id=st.text(max_size=3), name=names, arguments=scraps),
        max_size=4,
    ).map(tuple),
    finish_reason=st.sampled_from(["stop", "length", "", "tool_calls"]),
    failure=st.sampled_from(["", "", "", "", "timeout"]),
    completion_tokens=st.integers(0, 99),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(replies, max_size=9))
def test_no_reply_breaks_a_sample(said):
    dialogue = BENCHMARK.start(samples()[5], SETTINGS | {"max_turns": 3})
    asked = 0
    for reply in [Reply(text=PLAN), *said]:
        if dialogue.question() is None:
            break
        asked += 1
        dialogue.answer(reply)
    assert asked <= 5
    outcome = dialogue.outcome()
    assert set(outcome.errors) <= set(ERRORS)
    assert all(isfinite(value) for value in outcome.measures.values())
    assert 0 <= outcome.correct <= 1
    json.dumps(outcome.parsed)
