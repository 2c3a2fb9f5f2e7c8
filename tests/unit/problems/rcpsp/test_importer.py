"""Projects from files."""

import pytest

from problems.errors import ConfigError
from problems.rcpsp.importer import read
from problems.rcpsp.model import RcpspInstance
from tests.fakes.instance_files import PATTERSON, PSPLIB


def test_the_source_and_the_sink_are_left_aside(tmp_path):
    path = tmp_path / "p.rcp"
    path.write_text(PATTERSON)
    (found,) = read(path)
    assert found.instance == RcpspInstance(
        id="p",
        group="p",
        durations=(3,),
        demands=((2, 1),),
        capacities=(4, 2),
        successors=((),),
    )
    assert (found.reference.lower, found.reference.best) == (3.0, None)
    path.write_text(PSPLIB)
    (found,) = read(path)
    assert found.instance == RcpspInstance(
        id="p",
        group="p",
        durations=(3, 4),
        demands=((2, 1), (3, 0)),
        capacities=(4, 2),
        successors=((), ()),
    )
    # 3 * 2 + 4 * 3 units of a resource of which there are 4: 4.5 time units.
    assert found.reference.lower == 5.0


def test_ends_that_take_something_are_kept(tmp_path):
    path = tmp_path / "p.rcp"
    path.write_text("2 1\n 3\n 1 0 1 2\n 0 1 0\n")
    (found,) = read(path)
    assert found.instance.durations == (1, 0)
    assert found.instance.successors == ((1,), ())


BAD = {
    "nothing": ("", "line 1: no known format"),
    "another format": ("jobs? three\n", "line 1: no known format"),
    "no jobs": ("0 1\n3\n", "line 1: 0 where the number of jobs"),
    "truncated": (PATTERSON[:20], "ends where"),
    "a negative time": ("1 1\n3\n-4 1 0\n", "line 3: '-4' where the duration of job 1"),
    "a fraction": ("1 1\n3\n4.5 1 0\n", "line 3: '4.5' where"),
    "too many jobs": ("900000 1\n", "line 1: 900000 where the number of jobs"),
    "too large a demand": ("1 1\n3\n4 5 0\n", "line 3: job 1 needs 5 of resource 1"),
    "an unknown successor": ("1 1\n3\n4 1 1 2\n", "line 3: 2 where a successor"),
    "a successor twice": ("2 0\n4 2 2 2\n1 0\n", "line 2: job 1 has a successor twice"),
    "a cycle": ("2 0\n4 1 2\n1 1 1\n", "line 3: activity 0 is on a cycle"),
    "more lines": (PATTERSON + "7\n" * 9, "line 7: '7' after the last of 3 jobs"),
    "a million lines": (PATTERSON + "7\n" * 10**6, "line 7: '7' after the last"),
    "a million headers": ("x\n" * 10**6, "no known format"),
    "digits without end": ("1 1\n3\n" + "9" * 10**5, "line 3: '99999999999999999999'"),
    "a wrong count of jobs": (
        PSPLIB.replace("sink ):  4", "sink ):  5"),
        "line 19: .* where the number of job 5",
    ),
    "a job out of turn": (
        PSPLIB.replace("   3        1          1", "   4        1          1"),
        "line 17: another job where job 3",
    ),
    "more successors": (
        PSPLIB.replace("2           2   3", "1           2   3"),
        "line 15: more successors of job 1",
    ),
    "two modes": (
        PSPLIB.replace("   2        1 ", "   2        2 "),
        "line 16: 2 where the number of modes",
    ),
    "more demands": (
        PSPLIB.replace("3       2    1", "3       2    1    1"),
        "line 24: more than 2 demands of job 2",
    ),
    "more demanded than there is": (
        PSPLIB.replace("    4    2\n", "    2    2\n"),
        "job 3 needs 3 of resource 1",
    ),
    "amounts missing": (
        PSPLIB.replace("    4    2\n", "    4\n"),
        "line 31: .* where the amount of resource 2",
    ),
    "amounts to spare": (
        PSPLIB.replace("    4    2\n", "    4    2    1\n"),
        "line 30: '1' after the amounts of 2 resources",
    ),
    "no demands": (
        PSPLIB.replace("REQUESTS", "REQUEST"),
        "ends where 'REQUESTS/DURATIONS'",
    ),
    "consumed resources": (
        PSPLIB.replace("nonrenewable              :  0", "nonrenewable :  2"),
        "not renewable",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, case):
    text, words = BAD[case]
    path = tmp_path / "bad.sm"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert ", line " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", [PATTERSON, PSPLIB])
def test_every_file_that_ends_early_is_refused(tmp_path, text):
    path = tmp_path / "cut.sm"
    whole = text.rstrip("*\n ")
    last = len(whole.split()[-1])
    for end in range(0, len(whole) - last, 17):
        path.write_text(whole[:end])
        with pytest.raises(ConfigError, match="line"):
            read(path)
