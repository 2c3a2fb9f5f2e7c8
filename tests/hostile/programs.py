"""Hostile programs: each gives the optimal answer only if its attack succeeded.

``achieved(instance)`` is put before each program and returns the optimal order, so that
a contained attack can never come out as ``ok``.
"""

from dataclasses import dataclass

from evaluators.base import Status

PRELUDE = """
def achieved(instance):
    return sorted(range(len(instance)), key=instance.__getitem__)
"""
CTYPES = """
import sys
def find(cls):
    for sub in type.__subclasses__(cls) if cls is type else cls.__subclasses__():
        if sub.__module__ == 'ctypes' and hasattr(sub.__init__, '__globals__'):
            return sub.__init__.__globals__
ctypes = find(object)
"""
SEARCH = """
import gc, sys
needle = @NEEDLE@
def raw(instance, seed):
    gc.unfreeze()
    seen = gc.get_objects() + list(sys.modules.values())
    frame = sys._getframe()
    while frame:
        seen.extend(frame.f_locals.values())
        seen.extend(frame.f_globals.values())
        frame = frame.f_back
    for thing in seen:
        try:
            parts = list(vars(thing).values())
        except TypeError:
            parts = []
        if isinstance(thing, dict):
            parts += list(thing.keys()) + list(thing.values())
        for part in [thing, *parts]:
            if isinstance(part, str) and part is not needle and needle in part:
                return achieved(instance)
    return None
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """``expected`` are the statuses to accept: some depend on the interpreter."""

    name: str
    source: str
    expected: frozenset[Status]


def hostile(name, expected, source):
    statuses = {expected} if isinstance(expected, Status) else expected
    return Hostile(name=name, source=PRELUDE + source, expected=frozenset(statuses))


def native(name, expected, body):
    return hostile(name, expected, CTYPES + body)


S = Status
RAW = "def raw(instance, seed):\n"
PROGRAMS = (
    hostile("infinite loop", S.TIMEOUT_CPU, RAW + "    while True: pass"),
    hostile("loop while loading", S.TIMEOUT_CPU, "while True: pass"),
    hostile("sleep for ever", S.TIMEOUT_WALL, "import time\ntime.sleep(1e6)"),
    hostile(
        "ignore signals and spin",
        S.TIMEOUT_CPU,
        """
import signal
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
""",
    ),
    hostile(
        "spin and catch everything",
        S.TIMEOUT_CPU,
        """
while True:
    try:
        while True: pass
    except BaseException:
        pass
""",
    ),
    hostile("one huge allocation", S.MEMORY, "x = bytearray(1500 << 20)"),
    hostile(
        "endless list", {S.MEMORY, S.TIMEOUT_CPU}, "x = []\nwhile 1: x += [0]*99999"
    ),
    hostile(
        "memory bomb that catches MemoryError",
        {S.INVALID, S.MEMORY},
        RAW
        + """
    kept = []
    for _ in range(24):
        try:
            kept.append(bytearray(64 << 20))
        except MemoryError:
            pass
    return achieved(instance) if len(kept) > 4 else None
""",
    ),
    hostile(
        "fork bomb",
        S.INVALID,
        RAW
        + """
    import os, time
    born = 0
    for _ in range(60):
        try:
            if os.fork() == 0:
                time.sleep(8)
                os._exit(0)
            born += 1
        except OSError:
            pass
    return achieved(instance) if born else None
""",
    ),
    hostile(
        "daemonise",
        S.FORBIDDEN,
        RAW
        + """
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(8)
        os._exit(0)
    return achieved(instance)
""",
    ),
    hostile(
        "thread bomb",
        S.INVALID,
        RAW
        + """
    import _thread, time
    born = 0
    for _ in range(300):
        try:
            _thread.start_new_thread(time.sleep, (8,))
            born += 1
        except RuntimeError:
            pass
    return achieved(instance) if born else None
""",
    ),
    hostile(
        "use up descriptors",
        S.INVALID,
        RAW
        + """
    import os
    got = 0
    for _ in range(5000):
        try:
            os.dup(0)
            got += 1
        except OSError:
            pass
    return achieved(instance) if got else None
