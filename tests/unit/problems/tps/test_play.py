import json
from dataclasses import replace
from math import comb
from random import Random

import pytest

from problems.benchmark import Outcome, Reply, ToolCall
from problems.errors import ConfigError
from problems.intervals import wilson
from problems.tps.benchmark import BENCHMARK
from problems.tps.dialogue import CLOSE, ERRORS, PLAN, WORK
from problems.tps.metrics import mean, summarise
from problems.tps.records import key_from_data
from tests.unit.problems.tps.playing import (
    SETTINGS,
    baseline,
    calling,
    play,
    samples,
    saying,
)


def sample_of(group, index):
    return next(s for s in samples() if s.id == f"{group}-{index:03d}")


def linked(group="easy"):
    """A sample of the group with a dependency, and its key."""
    for sample in samples():
        key = key_from_data(sample.secret)
        if sample.group == group and any(one.refs for one in key.subtasks):
            return sample, key
    raise AssertionError


def call_of(one):
    return (one.tools[0], json.dumps(one.args))


def choosing(key):
    tools = list(dict.fromkeys(one.tools[0] for one in key.subtasks))
    return Reply(text=json.dumps({"tools": tools}))


SAMPLES = [*range(0, 100, 5), *range(100, 200, 3)]


def test_the_oracle_is_perfect_in_as_many_turns_as_the_longest_chain():
    for sample in (samples()[k] for k in SAMPLES):
        measures = baseline(sample, "oracle").measures
        assert measures["completion"] == measures["strict"] == 1
        assert measures["eta"] == 1
        assert measures["turns"] == sample.secret["depth"]
        assert measures["tool_s"] == sample.secret["plan_ms"] / 1000
        assert measures["eta_path"] <= 1
        assert measures.get("parallelism", 1) == 1
        assert measures["precision"] == measures["recall"] == measures["f1"] == 1


def test_one_call_in_a_turn_takes_the_sum_of_all_latencies():
    for sample in (samples()[k] for k in SAMPLES[::2]):
        measures = baseline(sample, "oracle_serial").measures
        n = len(sample.secret["subtasks"])
        assert measures["completion"] == 1
        assert measures["turns"] == measures["calls"] == n
        assert measures["tool_s"] == measures["serial_s"]
        assert measures["serial_s"] == sample.secret["serial_ms"] / 1000
        assert measures.get("parallelism", 0) == 0


def test_all_at_once_does_what_depends_on_nothing():
    for sample in (samples()[k] for k in SAMPLES):
        outcome = baseline(sample, "all_at_once")
        subtasks = key_from_data(sample.secret).subtasks
        roots = sum(not one.refs for one in subtasks)
        assert outcome.correct == roots / len(subtasks)
        assert outcome.measures["turns"] == 1
        assert outcome.measures["dependency_violations"] == len(subtasks) - roots


def test_random_tools_are_as_good_as_ten_drawn_tools_are():
    outcomes, expected = [], []
    for sample in samples():
        dialogue = BENCHMARK.start(sample, SETTINGS)
        random = BENCHMARK.baselines["random"].play(sample, 0)
        dialogue.answer(random(dialogue.question()))
        outcomes.append(dialogue.outcome())
        needs = {one.tools for one in key_from_data(sample.secret).subtasks}
        missed = [comb(141 - len(n), 10) / comb(141, 10) for n in needs]
        expected.append(1 - sum(missed) / len(missed))
    recall = summarise(outcomes).metrics["recall"]
    assert recall.low < sum(expected) / len(expected) < recall.high


def test_random_calls_do_nothing_but_are_made():
    outcomes = [baseline(sample, "random") for sample in samples()[::10]]
    assert summarise(outcomes).metrics["completion"].value < 0.02
    assert {outcome.measures["turns"] for outcome in outcomes} == {3}
    assert {outcome.measures["calls"] for outcome in outcomes} == {24}
    assert outcomes[0] != baseline(samples()[0], "random", seed=1)
    assert outcomes[0] == baseline(samples()[0], "random")


