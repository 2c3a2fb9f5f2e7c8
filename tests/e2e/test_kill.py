"""kill -9 at random moments loses no finished work and leaves no process behind."""

import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evolve.runs import locate
from evolve.session import open_run
from problems.errors import PlatformError
from tests.fakes.openai_server import FakeOpenAI

HEURESIS = [sys.executable, "-c", "from evolve.cli import main; main()"]
PR_SET_CHILD_SUBREAPER = 36

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs a subreaper"),
]


@pytest.fixture
def subreaper():
    """Orphans of what we kill become our children, so that we see them."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def children_of(parent: int) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        state, ppid = fields[0], int(fields[1])
        if ppid == parent and state != "Z":
            found.add(int(entry.name))
    return found


def survivors(before: set[int], seconds: float) -> set[int]:
    deadline = time.monotonic() + seconds
    while True:
        left = children_of(os.getpid()) - before
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def facts(folder: Path) -> dict:
    with open_run(locate(str(folder))) as run:
        population = run.population
        programs, after = [], -1
        while page := population.programs(after):
            programs += page
            after = page[-1].candidate.step
        events, after = [], -1
        while page := population.events(after):
            events += page
            after = page[-1].seq
        steps = range(population.next_step())
        responses = {}
        for step in steps:
            for proposal in population.dialogue(step):
                if proposal.response is not None:
                    responses[proposal.call.key] = proposal.response
        return {
            "programs": {p.id: p for p in programs},
            "steps": [p.candidate.step for p in programs],
            "events": [(e.seq, e.kind, json.dumps(dict(e.payload))) for e in events],
            "responses": responses,
            "spent": population.spent(),
            "pending": population.pending(),
        }


def campaign(folder: Path, *, candidates: int, base_url: str | None) -> Path:
    model = (
        f'\n[model]\nname = "openai/fake"\nbase_url = "{base_url}"\n'
        'api_key_env = "FAKE_KEY"\nconcurrency = 3\ntimeout_seconds = 10\n'
        if base_url
        else ""
    )
    path = folder / "campaign.toml"
    path.write_text(
        'name = "kill"\nproblem = "smtt"\nseeds = ["edd"]\n'
        f"[budget]\ncandidates = {candidates}\n"
        "[search]\nislands = 2\nmigration_interval = 20\n" + model
    )
    return path


def killed_and_resumed(
    tmp_path: Path, *, rounds: int, server: FakeOpenAI | None = None
) -> dict:
    base_url = server.base_url if server else None
    folder = tmp_path / "run"
    candidates = 100_000
    path = campaign(tmp_path, candidates=candidates, base_url=base_url)
    rng = random.Random(20)
    environment = {**os.environ, "FAKE_KEY": "secret"}
    command = [*HEURESIS, "run", str(path), "--out", str(folder)]
    last: dict | None = None
    kills = 0
    while kills < rounds:
        before = children_of(os.getpid())
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
        )
        asked = server.requests if server else 0
        wait_for((folder / "population.sqlite").exists, process)
        if kills % 4:  # the others die while they start
            known = len(last["programs"]) if last else 0
            wait_for(lambda n=known: judged(folder) > n, process)
            if server is not None:
                wait_for(lambda n=asked: server.requests > n, process)
        time.sleep(rng.uniform(0.1, 1.5))
        assert process.poll() is None, process.stderr.read().decode()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        kills += 1
        assert survivors(before, 3.0) == set()
        now = facts(folder)
        if last is not None:
            assert_nothing_lost(last, now)
        last = now
        command = [*HEURESIS, "resume", str(folder)]
    assert last is not None
    return last


def judged(folder: Path) -> int:
    try:
        with open_run(locate(str(folder))) as run:
            return run.population.spent().candidates
    except PlatformError:  # it is being made
        return 0


def wait_for(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_nothing_lost(old: dict, new: dict) -> None:
    for key, program in old["programs"].items():
        assert new["programs"][key] == program
    for step, response in old["responses"].items():
        assert new["responses"][step] == response
    assert new["events"][: len(old["events"])] == old["events"]


def assert_nothing_repeated(end: dict) -> None:
    assert len(set(end["steps"])) == len(end["steps"])
    assert [e[0] for e in end["events"]] == list(range(len(end["events"])))
    assert end["spent"].candidates == len(end["programs"])


def test_offline_campaign_survives_twenty_kills(tmp_path, subreaper):
    end = killed_and_resumed(tmp_path, rounds=20)
    assert_nothing_repeated(end)
    assert len(end["programs"]) > 20


def test_model_campaign_survives_twenty_kills(tmp_path, subreaper):
    with FakeOpenAI(seed=1, latency=0.05) as server:
        end = killed_and_resumed(tmp_path, server=server, rounds=20)
        asked = server.requests
    assert_nothing_repeated(end)
    assert len(end["responses"]) > 20
    # What was answered and stored is never asked again: a turn asks once, and only
    # calls that were in flight at a kill (three at most) were paid without an answer.
    told = [json.loads(p) for _, kind, p in end["events"] if kind == "call"]
    calls = [(call["step"], call["turn"]) for call in told]
    assert len(set(calls)) == len(calls)
    assert asked <= len(calls)
    assert len(calls) - len(end["responses"]) <= 20 * 3
    outcomes = {
        json.loads(payload)["step"]
        for _, kind, payload in end["events"]
        if kind in ("program", "rejection")
    }
    pending = {p.call.step for p in end["pending"]}
    assert {step for step, _ in end["responses"]} <= outcomes | pending