""",
    ),
    hostile("os._exit", S.PROTOCOL, "import os\nos._exit(0)"),
    hostile("exit as if confinement failed", S.PROTOCOL, "import os\nos._exit(99)"),
    hostile("SystemExit", S.ERROR, "raise SystemExit(0)"),
    hostile("KeyboardInterrupt", S.ERROR, "raise KeyboardInterrupt"),
    hostile("abort", S.CRASHED, "import os\nos.abort()"),
    hostile("ctypes by import", S.FORBIDDEN, "import ctypes"),
    native("segfault", S.CRASHED, "ctypes['string_at'](0)"),
    native(
        "native calls: fork, socket, ptrace, prlimit, prctl, executable memory",
        S.INVALID,
        """
libc = ctypes['CDLL'](None, use_errno=True)
def raw(instance, seed):
    libc.mmap.restype = ctypes['c_void_p']
    worked = [
        libc.syscall(57) != -1,
        libc.syscall(56, 17, 0, 0, 0, 0) != -1,
        libc.socket(2, 1, 0) != -1,
        libc.ptrace(0x4206, @HOST@, 0, 0) != -1,
        libc.prctl(22, 1, 0, 0, 0) != -1,
        libc.kill(@HOST@, 0) != -1,
        libc.unshare(0x10000000) != -1,
        libc.open(b'/etc/passwd', 0) != -1,
        libc.execve(b'/bin/true', None, None) != -1,
        libc.mmap(None, 4096, 7, 34, -1, 0) != 2**64 - 1,
        libc.mprotect(ctypes['c_void_p'](libc.mmap(None, 4096, 3, 34, -1, 0)), 4096, 7)
        != -1,
    ]
    return achieved(instance) if any(worked) else None
""",
    ),
    hostile(
        "deep recursion",
        {S.ERROR, S.MEMORY, S.TIMEOUT_CPU, S.CRASHED},
        "import sys\nsys.setrecursionlimit(10**8)\n"
        + RAW
        + "    return raw(instance, 1)",
    ),
    hostile(
        "overflow the C stack",
        {S.ERROR, S.MEMORY, S.CRASHED, S.TIMEOUT_CPU},
        """
import sys
sys.setrecursionlimit(10**8)
x = []
for _ in range(10**5):
    x = [x]
repr(x)
""",
    ),
    hostile(
        "read the environment",
        S.INVALID,
        RAW
        + """
    import os
    return achieved(instance) if '@KEY@' in repr(dict(os.environ)) else None
""",
    ),
    hostile("read a file", S.FORBIDDEN, RAW + "    return open('@FILE@').read()"),
    hostile("write a file", S.FORBIDDEN, RAW + "    open('@FOLDER@/new', 'w')"),
    hostile("list a folder", S.FORBIDDEN, "import os\nos.listdir('/')"),
    hostile("read host memory", S.FORBIDDEN, "open('/proc/@HOST@/mem', 'r+b')"),
    hostile("read host environment", S.FORBIDDEN, "open('/proc/@HOST@/environ')"),
    hostile(
        "connect by TCP",
        S.FORBIDDEN,
        "import socket\nsocket.socket().connect(('127.0.0.1', @PORT@))",
    ),
    hostile(
        "send by UDP",
        S.FORBIDDEN,
        """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', @PORT@))
""",
    ),
    hostile("signal the host", S.FORBIDDEN, "import os\nos.kill(@HOST@, 0)"),
    hostile("signal the zygote", S.FORBIDDEN, "import os\nos.kill(os.getppid(), 9)"),
    hostile("signal everybody", S.FORBIDDEN, "import os\nos.kill(-1, 0)"),
    hostile("stop itself", S.FORBIDDEN, "import os\nos.kill(os.getpid(), 19)"),
    hostile(
        "execute a program",
        S.FORBIDDEN,
        "import os\nos.posix_spawn('/bin/true', ['true'], {})",
    ),
    hostile("renice", S.FORBIDDEN, "import os\nos.nice(-5)"),
    hostile(
        "raise its limits",
        S.ERROR,
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (2, 2))",
    ),
    hostile("flood stdout", S.PROTOCOL, "while True: print('x' * 1_000_000)"),
    hostile(
        "flood stdout and answer",
        {S.PROTOCOL},
        RAW
        + """
    import os
    try:
        for _ in range(20): os.write(1, b'x' * 9999)
    except BrokenPipeError:
        pass
    return achieved(instance)