def test_the_questions_are_plan_then_work_then_results():
    sample, key = linked()
    dialogue = BENCHMARK.start(sample, SETTINGS)
    plan = dialogue.question()
    assert (plan.template, plan.fresh, plan.tools) == (PLAN, True, ())
    assert sum(len(server["tools"]) for server in plan.values["servers"]) == 141
    assert plan == dialogue.question()
    dialogue.answer(choosing(key))
    work = dialogue.question()
    assert (work.template, work.fresh) == (WORK, True)
    assert {tool.name for tool in work.tools} == {o.tools[0] for o in key.subtasks}
    dialogue.answer(calling(call_of(key.subtasks[0])))
    results = dialogue.question()
    assert (results.template, results.fresh) == ("", False)
    [(name, text)] = results.results
    assert name == "0"
    assert json.loads(text)[key.subtasks[0].field] == key.subtasks[0].value
    dialogue.answer(Reply(text="done"))
    assert dialogue.question() is None
    before = dialogue.outcome()
    dialogue.answer(Reply(text="more"))
    assert dialogue.outcome() == before


def test_nothing_secret_is_in_a_question():
    sample, key = linked("hard")
    dialogue = BENCHMARK.start(sample, SETTINGS)
    shown = json.dumps(dialogue.question().values)
    dialogue.answer(choosing(key))
    shown += json.dumps(dialogue.question().values)
    for one in key.subtasks:
        if isinstance(one.value, str) and len(one.value) > 9:
            assert one.value not in shown


def test_both_flags_are_needed():
    sample, key = linked()
    values = "\n".join(str(one.value) for one in key.subtasks)
    only_told = play(sample, saying(choosing(key), Reply(text=values)))
    assert (only_told.measures["told"], only_told.measures["called"]) == (1, 0)
    roots = [call_of(one) for one in key.subtasks if not one.refs]
    rest = [call_of(one) for one in key.subtasks if one.refs]
    calls = [choosing(key), calling(*roots), calling(*rest)]
    only_called = play(sample, saying(*calls, Reply(text="I know them all.")))
    assert (only_called.measures["told"], only_called.measures["called"]) == (0, 1)
    assert only_told.correct == only_called.correct == 0
    full = play(sample, saying(*calls, Reply(text=values)))
    assert full.correct == full.measures["strict"] == 1


def test_a_result_cannot_be_used_in_the_turn_that_gives_it():
    sample, key = linked()
    calls = [call_of(one) for one in key.subtasks]
    together = play(sample, saying(choosing(key), calling(*calls)))
    assert together.measures["dependency_violations"] == 1
    again = play(sample, saying(choosing(key), calling(*calls), calling(*calls)))
    n = len(key.subtasks)
    assert again.measures["called"] == 1
    assert again.measures["redundant_calls"] == n - 1
    assert again.measures["calls"] == 2 * n


def test_a_guessed_argument_is_a_violation_even_if_it_is_wrong():
    sample, key = linked()
    one = next(one for one in key.subtasks if one.refs)
    wrong = {
        name: value
        if name not in one.refs
        else ("Nowhere" if isinstance(value, str) else value + 1)
        for name, value in one.args.items()
    }
    guess = calling((one.tools[0], json.dumps(wrong)))
    outcome = play(sample, saying(choosing(key), guess))
    assert outcome.measures["dependency_violations"] == 1
    first = calling(call_of(key.subtasks[next(iter(one.refs.values()))]))
    late = play(sample, saying(choosing(key), first, guess))
    assert late.measures["dependency_violations"] == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_does_what_comes_after_all_that_it_needs(seed):
    rng = Random(seed)
    sample = samples()[100 + seed]
    key = key_from_data(sample.secret)
    turns = [rng.randrange(key.depth + seed % 3) for _ in key.subtasks]
    done = set()
    for k, one in enumerate(key.subtasks):
        if all(b in done and turns[b] < turns[k] for b in one.deps):
            done.add(k)
    made = [
        calling(*(call_of(key.subtasks[k]) for k, at in enumerate(turns) if at == turn))
        for turn in sorted(set(turns))
    ]
    outcome = play(sample, saying(choosing(key), *made))
    assert outcome.measures["called"] == len(done) / len(turns)
    assert outcome.measures["dependency_violations"] == len(turns) - len(done)
    assert outcome.measures["turns"] == len(set(turns))
    calls = outcome.parsed["calls"]
    assert outcome.measures["tool_s"] == pytest.approx(
        sum(
            max(call[3] for call in calls if call[0] == turn)
            for turn in range(len(set(turns)))
        )
        / 1000
    )


