"""The pack ``mem_alloc``: instances, driver, verifier, references, files."""

from importlib import import_module

import pytest

from problems.base import Bar, Split
from problems.errors import ConfigError, InfrastructureError, ReferenceMissingError
from problems.mem_alloc import instances as drawn
from problems.mem_alloc import reference as truth
from problems.mem_alloc import simulate
from problems.mem_alloc.importer import read
from problems.mem_alloc.instances import Planted, plant, planted
from problems.mem_alloc.model import MemInstance, describe, encode, live_bound
from problems.mem_alloc.pack import PACK, ROWS, gantt
from problems.mem_alloc.verify import verify
from tests.unit.problems.mem_alloc.shared_data import challenging

# Time runs to the right, memory up; 0 and 1 meet nobody's end.
CASE = MemInstance(
    id="x", group="g", lower=(0, 2, 0, 4), upper=(4, 6, 2, 6), size=(3, 2, 4, 1)
)
PAGE = {
    "A": (1.000, 1.290, 1.669, 1.707, 1.456),
    "B": (1.000, 1.354, 1.889, 1.604, 1.503),
    "C": (0.991, 1.352, 1.949, 1.671, 1.460),
    "D": (0.940, 1.232, 1.442, 1.331, 1.178),
    "E": (1.000, 1.369, 1.706, 1.836, 1.738),
    "F": (1.000, 1.367, 1.356, 1.200, 1.358),
    "G": (1.000, 1.355, 1.405, 1.170, 1.451),
    "H": (1.000, 1.293, 1.387, 1.258, 1.348),
    "I": (1.000, 1.410, 2.310, 1.822, 1.631),
    "J": (0.943, 1.244, 1.594, 1.737, 1.498),
    "K": (1.000, 1.290, 2.329, 2.273, 1.903),
}
"""Live-set bound, by size, by area, by start, by length over the capacity (6.7)."""


def placed(instance, rule):
    entry_point = PACK.baselines[rule].entry_point
    module = import_module(f"problems.mem_alloc.heuristics.{rule}")
    memory = simulate.decode(encode(instance))
    return simulate.run(entry_point, getattr(module, entry_point), memory, seed=0)


@pytest.mark.parametrize("kind", ["cut", "sliding"])
@pytest.mark.parametrize("seed", range(6))
def test_a_planted_packing_meets_the_bound(kind, seed):
    one = plant(kind, 70, seed)
    assert one.instance.n == 70
    verdict = verify(one.instance, "", list(one.offsets))
    assert verdict.objective == live_bound(one.instance)


def test_no_two_instances_need_the_same_memory_for_a_reason():
    bounds = [live_bound(one) for split in Split for one in PACK.instances(split)]
    assert len(set(bounds)) > 0.9 * len(bounds)


def test_lives_of_held_out_sliding_buffers_are_short():
    lives = {"cut": [], "sliding": []}
    for one in PACK.instances(Split.OOD):
        rows = zip(one.lower, one.upper, strict=True)
        longest = max(upper - lower for lower, upper in rows)
        kind = "cut" if one.group.startswith("cut") else "sliding"
        lives[kind].append(longest / max(one.upper))
    assert max(lives["sliding"]) < 0.2 < min(lives["cut"])


def test_the_bound_lets_what_ends_make_room_for_what_begins():
    assert live_bound(CASE) == 7
    assert describe(CASE)["buffers"] == 4
    assert describe(CASE)["fill"] == pytest.approx((12 + 8 + 8 + 2) / (6 * 7))


def test_buffers_are_described():
    memory = simulate.decode(encode(CASE))
    assert memory.beside == ((1, 2), (0, 3), (0,), (1,))
    assert memory.buffers[0] == (3, 0, 4, 4, 12, 2, 7)
    assert memory.buffers[1].load == 5
    assert memory.stats[:4] == (4, 6, 7, 4)


def test_loads_are_those_of_a_plain_count():
    one = plant("sliding", 60, 1).instance
    rows = list(zip(one.lower, one.upper, one.size, strict=True))
    for buffer in simulate.decode(encode(one)).buffers:
        moments = [buffer.lower, *(a for a, *_ in rows if a < buffer.upper)]
        assert buffer.load == max(
            sum(size for lower, upper, size in rows if lower <= t < upper)
            for t in moments
            if t >= buffer.lower
        )


def test_the_lowest_place_is_found():
    assert simulate.lowest([], 5) == 0
    assert simulate.lowest([(0, 2), (4, 6)], 2) == 2
    assert simulate.lowest([(0, 2), (4, 6)], 3) == 6
    assert simulate.lowest([(0, 9), (1, 3), (10, 12)], 1) == 9


def test_keys_decide_the_order_and_ties_go_to_the_lower_index():
    memory = simulate.decode(encode(CASE))
    assert simulate.run("key", lambda b, s: -b.size, memory, 0) == [4, 0, 0, 2]
    assert simulate.run("key", lambda b, s: 0, memory, 0) == [0, 3, 3, 0]


