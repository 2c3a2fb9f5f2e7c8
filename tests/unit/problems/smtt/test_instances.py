import json
from itertools import chain
from statistics import fmean

import pytest

from problems.base import Split
from problems.errors import ConfigError
from problems.smtt.importer import read_json
from problems.smtt.instances import CELLS, generate, grid, instances
from tests.unit.problems.smtt.shared_data import shared_file

SIZES = {
    Split.SMOKE: {"n20": 4},
    Split.TRAIN: {"n20": 40, "n50": 20},
    Split.VALID: {"n20": 100, "n50": 40},
    Split.TEST: {"n20": 200, "n50": 100},
    Split.OOD: {"n100": 40, "n200": 20, "n20normal": 100},
}


def _file_with(**changes):
    row = {"n": 1, "tf": 0.2, "rdd": 0.2, "seed": 0, "p": [1], "d": [1], "optimum": 0}
    return json.dumps({"sets": {"1": [row | changes]}})


@pytest.mark.parametrize("split", Split)
def test_the_groups_have_their_sizes(split):
    groups = [one.group for one in instances(split)]
    assert {name: groups.count(name) for name in set(groups)} == SIZES[split]


def test_an_instance_is_fixed_for_ever():
    one = instances(Split.TRAIN)[0]
    assert one.id == "n20-tf2-rdd2-s2000"
    assert one.p[:5] == (93, 6, 64, 61, 92)
    assert one.d[:5] == (1023, 874, 889, 902, 1036)


def test_due_dates_lie_in_their_range():
    for tf, rdd in CELLS:
        one = generate(n=200, tf=tf, rdd=rdd, seed=0)
        total = sum(one.p)
        low, high = (total * (1 - tf / 10 + s * rdd / 20) for s in (-1, 1))
        assert max(0, int(low)) <= min(one.d)
        assert max(one.d) <= high
        assert min(one.p) >= 1
        assert max(one.p) <= 100


def test_normal_times_have_their_mean_and_spread():
    chosen = [one for one in instances(Split.OOD) if one.group == "n20normal"]
    times = list(chain.from_iterable(one.p for one in chosen))
    mean = fmean(times)
    assert 49 < mean < 51
    assert 14 < fmean((p - mean) ** 2 for p in times) ** 0.5 < 16
    assert min(times) >= 1


def test_the_grid_shares_nothing_with_the_splits():
    ours = {one.id for split in Split for one in instances(split)}
    table = {one.id for one in grid()}
    assert len(table) == 800
    assert not ours & table


def test_the_shared_file_regenerates_bit_for_bit_and_is_in_no_split():
    rows = json.loads(shared_file().read_text())["sets"]
    imported = iter(read_json(shared_file()))
    ours = {(one.p, one.d) for split in Split for one in instances(split)}
    for row in chain.from_iterable(rows.values()):
        tf, rdd = round(10 * row["tf"]), round(10 * row["rdd"])
        again = generate(n=row["n"], tf=tf, rdd=rdd, seed=row["seed"])
        assert (list(again.p), list(again.d)) == (row["p"], row["d"])
        assert next(imported).instance == again
        assert (again.p, again.d) not in ours


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"sets": []}', "AttributeError"),
        ('{"sets": {"1": [{"n": 1}]}}', "KeyError"),
        (_file_with(n=2), "2 jobs, 1 processing times"),
        (_file_with(p=[1.5]), r"1\.5 is not an integer"),
        (_file_with(p=1), "1 is not a list"),
        (_file_with(tf="low"), "'low' is not a number"),
    ],
)
def test_another_format_is_refused_with_the_reason(tmp_path, text, fault):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=fault):
        read_json(file)


def test_a_file_of_the_format_is_read(tmp_path):
    file = tmp_path / "one.json"
    file.write_text(_file_with(p=[7], optimum=6))
    (row,) = read_json(file)
    assert (row.instance.p, row.instance.d, row.reference.best) == ((7,), (1,), 6)


def test_a_missing_file_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_json(tmp_path / "none.json")
