"""A research session end to end: real tools, real sandbox, faults, and kill -9."""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits
from evolve import config
from evolve.agents.glia import Laboratory
from evolve.agents.glia.tools import checked
from evolve.agents.glia.workbench import Workbench
from evolve.cli import dialogues, reading
from evolve.llm.client import LiteLlmModel
from evolve.llm.replay import RecordingModel, ReplayModel
from evolve.llm.scripted import ScriptedModel
from evolve.llm.settings import ModelSettings
from evolve.population.memory import MemoryPopulation
from evolve.records import NoteKind
from evolve.runs import locate, new_location
from evolve.session import Session, create, open_run
from problems import registry
from problems.base import Split
from problems.errors import ConfigError
from prompts.records import ToolCall
from tests.fakes import glia
from tests.fakes.briefs import a_brief
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.records import a_program, an_info

ROOT = Path(__file__).parents[2]


def facts(folder):
    """Everything that must be the same however often a session was cut off."""
    with open_run(locate(str(folder))) as run:
        population = run.population
        answered = [p for p in population.dialogue(1) if p.response is not None]
        return {
            "programs": [
                (
                    p.candidate.step,
                    p.id,
                    str(p.candidate.operator),
                    p.candidate.parents,
                    p.candidate.rationale,
                    str(p.evaluation.status),
                    p.score,
                )
                for p in population.programs()
            ],
            "living": [p.id for p in population.living(0)],
            "rejections": population.rejections(),
            "notes": population.notes(),
            "said": [
                (p.call.role, p.call.prompt.history, p.response.text) for p in answered
            ],
            "calls": [
                (c.name, c.arguments) for p in answered for c in p.response.tool_calls
            ],
            "pending": population.pending(),
        }


def by_role(said):
    return Counter(role for role, *_ in said)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("glia") / "run"
    loop = asyncio.run(glia.campaign(folder, ScriptedModel(glia.respond)))
    return folder, facts(folder), loop


def test_the_dialogue_runs_with_real_tools_and_survives_its_faults(whole):
    _, found, loop = whole
    seed, final, mdd, broken, stretched = found["programs"]
    assert [p[2] for p in found["programs"]] == ["seed", *["agent"] * 4]
    assert mdd[6] < 0.02 < seed[6]
    assert (broken[5], broken[6]) == ("error", None)
    assert final[6] is not None
    assert stretched[6] is not None
    assert final[4] == "Between the two."
    assert loop.end == "budget of 5 candidates used"
    assert not found["pending"]
    assert by_role(found["said"]) == {"researcher": 10, "supervisor": 2}
    history = found["said"][-1][1]
    results = [m.text for m in history if m.role == "tool"]
    errors = [text for text in results if text.startswith("error: ")]
    assert "are no JSON" in errors[0]
    assert "no tool 'run_shell'" in errors[1]
    assert "NameError" in errors[2]
    trace = json.loads(next(text for text in results if '"schedule"' in text))
    assert trace["instance"] == glia.INSTANCE
    assert sorted(trace["answer"]) == list(range(20))
    ends = [row[3] for row in trace["schedule"]]
    late = sum(
        max(0, end - trace["data"]["d"][job])
        for end, job in zip(ends, trace["answer"], strict=True)
    )
    assert late == trace["objective"]
    statistics = json.loads(next(t for t in results if "rank_correlations" in t))
    assert statistics["rank_correlations"]["mean(d)/sum(p)"] < -0.5
    assert "MDD beats EDD" in [n.title for n in found["notes"]]


def test_the_supervisor_sees_no_code_and_no_results(whole):
    _, found, _ = whole
    for role, history, _ in found["said"]:
        if role == "supervisor":
            assert all(m.role != "tool" and not m.calls for m in history)
            assert all("secret" not in m.text for m in history)


def test_show_prints_the_dialogue_in_order(whole, capsys):
    folder, found, _ = whole
    for number in (1, 3):  # what was proposed, and what was only tried out
        program = found["programs"][number][1]
        reading.show(str(folder), program, as_json=False)
        text = capsys.readouterr().out
        places = [
            text.index(words)
            for words in (
                "First the problem",
                "researcher calls read_card",
                "result of read_card",
                "Does the gap go with tightness?",
                "researcher calls trace",
                "result of trace",
                "no tool 'run_shell'",
                glia.REFUSAL,
                "to the researcher",
                "response of supervisor",
                glia.ADVICE,
                "Instance by instance:",
                "researcher calls propose",
            )
        ]
        assert places == sorted(places)


