import pytest

from problems.base import Split
from problems.jssp.instances import draw, instances, own
from problems.jssp.model import JsspInstance, trivial_bound
from problems.jssp.taillard import taillard
from tests.unit.problems.jssp.examples import SMALL

SIZES = {
    Split.SMOKE: {"6x6": 1, "10x5": 1, "10x10": 1, "15x10": 1},
    Split.TRAIN: {"10x10": 10, "15x15": 8, "20x15": 8, "20x20": 5, "30x15": 6},
    Split.VALID: {"15x15": 10, "20x15": 10, "20x20": 6, "30x15": 8, "30x20": 4},
    Split.TEST: {"15x15": 10, "20x15": 10, "20x20": 10, "30x15": 10, "30x20": 10},
    Split.OOD: {"50x15": 10, "50x20": 10, "100x20": 10, "sets20x15": 8},
}


@pytest.mark.parametrize("split", Split)
def test_the_groups_have_their_sizes(split):
    groups = [one.group for one in instances(split)]
    assert {name: groups.count(name) for name in set(groups)} == SIZES[split]


@pytest.mark.parametrize("split", Split)
def test_every_job_visits_every_machine_once(split):
    for one in instances(split):
        assert one.group.endswith(f"{one.n}x{one.m}")
        assert all(sorted(row) == list(range(one.m)) for row in one.machines)
        assert all(1 <= p <= 99 for row in one.times for p in row)
        assert len(one.machines) == len(one.times) == one.n


def test_an_instance_is_fixed_for_ever():
    one = instances(Split.TRAIN)[0]
    assert one.id == "j10x10-s2000"
    assert one.times[0] == (57, 4, 14, 72, 41, 5, 71, 39, 24, 87)
    assert one.machines[0] == (2, 3, 4, 0, 8, 9, 6, 5, 1, 7)


def test_taillards_instances_are_held_out():
    published = {(one.machines, one.times) for one in taillard()}
    searched = [
        one for s in (Split.SMOKE, Split.TRAIN, Split.VALID) for one in instances(s)
    ]
    assert not published & {(one.machines, one.times) for one in searched}
    held_out = [*instances(Split.TEST), *instances(Split.OOD)]
    assert published <= {(one.machines, one.times) for one in held_out}


def test_two_sets_are_visited_one_after_the_other():
    plain, sets = (draw(n=20, m=15, seed=1, two_sets=two) for two in (False, True))
    assert sets.times == plain.times
    for row, other in zip(sets.machines, plain.machines, strict=True):
        assert set(row[:7]) == set(range(7))
        assert row == (*[k for k in other if k < 7], *[k for k in other if k >= 7])


def test_own_instances_are_all_but_taillards():
    everything = [one for split in Split for one in instances(split)]
    assert len(own()) + 80 == len(everything)
    assert {*own(), *taillard()} == set(everything)


def test_no_schedule_is_shorter_than_the_longest_job_or_the_busiest_machine():
    assert trivial_bound(SMALL) == 2 + 2 + 5
    long = JsspInstance(id="x", group="1x2", machines=((0, 1),), times=((3, 4),))
    assert trivial_bound(long) == 7
