from math import gamma
from statistics import fmean

import pytest

from problems.base import Split
from problems.obp.instances import FAMILIES, generate, instances, or3_like

SIZES = {
    Split.SMOKE: {"weibull60": 2, "uniform60": 2},
    Split.TRAIN: {"weibull1000": 2, "uniform500": 4},
    Split.VALID: {"weibull1000": 5, "uniform500": 10},
    Split.TEST: {"weibull1000": 20, "uniform500": 20},
    Split.OOD: {"weibull2500": 5, "normal500": 10, "wide200": 10, "triplet249": 10},
}


@pytest.mark.parametrize("split", Split)
def test_the_groups_have_their_sizes(split):
    groups = [one.group for one in instances(split)]
    assert {name: groups.count(name) for name in set(groups)} == SIZES[split]
    for one in instances(split):
        assert 1 <= min(one.items) <= max(one.items) <= one.capacity


def test_an_instance_is_fixed_for_ever():
    one = instances(Split.TRAIN)[0]
    assert (one.id, one.capacity) == ("weibull1000-s2000", 100)
    assert one.items[:8] == (43, 39, 30, 21, 31, 34, 65, 39)
    two = instances(Split.TRAIN)[2]
    assert (two.id, two.capacity) == ("uniform500-s2000", 150)
    assert two.items[:8] == (27, 31, 43, 93, 38, 30, 47, 96)


@pytest.mark.parametrize(
    ("family", "mean", "ends"),
    [
        ("uniform", 60, (20, 100)),
        ("weibull", 45 * gamma(4 / 3), (1, 100)),
        ("normal", 36, (1, 90)),
        ("wide", 500.5, (1, 1000)),
        ("triplet", 1000 / 3, (250, 490)),
    ],
)
def test_sizes_have_their_distribution(family, mean, ends):
    items = generate(family=family, n=30_000, seed=0).items
    assert fmean(items) == pytest.approx(mean, rel=0.02)
    assert min(items) == pytest.approx(ends[0], abs=2)
    assert max(items) == pytest.approx(ends[1], abs=8)


def test_triplets_fill_their_bins():
    one = generate(family="triplet", n=249, seed=3)
    assert sum(one.items) == 83 * one.capacity


def test_the_set_like_or3_shares_nothing_with_the_splits():
    ours = {one.id for split in Split for one in instances(split)}
    table = {one.id for one in or3_like()}
    assert len(table) == 200
    assert not ours & table


def test_every_family_has_seeds_of_its_own():
    codes = [family.code for family in FAMILIES.values()]
    assert len(set(codes)) == len(codes)
