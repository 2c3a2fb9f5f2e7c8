from problems.base import Bar
from problems.smtt.model import SmttInstance, encode
from problems.smtt.pack import PACK, gantt
from problems.smtt.table import compare, main

CASE = SmttInstance(id="x", group="n2", p=(4, 1), d=(4, 3), w=(1, 1))


def test_bars_follow_each_other_and_mark_late_jobs():
    assert list(gantt(CASE, [0, 1])) == [
        Bar(row="machine", start=0, end=4, label="J0", late=False),
        Bar(row="machine", start=4, end=5, label="J1", late=True),
    ]


def test_the_driver_is_told_the_numbers_and_nothing_else():
    assert encode(CASE) == {"p": [4, 1], "d": [4, 3], "w": [1, 1]}


def test_the_card_is_short_enough_for_a_prompt():
    assert len(PACK.card) < 1500


def test_baseline_programs_end_with_their_block():
    for baseline in PACK.baselines.values():
        assert baseline.source.endswith("# EVOLVE-BLOCK-END\n")
        assert "mypy" not in baseline.source


def test_a_zero_optimum_counts_as_a_miss_and_in_the_aggregate_only():
    relaxed = SmttInstance(id="y", group="n2", p=(4, 1), d=(4, 5), w=(1, 1))
    best = {"x": 2, "y": 0}
    spt, edd = compare([CASE, relaxed], lambda one: best[one.id], ("spt", "edd"))
    # Shortest first: 1 late by 1 in both; by due date: x late by 1, y in time.
    assert (spt.mean, spt.aggregate, spt.misses) == (-0.5, 0.0, 1)
    assert (edd.mean, edd.aggregate, edd.misses) == (-0.5, -0.5, 0)


def test_the_table_is_printed_as_markdown(capsys):
    main(["smoke"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(PACK.baselines)
    assert {line.count("|") for line in lines} == {7}
