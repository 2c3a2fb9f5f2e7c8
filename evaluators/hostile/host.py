"""The attacked side: targets that can be watched, and the traces of an attack.

Must run in a process of its own that was started with the key in its environment:
``/proc/PID/environ`` shows only what was there at the start.
"""

import ctypes
import os
import platform
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evaluators.hostile.problem import BAIT, SECRET
from evaluators.sandbox import seccomp

KEY = "sk-canary-5af3"
KEY_NAME = "OPENAI_API_KEY"

_LEFT = "heuresis-hostile"
_CODE = "# Bait.\n"
_MOMENT = 1.0
_PR_SET_CHILD_SUBREAPER = 36
_PUBLIC = ("/tmp", "/dev/shm", "/var/tmp")  # noqa: S108  where programs leave files


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Targets of all programs.

    Attributes
    ----------
    folder
        With a file of the user; holds the folder of the bait module, which every
        sandbox can see, and in which a Unix socket listens.
    listeners
        TCP, UDP, abstract Unix, Unix with a path.
    """

    folder: Path
    port: int
    listeners: tuple[socket.socket, ...]

    @property
    def bait(self) -> Path:
        """Folder of the bait module."""
        return self.folder / BAIT

    def aim(self, source: str) -> str:
        """Fill the targets into a program."""
        for mark, value in self._targets().items():
            source = source.replace(mark, str(value))
        return source

    def touched(self) -> list[str]:
        """Return what was reached or changed since the last time, and restore it."""
        return [*self._contacted(), *self._written()]

    def _targets(self) -> Mapping[str, object]:
        machine = platform.machine()
        tables = (seccomp.ALLOWED, seccomp.MAPPING)
        allowed = [n for t in tables for n in t.get(machine, {}).values()]
        return {
            "@KEY@": KEY,
            "@FILE@": self.folder / "canary",
            "@FOLDER@": self.folder,
            "@BAIT@": self.bait,
            "@HOST@": os.getpid(),
            "@PORT@": self.port,
            "@ABSTRACT@": f"{_LEFT}-{os.getpid()}",
            "@SECRET@": SECRET[::-1],
            "@ALLOWED@": sorted(allowed),
        }

    def _contacted(self) -> Iterator[str]:
        names = ("TCP", "UDP", "abstract Unix", "Unix")
        for name, listener in zip(names, self.listeners, strict=True):
            if _drain(listener):
                yield f"reached the {name} listener"

    def _written(self) -> Iterator[str]:
        for path, text in self._texts().items():
            if path.read_text() != text:
                path.write_text(text)
                yield f"changed {path}"
        known = {*self._texts(), self.bait, self.bait / "socket"}
        places = {*self.folder.iterdir(), *self.bait.iterdir()}
        places |= {p for f in _PUBLIC if (p := Path(f, _LEFT)).exists()}
        for path in places - known:
            path.unlink()
            yield f"left {path}"

    def _texts(self) -> Mapping[Path, str]:
        return {self.folder / "canary": "canary", self.bait / "__init__.py": _CODE}


@contextmanager
def lay_out() -> Iterator[Host]:
    """Lay out the targets, and adopt orphans so that no process can hide."""
    if os.environ.get(KEY_NAME) != KEY:
        raise RuntimeError(f"start this process with {KEY_NAME}={KEY}")
    folder = Path(tempfile.mkdtemp(prefix="heuresis-host-")).resolve()
    (folder / "canary").write_text("canary")
    (folder / BAIT).mkdir()
    (folder / BAIT / "__init__.py").write_text(_CODE)
    sys.path.insert(0, str(folder))
    _adopt_orphans()
    listeners = _listen(folder)
    try:
        yield Host(
            folder=folder, port=listeners[0].getsockname()[1], listeners=listeners
        )
    finally:
        for listener in listeners:
            listener.close()
        sys.path.remove(str(folder))
        shutil.rmtree(folder)


def survivors(wrapped: Collection[int], plain: Collection[int]) -> set[int]:
    """Return descendants that do not belong here and do not end within a moment.

    Parameters
    ----------
    wrapped
        Processes that rightly have one child.
    plain
        Processes that rightly have none.
    """
    deadline = time.monotonic() + _MOMENT
    while left := _others(wrapped, plain):
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return left


def _others(wrapped: Collection[int], plain: Collection[int]) -> set[int]:
    # A process that loses its parent while the list is read is missed by one look.
    return _look(wrapped, plain) or _look(wrapped, plain)


def _look(wrapped: Collection[int], plain: Collection[int]) -> set[int]:
    children = _children()
    inner = {min(children[pid]) for pid in wrapped if pid in children}
    return _below(os.getpid(), children) - inner - {*wrapped, *plain}


def end(processes: set[int]) -> None:
    """Kill processes that a program left, and forget them."""
    for pid in processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    while descendants() & processes:
        time.sleep(0.01)


def descendants() -> set[int]:
    """Return the living descendants of this process."""
    return _below(os.getpid(), _children())


def _below(root: int, children: Mapping[int, Sequence[int]]) -> set[int]:
    found: set[int] = set()
    queue = [root]
    while queue:
        more = children.get(queue.pop(), ())
        found.update(more)
        queue.extend(more)
    return found


def _children() -> dict[int, list[int]]:
    """Return the children of each process, without those that have ended."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  the names are enough
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  quick
                stat = file.read().rpartition(b") ")[2].split()
        except OSError:
            continue
        if stat[0] != b"Z":
            children.setdefault(int(stat[1]), []).append(int(name))
    return children


def _drain(listener: socket.socket) -> int:
    """Take all that came to a non-blocking listener; return how often it came."""
    count = 0
    while True:
        try:
            if listener.type is socket.SOCK_DGRAM:
                listener.recv(1)
            else:
                listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def _listen(folder: Path) -> tuple[socket.socket, ...]:
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    tcp.bind(("127.0.0.1", 0))
    udp.bind(tcp.getsockname())
    abstract, named = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0{_LEFT}-{os.getpid()}")
    named.bind(str(folder / BAIT / "socket"))
    for listener in (tcp, abstract, named):
        listener.listen()
    for listener in (tcp, udp, abstract, named):
        listener.setblocking(False)
    return tcp, udp, abstract, named


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
