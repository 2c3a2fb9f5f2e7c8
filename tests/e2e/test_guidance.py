"""Advice that evolves, end to end: over HTTP, with faults, kill -9, and replay."""

import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from evolve import config
from evolve.agents.guiding import ROLE, pulls_of
from evolve.records import NoteKind
from evolve.runs import locate, new_location
from evolve.session import Session, create, open_run
from tests.e2e.cli import heuresis
from tests.fakes.openai_mutator import answer
from tests.fakes.openai_server import FakeOpenAI

HEURESIS = [sys.executable, "-c", "from evolve.cli import main; main()"]
ASKS = "Write one paragraph of advice"

CAMPAIGN = """
name = "advised"
problem = "smtt"
seeds = ["edd"]
finalists = 1
[budget]
candidates = {candidates}
[search]
islands = 1
directions = false
[prompts]
evolve = true
every = 4
paragraphs = 2
[operators]
llm = 1.0
[evaluator]
workers = 1
[model]
name = "openai/mutator"
base_url = "{url}"
concurrency = 1
retries = 1
"""


class Advisor:
    """Answers questions for advice; ``before`` is called at each of them."""

    def __init__(self, before=lambda count: None, after=lambda count: None):
        self.before, self.after = before, after
        self.questions = 0
        self.told = False

    def __call__(self, body):
        prompt = "\n".join(str(m["content"]) for m in body["messages"])
        if ASKS in prompt:
            self.questions += 1
            self.told = True
            self.before(self.questions)
            number = hashlib.sha256(prompt.encode()).hexdigest()[:6]
            advice = {"title": f"t {number}", "advice": f"Advice {number}: look at d."}
            return {"content": f"```json\n{json.dumps(advice)}\n```"}
        if self.told:
            self.told = False
            self.after(self.questions)
        rng = random.Random(f"{prompt}/{body.get('seed')}")
        return {"content": answer(rng, prompt)}


def run(folder, server, candidates=26):
    text = CAMPAIGN.format(url=server.base_url, candidates=candidates)
    (folder / "c.toml").write_text(text)
    done = heuresis("run", "c.toml", "--out", "run", cwd=folder)
    assert done.code == 0, done.err


def facts(folder):
    with open_run(locate(str(folder / "run"))) as opened:
        population = opened.population
        calls = list(population.proposals())
        return {
            "programs": [
                (p.candidate.step, p.id, p.candidate.note, p.score)
                for p in population.programs()
            ],
            "notes": list(population.notes(NoteKind.GUIDANCE)),
            "calls": [(p.call.key, p.call.role, p.call.note) for p in calls],
            "answered": {p.call.key for p in calls if p.response is not None},
            "asked": [p.call.step for p in calls if p.call.role == ROLE],
            "prompts": {p.call.key: p.call.prompt.user for p in calls},
            "pulls": pulls_of(population),
            "spent": population.spent(),
            "events": [
                (e.kind, dict(e.payload))
                for e in population.events()
                if e.kind not in {"campaign", "evaluation"}
            ],
        }


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@pytest.mark.slow
def test_advice_is_asked_for_used_booked_and_replayed(tmp_path):
    with FakeOpenAI(script=Advisor()) as server:
        (tmp_path / "a").mkdir()
        run(tmp_path / "a", server)
        found, billed = facts(tmp_path / "a"), dict(server.billed)
        (tmp_path / "b").mkdir()
        run(tmp_path / "b", server)
        asked = server.requests
    # Every question gave a note, and every note was tried in the step that asked.
    assert len(found["notes"]) == len(found["asked"]) >= 3
    for note in found["notes"]:
        assert ((note.step, 1), "proposer", note.number) in found["calls"]
        assert note.text in found["prompts"][note.step, 1]
    used = {note for _, _, note, _ in found["programs"]}
    assert used >= {None, found["notes"][0].number}
    # Its calls are in the ledger like any other.
    billed = billed["prompt_tokens"] + billed["completion_tokens"]
    assert found["spent"].tokens == billed
    brought = heuresis("contributions", "a/run", "--json", cwd=tmp_path).json
    names = [line["name"] for line in brought["notes"]]
    assert names[0] == "no note"
    assert all(any(n.title in name for name in names) for n in found["notes"])
    seeds = 1
    assert sum(line["programs"] for line in brought["notes"]) == 26 - seeds
    # The same again, event by event, and from the recording without a model.
    assert facts(tmp_path / "b")["events"] == found["events"]
    done = heuresis("replay", "a/run", "--out", "c/run", "--json", cwd=tmp_path)
    assert done.code == 0, done.err + done.out
    assert done.json["same"]
    assert server.requests == asked
    again = facts(tmp_path / "c")
    assert again["programs"] == found["programs"]
    assert again["notes"] == found["notes"]