def test_time_is_that_of_replies_and_of_the_slowest_calls():
    sample = sample_of("hard", 3)
    plain = baseline(sample, "oracle")
    tokens, turns = plain.measures["completion_tokens"], plain.measures["turns"]
    assert plain.measures["llm_s"] == pytest.approx(0.5 * (turns + 2) + tokens / 60)
    assert plain.measures["time_s"] == pytest.approx(
        plain.measures["llm_s"] + plain.measures["tool_s"]
    )
    slow = baseline(sample, "oracle", first_token_s=2.0, tokens_per_s=30.0)
    assert slow.measures["llm_s"] == pytest.approx(2 * (turns + 2) + tokens / 30)

    oracle = BENCHMARK.baselines["oracle"].play(sample, 0)

    def timed(question):
        return replace(
            oracle(question), seconds=1.5, prompt_tokens=9, completion_tokens=7
        )

    measured = play(sample, timed, clock="measured").measures
    assert measured["llm_s"] == 1.5 * (turns + 2)
    assert measured["prompt_tokens"] == 9 * (turns + 2)
    assert measured["completion_tokens"] == 7 * (turns + 2)


def test_failing_tools_are_tried_again():
    sample = sample_of("hard", 3)
    outcome = baseline(sample, "oracle", failures_per_mille=200)
    assert outcome.correct == 1
    assert outcome.errors["unavailable"] > 0
    assert outcome.measures["turns"] > sample.secret["depth"]
    assert outcome.measures["eta"] < 1
    hopeless = baseline(sample, "oracle", failures_per_mille=1000)
    assert hopeless.correct == 0
    assert hopeless.errors["out_of_turns"] == 1


def test_caps_hold():
    sample, key = linked("hard")
    narrow = baseline(sample, "oracle", tool_cap=3)
    assert len(narrow.parsed["tools"]) == 3
    assert narrow.errors["plan_over_cap"] == len(key.gold_tools) - 3
    assert narrow.errors["tool_not_chosen"] > 0
    assert narrow.correct < 1
    short = baseline(sample, "oracle_serial", max_turns=4)
    assert short.measures["turns"] == 4
    assert short.correct == 4 / len(key.subtasks)
    thin = baseline(sample, "all_at_once", calls_per_turn=2)
    first = [call[2] for call in thin.parsed["calls"] if call[0] == 0]
    assert first.count("too_many_calls") == len(key.subtasks) - 2


def test_after_the_last_turn_an_answer_is_asked_for_without_tools():
    sample, key = linked()
    dialogue = BENCHMARK.start(sample, SETTINGS | {"max_turns": 1})
    dialogue.answer(choosing(key))
    dialogue.answer(calling(call_of(key.subtasks[0])))
    question = dialogue.question()
    assert (question.template, question.tools, question.fresh) == (CLOSE, (), False)
    assert len(question.results) == 1
    dialogue.answer(calling(call_of(key.subtasks[0])))
    assert dialogue.question() is None
    assert dialogue.outcome().errors == {"out_of_turns": 1, "no_answer": 1}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"clock": "sun"}, "clock must be"),
        ({"max_turns": 0}, "max_turns must be positive"),
        ({"failures_per_mille": 1001}, "0 to 1000"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, why):
    with pytest.raises(ConfigError, match=why):
        BENCHMARK.start(samples()[0], SETTINGS | change)


