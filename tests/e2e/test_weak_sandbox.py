"""A machine without seccomp: nothing runs there unless the risk is accepted."""

import json
import subprocess
import sys

import pytest

from evaluators.sandbox import levels
from tests.e2e.cli import heuresis

WEAK = """
from evaluators.sandbox import seccomp
seccomp.supported = lambda: False
from evolve.cli import main
main()
"""
RULE = "def priority(job, state):\n    return job.d\n"


@pytest.fixture
def weak(tmp_path):
    (tmp_path / "rule.py").write_text(RULE)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", WEAK, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "smtt", "rule.py", "--split", "smoke"),
        pytest.param(
            ("run", "smtt", "--budget-candidates", "3", "--out", "x"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_it_is_refused_with_the_cure_or_runs_with_a_warning(weak, command):
    refused = weak(*command)
    allowed = weak(*command, "--allow-weak-sandbox", "--json")

    assert refused.returncode == 3
    assert "holds a run already" not in allowed.stderr
    assert refused.stderr.count("\n") <= 2
    assert "--allow-weak-sandbox" in refused.stderr
    assert allowed.returncode == 0, allowed.stderr
    assert "WARNING: sandbox level 'process' only" in allowed.stderr
    assert json.loads(allowed.stdout)


@pytest.mark.slow
def test_a_campaign_file_can_allow_it(weak, tmp_path):
    (tmp_path / "c.toml").write_text(
        'name = "c"\nproblem = "smtt"\n[budget]\ncandidates = 3\n'
        "[evaluator]\nallow_weak_sandbox = true\n"
    )
    done = weak("run", "c.toml", "--out", "x", "--json")

    assert done.returncode == 0, done.stderr
    assert "WARNING" in done.stderr


def test_the_doctor_says_what_is_missing(weak):
    sandbox = json.loads(weak("doctor", "--json").stdout)["sandbox"]

    assert sandbox["best"] == "process"
    assert "seccomp" in sandbox["missing"]["bwrap+seccomp"]


@pytest.mark.slow
def test_the_doctor_runs_the_hostile_programs(tmp_path):
    done = heuresis("doctor", "--hostile", "--json", cwd=tmp_path)
    hostile = done.json["hostile"]

    assert done.code == 0, done.err
    assert [*hostile] == [level for level in levels.available() if level != "none"]
    assert hostile[levels.best()]["leaked"] == {}
    assert hostile["process"]["leaked"]
