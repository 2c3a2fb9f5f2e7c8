"""Every verb on one real run, as a user types it."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.e2e.cli import heuresis

CAMPAIGN = """
name = "small"
problem = "smtt"
seeds = ["edd"]
seed = 1
finalists = 5
[budget]
candidates = 150
[search]
islands = 2
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with one finished run, called ``runs/small``."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "small.toml").write_text(CAMPAIGN)
    done = heuresis("run", "small.toml", "--out", "runs/small", "--json", cwd=folder)
    assert done.code == 0, done.err
    (folder / "run.json").write_text(done.out)
    return folder


@pytest.fixture(scope="module")
def result(place):
    import json

    return json.loads((place / "run.json").read_text())


def test_run_reports_gaps_claims_and_baselines(result):
    assert result["problem"] == "smtt"
    assert result["status"] == "done"
    assert result["candidates"] == 150
    assert set(result["best"]["gap"]) == {"train", "valid", "test", "ood"}
    assert all(isinstance(v, float) for v in result["best"]["gap"].values())
    assert "def priority" in result["best"]["source"]
    assert {"edd", "spt", "mdd", "mddc", "eddc", "psk", "atc", "covert"} <= set(
        result["baselines"]
    )
    assert result["best"]["gap"]["test"] < result["baselines"]["edd"]["gap"]["test"]
    claim = next(c for c in result["claims"] if c["against"] == "edd")
    assert claim["shown"] is True
    assert claim["interval"][0] <= claim["difference"] <= claim["interval"][1]
    assert claim["n"] == 300


def test_run_folder_holds_what_the_readme_says(place):
    names = {p.name for p in (place / "runs/small").iterdir()}
    assert {
        "campaign.toml",
        "manifest.json",
        "population.sqlite",
        "report.html",
        "report.json",
        "best.py",
    } <= names


def test_status_and_ls(place):
    status = heuresis("status", "small", "--json", cwd=place).json
    assert status["state"] == "done"
    assert status["candidates"] == 150
    assert sum(status["statuses"].values()) == 150
    (row,) = heuresis("ls", "--json", cwd=place).json
    assert row["run"] == "runs/small"
    assert row["best_gap"] == status["best_gap"]
    assert "runs/small" in heuresis("ls", cwd=place).out


def test_best_show_diff_lineage(place, result):
    (best,) = heuresis("best", "small", "--split", "valid", "--json", cwd=place).json
    assert best["id"] == result["best"]["id"]
    shown = heuresis("show", "small", best["id"][:8], "--json", cwd=place).json
    assert shown["source"] == result["best"]["source"]
    assert len(shown["instances"]["test"]) == 300
    assert "def priority" in heuresis("show", "small", best["id"][:8], cwd=place).out
    line = heuresis("lineage", "small", "--json", cwd=place).json
    assert line[0]["operator"] == "seed"
    assert line[-1]["id"] == best["id"]
    diff = heuresis("diff", "small", best["id"], line[0]["id"], cwd=place)
    assert diff.code == 0
    assert re.search(r"^[-+].*return", diff.out, re.MULTILINE)


def test_an_unknown_program_lists_the_cure(place):
    done = heuresis("show", "small", "ffffffffffff", cwd=place)
    assert done.code == 2
    assert "ffffffffffff" in done.err


def test_report_again_touches_test_no_further(place, result):
    before = heuresis("log", "small", cwd=place).out
    again = heuresis("report", "small", "--json", cwd=place)
    assert again.code == 0, again.err
    assert again.json["best"] == result["best"]
    assert again.json["claims"] == result["claims"]
    assert heuresis("log", "small", cwd=place).out == before


