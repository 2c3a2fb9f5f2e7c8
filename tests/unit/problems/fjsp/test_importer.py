"""Files of flexible job shops: what is read, and what is refused."""

import pytest

from problems.errors import ConfigError
from problems.fjsp.importer import read
from problems.fjsp.model import FjspInstance
from problems.fjsp.pack import PACK
from problems.fjsp.verify import verify
from tests.unit.problems.fjsp.shared_data import files
from tests.unit.problems.fjsp.test_fjsp import run

GOOD = "# a comment\n2 2 1.5\n2 2 0 3 1 4 1 1 2\n\n1 1 0 5\n"
JOBS = ((((0, 3), (1, 4)), ((1, 2),)), (((0, 5),),))


def test_a_file_is_read(tmp_path):
    path = tmp_path / "t1.fjs"
    path.write_text(GOOD)
    (found,) = read(path)
    assert found.instance == FjspInstance(id="t1", group="2x2", m=2, jobs=JOBS)
    assert (found.reference.lower, found.reference.best) == (5.0, None)
    assert found.reference.source == "t1.fjs"


def test_machines_may_be_counted_from_one(tmp_path):
    path = tmp_path / "t1.fjs"
    path.write_text("2 2\n2 2 1 3 2 4 1 2 2\n1 1 1 5\n")
    assert read(path)[0].instance.jobs == JOBS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: ends where jobs and machines should be"),
        ("# nothing\n1\n", "line 2: '1' are no numbers"),
        ("one 2\n", "line 1: 'one' where jobs and machines"),
        ("0 2\n", "line 1: 0 jobs"),
        ("2 2 1 7\n", "line 1: '2 2 1 7'"),
        ("2 2\n1 1 0 5\n", "line 2: ends after 1 of 2 jobs"),
        ("1 2\n1 1 0 5\n1 1 0 5\n", "line 3: more lines than 1 jobs"),
        ("1 2\n0\n", "line 2: 0 operations"),
        ("1 2\n2 1 0 5\n", "line 2: ends where the number of machines"),
        ("1 2\n1 3 0 1 1 1 2 1\n", "line 2: operation 0 has 3 machines of 2"),
        ("1 2\n1 0\n", "line 2: operation 0 has 0 machines"),
        ("1 2\n1 2 0 1 0 2\n", "line 2: operation 0 names a machine twice"),
        ("1 2\n1 1 0 -5\n", "line 2: '-5' where time of 0"),
        ("1 2\n1 1 0 2.5\n", "line 2: '2.5'"),
        ("1 2\n1 1 0 5 7\n", "line 2: more numbers than 1 operations"),
        ("1 2\n2 1 0 5 1 2 5\n", "line 2: there is a machine 2, counted from 0, of 2"),
        ("1 2\n1 1 3 5\n", "line 2: there is a machine 3, counted from 1, of 2"),
        ("1 2\n1 1 0 " + "9" * 5000 + "\n", "line 2: '999"),
        ("1 2\n" + "1 1 0 5\n" * 1_000_000, "line 3: more lines than 1 jobs"),
        ("9" * 9 + " 2\n1 1 0 5\n", "line 1: 999999999 jobs"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "bad.fjs"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.slow
def test_all_public_files_are_read():
    everything = files(
        *("brandimarte", "dauzere", "barnes", "kacem", "fattahi"),
        *("hurink/edata", "hurink/rdata", "hurink/vdata"),
    )
    assert len(everything) == 276
    for path in everything:
        (one,) = read(path)
        assert one.reference.lower > 0


BRANDIMARTE = {
    "spt_finish": 17.6,
    "spt_load": 30.0,
    "spt_time": 74.3,
    "fifo_finish": 15.9,
    "fifo_load": 28.1,
    "fifo_time": 72.4,
    "mopnr_finish": 13.3,
    "mopnr_load": 24.7,
    "mopnr_time": 69.4,
    "mwkr_finish": 11.5,
    "mwkr_load": 23.9,
    "mwkr_time": 69.7,
}
"""Mean gap to the best known makespan in %, over the fifteen (README of the pack)."""


def test_the_rules_on_the_public_instances_of_brandimarte():
    gaps = {name: [] for name in PACK.baselines}
    for path in files("brandimarte"):
        (one,) = read(path)
        best = one.reference.best
        assert best is not None, path.name
        for name, baseline in PACK.baselines.items():
            names = {}
            exec(baseline.source, names)
            answer = run(names["priority"], one.instance)
            verdict = verify(one.instance, "priority", answer)
            assert verdict.objective >= one.reference.lower
            gaps[name].append(verdict.objective / best - 1)
    found = {name: round(100 * sum(row) / 15, 1) for name, row in gaps.items()}
    assert found == BRANDIMARTE
