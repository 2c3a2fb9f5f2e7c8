import builtins
import dataclasses
import json

import pytest

from problems.base import Split
from problems.errors import ConfigError, InfrastructureError, ReferenceMissingError
from problems.jssp.instances import draw, instances, own
from problems.jssp.model import trivial_bound
from problems.jssp.reference import (
    FILE,
    PUBLISHED,
    reference,
    solve,
    solve_references,
    time_limit,
)
from problems.jssp.taillard import taillard
from problems.jssp.verify import verify
from tests.unit.problems.jssp.shared_data import shared_bounds

needs_solver = pytest.mark.usefixtures("_ortools")


@pytest.fixture
def _ortools():
    pytest.importorskip("ortools", reason="OR-Tools is an optional extra")


def _rows(path):
    return json.loads(path.read_text())["instances"]


def test_published_bounds_are_those_of_the_shared_table():
    bounds = shared_bounds()
    for one in taillard():
        found = reference(one)
        assert (found.lower, found.best) == bounds[one.id]
        assert found.proved == (found.lower == found.best)


def test_sixty_eight_of_the_eighty_are_closed():
    open_ones = [one.id for one in taillard() if not reference(one).proved]
    numbers = [30, 32, 40, 41, 42, 43, 44, 46, 47, 48, 49, 50]
    assert open_ones == [f"ta{k}" for k in numbers]


@pytest.mark.parametrize("split", Split)
def test_no_bound_is_below_the_trivial_one(split):
    for one in instances(split):
        assert reference(one).lower >= trivial_bound(one)


def test_the_files_hold_all_instances_and_no_others():
    assert list(_rows(FILE)) == [one.id for one in own()]
    assert list(_rows(PUBLISHED)) == [one.id for one in taillard()]


def test_a_changed_instance_has_no_reference():
    for one in (instances(Split.TRAIN)[0], taillard()[0]):
        first = (one.times[0][0] + 1, *one.times[0][1:])
        changed = dataclasses.replace(one, times=(first, *one.times[1:]))
        with pytest.raises(ReferenceMissingError, match=f"the data of {one.id}"):
            reference(changed)


def test_an_unknown_instance_has_no_reference():
    with pytest.raises(ReferenceMissingError, match="--solve-references"):
        reference(draw(n=10, m=10, seed=1))


@needs_solver
def test_solving_again_gives_what_is_shipped(tmp_path):
    # A fast proof of each size; all instances together take a quarter of an hour.
    chosen = [*instances(Split.SMOKE)[:3], *instances(Split.TRAIN)[:2]]
    lines = []
    solve_references(lines.append, tmp_path / "again.json", chosen)
    again, shipped = (
        json.loads(p.read_text()) for p in (tmp_path / "again.json", FILE)
    )
    assert again.pop("instances") == {
        one.id: shipped["instances"][one.id] for one in chosen
    }
    assert len(lines) == len(chosen)
    assert again["method"].partition(":")[2] == shipped["method"].partition(":")[2]


@needs_solver
def test_a_short_limit_gives_a_bound_and_a_feasible_schedule():
    one = instances(Split.TRAIN)[18]
    found = solve(one, 0.01)
    assert trivial_bound(one) <= found.lower < found.best
    assert verify(one, "", found.starts).objective == found.best
    assert found.lower <= reference(one).best


@pytest.mark.slow
@needs_solver
@pytest.mark.parametrize("index", [10, 18, 31])
def test_solving_larger_ones_again_gives_what_is_shipped(index):
    one = instances(Split.TRAIN)[index]
    found = solve(one, time_limit(one))
    assert [found.lower, found.best] == _rows(FILE)[one.id][1:]


@pytest.mark.slow
@needs_solver
def test_the_solver_agrees_with_a_published_optimum():
    one = taillard()[0]
    found = solve(one, 4.0)
    assert found.lower <= 1231 <= found.best


def test_without_the_solver_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("ortools"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=r"pip install 'heuresis\[solvers\]'"):
        solve_references(lambda line: None)


@needs_solver
def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    with pytest.raises(InfrastructureError, match="writable checkout"):
        solve_references(lambda line: None, tmp_path / "none" / "r.json", ())