def test_show_as_json_holds_every_turn(whole, capsys):
    folder, found, _ = whole
    reading.show(str(folder), found["programs"][1][1], as_json=True)
    told = json.loads(capsys.readouterr().out)["dialogue"]
    assert [entry["turn"] for entry in told] == list(range(12))
    calls = [(c["name"], c["arguments"]) for e in told for c in e["tool_calls"]]
    assert calls == found["calls"]
    heard = [h["tool"] for e in told for h in e["heard"] if h["role"] == "tool"]
    assert heard == [name for name, _ in calls if name != "propose"]
    assert next(dialogues.paragraphs(told))[0] == "prompt of researcher, turn 0"


@pytest.mark.parametrize("name", ["smtt", "obp", "jssp"])
def test_the_tools_answer_for_every_pack(name):
    pack = registry.load(name)
    entry_point = pack.default_entry_point
    source = pack.baselines[entry_point.seed].source
    request = EvaluationRequest(
        source=source, entry_point=entry_point.name, split=Split.TRAIN
    )
    instances = pack.instances(Split.TRAIN)

    async def answers():
        async with LocalEvaluator(pack, slots=1, limits=Limits()) as evaluator:
            program = a_program(
                source=source, evaluation=await evaluator.evaluate(request)
            )
            population = MemoryPopulation(an_info())
            population.add(program)
            bench = Workbench(
                Laboratory(
                    problem=pack,
                    entry_point=entry_point,
                    population=population,
                    tracer=evaluator,
                    seed=0,
                ),
                a_brief([program]),
            )
            wanted = (
                glia.wanted("read_card"),
                glia.wanted("results", program=entry_point.seed),
                glia.wanted("analyse", program=program.id),
                glia.wanted("trace", program=program.id, instance=instances[-1].id),
            )
            calls = [ToolCall(id="", name=n, arguments=a) for n, a in wanted]
            found = [await bench.answer(call, checked(call)) for call in calls]
            return program, [json.loads(text) for text in found]

    program, (card, rows, statistics, trace) = asyncio.run(answers())
    assert card["train"] == [instance.id for instance in instances]
    assert len(rows["rows"]) == len(instances)
    assert statistics["all"]["count"] + statistics["left_out"] == len(instances)
    assert statistics["rank_correlations"]
    assert trace["objective"] == program.evaluation.verdicts[-1].objective
    assert trace["schedule"]


