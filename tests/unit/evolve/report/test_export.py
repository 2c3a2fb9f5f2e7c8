import hashlib
import os
import runpy
from dataclasses import dataclass, fields

import pytest

from evaluators.base import Evaluation, Status
from evolve.report.export import (
    instance_digest,
    standalone,
    write_atomic,
    write_program,
)
from evolve.sources import read_program
from problems.base import Problem, Split
from problems.errors import ConfigError
from tests.unit.evolve.report.example import SOURCE, program


@dataclass(frozen=True)
class Case:
    id: str
    group: str = "g"


def pack(prefix="i"):
    used = {
        "name": "toy",
        "version": 3,
        "instances": lambda split: [Case(f"{prefix}-{split}-{k}") for k in range(4)],
        "encode": lambda instance: {"id": instance.id},
    }
    return Problem(**{field.name: used.get(field.name) for field in fields(Problem)})


def judged(split, score):
    status = Status.OK if score is not None else Status.TIMEOUT_CPU
    return Evaluation(split=split, status=status, score=score)


def exported(source=SOURCE, run="runs/a", **more):
    evaluations = {
        Split.TRAIN: judged(Split.TRAIN, 0.0231),
        Split.VALID: judged(Split.VALID, 0.0245),
        Split.TEST: judged(Split.TEST, None),
    }
    return standalone(program(source, **more), evaluations, pack(), run=run)


def test_header_tells_where_the_program_comes_from():
    text = exported(step=214, parents=("a" * 32,))
    for words in (
        "runs/a",
        "step 214",
        "a" * 32,
        "toy, version 3",
        "gap train  2.31 % on 4 instances, set ",
        "gap test   failed: timeout_cpu",
        "gap ood    not evaluated",
        hashlib.sha256(SOURCE.encode()).hexdigest(),
        "licence",
    ):
        assert words in text


def test_source_is_unchanged_below_the_line():
    source = 'x = "tab\tand carriage\\r"\r\ny = 1'
    assert exported(source).partition("-" * 70 + "\n")[2] == source


def test_file_runs_alone(tmp_path):
    path = tmp_path / "rule.py"
    write_atomic(path, exported())
    assert callable(runpy.run_path(str(path))["priority"])


@pytest.mark.parametrize(
    "run", ["coding: utf-7", "x\nimport os", "x\rraise SystemExit", "\x0c\u2028raise"]
)
def test_names_cannot_leave_the_comment_nor_set_an_encoding(run, tmp_path):
    path = tmp_path / "rule.py"
    write_atomic(path, exported("x = 'é'\n", run=run))
    assert runpy.run_path(str(path))["x"] == "é"
    header = path.read_text(encoding="utf-8").partition("-" * 70)[0]
    assert all(line.startswith("#") for line in header.splitlines())
    assert not any("coding" in line for line in header.splitlines()[:2])


@pytest.mark.parametrize(
    "source", ["import problems.base\n", "def f():\n    from evolve.ports import X\n"]
)
def test_a_program_that_needs_us_is_refused(source):
    with pytest.raises(ConfigError, match="cannot stand alone"):
        exported(source)


def test_instance_sets_differ_by_what_is_in_them():
    assert instance_digest(pack(), Split.TEST) == instance_digest(pack(), Split.TEST)
    assert instance_digest(pack(), Split.TEST) != instance_digest(pack("j"), Split.TEST)


class TestWriteAtomic:
    def test_replaces_the_file_and_leaves_no_other(self, tmp_path):
        path = tmp_path / "new" / "a.txt"
        write_atomic(path, "one")
        write_atomic(path, "two é\r\n")
        assert path.read_bytes() == "two é\r\n".encode()
        assert list(path.parent.iterdir()) == [path]

    def test_a_failure_keeps_what_was_there(self, tmp_path):
        path = tmp_path / "a.txt"
        write_atomic(path, "one")
        with pytest.raises(UnicodeEncodeError):
            write_atomic(path, "two \ud800")
        assert path.read_text() == "one"
        assert list(tmp_path.iterdir()) == [path]

    def test_follows_the_umask(self, tmp_path):
        before = os.umask(0o027)
        try:
            write_atomic(tmp_path / "a.txt", "one")
        finally:
            os.umask(before)
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


BUNDLE = SOURCE + "# FILE rules.py\nx = 1\n# FILE scale.py\ny = 2\n"


def test_a_program_of_several_files_becomes_a_folder(tmp_path):
    text = exported(BUNDLE)
    write_program(tmp_path / "rule", text)

    names = sorted(path.name for path in tmp_path.rglob("*"))
    assert names == ["main.py", "rule", "rules.py", "scale.py"]
    assert "# files      rules.py, scale.py\n" in text
    assert (tmp_path / "rule" / "rules.py").read_text() == "x = 1\n"
    assert read_program(tmp_path / "rule") == text
    _, _, below = text.partition(f"# {'-' * 70}\n")
    assert below == BUNDLE
    assert hashlib.sha256(below.encode()).hexdigest() in text


def test_a_folder_replaces_an_earlier_one_of_ours_only(tmp_path):
    folder = tmp_path / "rule"
    write_program(folder, exported(BUNDLE + "# FILE more.py\n"))
    write_program(folder, exported(BUNDLE))
    assert not (folder / "more.py").exists()

    (folder / "main.py").write_text("print('mine')\n")
    with pytest.raises(ConfigError, match="name a new one"):
        write_program(folder, exported(BUNDLE))
    with pytest.raises(ConfigError, match="2 helper files"):
        write_program(tmp_path / "rule.py", exported(BUNDLE))
    assert (folder / "main.py").read_text() == "print('mine')\n"
    assert [path.name for path in tmp_path.iterdir()] == ["rule"]


def test_a_helper_file_may_not_import_ours():
    with pytest.raises(ConfigError, match="imports evolve"):
        exported(SOURCE + "# FILE rules.py\nimport evolve\n")
