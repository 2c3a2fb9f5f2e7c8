"""Programs that use up time, memory, processes, descriptors, or the host's patience."""

from evaluators.base import Status
from evaluators.hostile.records import RAW, STUCK, attack

NUMBERED = {
    1: attack("infinite loop", STUCK, RAW + "    while True: pass"),
    2: attack(
        "infinite recursion",
        STUCK | {Status.ERROR, Status.MEMORY, Status.CRASHED},
        "import sys\nsys.setrecursionlimit(10**8)\n"
        + RAW
        + "    return raw(instance, 1)",
    ),
    4: attack(
        "memory bomb that catches MemoryError",
        STUCK | {Status.INVALID, Status.MEMORY},
        RAW
        + """
    kept = []
    for _ in range(24):
        try:
            kept.append(bytearray(64 << 20))
        except MemoryError:
            pass
    return achieved(instance) if len(kept) > 9 else None
""",
    ),
    5: attack(
        "numpy memory bomb",
        Status.MEMORY,
        "import numpy\nx = numpy.ones(1500 << 17)\n" + RAW + "    return achieved(p)",
    ),
    6: attack(
        "fork bomb",
        Status.INVALID,
        """
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
def raw(instance, seed):
    return achieved(instance) if born else None
""",
        leaks=True,
    ),
    7: attack(
        "daemonise",
        Status.FORBIDDEN,
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        time.sleep(8)
    os._exit(0)
def raw(instance, seed):
    return achieved(instance)
""",
        leaks=True,
    ),
    8: attack(
        "thread bomb",
        Status.INVALID,
        """
import _thread, time
born = 0
for _ in range(300):
    try:
        _thread.start_new_thread(time.sleep, (8,))
        born += 1
    except (RuntimeError, MemoryError):
        pass
def raw(instance, seed):
    return achieved(instance) if born else None
""",
        leaks=True,
    ),
    9: attack(
        "use up descriptors",
        Status.INVALID,
        RAW
        + """
    import os
    got = 0
    for _ in range(5000):
        try:
            os.dup(3)
            got += 1
        except OSError:
            pass
    return achieved(instance) if got > 9 else None
""",
    ),
    10: attack(
        "flood the output",
        Status.PROTOCOL,
        RAW
        + """
    import os
    for _ in range(300):
        os.write(1, b'x' * (1 << 20))
    return achieved(instance)
""",
    ),
    11: attack(
        "huge answer",
        STUCK | {Status.PROTOCOL, Status.MEMORY},
        RAW + "    return 'x' * (100 << 20)",
    ),
    12: attack(
        "fill the disk",
        Status.INVALID,
        RAW
        + """
    import os
    written = 0
    for folder in ('/tmp', '/dev/shm', '/var/tmp', '.', '@FOLDER@', '@BAIT@'):
        name = folder + '/heuresis-hostile'
        try:
            handle = os.open(name, os.O_WRONLY | os.O_CREAT)
            os.unlink(name)
            for _ in range(8):
                written += os.write(handle, bytes(1 << 20))
        except OSError:
            pass
        try:
            os.close(handle)
        except (NameError, OSError):
            pass
    return achieved(instance) if written else None
""",
    ),
    27: attack(
        "ignore signals and spin",
        STUCK,
        """
import signal
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
""",
    ),
    28: attack("sleep for ever", Status.TIMEOUT_WALL, "import time\ntime.sleep(1e6)"),
    29: attack("exit without a result", Status.PROTOCOL, "import os\nos._exit(0)"),
    30: attack("segfault", Status.CRASHED, "import ctypes\nctypes.string_at(0)"),
    31: attack(
        "stop itself",
        Status.FORBIDDEN,
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    ),
    32: attack("SystemExit", Status.ERROR, "raise SystemExit(0)"),
    33: attack(
        "exception that takes for ever to show",
        STUCK,
        """
class Evil(BaseException):
    def __str__(self):
        while True: pass
raise Evil
""",
    ),
}

MORE = (
    attack("loop while loading", STUCK, "while True: pass"),
    attack(
        "spin and catch everything",
        STUCK,
        """
while True:
    try:
        while True: pass
    except BaseException:
        pass
""",
    ),
    attack(
        "one long step inside of C",
        STUCK | {Status.MEMORY},
        "import re\nre.match('(a+)+$', 'a' * 64 + 'b')",
    ),
    attack("power without end", STUCK | {Status.MEMORY}, "x = 9 ** 9 ** 9"),
    attack("thirty gigabytes", Status.MEMORY, "x = bytearray(30 << 30)"),
    attack(
        "endless list", STUCK | {Status.MEMORY}, "x = []\nwhile 1: x += [0] * 99999"
    ),
    attack(
        "hide memory in a mapping",
        Status.INVALID,
        RAW
        + """
    import mmap
    kept = []
    for size in (30 << 30, 2 << 30, 1 << 30):
        for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
            try:
                kept.append(mmap.mmap(-1, size, flags | mmap.MAP_ANONYMOUS))
            except OSError:
                pass
    return achieved(instance) if kept else None
""",
    ),
    attack(
        "overflow the C stack",
        STUCK | {Status.ERROR, Status.MEMORY, Status.CRASHED},
        """
import sys
sys.setrecursionlimit(10**8)
x = []
for _ in range(10**5):
    x = [x]
repr(x)
""",
    ),
    attack(
        "hash-collision flood inside",
        STUCK,
        "x = {i * (2**61 - 1) for i in range(1, 200_000)}",
    ),
    attack("KeyboardInterrupt", Status.ERROR, "raise KeyboardInterrupt"),
    attack("abort", Status.CRASHED, "import os\nos.abort()"),
    attack("exit as if confinement failed", Status.PROTOCOL, "import os\nos._exit(99)"),
    attack("print without end", Status.PROTOCOL, "while True: print('x' * 1_000_000)"),
    attack(
        "flood the output, then answer",
        Status.PROTOCOL,
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
    attack(
        "output whose flush never ends",
        STUCK,
        """
import sys
class Sink:
    def write(self, text): pass
    def flush(self):
        while True: pass
sys.stdout = Sink()
def raw(instance, seed):
    return honest(instance)
""",
    ),
    attack(
        "exception that cannot be shown",
        Status.ERROR,
        """
class Evil(BaseException):
    def __str__(self): raise self
    __repr__ = __str__
raise Evil
""",
    ),
    attack(
        "exception with hostile names",
        {Status.ERROR},
        """
class Meta(type):
    __name__ = property(lambda self: 1 / 0)
class Evil(BaseException, metaclass=Meta):
    __traceback__ = property(lambda self: 1 / 0)
raise Evil('\\x1b]52;c;aGk=\\x07\\ud800\\0')
""",
    ),
    attack(
        "skip the hard instances",
        Status.ERROR,
        RAW
        + "    if len(instance) > 3: raise ValueError\n    return achieved(instance)",
    ),
    attack(
        "time out on the hard instances",
        STUCK,
        RAW + "    while len(instance) > 3: pass\n    return achieved(instance)",
    ),
)
