import importlib.util
import os
import sys
from pathlib import Path

import pytest

from evaluators.base import LEVELS, Sandbox
from evaluators.errors import SandboxUnavailableError
from evaluators.sandbox import bwrap, landlock, levels, seccomp
from problems.errors import ConfigError
from tests.fakes.sandboxes import STRONG, need


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
    monkeypatch.setattr(levels, "obstacle", lambda level: "x" * ("bwrap" in level))

    assert levels.require(Sandbox.PROCESS) is Sandbox.LANDLOCK_SECCOMP
    assert levels.best() is Sandbox.LANDLOCK_SECCOMP
    assert levels.available() == LEVELS[:-1]


def test_without_bubblewrap_the_next_level_is_used(monkeypatch):
    monkeypatch.setattr(bwrap, "program", lambda: None)

    assert "bubblewrap is not installed" in levels.obstacle(Sandbox.BWRAP_SECCOMP)
    assert levels.best() in {Sandbox.SECCOMP, Sandbox.LANDLOCK_SECCOMP}
    with pytest.raises(SandboxUnavailableError, match="bubblewrap is not installed"):
        levels.demand(Sandbox.BWRAP_SECCOMP)


def test_without_landlock_it_does_without(monkeypatch):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(bwrap, "program", lambda: None)

    assert levels.best() is Sandbox.SECCOMP


@pytest.fixture
def untried():
    levels._tried.cache_clear()
    yield
    levels._tried.cache_clear()


def test_a_level_is_tried_and_not_guessed(monkeypatch, untried, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho no permission to make namespaces >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(bwrap, "program", lambda: str(fake))

    assert "no permission" in levels.obstacle(Sandbox.BWRAP_SECCOMP)
    assert levels.best() in {Sandbox.SECCOMP, Sandbox.LANDLOCK_SECCOMP}


def test_a_wrapper_that_only_runs_its_command_is_no_sandbox(
    monkeypatch, untried, tmp_path
):
    fake = tmp_path / "bwrap"
    fake.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\n"$@"\n')
    fake.chmod(0o755)
    monkeypatch.setattr(bwrap, "program", lambda: str(fake))

    assert "no namespace" in levels.obstacle(Sandbox.BWRAP_SECCOMP)


def test_a_level_is_tried_once(monkeypatch, untried):
    first = levels.obstacle(need(Sandbox.SECCOMP))
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    assert levels.obstacle(Sandbox.SECCOMP) == first == ""
    levels._tried.cache_clear()
    assert "cannot be tried" in levels.obstacle(Sandbox.SECCOMP)


@pytest.mark.parametrize("level", STRONG)
def test_what_works_is_demanded(level):
    assert levels.demand(need(level)) is level


def test_a_weak_level_must_be_accepted_in_so_many_words():
    assert levels.least(Sandbox.SECCOMP, allow_weak=True) is Sandbox.PROCESS
    assert levels.least(Sandbox.BWRAP_SECCOMP, allow_weak=False) is (
        Sandbox.BWRAP_SECCOMP
    )
    with pytest.raises(ConfigError, match="accept that with allow_weak_sandbox"):
        levels.least(Sandbox.PROCESS, allow_weak=False)
    with pytest.raises(ConfigError, match="contradicts"):
        levels.least(Sandbox.BWRAP_SECCOMP, allow_weak=True)


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
    assert levels.places("math") + levels.places("sys") in {(), _library("math")}
    assert levels.files("tests.fakes.tiny_driver") == (str(Path.cwd() / "tests"),)
    assert str(Path(os.__file__).parent) in levels.places("json.decoder")
    assert sys.executable == levels.command(Sandbox.PROCESS, 3)[0]


def test_an_installed_package_is_seen_with_its_neighbours():
    (folder,) = levels.files("numpy")

    assert Path(folder).name in {"site-packages", "dist-packages"}


def _library(module):
    """Where an extension module lies, if it is not built in."""
    origin = importlib.util.find_spec(module).origin
    return (str(Path(origin).resolve().parent),)
