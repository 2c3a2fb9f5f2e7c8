import dataclasses
import json
from collections import Counter
from functools import cache

import numpy as np
import pytest

from problems.base import Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.obp.instances import generate, instances
from problems.obp.model import ObpInstance
from problems.obp.reference import (
    FILE,
    _Patterns,
    first_fit_decreasing,
    fullest_bins,
    martello_toth,
    reference,
    size_bound,
    solve,
    solve_references,
)


def _optimum(capacity, items):
    """Fewest bins, by dynamic programming over the sets of items that are packed."""
    n = len(items)

    @cache
    def best(packed):
        """Least (bins closed, load of the open one) that holds the set."""
        if not packed:
            return (0, capacity)
        found = []
        for k in range(n):
            if packed >> k & 1:
                bins, load = best(packed & ~(1 << k))
                fits = load + items[k] <= capacity
                found.append((bins, load + items[k]) if fits else (bins + 1, items[k]))
        return min(found)

    return best((1 << n) - 1)[0]


def _small_cases():
    rng = np.random.default_rng(5)
    for k in range(60):
        capacity = int(rng.integers(5, 40))
        items = rng.integers(1, capacity + 1, int(rng.integers(1, 10))).tolist()
        if k % 2:
            items = [max(1, min(size, capacity // 2)) for size in items]
        yield ObpInstance(id="x", group="g", capacity=capacity, items=tuple(items))


def test_bounds_and_packings_hold_the_optimum_between_them():
    for one in _small_cases():
        best = _optimum(one.capacity, one.items)
        assert size_bound(one) <= martello_toth(one) <= best
        patterns = _Patterns(one)
        assert patterns.bound() <= best <= patterns.packing()
        assert best <= min(first_fit_decreasing(one), fullest_bins(one))
        found = solve(one)
        assert found.lower <= best <= found.upper


def test_the_bound_of_patterns_is_above_l2_where_items_do_not_combine():
    # 7 items of 4 in bins of 10: two fit, L1 says 3, L2 too.
    one = ObpInstance(id="x", group="g", capacity=10, items=(4,) * 7)
    assert (size_bound(one), martello_toth(one), _Patterns(one).bound()) == (3, 3, 4)
    assert solve(one) == (4, 4, "Gilmore-Gomory, integer weights")


def test_l2_counts_the_items_above_half_a_bin():
    one = ObpInstance(id="x", group="g", capacity=10, items=(6,) * 5)
    assert (size_bound(one), martello_toth(one)) == (3, 5)


def test_most_references_are_proved_and_none_is_far_from_it():
    rows = json.loads(FILE.read_text())
    found = [rows[one.id] for split in Split for one in instances(split)]
    assert len(rows) == len(found) == 100
    assert Counter(row[2] - row[1] for row in found) == {0: 77, 1: 23}


def test_an_unproved_reference_gives_the_bound_only():
    kinds = Counter()
    for split in Split:
        for one in instances(split):
            truth = reference(one)
            kinds[truth.proved] += 1
            assert truth.best == (truth.lower if truth.proved else None)
            assert truth.lower >= size_bound(one)
            assert "scipy" in truth.method
    assert kinds == {True: 77, False: 23}


@pytest.mark.parametrize("split", [Split.SMOKE, Split.TEST])
def test_the_stored_bounds_are_those_that_cheap_methods_allow(split):
    rows = json.loads(FILE.read_text())
    for one in instances(split)[:6]:
        _, lower, upper, *_ = rows[one.id]
        assert lower >= martello_toth(one)
        assert upper <= min(first_fit_decreasing(one), fullest_bins(one))


def test_a_changed_or_unknown_instance_has_no_reference():
    one = instances(Split.TRAIN)[0]
    changed = dataclasses.replace(one, items=(one.items[0] % 100 + 1, *one.items[1:]))
    with pytest.raises(ReferenceMissingError, match="a reference for other data"):
        reference(changed)
    with pytest.raises(ReferenceMissingError, match="--solve-references"):
        reference(generate(family="uniform", n=60, seed=1))


@pytest.mark.slow
def test_solving_again_gives_the_stored_references():
    rows = json.loads(FILE.read_text())
    chosen = instances(Split.SMOKE) + instances(Split.TRAIN)
    chosen += instances(Split.OOD)[5:7] + instances(Split.OOD)[-2:]
    for one in chosen:
        lower, upper, method = solve(one)
        assert [lower, method] == [rows[one.id][1], rows[one.id][3]]
        assert upper == rows[one.id][2]


def test_the_file_is_written_whole_or_with_one_clear_line(tmp_path, monkeypatch):
    smoke = instances(Split.SMOKE)
    monkeypatch.setattr(
        "problems.obp.reference.instances",
        lambda split: smoke if split is Split.SMOKE else (),
    )
    lines = []
    solve_references(lines.append, tmp_path / "r.json")
    rows, stored = (
        json.loads((tmp_path / "r.json").read_text()),
        json.loads(FILE.read_text()),
    )
    assert rows == {one.id: stored[one.id] for one in smoke}
    assert len(lines) == len(Split)
    with pytest.raises(InfrastructureError, match="writable checkout"):
        solve_references(lines.append, tmp_path / "none" / "r.json")
