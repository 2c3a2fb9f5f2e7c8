"""A Landlock domain that grants nothing: no file, no TCP port, no signal outwards.

System calls by number, see landlock(7) and the kernel's ``linux/landlock.h``; they are
the same on every architecture. A second layer below the seccomp filter, and no sandbox
by itself: it knows neither UDP nor path-named Unix sockets, fork or exec.
"""

import ctypes
import os
import struct
import sys

from evaluators.sandbox.seccomp import PR_SET_NO_NEW_PRIVS

_CREATE_RULESET = 444
_RESTRICT_SELF = 446
_QUERY_VERSION = 1

# Rights that a ruleset can handle, by the first ABI version that knows them.
_FILES = {1: 0x1FFF, 2: 0x2000, 3: 0x4000, 5: 0x8000}
_NETWORK = {4: 0b11}
_SCOPES = {6: 0b11}


def version() -> int:
    """Return the kernel's Landlock ABI version; 0 if it has none."""
    if sys.platform != "linux":
        return 0
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    return max(
        0, int(syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _QUERY_VERSION))
    )


class Domain:
    """What this kernel can deny, all of it denied; built once, entered by each child.

    Entered in the child rather than once in the zygote, so that a child lies in a
    domain of its own and has no rights over the zygote either.
    """

    def __init__(self) -> None:
        attributes = ruleset(version())
        self._attributes = ctypes.create_string_buffer(attributes, len(attributes))
        self._size = ctypes.c_size_t(len(attributes))
        libc = ctypes.CDLL(None, use_errno=True)
        self._syscall, self._prctl = libc.syscall, libc.prctl

    def enter(self) -> None:
        """Confine this process for good; raises OSError if the kernel refuses."""
        one, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
        _check(self._prctl(PR_SET_NO_NEW_PRIVS, one, zero, zero, zero))
        handle = _check(self._syscall(_CREATE_RULESET, self._attributes, self._size, 0))
        _check(self._syscall(_RESTRICT_SELF, handle, 0))
        os.close(handle)


def ruleset(abi: int) -> bytes:
    """Return ``struct landlock_ruleset_attr`` with everything that ``abi`` knows."""
    fields = [_FILES] + [_NETWORK] * (abi >= 4) + [_SCOPES] * (abi >= 6)
    return b"".join(
        struct.pack("<Q", sum(bits for since, bits in field.items() if since <= abi))
        for field in fields
    )


def _check(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result