def test_the_next_buffer_sees_where_it_would_be_put():
    memory, seen = simulate.decode(encode(CASE)), []

    def next_buffer(buf, state):
        seen.append((state.left, state.peak, buf.size, buf.offset, buf.waiting))
        return -buf.top

    assert simulate.run("next_buffer", next_buffer, memory, 0) == [4, 0, 0, 2]
    assert seen[:4] == [
        (4, 0, 3, 0, 2),
        (4, 0, 2, 0, 2),
        (4, 0, 4, 0, 1),
        (4, 0, 1, 0, 1),
    ]
    assert seen[4:7] == [(3, 4, 3, 4, 1), (3, 4, 2, 0, 2), (3, 4, 1, 0, 1)]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_buffer(value):
    memory = simulate.decode(encode(CASE))
    with pytest.raises(ValueError, match="buffer 0"):
        simulate.run("key", lambda b, s: value, memory, 0)
    with pytest.raises(ValueError, match="with 4 left"):
        simulate.run("next_buffer", lambda b, s: value, memory, 0)


def test_offsets_are_judged():
    good = verify(CASE, "key", [4, 0, 0, 2])
    assert (good.objective, good.violations) == (7.0, ())
    assert good.features["top_share"] == 0.25
    assert verify(CASE, "key", [3, 0, 0, 2]).violations == ("overlap:0:2",)
    assert verify(CASE, "key", [2, 0, 5, 0]).violations == ("overlap:1:3",)
    assert verify(CASE, "key", [0, 3, 3, 0, 9]).violations == ("wrong_length",)


def test_a_large_wrong_answer_is_reported_in_few_words():
    one = plant("sliding", 300, 1).instance
    assert len(verify(one, "key", [0] * 300).violations) <= 20
    assert len(verify(one, "key", ["x"] * 300).violations) <= 20


def test_references_are_those_that_a_recount_gives(tmp_path):
    path = tmp_path / "references.json"
    truth.solve_references(lambda _: None, path)
    assert path.read_text() == truth.FILE.read_text()


def test_a_wrong_reference_is_caught(monkeypatch, tmp_path):
    one = planted(Split.SMOKE)[0]
    higher = Planted(instance=one.instance, offsets=tuple(o + 1 for o in one.offsets))
    monkeypatch.setattr(truth, "planted", lambda _: (higher,))
    with pytest.raises(InfrastructureError, match="other instances"):
        truth.solve_references(lambda _: None, tmp_path / "references.json")
    assert list(tmp_path.iterdir()) == []


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.SMOKE)[0]
    other = MemInstance(
        id=one.id, group=one.group, lower=one.lower, upper=one.upper, size=(1,) * one.n
    )
    assert truth.reference(one).proved
    assert verify(one, "", truth.optimum(one)).objective == truth.reference(one).best
    assert truth.optimum(other) is None
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(other)


def test_a_picture_has_the_highest_offsets_and_marks_the_peak():
    assert list(gantt(CASE, [4, 0, 0, 2])) == [
        Bar(row="at 0", start=0, end=2, label="2"),
        Bar(row="at 0", start=2, end=6, label="1"),
        Bar(row="at 2", start=4, end=6, label="3"),
        Bar(row="at 4", start=0, end=4, label="0", late=True),
    ]
    one = plant("cut", 120, 0)
    assert len({bar.row for bar in gantt(one.instance, list(one.offsets))}) <= ROWS


def test_sizes_are_drawn_again_from_the_same_seed():
    assert drawn.plant("cut", 60, 7) == drawn.plant("cut", 60, 7)
    assert drawn.plant("cut", 60, 7) != drawn.plant("cut", 60, 8)


def test_a_file_is_read_in_any_order_of_columns(tmp_path):
    path = tmp_path / "T.9.csv"
    path.write_text("size,id,upper,lower\n3,0,4,0\n2,b,6,2\n")
    (found,) = read(path)
    assert found.instance == MemInstance(
        id="T.9", group="T.9", lower=(0, 2), upper=(4, 6), size=(3, 2)
    )
    assert (found.reference.lower, found.reference.best) == (5.0, None)
    assert not found.reference.proved


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: no column 'id'"),
        ("id,lower,upper,size\n", "line 1: no buffers"),
        ("id,lower,size\n0,1,2\n", "line 1: no column 'upper'"),
        ("id,lower,upper,size\n0,0,1,5\n1,3,3,5\n", "line 3: lower 3 is not below"),
        ("id,lower,upper,size\n0,0,1,0\n", "line 2: size is 0"),
        ("id,lower,upper,size\n0,0,1,-4\n", "line 2: size '-4'"),
        ("id,lower,upper,size\n0,0,1\n", "line 2: size ''"),
        ("id,lower,upper,size\n0,0,1,1e3\n", "line 2: size '1e3'"),
        ("id,lower,upper,size\n0,0," + "9" * 5000 + ",1\n", "line 2: upper '999"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", PAGE)
def test_the_measured_figures_of_the_public_instances(name):
    (path,) = [file for file in challenging() if file.name.startswith(f"{name}.")]
    one, capacity = read(path)[0].instance, int(path.name.split(".")[1])
    found = [live_bound(one) / capacity] + [
        verify(one, "key", placed(one, rule)).objective / capacity
        for rule in ("size", "area", "start", "length")
    ]
    assert [round(value, 3) for value in found] == pytest.approx(PAGE[name], abs=0.0011)
