"""Programs that use numpy's ways out of Python: raw memory, files, pickles."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from evaluators.base import Status
from evaluators.hostile.records import RAW, Program, attack

_HEAD = "import io, os, pickle, sys\nimport numpy as np\n"


def _numpy(
    name: str, expected: Status | AbstractSet[Status], body: str, *, leaks: bool = False
) -> Program:
    return attack(name, expected, _HEAD + body, leaks=leaks)


NUMBERED: Mapping[int, Program] = {}

MORE = (
    _numpy(
        "array as answer",
        Status.PROTOCOL,
        RAW + "    return np.array(achieved(instance))",
    ),
    _numpy(
        "numpy integers as answer",
        Status.PROTOCOL,
        RAW + "    return list(np.array(achieved(instance)))",
    ),
    _numpy(
        "numpy floats as answer",
        Status.INVALID,
        RAW + "    return [np.float64(j) for j in achieved(instance)]",
    ),
    _numpy(
        "object array that runs code when it is compared",
        Status.PROTOCOL,
        """
class Evil:
    def __lt__(self, other): raise SystemExit
    __eq__ = __gt__ = __lt__
def raw(instance, seed):
    return np.array([Evil(), Evil()], dtype=object)
""",
    ),
    _numpy(
        "load a pickle that runs a shell",
        {Status.INVALID, Status.FORBIDDEN, Status.ERROR},
        """
class Bomb:
    def __reduce__(self):
        return os.posix_spawn, ('/bin/sh', ['sh', '-c', 'exit 7'], {})
def raw(instance, seed):
    pid = pickle.loads(pickle.dumps(Bomb()))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return achieved(instance) if code == 7 else None
""",
        leaks=True,
    ),
    _numpy(
        "map a file as array",
        Status.FORBIDDEN,
        "np.memmap('@FILE@', mode='r')\n" + RAW + "    return achieved(instance)",
        leaks=True,
    ),
    _numpy(
        "read a file as array",
        Status.FORBIDDEN,
        "np.fromfile('@FILE@', dtype='u1')\n" + RAW + "    return achieved(instance)",
        leaks=True,
    ),
    _numpy(
        "write an array to a file",
        Status.FORBIDDEN,
        "np.save('@FOLDER@/array.npy', np.ones(3))\n"
        + RAW
        + "    return achieved(instance)",
    ),
    _numpy(
        "read beyond an array",
        {Status.CRASHED, Status.INVALID},
        """
def raw(instance, seed):
    wild = np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 40,), (8,))
    needle = '@SECRET@'[::-1].encode()
    for start in range(0, 1 << 24, 1 << 16):
        if needle in wild[start : start + (1 << 16)].tobytes():
            return achieved(instance)
""",
    ),
    _numpy(
        "array at an address of its choice",
        Status.CRASHED,
        """
class Wild:
    __array_interface__ = dict(
        shape=(1 << 20,), typestr='|u1', data=(4096, False), version=3)
np.asarray(Wild())[:] = 1
def raw(instance, seed):
    return achieved(instance)
""",
    ),
    _numpy(
        "array larger than the address space",
        {Status.MEMORY, Status.ERROR},
        "np.zeros(1 << 60, dtype='u1')\n" + RAW + "    return achieved(instance)",
    ),
    _numpy(
        "cast what it must not cast",
        {Status.CRASHED, Status.ERROR, Status.INVALID, Status.PROTOCOL},
        """
def raw(instance, seed):
    addresses = np.array([16, 32], dtype='u8')
    out = np.empty(2, dtype=object)
    np.frombuffer(memoryview(addresses), dtype='u8')
    import ctypes
    ctypes.memmove(out.ctypes.data, addresses.ctypes.data, 16)
    return out.tolist()
""",
    ),
)
