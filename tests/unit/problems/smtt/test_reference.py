import dataclasses

import numpy as np
import pytest

from problems.base import Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.smtt.importer import read_json
from problems.smtt.instances import generate, instances
from problems.smtt.model import SmttInstance
from problems.smtt.reference import (
    FILE,
    exact,
    optimal_sequence,
    reference,
    solve_references,
)
from problems.smtt.verify import verify
from tests.unit.problems.smtt.shared_data import shared_file


def _subset_optimum(instance):
    """Least total tardiness by dynamic programming over the sets of first jobs."""
    n, p, d = instance.n, instance.p, instance.d
    best = [0] * (1 << n)
    ends = [0] * (1 << n)
    for done in range(1, 1 << n):
        low = done & -done
        ends[done] = end = ends[done ^ low] + p[low.bit_length() - 1]
        best[done] = min(
            best[done ^ (1 << j)] + max(0, end - d[j])
            for j in range(n)
            if done >> j & 1
        )
    return best[-1]


def _small_cases():
    rng = np.random.default_rng(5)
    for k in range(40):
        n = int(rng.integers(7, 13))
        tf, rdd = (int(rng.choice(v)) for v in ([2, 4, 6, 8], [2, 4, 6, 8, 10]))
        yield generate(n=n, tf=tf, rdd=rdd, seed=700 + k, normal=k % 4 == 0)


def test_the_optimum_is_that_of_a_dynamic_program_on_40_instances():
    cases = list(_small_cases())
    assert [exact(one) for one in cases] == [_subset_optimum(one) for one in cases]
    assert sum(exact(one) > 0 for one in cases) > 25


def test_the_optimum_holds_with_equal_times_and_due_dates():
    rng = np.random.default_rng(6)
    for _ in range(40):
        p = tuple(rng.integers(0, 4, 9).tolist())
        d = tuple(rng.integers(0, 12, 9).tolist())
        case = SmttInstance(id="x", group="n9", p=p, d=d, w=(1,) * 9)
        assert exact(case) == _subset_optimum(case)
        assert verify(case, "", optimal_sequence(case)).objective == exact(case)


@pytest.mark.slow
def test_the_optima_are_those_of_the_500_shared_instances():
    rows = read_json(shared_file())
    assert len(rows) == 500
    assert [exact(row.instance) for row in rows] == [row.reference.best for row in rows]


@pytest.mark.parametrize("split", [Split.SMOKE, Split.TRAIN, Split.VALID, Split.TEST])
def test_the_optimal_sequence_has_the_stored_value(split):
    for one in instances(split):
        verdict = verify(one, "", optimal_sequence(one))
        assert verdict.objective == reference(one).lower


def test_200_jobs_are_solved_within_the_usual_recursion_limit():
    one = next(x for x in instances(Split.OOD) if x.id == "n200-tf6-rdd4-s5000")
    assert verify(one, "", optimal_sequence(one)).objective == reference(one).best
    # Each of these decompositions takes only one job away.
    n = 200
    chain = SmttInstance(
        id="x", group="x", p=tuple(range(n, 0, -1)), d=(0,) * n, w=(1,) * n
    )
    assert exact(chain) == sum(k * (n + 1 - k) for k in range(1, n + 1))


def test_a_changed_instance_has_no_reference():
    one = instances(Split.TRAIN)[0]
    changed = dataclasses.replace(one, d=(one.d[0] + 1, *one.d[1:]))
    with pytest.raises(ReferenceMissingError, match="a reference for other data"):
        reference(changed)


def test_an_unknown_instance_has_no_reference():
    with pytest.raises(ReferenceMissingError, match="--solve-references"):
        reference(generate(n=20, tf=2, rdd=2, seed=1))


def test_weights_are_refused():
    one = SmttInstance(id="x", group="x", p=(1, 2), d=(0, 0), w=(1, 2))
    with pytest.raises(ValueError, match="x has weights"):
        exact(one)


@pytest.mark.slow
def test_the_shipped_references_are_those_that_solving_gives(tmp_path):
    lines = []
    solve_references(lines.append, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == FILE.read_bytes()
    assert len(lines) == len(Split)


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("problems.smtt.reference.instances", lambda split: ())
    with pytest.raises(InfrastructureError, match="writable checkout"):
        solve_references(lambda line: None, tmp_path / "none" / "r.json")
