from problems.base import Bar
from problems.jssp.model import encode
from problems.jssp.pack import PACK, gantt
from problems.jssp.table import compare, main, makespans
from tests.unit.problems.jssp.examples import SMALL


def test_bars_stand_in_rows_of_machines_and_the_last_end_is_marked():
    assert list(gantt(SMALL, [[1, 4], [0, 4], [0, 6]])) == [
        Bar(row="M0", start=0, end=1, label="J2", late=False),
        Bar(row="M0", start=1, end=4, label="J0", late=False),
        Bar(row="M0", start=4, end=8, label="J1", late=False),
        Bar(row="M1", start=0, end=2, label="J1", late=False),
        Bar(row="M1", start=4, end=6, label="J0", late=False),
        Bar(row="M1", start=6, end=11, label="J2", late=True),
    ]


def test_the_driver_is_told_the_numbers_and_nothing_else():
    assert encode(SMALL) == {
        "machines": [[0, 1], [1, 0], [0, 1]],
        "times": [[3, 2], [2, 4], [1, 5]],
    }


def test_the_card_is_short_enough_for_a_prompt():
    assert len(PACK.card) < 1500


def test_baseline_programs_end_with_their_block():
    for baseline in PACK.baselines.values():
        assert baseline.source.endswith("# EVOLVE-BLOCK-END\n")


def test_both_entry_points_have_the_same_rules():
    names = list(PACK.baselines)
    assert names[9:] == [f"active_{name}" for name in names[:9]]
    for name in names[:9]:
        plain, active = (PACK.baselines[n].source for n in (name, f"active_{name}"))
        assert active.count("active_priority") == 1
        body = plain.split("return")[1]
        assert active.split("return")[1] == body


def test_gaps_are_means_over_instances():
    spt, lpt = compare([SMALL], lambda _: 9, makespans([SMALL], ("spt", "lpt")))
    assert (spt.mean, lpt.mean) == (0, 13 / 9 - 1)
    assert spt.groups == {"3x2": 0}
    assert (lpt.low, lpt.high) == (lpt.mean, lpt.mean)


def test_the_table_is_printed_as_markdown(capsys):
    main(["smoke"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(PACK.baselines)
    assert {line.count("|") for line in lines} == {8}