def test_export_runs_alone_and_is_judged_the_same(place, result):
    done = heuresis("export", "small", "-o", "rule.py", cwd=place)
    assert done.code == 0, done.err
    alone = subprocess.run(
        [sys.executable, "-I", "rule.py"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert alone.returncode == 0, alone.stderr
    judged = heuresis(
        "evaluate", "smtt", "rule.py", "--split", "test", "--json", cwd=place
    )
    assert judged.code == 0, judged.err
    assert judged.json["gap"] == result["best"]["gap"]["test"]


def test_evaluate_says_why_a_program_fails(tmp_path):
    (tmp_path / "bad.py").write_text(
        "# EVOLVE-BLOCK-START\n"
        "def sequence(p, d, w):\n    return [0] * len(p)\n"
        "# EVOLVE-BLOCK-END\n"
    )
    done = heuresis("evaluate", "smtt", "bad.py", "--json", cwd=tmp_path)
    assert done.code == 1
    assert done.json["status"] == "invalid"
    assert done.json["gap"] is None
    assert "duplicate_job" in done.json["message"]


def test_problems_lists_baselines_with_gaps(tmp_path):
    listed = heuresis("problems", "--json", cwd=tmp_path).json
    assert {"jssp", "smtt"} <= {one["name"] for one in listed}


def test_config_schema_is_json_schema(tmp_path):
    schema = heuresis("config", "schema", cwd=tmp_path).json
    assert schema["additionalProperties"] is False
    assert "budget" in schema["properties"]


def test_calibrate_fits_a_table_of_steps(tmp_path):
    """Made of 10 + 0.1 tokens + 1e-4 KV tokens + 1e-5 pairs of tokens, milliseconds."""
    rows = ["decode_requests,kv_tokens,prefill_tokens,cached_tokens,milliseconds"]
    rows += [
        f"{n},{s},0,0,{10 + n / 10 + s / 1e4}" for n in (1, 64) for s in (64, 9999)
    ]
    rows += [
        f"0,0,{c},{k},{10 + c / 10 + c * (k + c / 2) / 1e5}"
        for c in (64, 512)
        for k in (0, 4096)
    ]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    document = heuresis("calibrate", "mine.csv", "--json", cwd=tmp_path).json
    assert document["residuals"]["worst"] < 1e-4
    assert document["row"]["b"] == pytest.approx(1e-4, rel=1e-3)
    assert document["row"]["p2"] == pytest.approx(1e-5, rel=1e-3)


def test_doctor_names_the_sandbox(tmp_path):
    document = heuresis("doctor", "--json", cwd=tmp_path).json
    assert document["sandbox"]["best"] in document["sandbox"]["levels"]
    assert document["foreign_packages"] == {}


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_resume_goes_on(tmp_path):
    (tmp_path / "x.toml").write_text(CAMPAIGN.replace("150", "100000"))
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from evolve.cli import main; main()",
            "run",
            "x.toml",
            "--out",
            "run",
        ],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "run" / "population.sqlite").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "heuresis resume run" in err
    status = heuresis("status", "run", "--json", cwd=tmp_path).json
    assert status["state"] == "stopped"
    seen = status["candidates"]
    assert seen > 0
    resumed = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from evolve.cli import main; main()",
            "resume",
            "run",
            "--json",
        ],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while heuresis("status", "run", "--json", cwd=tmp_path).json["candidates"] <= seen:
        assert resumed.poll() is None
        assert time.monotonic() < deadline + 30
    assert heuresis("resume", "run", cwd=tmp_path).code == 3  # one process at a time
    assert heuresis("stop", "run", cwd=tmp_path).code == 0
    resumed.communicate(timeout=60)
    assert resumed.returncode == 0
    assert heuresis("status", "run", "--json", cwd=tmp_path).json["state"] == "stopped"


def test_a_heuristic_and_the_baselines_are_judged_on_instances_from_a_file(tmp_path):
    from problems.registry import load

    (tmp_path / "rule.py").write_text(load("jssp").baselines["spt"].source)
    folder = tmp_path / "shops"
    folder.mkdir()
    (folder / "one.txt").write_text("2 2\n0 3 1 2\n1 2 0 4\n")
    (folder / "two.txt").write_text("2 2\n0 1 1 1\n0 1 1 9\n")
    done = heuresis(
        *("evaluate", "jssp", "rule.py", "--instances", "shops", "--json"), cwd=tmp_path
    )
    assert done.code == 0, done.err
    assert (done.json["status"], done.json["split"]) == ("ok", "imported")
    found = {one["id"]: one for one in done.json["instances"]}
    assert (found["one"]["objective"], found["one"]["reference"]) == (7, 7)
    # The short job goes first on the first machine, as it was queued first.
    assert (found["two"]["objective"], found["two"]["reference"]) == (11, 10)
    shown = heuresis("problems", "jssp", "--import", "shops", "--json", cwd=tmp_path)
    assert shown.code == 0, shown.err
    assert [one["proved"] for one in shown.json["instances"]] == [False, False]
    assert shown.json["baselines"]["spt"]["gap"] == done.json["gap"]
    words = heuresis("problems", "jssp", "--import", "shops", cwd=tmp_path)
    assert "longest job or machine load" in words.out
