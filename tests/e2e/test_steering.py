"""A person steers a campaign that runs in another process, and one that is stopped."""

import json
import subprocess
import sys
import time

import pytest

from tests.e2e.cli import heuresis

CAMPAIGN = """
name = "steered"
problem = "smtt"
seeds = ["edd"]
[budget]
candidates = 100000
[search]
islands = 1
"""

MINE = """# EVOLVE-BLOCK-START
def priority(job, state):
    return max(job.d, state.t + job.p) + 0.001 * job.p
# EVOLVE-BLOCK-END
"""


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def status(folder):
    return heuresis("status", "run", "--json", cwd=folder).json


@pytest.fixture
def running(tmp_path):
    (tmp_path / "c.toml").write_text(CAMPAIGN)
    code = "from evolve.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "c.toml", "--out", "run", "--json"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for((tmp_path / "run" / "population.sqlite").exists)
        wait_for(lambda: status(tmp_path)["candidates"] > 20)
        yield tmp_path
    finally:
        process.kill()
        process.wait()


def events(folder, kind):
    log = heuresis("log", "run", cwd=folder).out
    return [e for e in map(json.loads, log.splitlines()) if e["kind"] == kind]


@pytest.mark.slow
def test_seed_ban_pin_and_note_reach_a_running_campaign(running):
    (running / "mine.py").write_text(MINE)
    done = heuresis("seed", "run", "mine.py", cwd=running)
    assert done.code == 0, done.err
    mine = done.err.split(" as ")[1].strip()[:12]
    wait_for(lambda: status(running)["steering"]["seeds_waiting"] == 0)
    wait_for(lambda: heuresis("show", "run", mine, cwd=running).code == 0)
    shown = heuresis("show", "run", mine, "--json", cwd=running).json
    assert shown["operator"] == "seed"
    assert shown["status"] == "ok"
    (first,) = [e for e in events(running, "program") if e["step"] == 0]
    assert heuresis("ban", "run", first["id"][:8], cwd=running).code == 0
    assert heuresis("pin", "run", mine[:8], cwd=running).code == 0
    assert heuresis("note", "run", "Look at slack.", cwd=running).code == 0

    def left():
        return any(
            [0, first["id"]] in e["leaves"] for e in events(running, "placement")
        )

    entered_and_left = any(
        [0, first["id"]] in e["leaves"] for e in events(running, "program")
    )
    if not entered_and_left:
        wait_for(left)
    told = status(running)["steering"]
    assert told["hints"] == ["Look at slack."]
    assert told["banned"] == [first["id"]]
    assert told["pinned"] == [shown["id"]]
    assert [e["order"] for e in events(running, "order")] == ["seed", "ban", "pin"]
    text = heuresis("status", "run", cwd=running).out
    assert "Look at slack." in text
    assert mine in text
    assert heuresis("stop", "run", cwd=running).code == 0


@pytest.mark.slow
def test_refusals_are_one_clear_line(tmp_path):
    (tmp_path / "c.toml").write_text(CAMPAIGN.replace("100000", "3"))
    assert heuresis("run", "c.toml", "--out", "run", cwd=tmp_path).code == 0
    (tmp_path / "bad.py").write_text("def priority(job, state): return 1\n")
    for arguments, words in (
        (("pin", "run", "zzzz"), "zzzz"),
        (("ban", "run", ""), "several"),
        (("seed", "run", "nothing.py"), "baselines for priority"),
        (("seed", "run", "bad.py"), "EVOLVE-BLOCK-START"),
        (("seed", "run", "edd"), "in the population already"),
        (("seed", "run", "augmdd"), "evolves priority"),
        (("note", "run", " "), "needs a text"),
        (("note", "nowhere", "x"), "no run"),
    ):
        done = heuresis(*arguments, cwd=tmp_path)
        assert done.code == 2, arguments
        assert words in done.err, done.err
        assert len(done.err.strip().splitlines()) == 1
    done = heuresis("seed", "run", "mdd", cwd=tmp_path)
    assert done.code == 0
    assert "heuresis resume" in done.err
