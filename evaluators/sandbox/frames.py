"""Frames between the host and a child: a length, then JSON. Nothing is pickled.

Job, host to child: ``{"source", "entry_point", "seed"}`` and either ``"split"``, which
names instances that the zygote holds (all, or those with the indices ``"only"``), or
``"instances"``.
Result, child to host: the ready byte, which shows that the child was confined before
it read the job; then exactly one frame, ``{"ok": [answer, …]}`` or
``{"err": {…}, "at": index or null, "done": [answer, …]}``.
Lockstep: the job has ``"observations"`` instead of instances; the child answers each
list of observations with ``{"decisions": [decision, …]}`` and gets the next list, and
after an empty one sends its result, ``{"ok": []}``.
"""

import json
import math
import os
import struct
from dataclasses import dataclass
from typing import Any

READY = b"R"

PACKET = 1 << 16
"""Longest message on the control socket between host and zygote, in bytes."""

REPORT = struct.Struct("<iBddQ")
"""Wait status, index of the reason, CPU and wall seconds, largest resident set."""

REASONS = ("", "cpu", "wall", "host")
"""Why the zygote killed a child; the first: it did not."""

RUN, STEP, LATE, KILL = b"run", b"step", b"late", b"kill"
"""From the host to a zygote: a job, one in lockstep; end the child, late or not."""

_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 16
_OVERHEAD = 8192
"""Bytes that a result may have besides its answers: keys, message and trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a candidate failed, in its own (forgeable) words.

    Attributes
    ----------
    kind
        ``raised`` or ``answer``: the candidate raised, or its answer is no plain data.
    type, message, trace
        Name of the exception, its text, and the candidate's innermost lines.
    at
        Index of the instance; None if the program failed before the first one.
    """

    kind: str
    type: str
    message: str
    trace: str
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a well-formed frame says: answers in order, and the failure after them."""

    answers: tuple[Any, ...]
    failure: Failure | None = None


class FrameError(ValueError):
    """Bytes that are not exactly one well-formed result."""


def pack(payload: bytes) -> bytes:
    """Put the length before ``payload``."""
    return _LENGTH.pack(len(payload)) + payload


def read(descriptor: int) -> bytes:
    """Read one payload from a blocking descriptor; raises EOFError if it is cut."""
    data = os.read(descriptor, _CHUNK)
    (length,) = _LENGTH.unpack_from(data)
    missing = length + _LENGTH.size - len(data)
    while missing:
        chunk = os.read(descriptor, min(missing, _CHUNK))
        if not chunk:
            raise EOFError
        data += chunk
        missing -= len(chunk)
    return data[_LENGTH.size :]


def whole(data: bytearray, start: int) -> bytes | None:
    """Return the payload of the frame at ``start`` if all of it is there."""
    if len(data) < start + _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(data, start)
    begin = start + _LENGTH.size
    if len(data) < begin + length:
        return None
    return bytes(data[begin : begin + length])


def write(descriptor: int, data: bytes) -> None:
    """Write all of ``data`` to a blocking descriptor."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def result_cap(answer_bytes: int) -> int:
    """Return the longest result that the host accepts, in bytes."""
    return answer_bytes + _OVERHEAD


def decode(data: bytes, cap: int) -> Result:
    """Read what a child sent after the ready byte.

    Whatever the bytes are, the outcome is a Result or a FrameError.

    Parameters
    ----------
    cap
        The longest payload to accept, in bytes.
    """
    if not data:
        raise FrameError("the program ended without a result")
    if len(data) < _LENGTH.size:
        raise FrameError("the result is cut short")
    (length,) = _LENGTH.unpack_from(data)
    if length > cap:
        raise FrameError(f"the answers are larger than {cap} bytes")
    if len(data) != length + _LENGTH.size:
        raise FrameError(f"expected one result of {length} bytes, got {len(data)}")
    return _shape(parse(data[_LENGTH.size :]))


def parse(payload: bytes) -> Any:
    """Read plain JSON with finite numbers; raises FrameError for anything else."""
    try:
        # Decoded here, since json would also accept UTF-16 and UTF-32.
        return json.loads(payload.decode(), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise FrameError("the result is nested too deeply") from None
    except ValueError as error:
        raise FrameError(f"the result is no plain JSON: {error}"[:200]) from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is out of range")
    return value


def _shape(result: Any) -> Result:
    match result:
        case {"ok": list(answers), **rest} if not rest:
            return Result(answers=tuple(answers))
        case {
            "err": {
                "kind": str(kind),
                "type": str(name),
                "message": str(message),
                "trace": str(trace),
            },
            "at": at,
            "done": list(done),
        } if at is None or (type(at) is int and at == len(done)):
            failure = Failure(kind=kind, type=name, message=message, trace=trace, at=at)
            return Result(answers=tuple(done), failure=failure)
    raise FrameError("the result has the wrong shape")
