"""What came out of a sandbox, before anything of it is believed."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evaluators.base import Limits, Sandbox, Status
from evaluators.sandbox.frames import (
    REASONS,
    REPORT,
    FrameError,
    Result,
    decode,
    result_cap,
)

_BAD_SIGNALS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)
_SHOWN_OUTPUT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run of a candidate on the instances of one split.

    Attributes
    ----------
    status
        ``ok`` if there is an answer for each instance; never ``invalid`` or
        ``impossible``, which only the judge can tell.
    answers
        The candidate's claims, in the order of the instances; perhaps too few.
    at
        Index of the instance on which it failed, if that is known.
    message
        For the author: what went wrong.
    """

    status: Status
    sandbox: Sandbox
    answers: tuple[Any, ...] = ()
    at: int | None = None
    message: str = ""
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The kernel's account of a child, which a candidate cannot forge.

    Attributes
    ----------
    signal
        That it died of; None if it exited.
    killed
        Why we killed it: ``cpu``, ``wall``, ``host``; ``""`` if we did not.
    peak_bytes
        Largest resident set.
    """

    signal: int | None
    killed: str
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """All that came back from one child.

    Attributes
    ----------
    data
        Bytes after the ready byte.
    output
        What it printed, cut at the host's cap.
    flooded
        What was too much: ``answers``, ``output`` or ``""``.
    """

    account: Account
    data: bytes
    output: bytes
    flooded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    status: Status
    message: str = ""
    result: Result | None = None


def settle(received: Received, limits: Limits, sandbox: Sandbox) -> Outcome:
    """Decide what a run amounts to."""
    finding = _death(received, limits) or _flood(received) or _read(received, limits)
    message = finding.message
    if finding.status is not Status.OK and received.output:
        printed = received.output[:_SHOWN_OUTPUT].decode(errors="replace")
        message = f"{message}\nprinted: {printed}"
    end = received.account
    finding = replace(finding, message=message)
    return _outcome(finding, sandbox, end.cpu_seconds, end.wall_seconds)


def interpret(
    result: Result, sandbox: Sandbox, *, cpu_seconds: float, wall_seconds: float
) -> Outcome:
    """Turn the result of a run without a process of its own into an outcome."""
    return _outcome(_tell(result), sandbox, cpu_seconds, wall_seconds)


def account(report: bytes) -> Account:
    """Read the zygote's report on a child."""
    status, reason, cpu, wall, peak = REPORT.unpack(report)
    return Account(
        signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        killed=REASONS[reason],
        cpu_seconds=cpu,
        wall_seconds=wall,
        peak_bytes=peak,
    )


def clean(text: str) -> str:
    """Make a candidate's text storable: valid UTF-8 without NUL, at most 4000 long."""
    return text[:4000].replace("\0", "").encode(errors="replace").decode()


def _outcome(
    finding: _Finding, sandbox: Sandbox, cpu_seconds: float, wall_seconds: float
) -> Outcome:
    result = finding.result or Result(answers=())
    return Outcome(
        status=finding.status,
        sandbox=sandbox,
        answers=result.answers,
        at=result.failure.at if result.failure else None,
        message=clean(finding.message),
        cpu_seconds=cpu_seconds,
        wall_seconds=wall_seconds,
    )


def _death(received: Received, limits: Limits) -> _Finding | None:
    """Judge a child that did not exit by itself."""
    end = received.account
    if end.killed == "cpu" or end.signal == signal.SIGXCPU:
        text = f"used more than {limits.cpu_seconds:g} s of CPU time"
        return _Finding(status=Status.TIMEOUT_CPU, message=text)
    if end.killed == "wall":
        text = f"did not finish within {limits.wall_seconds:g} s"
        return _Finding(status=Status.TIMEOUT_WALL, message=text)
    if end.killed or end.signal is None:
        return None
    if end.signal == signal.SIGKILL and end.cpu_seconds >= limits.cpu_seconds:
        text = f"used more than {limits.cpu_seconds:g} s of CPU time"
        return _Finding(status=Status.TIMEOUT_CPU, message=text)
    full = end.peak_bytes > 0.8 * (limits.memory_mb << 20)
    if end.signal == signal.SIGKILL or (full and end.signal in _BAD_SIGNALS):
        text = f"ran out of memory ({limits.memory_mb} MiB)"
        return _Finding(status=Status.MEMORY, message=text)
    text = f"died of signal {end.signal} ({signal.strsignal(end.signal)})"
    return _Finding(status=Status.CRASHED, message=text)


def _flood(received: Received) -> _Finding | None:
    if not received.flooded:
        return None
    text = f"too much {received.flooded}"
    return _Finding(status=Status.PROTOCOL, message=text)


def _read(received: Received, limits: Limits) -> _Finding:
    try:
        result = decode(received.data, result_cap(limits.answer_bytes))
    except FrameError as error:
        return _Finding(status=Status.PROTOCOL, message=str(error))
    return _tell(result)


def _tell(result: Result) -> _Finding:
    failure = result.failure
    if failure is None:
        return _Finding(status=Status.OK, result=result)
    status = _FAILURES.get(failure.type, Status.ERROR)
    if failure.kind == "answer":
        status = Status.PROTOCOL
    text = f"{failure.type}: {failure.message}"
    if failure.trace:
        text = f"{text}\n{failure.trace}"
    return _Finding(status=status, message=text, result=result)


_FAILURES: Mapping[str, Status] = {
    "MemoryError": Status.MEMORY,
    "_ArrayMemoryError": Status.MEMORY,
    "PermissionError": Status.FORBIDDEN,
    "ModuleNotFoundError": Status.FORBIDDEN,
}
