import json

import pytest

from problems.base import Split
from problems.errors import ConfigError
from problems.obp import importer
from problems.obp.importer import read
from problems.obp.instances import instances
from tests.unit.problems.obp.shared_data import weibull_5k

GOOD = "2\n u3_00\n 150 3 2\n42\n69\n67\n t2_00\n 100.0 2 1\n49.9\n50.1\n"


def _json(**changes):
    row = {"capacity": 10, "num_items": 2, "items": [3, 10]} | changes
    return json.dumps({"good": {"capacity": 9, "num_items": 1, "items": [9]}, "a": row})


def _write(tmp_path, text):
    file = tmp_path / "sets.txt"
    file.write_text(text)
    return file


def test_the_text_format_is_read_and_decimals_become_integers(tmp_path):
    first, second = read(_write(tmp_path, GOOD))
    assert (first.instance.id, first.instance.group, first.reference.best) == (
        "u3_00",
        "imported3",
        2,
    )
    assert (first.instance.capacity, first.instance.items) == (150, (42, 69, 67))
    assert (second.instance.capacity, second.instance.items) == (1000, (499, 501))


def test_json_is_read(tmp_path):
    first, second = read(_write(tmp_path, _json()))
    assert (first.instance.id, second.instance.id) == ("good", "a")
    assert (second.instance.items, second.reference.best) == ((3, 10), None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 0: the file ends before the number of problems"),
        ("x\n", "line 1: 'x' is not the number of problems"),
        ("0\n", "line 1: 0 is not a whole number of at least 1"),
        ("1e999\n", "line 1: 1E+999 is not a whole number"),
        ("1\nu\n1e999 1 1\n1\n", "line 3: capacity 1E+999 is not above 0"),
        (_json(capacity=10**13), "capacity is not from 1 to 10^12"),
        ("1.5\n", "line 1: 1.5 is not a whole number"),
        ("a b\n", "line 1: 'a b' is not the number"),
        ("9999999999\n", "line 1: 9999999999 is not a whole number"),
        ("1\n\n", "line 2: the name of a problem is empty"),
        ("1\nu\n150 3\n", "line 3: 2 numbers instead of 3"),
        ("1\nu\n150 0 0\n", "line 3: 0 is not a whole number of at least 1"),
        ("1\nu\n150 2 1\n42\n", "line 4: the file ends before size 2 of the 2"),
        ("1\nu\n150 2 1\n42\n-4\n", "line 5: '-4' has a negative"),
        ("1\nu\n150 2 1\n42\nNaN\n", "line 5: 'NaN' has a negative or no number"),
        ("1\nu\n150 2 1\n42\n0\n", "line 5: size 0 is not above 0"),
        ("1\nu\n150 2 1\n42\n151\n", "line 5: size 151 is not above 0 and at most 150"),
        ("1\nu\n150 2 1\n42\n1e-9\n", "line 5: a number of problem 'u' has 9 decimals"),
        ("1\nu\n150 1 1\n42\n17\n", "line 5: '17' behind the last problem"),
        (GOOD.replace("t2", "u3"), "line 10: two instances are called 'u3_00'"),
        ("{", "line 1: no JSON"),
        ('{\n"a": 1,\n}', "line 3: no JSON"),
        ("{}", "line 1: no instances"),
        ("{" + '"a": {' * 5000, "line 1: no JSON"),
        ('{"a": 1}', "line 1: instance 'a': capacity, num_items or items is missing"),
        ('{"a": {}, "a": {}}', "line 1: two instances are called 'a'"),
        (_json(num_items=3), "line 1: instance 'a': 2 items, num_items says 3"),
        (_json(items=[]), "line 1: instance 'a': 0 items"),
        (_json(items=[3, 11]), "item 1 is 11, not a whole number from 1 to the capac"),
        (_json(items=[3, -1]), "item 1 is -1"),
        (_json(items=[3, 1.5]), "item 1 is 1.5"),
        (_json(items=[True, 3]), "item 0 is True"),
        (_json(items="33"), "of another type"),
        (_json(items=[], num_items=0), "no items"),
    ],
)
def test_a_bad_file_is_refused_with_file_and_line(tmp_path, text, fault):
    file = _write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read(file)
    assert f"{file} {fault[:4]}" in str(caught.value) or fault in str(caught.value)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_is_that_of_the_instance(tmp_path):
    text = _json(num_items=3).replace('"a"', '\n"a"')
    with pytest.raises(ConfigError, match="line 2: instance 'a'"):
        read(_write(tmp_path, text))


def test_a_million_lines_are_refused_at_the_one_that_is_too_many(tmp_path):
    text = "1\nu\n150 2 1\n42\n42\n" + "7\n" * 10**6
    with pytest.raises(ConfigError, match="line 6: '7' behind the last problem"):
        read(_write(tmp_path, text))


def test_a_huge_file_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "MAX_BYTES", 9)
    with pytest.raises(ConfigError, match=r"line 1: .* bytes are more than the 9"):
        read(_write(tmp_path, GOOD))


def test_what_cannot_be_read_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read(tmp_path / "none.txt")
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot read"):
        read(file)


def test_the_shared_file_is_in_no_split():
    ours = {one.items for split in Split for one in instances(split)}
    shared = [one.instance for one in read(weibull_5k())]
    assert [(one.n, one.capacity) for one in shared] == [(5000, 100)] * 5
    assert not ours & {one.items for one in shared}
