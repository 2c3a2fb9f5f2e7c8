"""Every reply is understood or counted as one kind of error, whatever it holds."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from problems.benchmark import Reply, ToolCall
from problems.calconflict.parse import FATAL, FLAWS, Bounds, read
from tests.unit.problems.calconflict.playing import BENCHMARK, accept, changed

EVENTS = ("E1", "E2", "E3")
BOUNDS = Bounds(items=3, chars=20)
VALID = {
    "accept": "E2",
    "ranking": ["E2", "E1", "E3"],
    "reason": "Family goes first.",
    "memory": ["family first", "no late meetings"],
}


def said(text, bounds=BOUNDS, **more):
    return read(Reply(text=text, **more), EVENTS, bounds)


def but(**changes):
    return json.dumps(VALID | changes)


def without(name):
    return json.dumps({key: one for key, one in VALID.items() if key != name})


TEXT = json.dumps(VALID)
NO_DECISION = {
    "failed call": (Reply(failure="no route to host"), "model_failed"),
    "failed call with text": (Reply(text=TEXT, failure="cut"), "model_failed"),
    "nothing": (Reply(), "no_output"),
    "only spaces": (Reply(text=" \n\t"), "no_output"),
    "only a tool call": (
        Reply(calls=(ToolCall(id="1", name="accept", arguments=TEXT),)),
        "no_output",
    ),
    "prose": (Reply(text="I would accept E2."), "parse"),
    "cut in the middle": (Reply(text=TEXT[:30]), "parse"),
    "single quotes": (Reply(text=str(VALID)), "parse"),
    "a list": (Reply(text='["E2", "E1", "E3"]'), "parse"),
    "a string": (Reply(text='"E2"'), "parse"),
    "trailing comma": (Reply(text=TEXT[:-1] + ",}"), "parse"),
    "cut by length": (Reply(text=TEXT[:30], finish_reason="length"), "truncated"),
    "cut after a draft": (
        Reply(text=f"Maybe {TEXT}, but", finish_reason="length"),
        "truncated",
    ),
    "cut before a word": (Reply(finish_reason="length"), "truncated"),
    "filtered": (Reply(finish_reason="content_filter"), "filtered"),
    "no accept": (Reply(text=without("accept")), "schema"),
    "accept is null": (Reply(text=but(accept=None)), "schema"),
    "accept is a number": (Reply(text=but(accept=2)), "schema"),
    "accept is a list": (Reply(text=but(accept=["E2"])), "schema"),
    "no ranking": (Reply(text=without("ranking")), "schema"),
    "ranking is text": (Reply(text=but(ranking="E2, E1, E3")), "schema"),
    "ranking of numbers": (Reply(text=but(ranking=[2, 1, 3])), "schema"),
    "wrapped": (Reply(text=f'{{"answer": {TEXT}}}'), "schema"),
    "another object": (Reply(text='{"answer": "E2"}'), "schema"),
    "unknown event": (Reply(text=but(accept="E4")), "unknown_event"),
    "other case": (Reply(text=but(accept="e2")), "unknown_event"),
    "title for id": (Reply(text=but(accept="Team lunch")), "unknown_event"),
}
FLAWED = {
    "fence": (f"```json\n{TEXT}\n```", "format"),
    "prose before": (f"I take E2.\n{TEXT}", "format"),
    "prose after": (f"{TEXT}\nThat is all.", "format"),
    "thoughts with a draft": (f"<think>{but(accept='E1')}</think>{TEXT}", "format"),
    "braces before": ("{E2} is { best: " + TEXT, "format"),
    "byte order mark": ("\ufeff" + TEXT, "format"),
    "no reason": (without("reason"), "no_reason"),
    "empty reason": (but(reason=" "), "no_reason"),
    "reason is a list": (but(reason=["a"]), "no_reason"),
    "unknown in ranking": (but(ranking=["E2", "E1", "E4"]), "unknown_in_ranking"),
    "invented one more": (but(ranking=["E2", "E1", "E3", "E4"]), "unknown_in_ranking"),
    "twice": (but(ranking=["E2", "E1", "E3", "E1"]), "duplicate_in_ranking"),
    "missing": (but(ranking=["E2", "E1"]), "missing_in_ranking"),
    "empty ranking": (but(ranking=[]), "missing_in_ranking"),
    "other order": (but(ranking=["E1", "E2", "E3"]), "accept_not_first"),
    "memory is text": (but(memory="family first"), "memory"),
    "memory of numbers": (but(memory=[1]), "memory"),
    "memory is null": (but(memory=None), "memory"),
    "too many notes": (but(memory=list("abcd")), "memory_cut"),
    "too long a note": (but(memory=["x" * 21]), "memory_cut"),
}


def test_the_valid_answer_has_no_flaw():
    found = said(f"\n {TEXT}\n")
    assert found.errors == ()
    assert found.accept == "E2"
    assert found.ranking == ("E2", "E1", "E3")
    assert found.reason == "Family goes first."
    assert found.memory == ("family first", "no late meetings")


@pytest.mark.parametrize("name", NO_DECISION)
def test_one_corruption_that_leaves_no_decision_has_one_code(name):
    reply, code = NO_DECISION[name]
    found = read(reply, EVENTS, BOUNDS)
    assert found.errors == (code,)
    assert found.accept is None
    assert found.ranking is None
    assert found.memory is None


@pytest.mark.parametrize("name", FLAWED)
def test_one_flaw_has_one_code_and_the_decision_stands(name):
    text, code = FLAWED[name]
    found = said(text)
    assert found.errors == (code,)
    assert found.accept == "E2"
    assert (found.ranking is None) == (code.endswith("_in_ranking")), (
        "an order of all events is usable"
    )


def test_every_kind_of_error_is_among_the_mutations():
    codes = {code for _, code in [*NO_DECISION.values(), *FLAWED.values()]}
    assert codes == {*FATAL, *FLAWS}


def test_a_whole_answer_counts_however_it_ended():
    assert said(TEXT, finish_reason="length").errors == ()


def test_the_last_answer_counts():
    assert said(f"{but(accept='E1')} No: {TEXT} (sure)").accept == "E2"


def test_memory_is_bounded_and_ignored_where_none_is_kept():
    found = said(but(memory=["x" * 30, " a\nb\0c ", "", "d"]))
    assert found.memory == ("x" * 20, "a b c")
    assert said(but(memory="nonsense"), bounds=None).errors == ()
    assert said(TEXT, bounds=None).memory is None
    assert said(without("memory")).memory is None


def test_what_is_kept_of_a_reply_fits_every_store():
    found = said(but(reason="a\0\ud800\u2028b" + "c" * 9999))
    assert found.reason.startswith("a b")
    assert len(found.reason) <= 1000
    found.reason.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "{" * 1_000_000,
        '{"a":' * 200_000,
        "[" * 200_000,
        '{"accept":' + "[" * 100_000,
        '{"accept": "E2", "ranking": [' + "9" * 100_000 + "]}",
        ('{"a":[' + "1," * 100) * 5000,
        '{"' * 300_000,
        '{"a' * 300_000,
        "x" * 5_000_000,
        '{"accept": NaN, "ranking": Infinity}',
    ],
    ids=range(10),
)
def test_replies_made_to_be_slow_are_cheap(text):
    begin = time.process_time()
    found = said(text)
    assert time.process_time() - begin < 3
    assert found.accept is None
    assert found.errors[0] in {"parse", "schema"}


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["E1", "E2", "E9", "", "accept", "\ud800", "\0", 10**400])
    | st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def malformed(draw):
    """A reply that is close to an answer, or far from one."""
    content = dict(VALID)
    for key in draw(st.lists(st.sampled_from([*VALID, "extra"]), max_size=2)):
        if draw(st.booleans()):
            content.pop(key, None)
        else:
            content[key] = draw(values)
    text = json.dumps(content)
    start = draw(st.integers(0, 20))
    end = draw(st.integers(0, 20))
    frames = (
        lambda: text,
        lambda: text[start : len(text) - end],
        lambda: f"```json\n{text}\n```",
        lambda: draw(st.text(max_size=20)) + text + draw(st.text(max_size=20)),
        lambda: text * 2,
        lambda: json.dumps(text),
        lambda: text.replace(draw(st.sampled_from('{}[]",:')), draw(st.text())),
        lambda: draw(st.text()),
        lambda: json.dumps(draw(values)),
    )
    return Reply(
        text=draw(st.sampled_from(frames))(),
        finish_reason=draw(
            st.sampled_from(["stop", "length", "content_filter", "tool_calls", ""])
        ),
        failure=draw(st.sampled_from(["", "", "", "timeout"])),
    )


SETTINGS = changed(users=1, rounds=4, drifts=0, memory=True)
SAMPLE = BENCHMARK.samples(SETTINGS)[0]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(malformed(), st.integers(0, 3))
def test_no_reply_breaks_a_year_and_each_is_counted(reply, place):
    dialogue = BENCHMARK.start(SAMPLE, SETTINGS)
    for number in range(4):
        question = dialogue.question()
        assert dialogue.question() == question
        dialogue.answer(reply if number == place else accept(question))
    assert dialogue.question() is None
    outcome = dialogue.outcome()
    json.dumps(outcome.parsed, allow_nan=False, ensure_ascii=False).encode("utf-8")
    assert set(outcome.errors) <= {*FATAL, *FLAWS}
    lost = sum(one["accept"] is None for one in outcome.parsed)
    assert lost == sum(outcome.errors.get(code, 0) for code in FATAL)
    assert outcome.measures["valid"] == 4 - lost
    assert lost <= outcome.measures["errors"] <= outcome.measures["strict_errors"]
    for one in outcome.parsed:
        assert one["accept"] is not None or len(one["errors"]) == 1
        assert one["ranking"] is None or len(one["ranking"]) == len(set(one["ranking"]))
