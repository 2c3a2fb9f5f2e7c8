import json

import pytest

from problems.errors import ConfigError
from problems.jssp.importer import read
from problems.jssp.reference import solve
from problems.jssp.taillard import taillard
from tests.unit.problems.jssp.examples import FT06
from tests.unit.problems.jssp.shared_data import shared_bounds, shared_file

STANDARD = "# a comment\n2 2\n0 3 1 2\n\n1 2 0 4\n"
TAILLARD = """\
Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound
2 2 840612802 398197754 1231 1005
Times
3 2
2 4
Machines
1 2
2 1
"""
ENTRY = {"duration_matrix": [[3, 2], [2, 4]], "machines_matrix": [[0, 1], [1, 0]]}


def _read(tmp_path, text, name="case.txt"):
    file = tmp_path / name
    file.write_text(text)
    return read(file)


def _json(**changes):
    return json.dumps({"fine": ENTRY, "case": ENTRY | changes}, indent=1)


@pytest.mark.parametrize("text", [STANDARD, TAILLARD, json.dumps({"case": ENTRY})])
def test_the_three_formats_give_the_same_instance(tmp_path, text):
    (one,) = _read(tmp_path, text)
    assert (one.id, one.group) == ("case", "2x2")
    assert one.machines == ((0, 1), (1, 0))
    assert one.times == ((3, 2), (2, 4))


def test_an_instance_written_in_the_format_of_taillard_is_read_back(tmp_path):
    one = taillard()[10]
    times, machines = (
        "\n".join(" ".join(str(x + add) for x in row) for row in rows)
        for rows, add in ((one.times, 0), (one.machines, 1))
    )
    head = TAILLARD.splitlines()[0]
    text = f"{head}\n{one.n} {one.m} 0 0 0 0\nTimes\n{times}\nMachines\n{machines}\n"
    assert _read(tmp_path, text, "ta11.txt") == (one,)


def test_all_shared_instances_are_read():
    found = read(shared_file())
    assert len(found) == 162
    assert {one.id for one in found} == set(shared_bounds())


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("", 1, "ends where an instance should be"),
        ("# only a comment\n\n", 2, "ends where an instance should be"),
        ("p jsp 2 2\n", 1, "begins no known format"),
        ("2\n", 1, "1 entries where jobs and machines should be 2 numbers"),
        ("2 2\n0 3 1 2\n", 2, "ends where machines and times of job 1 should be"),
        ("2 2\n0 3 1\n", 2, "3 entries where .* should be 4 numbers"),
        ("2 2\n0 3 1 2 1\n", 2, "5 entries"),
        ("2 2\n0 3 1 2\n1 2 0 4\n0 1 1 1\n", 4, "more lines than 2 jobs"),
        ("2 2\n0 3 1 -2\n1 2 0 4\n", 2, "-2 is no processing time"),
        ("2 2\n0 3 1 2\n1 2 0 x\n", 3, "'x' is not an integer"),
        ("2 2\n0 3 1 2.5\n", 2, r"'2\.5' is not an integer"),
        (f"2 2\n0 3 1 {'9' * 5000}\n", 2, "'99999999999999999999' is not an integer"),
        ("2 2\n0 3 1 9999999999\n", 2, "9999999999 is no processing time"),
        ("2 2\n0 3 0 2\n", 2, "does not visit each of the 2 machines once"),
        ("2 2\n0 3 2 2\n", 2, "does not visit each of the 2 machines once"),
        ("0 2\n", 1, "0 jobs on 2 machines"),
        ("2 -2\n", 1, "2 jobs on -2 machines"),
        ("1000000 20\n", 1, "at most 1000000 operations"),
        (TAILLARD.replace("Machines\n", "", 2), 6, "the heading 'Machines' should be"),
        (TAILLARD.replace("\n2 1\n", "\n2 0\n"), 8, "does not visit each"),
        (TAILLARD[: TAILLARD.rindex("Machines")], 5, "ends where the heading"),
        (TAILLARD.replace("2 4", "2 -4"), 5, "-4 is no processing time"),
        ("{", 1, "not JSON"),
        ('{"a":\n [1,}', 2, "not JSON"),
        ("[]", 1, "not an object"),
        ("{}", 1, "not an object"),
        ('{"case": []}', 1, "'case': "),
        (_json()[:-40], 38, "not JSON"),
        (_json(duration_matrix=None), 24, "'case': duration_matrix is not a list"),
        (_json(duration_matrix=[[3, 2], [2, "4"]]), 24, "duration_matrix is not"),
        (_json(duration_matrix=[[3, 2], [2, True]]), 24, "duration_matrix is not"),
        (_json(duration_matrix=[[3, 2], [2, -4]]), 24, "'case': job 1: -4 is no"),
        (_json(duration_matrix=[[3, 2]]), 24, "different shapes"),
        (
            _json(duration_matrix=[[3, 2], [2]], machines_matrix=[[0, 1], [0]]),
            24,
            "the same number of operations",
        ),
        (
            _json(duration_matrix=[[]], machines_matrix=[[]]),
            24,
            "the same number of operations",
        ),
        (_json(machines_matrix=[[0, 1], [1, 1]]), 24, "job 1: the job does not visit"),
        ('{\n"case": {"duration_matrix": [[1]]}}', 2, "'case': no 'machines_matrix'"),
    ],
)
def test_a_damaged_file_is_refused_with_file_and_line(tmp_path, text, line, fault):
    with pytest.raises(ConfigError, match=fault) as caught:
        _read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'case.txt'}, line {line}: ")
    assert "\n" not in str(caught.value)


def test_a_million_lines_are_refused_at_the_first_one_too_many(tmp_path):
    with pytest.raises(ConfigError, match=r"line 4: more lines than 2 jobs"):
        _read(tmp_path, "2 2\n0 3 1 2\n1 2 0 4\n" + "0 1 1 1\n" * 1_000_000)
    with pytest.raises(ConfigError, match=r"line 1: .* begins no known format"):
        _read(tmp_path, "a line of a log\n" * 1_000_000)


def test_files_that_cannot_be_read_are_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read(tmp_path / "none.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"cannot read .*binary"):
        read(tmp_path / "binary")


def test_the_solver_proves_ft06(tmp_path):
    pytest.importorskip("ortools", reason="OR-Tools is an optional extra")
    (one,) = _read(tmp_path, FT06)
    found = solve(one, 1.0)
    assert (found.lower, found.best) == (55, 55)
