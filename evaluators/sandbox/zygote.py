"""Entry of the long-lived process that forks one child per candidate.

Started as ``python -P -s -B -m evaluators.sandbox.zygote FD``, with its configuration
as JSON on standard input. FD is the control socket, which keeps packets apart: one
comes in for each job, with two descriptors for the child, and one goes out, with the
kernel's account of the child. In lockstep (``step``) the host alone knows for how long
the child had to wait for it, so it keeps the wall clock. A packet during a job kills
the child; the end of the socket kills the child and ends the zygote.
"""

import gc
import importlib
import json
import math
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from evaluators.base import Sandbox
from evaluators.sandbox import child, restrict
from evaluators.sandbox.frames import LATE, PACKET, REASONS, REPORT, STEP, pack

_LARGEST = 1 << 46
_WARM_RUNS = 20
# The interpreter's allocator: sizes of its blocks and pools, in bytes.
_BLOCK, _LARGEST_BLOCK = 16, 512
_POOL, _POOL_HEAD = 1 << 14, 48
_MOST_BLOCKS = 4096
_TWO = struct.Struct("2i")
_ROOM = socket.CMSG_SPACE(_TWO.size)
_CPU, _WALL, _HOST = map(REASONS.index, ("cpu", "wall", "host"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """When to kill a child: CPU and wall seconds."""

    cpu: float
    wall: float


_KEPT: list[object] = []


class Barred:
    """Finder that refuses what was not loaded before, in words for the author."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._known = ", ".join(sorted(modules)) or "none"

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  the finder protocol
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> None:
        """Refuse; modules that are loaded never get here."""
        raise ModuleNotFoundError(
            f"module {name!r} is not available in the sandbox; "
            f"available: {self._known}",
            name=name,
        )


def main() -> None:
    """Prepare, say so, and serve jobs until the control socket ends."""
    inherited = int(sys.argv[1])
    control = socket.socket(fileno=os.dup(inherited))
    os.close(inherited)
    limit = child.MAX_DESCRIPTORS
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    config = json.load(sys.stdin)
    if config["level"] == Sandbox.BWRAP_SECCOMP:
        # Its parent is bubblewrap; elsewhere it is a thread of the host, which may
        # end before the host does.
        restrict.die_with_parent()
    work = prepare(config)
    deadlines = Deadlines(cpu=config["cpu"], wall=config["wall"])
    del config
    control.send(b"ready")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 2)
    os.close(nothing)
    serve(control, work, deadlines)


def prepare(config: Mapping[str, Any]) -> child.Work:
    """Load the driver and the allowed modules, decode the instances, close the door.

    Parameters
    ----------
    config
        ``driver``, ``modules``, ``level``, ``path`` (further places for modules),
        ``splits`` (encoded instances by split), ``memory_bytes``, ``answer_bytes``,
        ``cpu`` and ``wall`` (seconds).
    """
    # Hooks would run in each child, to repair locks that no thread holds here and to
    # reseed ``random``, which the job does.
    os.register_at_fork = _no_hook
    sys.path.extend(place for place in config["path"] if place not in sys.path)
    driver: Any = importlib.import_module(config["driver"])
    for name in ("__future__", *config["modules"]):
        importlib.import_module(name)
    _warm_numpy()
    _check_secrets(config["driver"])
    instances = {
        split: [driver.decode(payload) for payload in payloads]
        for split, payloads in config["splits"].items()
    }
    limits = child.limits(_address_space(), config["memory_bytes"], config["cpu"])
    restrictions = restrict.prepare(config["level"], limits)
    for name in ("ctypes", "_ctypes"):
        if name not in config["modules"]:
            sys.modules.pop(name, None)
    sys.meta_path[:] = [Barred(config["modules"])]
    gc.collect()
    _warm()
    _KEPT.extend(_gather())
    gc.freeze()
    gc.disable()
    return child.Work(
        driver=driver,
        instances=instances,
        restrictions=restrictions,
        cap=config["answer_bytes"],
    )


def _no_hook(**_hooks: object) -> None:
    """Forget the hooks of a module."""


def serve(control: socket.socket, work: child.Work, deadlines: Deadlines) -> None:
    """Run one job after the other until the host hangs up."""
    while True:
        packet, job, output = _receive(control)
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            child.main(work, job, output)
        # From here to the next fork each page that is written costs a page fault.
        os.close(job)
        os.close(output)
        wall = math.inf if packet == STEP else deadlines.wall
        reason = _watch(pid, control, Deadlines(cpu=deadlines.cpu, wall=wall))
        _, status, usage = os.wait4(pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        wall = time.monotonic() - started
        control.send(REPORT.pack(status, reason, cpu, wall, usage.ru_maxrss << 10))


def _receive(control: socket.socket) -> tuple[bytes, int, int]:
    while True:
        packet, attached, _, _ = control.recvmsg(PACKET, _ROOM)
        if not packet:
            os._exit(0)
        # A request to kill that came too late carries no descriptors.
        if attached:
            job, output = _TWO.unpack(attached[0][2])
            return packet, job, output


def _watch(pid: int, control: socket.socket, deadlines: Deadlines) -> int:
    """Wait for the child to end, or end it; return the index of why it was killed."""
    handle = os.pidfd_open(pid)
    try:
        reason = _wait(pid, handle, control, deadlines)
        if reason:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [])
    finally:
        os.close(handle)
    # Until it is reaped the child's id stays its own, hence that of its group.
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return reason
    return reason


def _wait(pid: int, handle: int, control: socket.socket, deadlines: Deadlines) -> int:
    clock = (~pid << 3) | 2  # CPU clock of another process: clock_getcpuclockid(3)
    deadline = time.monotonic() + deadlines.wall
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(control.fileno(), select.POLLIN)
    # A single thread cannot use CPU faster than time passes, so that sleeping for
    # the rest of its CPU time is enough.
    cpu = 0.0
    while cpu < deadlines.cpu:
        wall = deadline - time.monotonic()
        if wall <= 0:
            return _WALL
        ready = poll.poll(1 + 1000 * min(deadlines.cpu - cpu, wall))
        if ready and handle in ready[0] + ready[-1]:
            return 0
        if ready:
            packet = control.recv(PACKET)
            if not packet:
                os.kill(pid, signal.SIGKILL)
                os._exit(0)
            return _WALL if packet == LATE else _HOST
        cpu = time.clock_gettime(clock)
    return _CPU


class _Rehearsal:
    """A driver for a candidate of ours: what the warm runs judge."""

    def decode(self, payload: Any) -> Any:
        return payload

    def run(self, _name: str, heuristic: Callable[[], Any], _case: Any, _: int) -> Any:
        return heuristic()

    def decide(self, _name: str, heuristic: Callable[[], Any], _seen: Any) -> Any:
        return heuristic()


def _warm() -> None:
    """Do now, once, what would otherwise be done for the first time in every child."""
    work = child.Work(
        driver=_Rehearsal(), instances={"s": [None]}, restrictions=(), cap=1 << 10
    )
    source = "def f():\n    return [0]\n"
    job = {"source": source, "entry_point": "f", "seed": 0, "split": "s"}
    frame = pack(json.dumps(job).encode())
    host, channel = socket.socketpair()
    with host, channel:
        for _ in range(_WARM_RUNS):
            host.sendall(frame)
            child.answer(work, channel.fileno())
            host.recv(PACKET)


def _warm_numpy() -> None:
    """Load what numpy loads when it is first used."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.linalg.solve(numpy.eye(2), numpy.ones(2))
        numpy.random.seed(0)
        numpy.random.default_rng(0).random()


def _gather() -> list[object]:
    """Take the interpreter's free blocks, so that children take theirs from new pools.

    A block in a pool in use lies on another page than the head of the pool, and a
    child pays a page fault for each of the two; the first blocks of a new pool lie on
    the page of its head. Returns what takes the blocks: keep it.
    """
    taken: list[object] = []
    for size in range(_BLOCK, _LARGEST_BLOCK + 1, _BLOCK):
        for count in range(_MOST_BLOCKS):
            block = _fill(size, count)
            taken.append(block)
            if id(block) % _POOL == _POOL_HEAD:
                break
    return taken


def _fill(size: int, count: int) -> object:
    """Return a new object in a block of ``size`` bytes."""
    if size == _BLOCK:
        return object()
    if size < bytes.__basicsize__:
        return _LARGEST + count
    return bytes(size - bytes.__basicsize__)


def _check_secrets(driver: str) -> None:
    """Refuse a driver that drags references into the memory of candidates."""
    secret = f"{driver.rpartition('.')[0]}.reference"
    if secret in sys.modules:
        raise ImportError(f"driver {driver} must not import {secret}")


def _address_space() -> int:
    """Return the address space of this process in bytes, without /proc.

    The kernel grants another page exactly if the limit is above what is in use; so
    the limit is moved until that is found.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    below, above = 0, _LARGEST
    while above - below > resource.getpagesize():
        middle = (below + above) // 2
        resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
        try:
            mmap.mmap(-1, resource.getpagesize()).close()
            above = middle
        except (OSError, MemoryError):
            below = middle
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return below


if __name__ == "__main__":
    main()
