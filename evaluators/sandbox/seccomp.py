"""A seccomp filter that allows neither open nor socket, clone, exec, kill or ptrace.

Written as raw BPF, see seccomp(2) and the kernel's ``linux/filter.h``. Numbers are
from the kernel's system call tables of the two machines.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2

ALLOW = 0x7FFF0000
DENY = 0x00050000 | errno.EPERM
KILL = 0x80000000

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_NUMBER, _ARCH, _PROTECTION = 0, 4, 32  # offsets in struct seccomp_data
_PROT_EXEC = 4
_X32_BIT = 0x40000000

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

ALLOWED = {
    "x86_64": {
        "futex": 202,
        "clock_gettime": 228,
        "munmap": 11,
        "read": 0,
        "write": 1,
        "brk": 12,
        "madvise": 28,
        "mremap": 25,
        "close": 3,
        "fstat": 5,
        "poll": 7,
        "lseek": 8,
        "rt_sigaction": 13,
        "rt_sigprocmask": 14,
        "rt_sigreturn": 15,
        "readv": 19,
        "writev": 20,
        "select": 23,
        "sched_yield": 24,
        "nanosleep": 35,
        "getpid": 39,
        "exit": 60,
        "uname": 63,
        "gettimeofday": 96,
        "getrusage": 98,
        "sysinfo": 99,
        "times": 100,
        "getuid": 102,
        "getgid": 104,
        "geteuid": 107,
        "getegid": 108,
        "sigaltstack": 131,
        "gettid": 186,
        "sched_getaffinity": 204,
        "restart_syscall": 219,
        "clock_getres": 229,
        "clock_nanosleep": 230,
        "exit_group": 231,
        "pselect6": 270,
        "ppoll": 271,
        "getrandom": 318,
        "membarrier": 324,
        "rseq": 334,
    },
    "aarch64": {
        "futex": 98,
        "clock_gettime": 113,
        "munmap": 215,
        "read": 63,
        "write": 64,
        "brk": 214,
        "madvise": 233,
        "mremap": 216,
        "close": 57,
        "fstat": 80,
        "ppoll": 73,
        "lseek": 62,
        "rt_sigaction": 134,
        "rt_sigprocmask": 135,
        "rt_sigreturn": 139,
        "readv": 65,
        "writev": 66,
        "pselect6": 72,
        "sched_yield": 124,
        "nanosleep": 101,
        "getpid": 172,
        "exit": 93,
        "uname": 160,
        "gettimeofday": 169,
        "getrusage": 165,
        "sysinfo": 179,
        "times": 153,
        "getuid": 174,
        "getgid": 176,
        "geteuid": 175,
        "getegid": 177,
        "sigaltstack": 132,
        "gettid": 178,
        "sched_getaffinity": 123,
        "restart_syscall": 128,
        "clock_getres": 114,
        "clock_nanosleep": 115,
        "exit_group": 94,
        "getrandom": 278,
        "membarrier": 283,
        "rseq": 293,
    },
}
# Allowed unless the pages become executable: third argument without PROT_EXEC.
MAPPING = {
    "x86_64": {"mmap": 9, "mprotect": 10},
    "aarch64": {"mmap": 222, "mprotect": 226},
}


_Line: TypeAlias = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant: ``struct sock_filter``."""

_CHECK_PROTECTION: Sequence[_Line] = (
    (_LOAD, 0, 0, _PROTECTION),
    (_ANY_BIT, 1, 0, _PROT_EXEC),
    (_RETURN, 0, 0, ALLOW),
    (_RETURN, 0, 0, DENY),
)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class Filter:
    """The filter of this machine, built once and installed in each child."""

    def __init__(self) -> None:
        code = assemble(platform.machine())
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = _Program(len(code) // 8, ctypes.addressof(self._code))
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        # Converted once here, not in each child.
        number, none = ctypes.c_ulong, ctypes.c_void_p(None)
        mode, program = number(SECCOMP_MODE_FILTER), ctypes.byref(self._program)
        self._calls = (
            partial(prctl, PR_SET_NO_NEW_PRIVS, number(1), none, none, none),
            partial(prctl, PR_SET_SECCOMP, mode, program, none, none),
        )

    def install(self) -> None:
        """Confine this process for good; raises OSError if the kernel refuses."""
        for call in self._calls:
            if call():
                code = ctypes.get_errno()
                raise OSError(code, f"prctl: {os.strerror(code)}")


def supported() -> bool:
    """Whether the kernel offers seccomp filters on a machine that we know.

    A null pointer for the filter gives EFAULT where filters exist, and changes
    nothing.
    """
    if sys.platform != "linux" or platform.machine() not in ALLOWED:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    mode = ctypes.c_ulong(SECCOMP_MODE_FILTER)
    libc.prctl(PR_SET_SECCOMP, mode, None, None, None)
    return ctypes.get_errno() == errno.EFAULT


def assemble(machine: str) -> bytes:
    """Return the BPF program of ``machine``: 8 bytes an instruction.

    A wrong architecture or an x32 call kills the process, since the numbers below
    would mean other calls there. Whatever is not listed fails with EPERM, which
    gives the author a readable PermissionError.
    """
    program: list[_Line] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
        *_search(_segments(machine)),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in program)


def _segments(machine: str) -> list[tuple[int, Sequence[_Line]]]:
    """Return what to do from each number on, by ascending numbers."""
    deny, allow = [(_RETURN, 0, 0, DENY)], [(_RETURN, 0, 0, ALLOW)]
    actions: dict[int, Sequence[_Line]] = {}
    actions |= dict.fromkeys(ALLOWED[machine].values(), allow)
    actions |= dict.fromkeys(MAPPING[machine].values(), _CHECK_PROTECTION)
    segments: list[tuple[int, Sequence[_Line]]] = [(0, deny)]
    for number in range(max(actions) + 2):
        action = actions.get(number, deny)
        if action is not segments[-1][1]:
            segments.append((number, action))
    return [*segments, (_X32_BIT, [(_RETURN, 0, 0, KILL)])]


def _search(segments: Sequence[tuple[int, Sequence[_Line]]]) -> list[_Line]:
    """Return a binary search for the segment of a number.

    At installation the kernel runs the program for each of its calls, to cache the
    answers; a plain list of comparisons makes that five times as dear.
    """
    if len(segments) == 1:
        return list(segments[0][1])
    middle = len(segments) // 2
    below, above = _search(segments[:middle]), _search(segments[middle:])
    return [(_AT_LEAST, len(below), 0, segments[middle][0]), *below, *above]
