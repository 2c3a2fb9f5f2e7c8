"""Benchmarks put to models: over HTTP, with faults, budgets and restarts."""

import json
import re
from dataclasses import replace

import pytest

from evolve.bench.opening import SAMPLES_FILE, STORE_FILE, Caps, play
from evolve.bench.records import document, plan_of
from evolve.bench.talking import Talk
from evolve.errors import ModelUnavailableError
from evolve.llm.models import ModelSettings
from evolve.population import open_campaign, sqlite_url
from problems.benchmark import Question, Reply, ToolCall, settings_of
from problems.errors import ConfigError
from problems.registry import load_benchmark
from tests.fakes.openai_server import FakeOpenAI

RCONSTRAINT = load_benchmark("rconstraint")
SMALL = {"levels_to": 3, "seeds": 2, "phases": ["precedence", "windows"]}


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@pytest.fixture
def plan():
    return plan_of(RCONSTRAINT, changes=SMALL)


def settings_for(server, **changes):
    return ModelSettings(
        name="openai/fake",
        base_url=server.base_url,
        temperature=0.0,
        max_tokens=1000,
        retries=0,
        concurrency=1,
        **changes,
    )


def nothing(_done, _of):
    """Hear of progress."""


def one_by_one(body):
    """Answer as a model that does one task after the other, in their order."""
    user = body["messages"][-1]["content"]
    rows, now = [], 0
    for task, duration in re.findall(r"- (T\d+) \(.*?\): duration (\d+)", user):
        rows.append({"task": task, "start": now})
        now += int(duration)
    return {"content": json.dumps({"schedule": rows})}


def test_a_model_is_asked_each_sample_once_and_judged_by_its_answers(plan, tmp_path):
    with FakeOpenAI(script=one_by_one) as server:
        found = play(plan, settings_for(server), Caps(), tmp_path, nothing)
        assert server.requests == len(plan.samples) == 12
        again = play(plan, settings_for(server), Caps(), tmp_path, nothing)
        assert server.requests == 12
    assert again == found
    by_group = {row.group: [] for row in found.summary.levels}
    for row in found.summary.levels:
        by_group[row.group].append(row.metrics["feasible"].value)
    # Edges go to later layers, so the order of the tasks respects them.
    assert by_group == {"ramp/precedence": [1, 1, 1], "ramp/windows": [0, 0, 0]}
    shown = document(found)
    assert shown["samples"] == 12
    assert shown["metrics"]["feasible"]["value"] == 0.5
    assert shown["tokens"] > 0
    assert shown["cost_usd"] is None  # nobody knows the price of the fake
    place = tmp_path / "rconstraint" / "openai_fake"
    lines = [json.loads(x) for x in (place / SAMPLES_FILE).read_text().splitlines()]
    assert [x["outcome"]["sample"] for x in lines] == [s.id for s in plan.samples]
    assert lines[0]["outcome"]["parsed"]["T1"] == 0
    assert lines[0]["calls"] == 1
    population = open_campaign(sqlite_url(place / STORE_FILE))
    said = population.dialogue(3)
    population.close()
    assert "Tasks:" in said[0].call.prompt.user
    assert said[0].response.text.startswith('{"schedule"')


FAULTS = ("500", "429", "empty", "truncated", "nonjson", "refusal", "reset", "garbage")


def test_faults_are_counted_by_kind_and_asked_again_when_resumed(plan, tmp_path):
    faults = dict(enumerate(FAULTS))
    with FakeOpenAI(script=one_by_one, at=faults) as server:
        found = play(plan, settings_for(server), Caps(), tmp_path, nothing)
        assert found.complete
        assert server.requests == 12
    failed = found.errors["model_failed"]
    assert failed >= 4
    assert sum(one.outcome.correct for one in found.played) <= 12 - len(FAULTS)
    with FakeOpenAI(script=one_by_one) as server:
        settings = settings_for(server)
        again = play(plan, settings, Caps(), tmp_path, nothing)
        assert server.requests == failed  # what was answered is not asked again
    assert "model_failed" not in again.errors
    once_more = play(plan, settings, Caps(), tmp_path, nothing)
    assert once_more == again


def test_a_budget_ends_a_run_and_a_larger_one_goes_on(plan, tmp_path):
    with FakeOpenAI(script=one_by_one) as server:
        settings = settings_for(server)
        found = play(plan, settings, Caps(tokens=5000), tmp_path, nothing)
        asked = server.requests
        assert 0 < len(found.played) == asked < 12
        assert found.tokens <= 5000
        assert document(found)["missing"] == 12 - asked
        rest = play(plan, settings, Caps(), tmp_path, nothing)
        assert rest.complete
        assert server.requests == 12
    assert rest.played[:asked] == found.played


def test_a_budget_in_dollars_needs_a_price(plan, tmp_path):
    with FakeOpenAI() as server:
        with pytest.raises(ConfigError, match="price"):
            play(plan, settings_for(server), Caps(usd=1.0), tmp_path, nothing)
        priced = settings_for(
            server,
            usd_per_million_prompt_tokens=1.0,
            usd_per_million_completion_tokens=2.0,
        )
        found = play(plan, priced, Caps(usd=1.0), tmp_path / "priced", nothing)
    used = [(x.prompt_tokens, x.completion_tokens) for x in found.played]
    assert found.cost_usd == pytest.approx(sum(a + 2 * b for a, b in used) / 1e6)


