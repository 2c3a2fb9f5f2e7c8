"""The four packages of heuresis are ours alone, and lie side by side."""

import importlib.util
import tomllib
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

NAMES = ("evolve", "evaluators", "problems", "prompts")


def test_no_other_distribution_claims_our_names():
    owners = packages_distributions()
    foreign = {name: set(owners.get(name, ())) - {"heuresis"} for name in NAMES}
    assert not any(foreign.values()), foreign


def test_the_packages_lie_side_by_side():
    homes = set()
    for name in NAMES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        homes.add(Path(spec.origin).parent.parent)
    assert len(homes) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_typed(name):
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    assert (Path(spec.origin).parent / "py.typed").is_file()


def test_every_registered_problem_loads():
    points = entry_points(group="heuresis.problems")
    assert "smtt" in {p.name for p in points}
    for point in points:
        assert point.load().name == point.name


def test_what_is_declared_is_imported_somewhere():
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    names = {
        d.split(">")[0].split("=")[0].split("[")[0] for d in project["dependencies"]
    }
    origin = importlib.util.find_spec("evolve").origin
    home = Path(origin).parent.parent
    text = "\n".join(
        path.read_text() for name in NAMES for path in (home / name).rglob("*.py")
    )
    unused = [n for n in names if f"import {n}" not in text and f"from {n}" not in text]
    assert unused == []