def searched(folder, server, *budgets):
    """Search in one session for each budget, in this process; return what is there."""
    text = CAMPAIGN.format(url=server.base_url, candidates=budgets[0])
    made = config.parse(text)
    with create(made, new_location("advised", folder / "run", None)) as opened:
        asyncio.run(Session(opened).search())
    for candidates in budgets[1:]:
        with open_run(locate(str(folder / "run"))) as opened:
            budget = config.Budget(candidates=candidates)
            longer = opened.campaign.model_copy(update={"budget": budget})
            again = replace(opened, campaign=longer)
            asyncio.run(Session(again).search())
    return facts(folder)


@pytest.mark.slow
def test_a_campaign_in_three_sessions_is_that_in_one(tmp_path):
    with FakeOpenAI(script=Advisor()) as server:
        whole = searched(tmp_path / "whole", server, 24)
        parts = searched(tmp_path / "parts", server, 7, 15, 24)
    assert len(whole["notes"]) >= 3
    assert parts["pulls"] == whole["pulls"]
    assert parts["notes"] == whole["notes"]
    assert parts["events"] == whole["events"]


@pytest.mark.slow
def test_a_model_that_never_gives_advice_costs_its_calls_only(tmp_path):
    def silent(body):
        said = Advisor()(body)["content"]
        return {"content": "I cannot say." if "Advice" in said else said}

    with FakeOpenAI(script=silent) as server:
        run(tmp_path, server, candidates=12)
    found = facts(tmp_path)
    assert len(found["asked"]) >= 2
    assert found["notes"] == []
    assert len(found["programs"]) == 12


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_second_question_loses_no_advice(tmp_path, moment):
    process = None

    def kill(count):
        if count == 2 and process is not None and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)

    with FakeOpenAI(script=Advisor(**{moment: kill})) as server:
        text = CAMPAIGN.format(url=server.base_url, candidates=26)
        (tmp_path / "c.toml").write_text(text)
        command = [*HEURESIS, "run", "c.toml", "--out", "run"]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=tmp_path, stderr=log, stdout=log)
            assert process.wait(120) == -signal.SIGKILL
        before = facts(tmp_path)
        done = heuresis("resume", "run", cwd=tmp_path)
        assert done.code == 0, done.err
    after = facts(tmp_path)
    assert len(before["asked"]) == 2
    assert len(before["notes"]) == (1 if moment == "before" else 2)
    # What was written stays, and nothing that was answered is asked again.
    assert after["notes"][: len(before["notes"])] == before["notes"]
    assert after["calls"][: len(before["calls"])] == before["calls"]
    assert after["asked"][:2] == before["asked"]
    assert after["asked"][2] >= before["asked"][1] + 4
    answered = [
        key
        for key, role, _ in after["calls"]
        if role == ROLE and key in after["answered"]
    ]
    assert {note.step for note in after["notes"]} == {step for step, _ in answered}
    # What was known about each paragraph before is known after.
    pulls, _ = after["pulls"]
    for step, pull in before["pulls"][0].items():
        if pull.gain is not None:
            assert pulls[step] == pull
    late = [
        key
        for key, role, note in after["calls"]
        if note == after["notes"][0].number and key[0] > before["asked"][1]
    ]
    assert late or moment == "after"
    done = heuresis("replay", "run", "--json", cwd=tmp_path)
    assert done.code == 0, done.err + done.out
