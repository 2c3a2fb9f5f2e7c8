"""Campaigns whose candidates run on Ray; also when a machine is lost on the way."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evolve.runs import locate
from evolve.session import open_run
from problems.errors import PlatformError
from tests.e2e.cli import heuresis
from tests.fakes import ray_cluster
from tests.fakes.processes import wait_until

pytestmark = pytest.mark.ray

CANDIDATES = 500


def processes_of(folder: Path) -> set[int]:
    """Ids of all processes that are told to use ``folder``."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in line:
                found.add(int(entry.name))
    return found


def judged(folder: Path) -> int:
    try:
        with open_run(locate(str(folder))) as run:
            return run.population.spent().candidates
    except PlatformError:
        return 0


def test_a_campaign_on_a_ray_of_its_own(tmp_path, ray_home):
    own = ray_home / "own"
    own.mkdir()
    done = heuresis(
        "run", "smtt", "--executor", "ray", "--budget-candidates", 60,
        "--seed", 1, "--out", "run", "--json",
        cwd=tmp_path,
        env={**os.environ, "RAY_TMPDIR": str(own)},
    )  # fmt: skip

    assert done.code == 0, done.err
    assert done.err == ""
    assert done.json["run"] == "run"
    with open_run(locate(str(tmp_path / "run"))) as run:
        assert run.population.spent().candidates == 60
        programs = run.population.programs(limit=100)
        assert run.campaign.evaluator.executor == "ray"
    assert len({program.id for program in programs}) == 60
    assert {program.evaluation.sandbox.value for program in programs} != {"none"}
    assert wait_until(lambda: not processes_of(own), 10), "Ray is still there"


def test_an_unknown_cluster_is_one_line(tmp_path, ray_home):
    done = heuresis(
        "run", "smtt", "--executor", "ray", "--ray-address", "127.0.0.1:1",
        "--budget-candidates", 5, "--out", "run",
        cwd=tmp_path,
    )  # fmt: skip

    assert done.code == 3
    assert "cannot use Ray at 127.0.0.1:1" in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_a_campaign_survives_the_loss_of_a_node(tmp_path, ray_home):
    folder = tmp_path / "run"
    with ray_cluster.cluster(ray_home / "nodes") as cluster:
        cluster.add_node(num_cpus=1)
        victim = cluster.add_node(num_cpus=1)
        process = subprocess.Popen(
            [
                sys.executable, "-c", "from evolve.cli import main; main()",
                "run", "smtt", "--executor", "ray", "--workers", "2",
                "--ray-address", cluster.address, "--seed", "1",
                "--budget-candidates", str(CANDIDATES), "--out", str(folder), "--json",
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert wait_until(lambda: judged(folder) > 50, 90), process.poll()
            cluster.remove_node(victim, allow_graceful=False)
            before = judged(folder)
            started = time.monotonic()
            assert wait_until(lambda: judged(folder) > before + 50, 60)
            alone = time.monotonic() - started
            cluster.add_node(num_cpus=1)
            _, err = process.communicate(timeout=200)
        finally:
            process.kill()

    assert process.returncode == 0, err
    assert before < CANDIDATES
    assert alone < 30, "the other node did not go on"
    with open_run(locate(str(folder))) as run:
        population = run.population
        programs = population.programs(limit=2 * CANDIDATES)
        spent = population.spent()
        events = population.events(limit=100_000)
    assert len(programs) == spent.candidates == CANDIDATES
    assert len({program.id for program in programs}) == CANDIDATES
    assert len({program.candidate.step for program in programs}) == CANDIDATES
    assert sum(event.kind == "program" for event in events) == CANDIDATES
    # Losing a node is nobody's fault: no candidate is marked by it.
    assert not [p for p in programs if p.evaluation.status == "timeout_wall"]
