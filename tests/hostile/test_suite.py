"""Every hostile program is contained at every level that promises it."""

import os

import pytest

from evaluators.base import Sandbox
from evaluators.hostile import suite
from evaluators.hostile.host import KEY, KEY_NAME, lay_out
from evaluators.hostile.programs import numbered, programs
from evaluators.hostile.records import STUCK
from evaluators.sandbox import levels
from tests.fakes.sandboxes import STRONG, need


def assert_contained(report):
    assert {f.program: f.leak for f in report.leaked} == {}
    assert {f.program: (f.status, f.odd, f.message) for f in report.odd} == {}


def test_the_strongest_level_contains_all_that_is_quick():
    level = need(levels.require(Sandbox.SECCOMP))
    quick = [program.name for program in programs() if not program.expected & STUCK]
    report = suite.run(level, quick)

    assert [finding.program for finding in report.hostile] == quick
    assert_contained(report)


@pytest.mark.slow
@pytest.mark.parametrize("level", STRONG)
def test_a_level_contains_all_programs_and_serves_honest_ones(level):
    report = suite.run(need(level))

    assert len(report.hostile) == len(programs())
    assert_contained(report)


@pytest.mark.slow
def test_without_confinement_the_attacks_succeed():
    """Or containing them would prove nothing."""
    report = suite.run(Sandbox.PROCESS)
    leaked = {finding.program for finding in report.leaked}

    assert {p.name for p in programs() if p.leaks} - leaked == set()


def test_programs_too_dangerous_for_a_weak_level_are_not_run_there():
    dangerous = [program.name for program in programs() if program.confined]
    report = suite.run(Sandbox.PROCESS, dangerous)

    assert dangerous
    assert report.hostile == ()


def test_a_leak_is_seen():
    report = suite.run(Sandbox.PROCESS, ["read a file of the user", "leave files"])

    got, left = (finding.leak for finding in report.leaked)
    assert got == "got what it was after"
    assert "left /" in left


def test_the_fixed_list_is_complete_and_names_are_unique():
    names = [program.name for program in programs()]

    assert sorted(numbered()) == list(range(1, 52))
    assert len(set(names)) == len(names) >= 51 + 20


def test_the_key_must_have_been_there_from_the_start(monkeypatch):
    monkeypatch.delenv(KEY_NAME, raising=False)

    with pytest.raises(RuntimeError, match=KEY), lay_out():
        pytest.fail("laid out without a key")


def test_the_suite_does_not_inherit_our_environment(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-real")

    assert suite._environment()[KEY_NAME] == KEY
    assert "ANTHROPIC_API_KEY" not in suite._environment()
    assert os.environ["PATH"] == suite._environment()["PATH"]
