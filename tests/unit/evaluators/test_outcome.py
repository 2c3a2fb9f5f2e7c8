import json
import signal

import pytest

from evaluators.base import Limits, Sandbox, Status
from evaluators.sandbox.frames import REASONS, REPORT, pack
from evaluators.sandbox.outcome import Account, Received, account, clean, settle

LIMITS = Limits(cpu_seconds=2.0, memory_mb=100)


def run(*, killed="", died=None, data=b"", output=b"", flooded="", cpu=0.1, peak=0):
    end = Account(
        signal=died, killed=killed, cpu_seconds=cpu, wall_seconds=0.2, peak_bytes=peak
    )
    received = Received(account=end, data=data, output=output, flooded=flooded)
    return settle(received, LIMITS, Sandbox.SECCOMP)


def failed(name, *, kind="raised", message="boom"):
    error = {"kind": kind, "type": name, "message": message, "trace": "line 1"}
    return pack(json.dumps({"err": error, "at": 0, "done": []}).encode())


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"data": pack(b'{"ok":[1]}')}, Status.OK),
        ({"data": b""}, Status.PROTOCOL),
        ({"data": failed("KeyError")}, Status.ERROR),
        ({"data": failed("MemoryError")}, Status.MEMORY),
        ({"data": failed("PermissionError")}, Status.FORBIDDEN),
        ({"data": failed("ModuleNotFoundError")}, Status.FORBIDDEN),
        ({"data": failed("AnswerError", kind="answer")}, Status.PROTOCOL),
        ({"killed": "cpu", "died": signal.SIGKILL}, Status.TIMEOUT_CPU),
        ({"killed": "wall", "died": signal.SIGKILL}, Status.TIMEOUT_WALL),
        ({"died": signal.SIGXCPU}, Status.TIMEOUT_CPU),
        ({"died": signal.SIGKILL, "cpu": 2.5}, Status.TIMEOUT_CPU),
        ({"died": signal.SIGKILL}, Status.MEMORY),
        ({"died": signal.SIGSEGV}, Status.CRASHED),
        ({"died": signal.SIGSEGV, "peak": 95 << 20}, Status.MEMORY),
        ({"died": 64}, Status.CRASHED),
        ({"killed": "host", "flooded": "output"}, Status.PROTOCOL),
        ({"data": pack(b'{"ok":[1]}'), "flooded": "output"}, Status.PROTOCOL),
    ],
)
def test_status_of_an_end(given, status):
    assert run(**given).status is status


def test_a_frame_does_not_help_a_child_that_was_killed():
    outcome = run(killed="cpu", data=pack(b'{"ok":[1]}'))

    assert outcome.status is Status.TIMEOUT_CPU
    assert outcome.answers == ()


def test_a_failure_says_what_the_program_printed():
    outcome = run(data=failed("KeyError", message="'x'"), output=b"here\xff")

    assert outcome.message == "KeyError: 'x'\nline 1\nprinted: here\ufffd"


def test_success_is_silent_about_output():
    assert run(data=pack(b'{"ok":[1]}'), output=b"debug").message == ""


def test_messages_can_be_stored_anywhere():
    assert clean("a\0b\ud800" + "c" * 9000).encode().decode().startswith("ab?ccc")
    assert len(clean("c" * 9000)) == 4000


def test_the_account_is_read_from_the_wait_status():
    report = REPORT.pack(signal.SIGSEGV, REASONS.index(""), 0.5, 1.5, 7)
    read = account(report)

    assert (read.signal, read.killed) == (signal.SIGSEGV, "")
    assert (read.cpu_seconds, read.wall_seconds, read.peak_bytes) == (0.5, 1.5, 7)
    assert account(REPORT.pack(3 << 8, 1, 0, 0, 0)).signal is None
    assert account(REPORT.pack(9, 1, 0, 0, 0)).killed == "cpu"