def process(folder, log, moment=""):
    command = [sys.executable, "-m", "tests.fakes.glia", str(folder), str(log)]
    return subprocess.run(
        [*command, *([moment] if moment else [])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


MOMENTS = (
    "program:3",  # a trial is judged, but nobody has read its result
    *(
        pytest.param(moment, marks=pytest.mark.slow)
        # After "ask:6" a tool's error was the last thing that was heard.
        for moment in (
            "ask:6",
            "ask:1",
            "ask:5",
            "ask:10",
            "ask:11",
            "program:2",
            "program:4",
        )
    ),
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_session_that_was_killed_goes_on_where_it_stopped(moment, whole, tmp_path):
    folder, log = tmp_path / "run", tmp_path / "asked"
    killed = process(folder, log, moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = facts(folder)
    assert before["pending"]
    resumed = process(folder, log)
    assert resumed.returncode == 0, resumed.stderr
    found = facts(folder)
    assert found["said"][: len(before["said"])] == before["said"]
    assert found == whole[1]
    asked = Counter(log.read_text().splitlines())
    again = [key for key, times in asked.items() if times > 1]
    # Only the question under way at the kill, which has no answer, is asked twice.
    assert len(again) == (1 if moment.startswith("ask") else 0)
    assert asked.total() == 12 + len(again)


def test_recorded_responses_give_the_same_population(whole, tmp_path):
    cassette = tmp_path / "cassette"
    recording = RecordingModel(ScriptedModel(glia.respond), cassette)
    asyncio.run(glia.campaign(tmp_path / "one", recording))
    asyncio.run(glia.campaign(tmp_path / "two", ReplayModel(cassette)))
    assert facts(tmp_path / "one") == facts(tmp_path / "two") == whole[1]


def over_http(body):
    """Answer a request of the fake server as the script does."""
    if "tools" not in body:
        return {"content": glia.ADVICE}
    assert {t["function"]["name"] for t in body["tools"]} >= {"evaluate", "propose"}
    said = [(m["role"], m["content"] or "") for m in body["messages"][2:]]
    text, calls = glia.researcher(said)
    return {"content": text, "tool_calls": calls}


def test_tool_calls_over_http_give_the_same_population(whole, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_KEY", "secret")
    faults = {1: "500", 4: "429", 6: "empty", 9: "nonjson"}
    with FakeOpenAI(script=over_http, at=faults) as server:

        async def no_pause(_):
            pass

        model = LiteLlmModel(
            ModelSettings(
                name="openai/fake", base_url=server.base_url, api_key_env="FAKE_KEY"
            ),
            sleep=no_pause,
        )
        asyncio.run(glia.campaign(tmp_path / "run", model))
        answered = [
            message
            for message in server.log[-1]["body"]["messages"]
            if message["role"] == "tool"
        ]
        asked = [
            call["id"]
            for message in server.log[-1]["body"]["messages"]
            for call in message.get("tool_calls") or ()
        ]
    found = facts(tmp_path / "run")
    assert found["programs"] == whole[1]["programs"]
    assert [n.title for n in found["notes"]] == ["MDD beats EDD"]
    assert [m["tool_call_id"] for m in answered] == asked
    assert server.requests == 12 + len(faults)


def test_a_campaign_file_gives_sessions_a_share(tmp_path, monkeypatch, whole):
    monkeypatch.setenv("FAKE_KEY", "secret")
    with FakeOpenAI(script=over_http) as server:
        made = config.build(
            {
                "name": "agents",
                "problem": "smtt",
                "seeds": ["edd"],
                "budget": {"candidates": 5},
                "search": {"directions": False},
                "evaluator": {"workers": 1},
                "operators": {"agent": 1.0},
                "model": {
                    "name": "openai/fake",
                    "base_url": server.base_url,
                    "api_key_env": "FAKE_KEY",
                    "concurrency": 1,
                },
            }
        )
        with create(made, new_location("agents", tmp_path / "run", None)) as run:
            asyncio.run(Session(run).search())
    found = facts(tmp_path / "run")
    assert found["programs"] == whole[1]["programs"]


def test_a_share_for_sessions_needs_a_model():
    with pytest.raises(ConfigError, match=r"operators\.agent has a share"):
        config.build(
            {
                "name": "agents",
                "problem": "smtt",
                "budget": {"candidates": 5},
                "operators": {"agent": 1.0},
            }
        )


def test_a_session_without_a_proposal_is_shown_with_its_end(tmp_path, capsys):
    folder = tmp_path / "run"
    asyncio.run(
        glia.campaign(folder, ScriptedModel(glia.respond), turns=3, candidates=2)
    )
    found = facts(folder)
    # The session proposes the program for which there was no room to try it out.
    assert [p[2] for p in found["programs"]] == ["seed", "agent"]
    asyncio.run(
        glia.campaign(tmp_path / "b", ScriptedModel(once_stopped), candidates=3)
    )
    found = facts(tmp_path / "b")
    trial = next(p[1] for p in found["programs"] if p[2] == "agent")
    reading.show(str(tmp_path / "b"), trial, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert trial in document["end"]
    assert len(document["dialogue"]) == 3
    assert [n for n in found["notes"] if n.kind is NoteKind.INSIGHT] == []


def once_stopped(prompt, seed):
    """Try one program out, say so, and be stopped; then propose another one."""
    if prompt.template == "supervisor":
        return "STOP"
    said = sum(m.role == "assistant" for m in prompt.history)
    tried = "The best program so far" in prompt.user or "max(state.t" in prompt.user
    wanted = {
        (False, 0): ("", [glia.wanted("evaluate", code=glia.MDD, hypothesis="h")]),
        (False, 1): ("It is good.", []),
        (True, 0): ("", [glia.wanted("propose", code=glia.FINAL, rationale="r")]),
    }
    text, calls = wanted[tried, said]
    return glia.scripted(text, calls, said)
