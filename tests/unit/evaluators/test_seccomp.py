import errno
import struct

import pytest

from evaluators.sandbox import seccomp
from evaluators.sandbox.seccomp import ALLOW, ALLOWED, AUDIT_ARCH, DENY, KILL, MAPPING

MACHINES = sorted(ALLOWED)
FORBIDDEN = {
    "x86_64": {
        "open": 2,
        "dup": 32,
        "socket": 41,
        "clone": 56,
        "fork": 57,
        "execve": 59,
        "kill": 62,
        "fcntl": 72,
        "ptrace": 101,
        "prctl": 157,
        "setrlimit": 160,
        "tgkill": 234,
        "openat": 257,
        "unshare": 272,
        "prlimit64": 302,
        "seccomp": 317,
        "io_uring_setup": 425,
        "clone3": 435,
    },
    "aarch64": {
        "dup": 23,
        "openat": 56,
        "unshare": 97,
        "ptrace": 117,
        "kill": 129,
        "tgkill": 131,
        "prctl": 167,
        "socket": 198,
        "clone": 220,
        "execve": 221,
        "prlimit64": 261,
        "seccomp": 277,
        "io_uring_setup": 425,
        "clone3": 435,
    },
}


def run_bpf(machine, number, arch=None, protection=0):
    """Interpret the program as the kernel would."""
    code = seccomp.assemble(machine)
    program = [struct.unpack_from("<HBBI", code, at) for at in range(0, len(code), 8)]
    arch = AUDIT_ARCH[machine] if arch is None else arch
    data = struct.pack("<iIQ6Q", number, arch, 0, 0, 0, protection, 0, 0, 0)
    at = accumulator = 0
    while True:
        op, yes, no, value = program[at]
        at += 1
        if op == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif op == 0x06:
            return value
        else:
            tests = {
                0x15: accumulator == value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }
            at += yes if tests[op] else no


@pytest.mark.parametrize("machine", MACHINES)
def test_exactly_the_listed_calls_are_allowed(machine):
    allowed = {n for n in range(600) if run_bpf(machine, n) == ALLOW}

    assert allowed == {*ALLOWED[machine].values(), *MAPPING[machine].values()}


@pytest.mark.parametrize("machine", MACHINES)
def test_dangerous_calls_are_refused_with_eperm(machine):
    for name, number in FORBIDDEN[machine].items():
        assert run_bpf(machine, number) == DENY, name
    assert DENY & 0xFFFF == errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_memory_never_becomes_executable(machine):
    for number in MAPPING[machine].values():
        assert run_bpf(machine, number, protection=3) == ALLOW
        assert run_bpf(machine, number, protection=7) == DENY


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_architecture_kill(machine):
    assert run_bpf(machine, 0, arch=0x40000003) == KILL


def test_x32_calls_kill():
    assert run_bpf("x86_64", 0x40000000) == KILL
    assert run_bpf("x86_64", 0x40000000 + 520) == KILL


def test_both_tables_name_the_same_calls_but_for_the_old_ones():
    assert set(ALLOWED["x86_64"]) - set(ALLOWED["aarch64"]) == {"poll", "select"}
    assert set(ALLOWED["aarch64"]) <= set(ALLOWED["x86_64"])


def test_an_unknown_machine_offers_no_filter(monkeypatch):
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")

    assert not seccomp.supported()
