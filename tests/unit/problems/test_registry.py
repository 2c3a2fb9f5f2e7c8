from importlib.metadata import EntryPoint

import pytest

from problems import registry
from problems.errors import ConfigError, UnknownProblemError


def _install(monkeypatch, *points):
    found = [EntryPoint(name=n, value=v, group=registry.GROUP) for n, v in points]
    monkeypatch.setattr(registry, "entry_points", lambda group: found)


def test_a_misspelt_name_is_answered_with_the_closest_one():
    with pytest.raises(UnknownProblemError, match="did you mean 'smtt'"):
        registry.load("smmt")


def test_a_pack_is_found_by_name():
    assert "smtt" in registry.names()
    assert registry.load("smtt").name == "smtt"


def test_what_is_no_problem_is_refused(monkeypatch):
    _install(monkeypatch, ("other", "math:pi"))
    with pytest.raises(ConfigError, match=r"'math:pi' is not a Problem"):
        registry.load("other")


def test_two_packs_of_one_name_are_refused(monkeypatch):
    _install(monkeypatch, ("other", "math:pi"), ("other", "math:e"))
    with pytest.raises(ConfigError, match="uninstall one"):
        registry.names()
