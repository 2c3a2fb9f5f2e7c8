"""A model adds a helper file; the child is judged, exported, and judged again."""

import json
import subprocess
import sys

import pytest

from tests.e2e.cli import heuresis

CAMPAIGN = """
name = "several"
problem = "smtt"
seeds = ["edd"]
finalists = 2
[search]
islands = 1
[budget]
candidates = 4
[model]
name = "scripted:answers.json"
concurrency = 1
[evaluator]
workers = 1
"""

ANSWER = """Modified due dates, in a file of their own.
```python
from dates import modified


def priority(job, state):
    return modified(job, state.t)
```

FILE dates.py
```python
def modified(job, now):
    return {code}
```
"""
CODES = (
    "max(job.d, now + job.p)",
    "max(job.d, now + job.p) + now / 0",
    "max(job.d, now + job.p) + 0.001 * job.p",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    (folder / "answers.json").write_text(
        json.dumps([ANSWER.format(code=c) for c in CODES])
    )
    (folder / "c.toml").write_text(CAMPAIGN)
    done = heuresis("run", "c.toml", "--out", "run", "--json", cwd=folder)
    assert done.code == 0, done.err
    (folder / "told.json").write_text(done.out)
    return folder


def told(place):
    return json.loads((place / "told.json").read_text())["best"]


def test_the_child_with_a_helper_file_is_judged_and_shown(place):
    best = told(place)
    assert "# FILE dates.py\n" in best["source"]
    shown = heuresis("show", "run", best["id"], cwd=place)
    assert "files" in shown.out
    assert "# FILE dates.py\ndef modified(job, now):" in shown.out
    document = heuresis("show", "run", best["id"], "--json", cwd=place).json
    assert document["files"] == ["dates.py"]
    assert document["status"] == "ok"


@pytest.mark.slow
def test_a_failure_in_a_helper_file_names_it(place):
    lines = heuresis("log", "run", cwd=place).out.splitlines()
    programs = [e for e in map(json.loads, lines) if e["kind"] == "program"]
    assert [e["status"] for e in programs] == ["ok", "ok", "error", "ok"]
    shown = heuresis("show", "run", programs[2]["id"], cwd=place).out
    assert "dates.py line 2, in modified: return" in shown


@pytest.mark.slow
def test_an_exported_folder_has_the_same_score_again(place):
    best = told(place)
    done = heuresis("export", "run", "-o", "rule", cwd=place)
    assert done.code == 0, done.err
    assert sorted(p.name for p in (place / "rule").iterdir()) == ["dates.py", "main.py"]
    code = "import main; assert main.modified.__module__ == 'dates'"
    subprocess.run([sys.executable, "-c", code], cwd=place / "rule", check=True)
    again = heuresis("evaluate", "smtt", "rule", "--json", cwd=place).json
    assert again["status"] == "ok"
    assert again["gap"] == best["gap"]["train"]
    printed = heuresis("export", "run", cwd=place)
    assert "# FILE dates.py\n" in printed.out
    assert "-o FOLDER" in printed.err
    refused = heuresis("export", "run", "-o", "rule.py", cwd=place)
    assert refused.code == 2
    assert "name a new one" in refused.err


@pytest.mark.slow
def test_the_run_keeps_its_champion_as_a_folder(place):
    kept = place / "run" / "best"
    assert sorted(path.name for path in kept.iterdir()) == ["dates.py", "main.py"]
    assert not (place / "run" / "best.py").exists()
    report = heuresis("report", "run", "--json", cwd=place)
    assert report.code == 0, report.err
    assert sorted(path.name for path in kept.iterdir()) == ["dates.py", "main.py"]


@pytest.mark.slow
def test_a_folder_is_a_seed_and_what_is_known_is_told(place):
    seeds = CAMPAIGN.replace('"edd"', '"folder"').replace("= 4", "= 1")
    (place / "folder").mkdir()
    source = told(place)["source"]
    main, _, dates = source.partition("# FILE dates.py\n")
    (place / "folder" / "main.py").write_text(main)
    (place / "folder" / "dates.py").write_text(dates)
    known = heuresis("seed", "run", "folder", cwd=place)
    assert known.code == 2
    assert "in the population already" in known.err
    (place / "s.toml").write_text(seeds.replace("several", "seeded"))
    done = heuresis("run", "s.toml", "--out", "seeded", "--json", cwd=place)
    assert done.code == 0, done.err
    assert done.json["best"]["source"] == source
    (place / "folder" / "dates.py").write_text("def modified(job, now:\n")
    broken = heuresis("seed", "seeded", "folder", cwd=place)
    assert broken.code == 2
    assert "dates.py line 1" in broken.err


@pytest.mark.slow
def test_the_campaign_is_the_same_again_and_can_be_replayed(place):
    done = heuresis("run", "c.toml", "--out", "two", "--json", cwd=place)
    assert done.code == 0, done.err
    first, second = (heuresis("log", run, cwd=place).out for run in ("run", "two"))
    assert '"kind": "program"' in first
    assert first.replace('"run"', '"two"') == second
    assert heuresis("cassette", "run", "--out", "tape.jsonl", cwd=place).code == 0
    done = heuresis("replay", "tape.jsonl", "--json", cwd=place)
    assert done.code == 0, done.err + done.out
    assert done.json["same"]
    assert done.json["programs"] == 4