def test_a_wrong_key_stops_at_once_and_keeps_what_was_answered(plan, tmp_path):
    with FakeOpenAI(script=one_by_one, at={5: "401"}) as server:
        settings = settings_for(server)
        with pytest.raises(ModelUnavailableError):
            play(plan, settings, Caps(), tmp_path, nothing)
        assert server.requests == 6
        found = play(plan, settings, Caps(), tmp_path, nothing)
        assert found.complete
        assert server.requests == 6 + 7


def test_another_plan_does_not_go_into_the_same_folder(plan, tmp_path):
    with FakeOpenAI(script=one_by_one) as server:
        settings = settings_for(server)
        play(plan, settings, Caps(), tmp_path, nothing)
        other = plan_of(RCONSTRAINT, changes=SMALL | {"seeds": 3})
        with pytest.raises(ConfigError, match="another folder with --out"):
            play(other, settings, Caps(), tmp_path, nothing)
        warmer = replace(settings, temperature=1.0)
        with pytest.raises(ConfigError, match="another folder with --out"):
            play(plan, warmer, Caps(), tmp_path, nothing)


def test_the_order_of_answers_decides_nothing(plan, tmp_path):
    with FakeOpenAI(script=one_by_one, latency=0.02) as server:
        one = play(plan, settings_for(server), Caps(), tmp_path / "1", nothing)
        many = replace(settings_for(server), concurrency=6)
        six = play(plan, many, Caps(), tmp_path / "6", nothing)
    assert [x.outcome for x in one.played] == [x.outcome for x in six.played]


def test_a_limit_takes_samples_from_everywhere():
    plan = plan_of(RCONSTRAINT, limit=10)
    assert (plan.set, len(plan.samples)) == ("rcb-ramp-v1", 10)
    assert len({sample.group for sample in plan.samples}) == 5
    assert len({sample.level for sample in plan.samples}) == 2
    assert plan_of(RCONSTRAINT, limit=9999).samples != plan.samples


def test_what_is_not_frozen_has_no_name_of_a_set(plan):
    assert plan.set == "custom"
    with pytest.raises(ConfigError, match="no set 'best'; known: rcb-ramp-v1"):
        plan_of(RCONSTRAINT, chosen="best")
    forged = {
        name: replace(frozen, sha256="0" * 64)
        for name, frozen in RCONSTRAINT.sets.items()
    }
    with pytest.raises(ConfigError, match="not those that were frozen"):
        plan_of(replace(RCONSTRAINT, sets=forged))


def test_a_baseline_is_played_without_a_store(plan, tmp_path):
    found = play(plan, ModelSettings(name="baseline/oracle"), Caps(), tmp_path, nothing)
    assert found.summary.metrics["feasible"].value == 1
    assert (found.tokens, found.cost_usd) == (0, 0.0)
    place = tmp_path / "rconstraint" / "baseline_oracle"
    assert [path.name for path in place.iterdir()] == [SAMPLES_FILE]
    with pytest.raises(ConfigError, match="known: oracle, random"):
        play(plan, ModelSettings(name="baseline/best"), Caps(), tmp_path, nothing)


def test_a_conversation_holds_what_was_said_before():
    settings = settings_of(RCONSTRAINT.profile, SMALL)
    sample = RCONSTRAINT.samples(settings)[0]
    opening = RCONSTRAINT.start(sample, settings).question()
    talk = Talk()
    first = talk.prompt(opening)
    assert first.history == ()
    call = ToolCall(id="c1", name="look", arguments="{}")
    talk.heard(Reply(text="let me look", calls=(call,)))
    second = talk.prompt(Question(results=(("c1", "nothing"),), fresh=False))
    assert (second.system, second.user) == (first.system, first.user)
    assert [m.role for m in second.history] == ["assistant", "tool"]
    assert second.history[0].calls == (call,)
    assert (second.history[1].text, second.history[1].answers) == ("nothing", "c1")
    assert second.digest != first.digest
    talk.heard(Reply(text="done"))
    assert talk.prompt(opening) == first


SERIAL = """def solve(case):
    order, done = [], set()
    tasks = {task["id"]: task["duration"] for task in case["tasks"]}
    while len(order) < len(tasks):
        for task in tasks:
            before = {a for a, b in case["precedence"] if b == task}
            if task not in done and before <= done:
                order.append(task)
                done.add(task)
    rows, now = [], 0
    for task in order:
        rows.append({"task": task, "start": now})
        now += tasks[task]
    return {"schedule": rows}
"""
HOSTILE = "def solve(case):\n    open('/etc/passwd')\n    return {}\n"


@pytest.mark.parametrize(
    ("program", "correct", "errors"),
    [(SERIAL, 0.5, None), (HOSTILE, 0.0, {"program": 12})],
)
def test_programs_of_models_run_in_the_sandbox(program, correct, errors, tmp_path):
    plan = plan_of(RCONSTRAINT, changes=SMALL | {"mode": "solver"})

    def answer(_body):
        return {"content": f"```python\n{program}```"}

    with FakeOpenAI(script=answer) as server:
        found = play(plan, settings_for(server), Caps(), tmp_path, nothing)
    assert found.summary.metrics["feasible"].value == correct
    if errors is not None:
        assert found.errors == errors
    oracle = play(
        plan, ModelSettings(name="baseline/oracle"), Caps(), tmp_path, nothing
    )
    assert oracle.summary.metrics["feasible"].value == 1
