"""The check of novelty, end to end: over HTTP, with faults, restarts, and replay."""

import asyncio
from dataclasses import replace

import pytest

from evolve import config
from evolve.agents.novelty import nearest, text_of, vectors_of
from evolve.program import program_id
from evolve.records import EMBEDDER, Reason
from evolve.runs import locate, new_location
from evolve.session import Session, create, open_run
from problems.errors import ConfigError
from tests.e2e.cli import heuresis
from tests.fakes.openai_server import FakeOpenAI, embed

CANDIDATES = 14
THRESHOLD = 0.9


def campaign(server, *, novelty=None, model=None, **changes):
    return config.build(
        {
            "name": "novel",
            "problem": "smtt",
            "seeds": ["edd"],
            "finalists": 1,
            "budget": {"candidates": CANDIDATES},
            "search": {"islands": 1, "directions": False},
            "operators": {"llm": 1.0},
            "evaluator": {"workers": 1},
            "model": {
                "name": "openai/mutator",
                "base_url": server.base_url,
                "concurrency": 1,
                "retries": 0,
            }
            | (model or {}),
            "novelty": {
                "model": "openai/embedding",
                "base_url": server.base_url,
                "threshold": THRESHOLD,
                "retries": 0,
            }
            | (novelty or {}),
        }
        | changes
    )


def run(folder, made):
    with create(made, new_location("novel", folder, None)) as opened:
        asyncio.run(Session(opened).search())
    return facts(folder)


def facts(folder):
    with open_run(locate(str(folder))) as opened:
        population = opened.population
        calls = list(population.proposals())
        events = list(population.events())
        return {
            "programs": [(p.candidate.step, p.id) for p in population.programs()],
            "sources": {p.id: p.candidate.source for p in population.programs()},
            "turned": [
                e.payload["detail"]
                for e in events
                if e.payload.get("reason") == Reason.TOO_SIMILAR
            ],
            "calls": calls,
            "embedded": [p for p in calls if p.call.role == EMBEDDER],
            "spent": population.spent(),
            "events": [(e.kind, dict(e.payload)) for e in events],
        }


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A campaign that turned some programs away, and what it was billed."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch, FakeOpenAI(seed=3) as server:
        patch.setenv("OPENAI_API_KEY", "none")
        files = {"record": str(folder / "vectors.jsonl")}
        answers = {"record": str(folder / "answers.jsonl")}
        made = campaign(server, novelty=files, model=answers)
        found = run(folder / "run", made)
        return folder, found, dict(server.billed)


def test_what_is_near_is_turned_away_at_no_evaluation(whole):
    _, found, billed = whole
    assert found["turned"]
    assert found["spent"].evaluations == CANDIDATES
    vectors = {}
    for proposal in found["embedded"]:
        vectors |= vectors_of(proposal)
    # No two texts are embedded twice, and all calls are booked.
    texts = sum(len(vectors_of(proposal)) for proposal in found["embedded"])
    assert len(vectors) == texts
    billed = billed["prompt_tokens"] + billed["completion_tokens"]
    assert found["spent"].tokens == billed
    assert found["spent"].calls == len(found["calls"])
    one = next(iter(found["sources"].values()))
    row = vectors[program_id(text_of(one))]
    assert row @ embed(text_of(one)) == pytest.approx(
        sum(x * x for x in embed(text_of(one))) ** 0.5, rel=1e-3
    )
    assert nearest(text_of(one), (), vectors) is None


def test_the_same_again_and_from_recorded_answers_without_a_model(whole, tmp_path):
    folder, found, _ = whole
    with FakeOpenAI(always="503") as server:
        made = campaign(
            server,
            novelty={"model": f"replay:{folder / 'vectors.jsonl'}"},
            model={"name": f"replay:{folder / 'answers.jsonl'}"},
        )
        again = run(tmp_path / "run", made)
        assert server.requests == 0
    assert again["programs"] == found["programs"]
    assert again["turned"] == found["turned"]


def test_a_replay_of_the_run_needs_no_model(whole):
    folder, found, _ = whole
    done = heuresis("replay", "run", "--json", cwd=folder)
    assert done.code == 0, done.err + done.out
    assert done.json["same"]
    assert done.json["rejections"] >= len(found["turned"])
    # Answers are patched again although calls for embeddings stand behind them.
    assert done.json["patched"] >= CANDIDATES - 1
    authors = heuresis("contributions", "run", "--json", cwd=folder).json["authors"]
    written = {line["name"]: line["programs"] for line in authors}
    assert written["openai/mutator"] == CANDIDATES - 1
    assert written["openai/embedding"] == 0


def test_faults_skip_the_check_and_burn_nothing(tmp_path):
    class OnlyEmbeddings(FakeOpenAI):
        def admit(self, body, headers):
            digest, fault = super().admit(body, headers)
            return digest, fault if "input" in body else ""

    with OnlyEmbeddings(rates={"503": 0.3, "null": 0.3, "truncated": 0.2}) as server:
        found = run(tmp_path / "run", campaign(server))
    assert len(found["programs"]) == CANDIDATES
    failed = [p for p in found["embedded"] if p.response is None]
    assert failed
    assert all(p.failure for p in failed)
    steps = {step for step, _ in found["programs"]}
    assert {p.call.step for p in failed} & steps


def test_a_resumed_campaign_goes_on_with_its_vectors(whole, tmp_path):
    _, found, _ = whole
    with FakeOpenAI(seed=3) as server:
        half = campaign(server, budget={"candidates": CANDIDATES // 2})
        run(tmp_path / "run", half)
        before = server.requests
        with open_run(locate(str(tmp_path / "run"))) as opened:
            longer = opened.campaign.model_copy(
                update={"budget": config.Budget(candidates=CANDIDATES)}
            )
            asyncio.run(Session(replace(opened, campaign=longer)).search())
        assert server.requests > before
    again = facts(tmp_path / "run")
    assert again["programs"] == found["programs"]
    assert again["turned"] == found["turned"]
    kept = [e for e in again["events"] if e[0] != "campaign"]
    assert kept == [e for e in found["events"] if e[0] != "campaign"]


def test_a_check_without_a_model_that_proposes_is_refused():
    with pytest.raises(ConfigError, match=r"\[novelty\] is given, but no model"):
        config.build({"name": "n", "problem": "smtt", "novelty": {"model": "openai/e"}})
