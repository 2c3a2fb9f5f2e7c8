"""Rows of hardware: as stored, as costs, and as files of a user."""

import json

import pytest

from problems.errors import ConfigError
from problems.llm_serving import profiles

NAMES = (
    "rtx4090-llama3-8b",
    "rtxpro6000-llama3-8b",
    "a100-llama3-8b",
    "h100-llama3-8b",
    "a10-llama3-8b",
    "a10g-llama2-7b",
    "a100x8-llama2-70b",
    "h100x8-llama2-70b",
)


def test_every_row_is_there_with_its_source():
    assert profiles.names() == NAMES
    for name in NAMES:
        row = profiles.profile(name)
        assert row.source
        assert row.note
        assert row.dense[0][0] == 1
        times = [time for _, time in row.dense]
        assert times == sorted(times)


def test_only_what_was_replayed_is_called_validated():
    found = {n for n in NAMES if profiles.profile(n).status == "validated"}
    assert found == {"rtx4090-llama3-8b", "rtxpro6000-llama3-8b"}


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"'tpu'; known: rtx4090-llama3-8b, .*70b$"):
        profiles.cost("tpu")


def test_costs_are_in_seconds():
    cost = profiles.cost("rtx4090-llama3-8b")
    # 0.3 over, 15.2 dense, 1.12 + 0.0034 head, 0.366 + 0.0064 + 1000 x 1.415e-4
    assert cost.step(1, 1000, []) == pytest.approx(17.1373e-3)
    # 0.3 over, 45.9 dense, head, 512 x (3.0e-4 + 4.56e-6 x (100 + 256))
    assert cost.step(0, 0, [(512, 100)]) == pytest.approx(48.30817e-3, rel=1e-6)


def test_scale_leaves_the_overhead_alone():
    plain = profiles.cost("a10-llama3-8b")
    slow = profiles.cost("a10-llama3-8b", scale=1.15)
    bare = profiles.cost("a10-llama3-8b", over=0)
    assert slow.over == plain.over == pytest.approx(0.5e-3)
    busy = bare.step(8, 8000, [(256, 0)])
    assert slow.step(8, 8000, [(256, 0)]) == pytest.approx(0.5e-3 + 1.15 * busy)


def test_a10_meets_the_figures_that_it_was_made_from():
    cost = profiles.cost("a10-llama3-8b")
    assert cost.step(1, 1000, []) == pytest.approx(31e-3, rel=0.03)
    assert cost.step(0, 0, [(8192, 0)]) == pytest.approx(1.5, rel=0.03)


def test_llama_70b_meets_the_figures_of_splitwise():
    published = {
        "a100x8-llama2-70b": (0.0957, 0.274, 1.544, 0.0449, 0.0713),
        "h100x8-llama2-70b": (0.0567, 0.137, 0.848, 0.0297, 0.0500),
    }
    for name, times in published.items():
        cost = profiles.cost(name)
        found = [cost.step(0, 0, [(prompt, 0)]) for prompt in (512, 2048, 8192)]
        found += [cost.step(n, n * (512 + 64), []) for n in (1, 64)]
        assert found == pytest.approx(times, rel=0.005)


def test_a_row_survives_a_file(tmp_path):
    row = profiles.profile("h100-llama3-8b")
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({row.name: profiles.document(row)}))
    assert profiles.read(file) == {row.name: row}


def spoilt(**changes):
    row = profiles.document(profiles.profile("h100-llama3-8b")) | changes
    return {key: value for key, value in row.items() if value is not ...}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], "expected an object with a row for each name"),
        ({}, "expected an object with a row for each name"),
        ({"x": 1}, "row 'x': expected an object"),
        ({"x": spoilt(b=...)}, None),
        ({"x": spoilt(dense=...)}, "row 'x': no key 'dense'"),
        ({"x": spoilt(c=1)}, "row 'x': unknown key 'c'"),
        ({"x": spoilt(b=-1)}, "row 'x': b: expected a finite number, at least 0"),
        ({"x": spoilt(b=10**400)}, "int too large to convert to float"),
        ({"x": spoilt(dense=[])}, "row 'x': dense: expected a list of"),
        ({"x": spoilt(dense=[[2, 1], [1, 2]])}, "row 'x': dense: tokens must ascend"),
        ({"x": spoilt(dense=[[1, "2"]])}, "row 'x': dense: expected a finite number"),
        ({"x": spoilt(kv_bytes=0.5)}, "row 'x': kv_bytes: expected an integer"),
        ({"x": spoilt(status="good")}, "row 'x': status: expected one of validated, "),
        ({"x": spoilt(model=None)}, "row 'x': model: expected a text"),
    ],
)
def test_a_faulty_file_is_refused_in_one_line(tmp_path, rows, fault):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(rows))
    if fault is None:
        assert profiles.read(file)["x"].b == 0
        return
    with pytest.raises(ConfigError) as caught:
        profiles.read(file)
    assert str(caught.value).startswith(f"{file}: {fault}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 100_000, b" " * (1 << 21)])
def test_what_is_no_json_is_refused(tmp_path, data):
    file = tmp_path / "mine.json"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=str(file)):
        profiles.read(file)
    with pytest.raises(ConfigError, match="no-such-file"):
        profiles.read(tmp_path / "no-such-file")
