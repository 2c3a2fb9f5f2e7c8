"""Try a sandbox level: confine this process and see whether that holds.

Started as ``python -P -s -B -m evaluators.sandbox.probe LEVEL`` in the place and with
the environment that a zygote of that level would have. Prints ``confined``, or fails
with the reason as its last line.
"""

import errno
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from evaluators.base import Sandbox
from evaluators.sandbox.restrict import confinement

CONFINED = "confined"


def main() -> None:
    """Apply each layer and check that it denies what it should."""
    level = sys.argv[1]
    layers = confinement(level)
    if level == Sandbox.BWRAP_SECCOMP:
        _check_namespaces()
    if level == Sandbox.LANDLOCK_SECCOMP:
        layers[0]()
        _expect(errno.EACCES, "landlock", _open)
    layers[-1]()
    _expect(errno.EPERM, "seccomp", _open)
    _expect(errno.EPERM, "seccomp", socket.socket)
    _expect(errno.EPERM, "seccomp", os.fork)
    os.write(1, CONFINED.encode())


def _open() -> object:
    return os.open("/", os.O_RDONLY)


def _expect(code: int, layer: str, attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except OSError as error:
        if error.errno == code:
            return
        raise
    raise SystemExit(f"{layer} was accepted by the kernel, but denies nothing")


def _check_namespaces() -> None:
    if os.getpid() != 1 or Path("/proc/self").exists():
        raise SystemExit("bwrap gave no namespace of processes")
    if len(socket.if_nameindex()) > 1:
        raise SystemExit("bwrap gave no namespace of networks")
    if os.access("/tmp", os.W_OK):  # noqa: S108  it must not be writable
        raise SystemExit("bwrap gave a writable root")


if __name__ == "__main__":
    main()
