"""What hostile programs are after: a key, files, a listener; and who survives."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import Sandbox
from evaluators.sandbox import levels
from tests.fakes.processes import adopt_orphans
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.tiny_problem import SECRET, TINY

KEY = "sk-canary-5af3"


@dataclass(frozen=True)
class Host:
    """The trusted side and what must stay out of reach."""

    evaluator: LocalEvaluator
    folder: Path
    port: int
    listeners: tuple[socket.socket, ...]

    def aim(self, source):
        """Fill in the targets of a program."""
        for mark, value in {
            "@KEY@": KEY,
            "@FILE@": self.folder / "canary",
            "@FOLDER@": self.folder,
            "@HOST@": os.getpid(),
            "@PORT@": self.port,
            "@SECRET@": SECRET[::-1],
        }.items():
            source = source.replace(mark, str(value))
        return source

    def contacted(self):
        for listener in self.listeners:
            try:
                listener.accept() if listener.type is socket.SOCK_STREAM else (
                    listener.recv(1)
                )
            except BlockingIOError:
                continue
            return True
        return False


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    if Sandbox.SECCOMP not in levels.available():
        pytest.skip("no seccomp on this machine")
    folder = tmp_path_factory.mktemp("host")
    (folder / "canary").write_text("canary")
    patch = pytest.MonkeyPatch()
    patch.setenv("OPENAI_API_KEY", KEY)
    adopt_orphans()
    evaluator = LocalEvaluator(
        TINY, slots=1, limits=QuickLimits(wall=1.5), min_sandbox=Sandbox.SECCOMP
    )
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(tcp.getsockname())
        for listener in (tcp, udp):
            listener.setblocking(False)
        port = tcp.getsockname()[1]
        yield Host(evaluator, folder, port, (tcp, udp))
    evaluator._close()
    adopt_orphans(adopt=False)
    patch.undo()
