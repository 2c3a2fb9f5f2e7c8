import os
import sys
from pathlib import Path

import pytest

from evaluators.base import Sandbox
from evaluators.errors import SandboxUnavailableError
from evaluators.sandbox import levels, seccomp


def test_without_seccomp_the_best_level_is_process(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: False)

    assert levels.available() == (Sandbox.NONE, Sandbox.PROCESS)
    assert levels.require(Sandbox.NONE) is Sandbox.PROCESS


def test_a_weaker_machine_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: False)

    with pytest.raises(SandboxUnavailableError) as caught:
        levels.require(Sandbox.SECCOMP)
    assert "'process' at most, 'seccomp' is required" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_strongest_level_is_used_whatever_is_demanded(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: True)

    assert levels.require(Sandbox.PROCESS) is levels.available()[-1]


def test_the_environment_is_complete_and_ours_alone(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")

    assert levels.environment()["PYTHONHASHSEED"] == "0"
    assert not set(levels.environment().values()) & {"sk-canary"}
    assert "PYTHONPATH" not in levels.environment()


def test_no_command_for_levels_without_a_zygote():
    with pytest.raises(SandboxUnavailableError):
        levels.command(Sandbox.NONE, 3)


def test_packages_are_found_where_this_process_found_them():
    assert levels.places("tests.fakes.tiny_driver") == (str(Path.cwd()),)
    assert levels.places("no_such_package.driver") == ()
    assert str(Path(os.__file__).parent) in levels.places("json.decoder")
    assert sys.executable == levels.command(Sandbox.PROCESS, 3)[0]