""",
    ),
    hostile("huge answer", S.PROTOCOL, RAW + "    return 'x' * (3 << 20)"),
    hostile(
        "flood the result",
        S.PROTOCOL,
        "import os\nwhile True: os.write(3, b'x' * 1_000_000)",
    ),
    hostile("NaN", S.PROTOCOL, RAW + "    return float('nan')"),
    hostile("nested infinity", S.PROTOCOL, RAW + "    return [1, [float('inf')]]"),
    hostile("huge integer", S.PROTOCOL, RAW + "    return 10 ** 6000"),
    hostile(
        "deeply nested answer",
        S.PROTOCOL,
        RAW + "    x = []\n    for _ in range(200_000): x = [x]\n    return x",
    ),
    hostile(
        "object with a reducer",
        S.PROTOCOL,
        """
class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch @FOLDER@/new',)
def raw(instance, seed):
    return Bomb()
""",
    ),
    hostile(
        "exception that cannot be shown",
        S.ERROR,
        """
class Evil(BaseException):
    def __str__(self): raise self
    __repr__ = __str__
raise Evil
""",
    ),
    hostile(
        "exception that takes for ever to show",
        S.TIMEOUT_CPU,
        """
class Evil(BaseException):
    def __str__(self):
        while True: pass
raise Evil
""",
    ),
    hostile(
        "forged frame of nonsense",
        S.INVALID,
        """
import os, struct
data = b'{"ok":["FORGED","FORGED"]}'
for fd in range(3, 20):
    try:
        os.write(fd, struct.pack('<I', len(data)) + data)
    except OSError:
        pass
os._exit(0)
""",
    ),
    hostile(
        "forged score",
        S.PROTOCOL,
        """
import os, struct
data = b'{"ok":[],"score":-1e9}'
os.write(3, struct.pack('<I', len(data)) + data)
os._exit(0)
""",
    ),
    hostile(
        "forged NaN",
        S.PROTOCOL,
        """
import os, struct
data = b'{"ok":[NaN,NaN]}'
os.write(3, struct.pack('<I', len(data)) + data)
os._exit(0)
""",
    ),
    hostile(
        "forged integer of a million digits",
        S.PROTOCOL,
        """
import os, struct
data = b'{"ok":[' + b'7' * 900_000 + b',0]}'
os.write(3, struct.pack('<I', len(data)) + data)
os._exit(0)
""",
    ),
    hostile(
        "two frames",
        S.PROTOCOL,
        """
import os, struct
data = b'{"ok":[[1,2,0],[1,3,0,2]]}'
os.write(3, struct.pack('<I', len(data)) + data)
def raw(instance, seed):
    return achieved(instance)
""",
    ),
    hostile(
        "half a frame, then sleep",
        S.TIMEOUT_WALL,
        "import os, time\nos.write(3, b'{}')\ntime.sleep(1e6)",
    ),
    hostile(
        "search memory for the references",
        S.INVALID,
        SEARCH.replace("@NEEDLE@", "'@SECRET@'[::-1]"),
    ),
    hostile(
        "rewrite the driver's instances",
        S.INVALID,
        """
import sys
def raw(instance, seed):
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, list) and len(value) == 2:
                value[:] = [(1,), (1,)]
        frame = frame.f_back
    return [0]
""",
    ),
    hostile(
        "skip the hard instances",
        S.ERROR,
        RAW
        + "    if len(instance) > 3: raise ValueError\n    return achieved(instance)",
    ),
)
