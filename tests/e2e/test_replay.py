"""A recorded campaign done again without a model gives the same population."""

import json

import pytest

from tests.e2e.cli import heuresis
from tests.fakes.openai_server import FakeOpenAI

OFFLINE = """
name = "taped"
problem = "smtt"
seeds = ["edd"]
[budget]
candidates = 120
[search]
islands = 3
island_size = 8
migration_interval = 10
[evaluator]
workers = 2
"""

MODEL = """
[model]
name = "openai/mutator"
base_url = "{url}"
concurrency = 3
retries = 0
"""


def logged(folder, run):
    done = heuresis("log", run, cwd=folder)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    kept = [e for e in lines if e["kind"] not in {"campaign", "evaluation"}]
    return [{k: v for k, v in e.items() if k != "seq"} for e in kept]


def stopped_short(text):
    """A run whose held-out part is small."""
    return text.replace('name = "taped"', 'name = "taped"\nfinalists = 1')


def recorded(folder, text, env=None):
    (folder / "c.toml").write_text(stopped_short(text))
    done = heuresis("run", "c.toml", "--out", "run", cwd=folder, env=env)
    assert done.code == 0, done.err
    done = heuresis("cassette", "run", "--out", "tape.jsonl", cwd=folder)
    assert done.code == 0, done.err


@pytest.mark.slow
def test_an_offline_run_with_two_workers_and_a_forged_tape(tmp_path):
    recorded(tmp_path, OFFLINE)
    done = heuresis("replay", "tape.jsonl", "--out", "again", "--json", cwd=tmp_path)
    assert done.code == 0, done.err + done.out
    assert done.json["same"]
    assert done.json["programs"] == 120
    assert done.json["placements"] > 0
    assert logged(tmp_path, "run") == logged(tmp_path, "again")
    best = heuresis("best", "again", "--json", cwd=tmp_path).json
    assert (
        best[0]["id"] == heuresis("best", "run", "--json", cwd=tmp_path).json[0]["id"]
    )
    forge(tmp_path)
    forged = heuresis("replay", "forged.jsonl", "--json", cwd=tmp_path)
    assert forged.code == 1
    whats = {d["what"] for d in forged.json["differences"]}
    assert "program.score" in whats
    assert heuresis("cassette", "run", "--out", "tape.jsonl", cwd=tmp_path).code == 2
    (tmp_path / "tape.jsonl").write_text("{}\n")
    assert heuresis("replay", "tape.jsonl", cwd=tmp_path).code == 2


def forge(folder):
    """Claim a better score for one program, as a liar would."""
    lines = (folder / "tape.jsonl").read_text().splitlines()
    for number, line in enumerate(lines):
        fact = json.loads(line)
        if fact.get("kind") == "program" and fact["event"]["step"] > 5:
            if fact["event"]["score"] is None:
                continue
            fact["event"]["score"] /= 2
            lines[number] = json.dumps(fact)
            break
    (folder / "forged.jsonl").write_text("\n".join(lines) + "\n")


@pytest.mark.slow
def test_a_run_with_a_model_that_fails_now_and_then(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    faults = {"refusal": 0.1, "badsyntax": 0.1, "503": 0.1, "empty": 0.05}
    with FakeOpenAI(seed=2, rates=faults) as server:
        text = OFFLINE.replace("120", "40") + MODEL.format(url=server.base_url)
        recorded(tmp_path, text)
        asked = server.requests
    done = heuresis("replay", "tape.jsonl", "--out", "again", "--json", cwd=tmp_path)
    assert done.code == 0, done.err + done.out
    assert done.json["patched"] >= 20
    assert done.json["rejections"] > 0
    assert server.requests == asked
    assert logged(tmp_path, "run") == logged(tmp_path, "again")
    # A run that is there needs no file.
    assert heuresis("replay", "run", cwd=tmp_path).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ban", "pin"])
def test_a_steered_run_is_replayed_too(tmp_path, kind):
    (tmp_path / "c.toml").write_text(
        stopped_short(
            OFFLINE.replace("120", "40").replace("workers = 2", "workers = 1")
        )
    )
    assert heuresis("run", "c.toml", "--out", "run", cwd=tmp_path).code == 0
    (best,) = heuresis("best", "run", "--json", cwd=tmp_path).json
    assert heuresis(kind, "run", best["id"], cwd=tmp_path).code == 0
    heuresis("note", "run", "Think.", cwd=tmp_path)
    assert heuresis("seed", "run", "mdd", cwd=tmp_path).code == 0
    from evolve import api

    with api.open(tmp_path / "run"):
        pass
    done = heuresis("replay", "run", "--json", cwd=tmp_path)
    assert done.code == 0, done.out
    if kind == "ban":
        events = logged(tmp_path, "run")
        assert any(best["id"] in str(e.get("leaves")) for e in events[-3:])
