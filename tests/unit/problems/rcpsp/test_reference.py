"""Bounds of the pack ``rcpsp``; CP-SAT proves small ones anew."""

import dataclasses
import json

import pytest

from problems.base import Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.rcpsp import reference as truth
from problems.rcpsp.instances import Cell, draw
from problems.rcpsp.model import RcpspInstance
from problems.rcpsp.pack import PACK
from problems.rcpsp.variants import constrained
from problems.rcpsp.verify import verify

FEW = [one for one in PACK.instances(Split.TEST) if one.id.endswith(("4000", "4003"))]


def exhaustive(instance):
    """Shortest makespan, by trying every start up to a small time."""
    best = None
    span = range(9)
    tables = [[a, b, c] for a in span for b in span for c in span]
    for starts in tables:
        found = verify(instance, "", starts).objective
        if found is not None and (best is None or found < best):
            best = found
    return best


CASE = RcpspInstance(
    id="x",
    group="g",
    durations=(2, 3, 1),
    demands=((2,), (2,), (1,)),
    capacities=(3,),
    successors=((2,), (), ()),
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"downtime": (((1, 3),),)},
        {"release": (1, 0, 4)},
        {"deadline": (None, 3, None)},
        {"capacities": (9,), "disjunctive": ((0, 1),)},
        {"capacities": (9,), "disjunctive": ((0, 1),), "deadline": (2, None, None)},
    ],
)
def test_the_model_agrees_with_trying_everything(changes):
    one = dataclasses.replace(CASE, **changes)
    found = truth.solve(one, 1.0)
    assert found.lower == found.best == exhaustive(one)
    assert verify(one, "", found.starts).objective == found.best


@pytest.mark.parametrize("changes", [{"horizon": 4}, {"deadline": (2, 3, None)}])
def test_what_cannot_be_met_is_proved_so(changes):
    one = dataclasses.replace(CASE, **changes)
    assert exhaustive(one) is None
    found = truth.solve(one, 1.0)
    assert (found.best, found.starts, found.infeasible) == (None, None, True)


@pytest.mark.parametrize("seed", range(3))
def test_constraints_around_a_hidden_schedule_can_be_met(seed):
    base = draw(Cell(n=20, complexity=1.5, factor=0.5, strength=0.5), seed)
    kinds = {"downtime": 0.75, "windows": 0.75, "disjunctive": 0.75}
    one = constrained(base, seed=seed, **kinds, deadlines=True)
    found = truth.solve(one.instance, 1.0)
    hidden = verify(one.instance, "", list(one.starts)).objective
    assert found.lower <= found.best <= hidden
    assert verify(one.instance, "", found.starts).violations == ()


@pytest.mark.parametrize("one", FEW, ids=lambda one: one.id)
def test_a_stored_optimum_is_proved_again(one):
    known = truth.reference(one)
    found = truth.solve(one, truth.time_limit(one))
    assert (known.lower, known.best) == (found.lower, found.best)
    assert known.proved


def test_nearly_all_bounds_are_proved():
    every = [one for split in Split for one in PACK.instances(split)]
    proved = sum(truth.reference(one).proved for one in every)
    assert proved >= 0.88 * len(every)
    assert len(json.loads(truth.FILE.read_text())["instances"]) == len(every)


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.SMOKE)[0]
    other = dataclasses.replace(one, release=(1,) * one.n)
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(other)


def test_references_are_written_in_the_form_in_which_they_are_read(tmp_path):
    path, lines = tmp_path / "references.json", []
    chosen = PACK.instances(Split.SMOKE)
    truth.solve_references(lines.append, path, chosen)
    written, kept = (json.loads(file.read_text()) for file in (path, truth.FILE))
    assert written["method"] == kept["method"]
    for one in chosen:
        assert written["instances"][one.id] == kept["instances"][one.id]
    assert len(lines) == len(chosen)
    with pytest.raises(InfrastructureError, match="cannot write the references"):
        truth.solve_references(lines.append, tmp_path, chosen[:1])
