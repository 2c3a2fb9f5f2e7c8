import pytest

from evaluators.base import Sandbox
from evaluators.errors import SandboxUnavailableError
from evaluators.hostile.records import Finding
from evaluators.hostile.suite import Report
from evolve.cli import attacks


def report(level, *, leak="", odd=""):
    finding = Finding(
        program="read a file", level=level, status="ok", leak=leak, odd=odd
    )
    return Report(level=level, hostile=(finding,), benign=())


WEAK = report(Sandbox.PROCESS, leak="got what it was after", odd="expected forbidden")
FINE = report(Sandbox.SECCOMP)
BAD = report(Sandbox.SECCOMP, leak="got what it was after")


def test_a_leak_at_the_level_in_use_is_an_error_of_the_machine():
    with pytest.raises(SandboxUnavailableError, match=r"'seccomp'.*read a file"):
        attacks.check([WEAK, BAD])
    assert SandboxUnavailableError.exit_code == 3


def test_a_leak_at_a_weaker_level_is_only_reported(capsys):
    attacks.check([WEAK, FINE])
    attacks.check([])
    attacks.show([WEAK, FINE])

    printed = capsys.readouterr()
    row = next(line for line in printed.out.splitlines() if "read a file" in line)
    assert "LEAKED" in row.split("│")[2]
    assert "contained" in row.split("│")[3]
    assert printed.err == ""


def test_a_program_that_was_not_run_is_not_called_contained(capsys):
    empty = Report(level=Sandbox.PROCESS, hostile=(), benign=())
    attacks.show([empty, FINE])

    assert "not run" in capsys.readouterr().out


def test_an_odd_end_at_a_level_that_should_hold_is_told(capsys):
    attacks.show([report(Sandbox.SECCOMP, odd="expected forbidden")])

    assert "ended as ok, expected forbidden" in capsys.readouterr().err


def test_the_document_counts_and_names():
    document = attacks.document([WEAK, FINE])

    assert document["process"]["contained"] == 0
    assert document["process"]["leaked"] == {"read a file": "got what it was after"}
    assert document["seccomp"]["contained"] == document["seccomp"]["programs"] == 1