def erring(kind):
    """Replies that make one error of a kind, for the first sample with a link."""
    _, key = linked()
    plan, one = choosing(key), key.subtasks[0]
    name, arguments = call_of(one)
    known = [one.tools[0] for one in key.subtasks]
    return {
        "no_reply": [Reply(failure="503")],
        "cut_off": [plan, Reply(text="1. The", finish_reason="length")],
        "plan_loose": [Reply(text=f"I take {known[0]}."), Reply(text="x")],
        "plan_unreadable": [Reply(text="None of them."), Reply(text="x")],
        "plan_unknown_tool": [
            Reply(text=json.dumps({"tools": [known[0], "a__b"]})),
            Reply(text="x"),
        ],
        "plan_repeated_tool": [
            Reply(text=json.dumps({"tools": [known[0]] * 2})),
            Reply(text="x"),
        ],
        "unknown_tool": [plan, calling(("a__b", "{}")), Reply(text="x")],
        "tool_not_chosen": [
            Reply(text=json.dumps({"tools": ["maps__haul"]})),
            calling((name, arguments)),
            Reply(text="x"),
        ],
        "bad_arguments": [plan, calling((name, "{]")), Reply(text="x")],
        "tool_refused": [
            Reply(text='{"tools": ["maps__nearest_city"]}'),
            calling(("maps__nearest_city", '{"city": "Nowhere"}')),
            Reply(text="x"),
        ],
        "call_as_text": [plan, Reply(text='{"name": "a__b", "arguments": {}}')],
        "no_answer": [plan, Reply(text=" \n")],
    }[kind]


LIVE = {"server_lost", "server_hung", "not_recorded"}
"""Kinds that only real servers and cassettes make: tests/unit/evolve/bench."""

KINDS = sorted(
    set(ERRORS)
    - {"plan_over_cap", "unavailable", "too_many_calls", "out_of_turns"}
    - LIVE
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_error_is_counted_where_it_belongs(kind):
    sample, _ = linked()
    outcome = play(sample, saying(*erring(kind)))
    assert outcome.errors == {kind: 1}
    assert outcome.correct == 0


def test_the_mean_and_the_rate_have_their_intervals():
    assert wilson(8, 10).low == pytest.approx(0.4902, abs=1e-4)
    assert wilson(8, 10).high == pytest.approx(0.9433, abs=1e-4)
    assert wilson(0, 5).low == 0
    assert wilson(0, 0).value is None
    assert mean([]).value is None
    assert (mean([3.0]).value, mean([3.0]).low) == (3.0, None)
    assert mean([2.0, 2.0]).high is None
    found = mean([0.0, 1.0, 2.0, 1.0])
    assert (found.value, round(found.high, 4)) == (1.0, 1.8002)


def test_a_summary_holds_easy_and_hard_and_every_level():
    chosen = [samples()[k] for k in (0, 1, 2, 100, 101, 102)]
    outcomes = [baseline(sample, "all_at_once") for sample in chosen]
    summary = summarise(outcomes)
    assert next(iter(summary.metrics)) == "completion"
    parts = [[o for o in outcomes if o.group == g] for g in ("easy", "hard")]
    for group, part in zip(("easy", "hard"), parts, strict=True):
        expected = sum(o.correct for o in part) / len(part)
        assert summary.metrics[f"completion_{group}"].value == pytest.approx(expected)
    assert sum(row.samples for row in summary.levels) == len(outcomes)
    assert all(row.group == "easy" for row in summary.levels if row.level < 2)
    empty = summarise([])
    assert empty.metrics["completion"].value is None


def test_eta_is_left_out_if_nothing_was_done():
    outcome = play(samples()[0], saying(Reply(text="{}"), Reply(text="no idea")))
    assert isinstance(outcome, Outcome)
    assert not {"eta", "eta_path", "parallelism"} & set(outcome.measures)
    assert summarise([outcome]).metrics["eta"].value is None


def test_equal_calls_of_one_reply_are_two_attempts():
    sample, key = linked()
    twice = calling(call_of(key.subtasks[0]), call_of(key.subtasks[0]))
    outcome = play(sample, saying(choosing(key), twice))
    latencies = [call[3] for call in outcome.parsed["calls"]]
    assert outcome.measures["redundant_calls"] == 1
    assert outcome.measures["tool_s"] == max(latencies) / 1000
    assert outcome.measures["serial_s"] == sum(latencies) / 1000


def test_a_call_without_an_id_is_answered_too():
    sample, key = linked()
    dialogue = BENCHMARK.start(sample, SETTINGS)
    dialogue.answer(choosing(key))
    name, arguments = call_of(key.subtasks[0])
    dialogue.answer(Reply(calls=(ToolCall(id="", name=name, arguments=arguments),) * 2))
    assert [name for name, _ in dialogue.question().results] == ["", ""]
