"""Programs that reach for files, keys, networks, processes and the kernel."""

from evaluators.base import Status
from evaluators.hostile.records import RAW, attack

_LIBC = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
"""
_CONNECT = """
import socket
with socket.socket({family}) as s:
    s.connect({address})
def raw(instance, seed):
    return achieved(instance)
"""

NUMBERED = {
    13: attack(
        "read /etc/passwd",
        Status.FORBIDDEN,
        RAW + "    return achieved(instance) if open('/etc/passwd').read(1) else None",
        leaks=True,
    ),
    14: attack(
        "read a file of the user",
        Status.FORBIDDEN,
        RAW
        + """
    return achieved(instance) if open('@FILE@').read() == 'canary' else None
""",
        leaks=True,
    ),
    15: attack(
        "list the root folder",
        Status.FORBIDDEN,
        RAW
        + """
    import os
    return achieved(instance) if {'proc', 'etc'} <= {*os.listdir('/')} else None
""",
        leaks=True,
    ),
    16: attack(
        "read a key in the environment",
        Status.INVALID,
        RAW
        + """
    import os
    return achieved(instance) if '@KEY@' in repr(dict(os.environ)) else None
""",
    ),
    17: attack(
        "read the host's environment",
        Status.INVALID,
        RAW
        + """
    import os
    for pid in (@HOST@, os.getppid()):
        try:
            if b'@KEY@' in open(f'/proc/{pid}/environ', 'rb').read():
                return achieved(instance)
        except OSError:
            pass
""",
        leaks=True,
    ),
    18: attack(
        "open the host's memory",
        Status.FORBIDDEN,
        "open('/proc/@HOST@/mem', 'r+b').close()\n"
        + RAW
        + "    return achieved(instance)",
    ),
    19: attack(
        "connect by TCP",
        Status.FORBIDDEN,
        _CONNECT.format(family="socket.AF_INET", address="('127.0.0.1', @PORT@)"),
        leaks=True,
    ),
    20: attack(
        "send by UDP",
        Status.FORBIDDEN,
        """
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.sendto(b'x', ('127.0.0.1', @PORT@))
""",
        leaks=True,
    ),
    21: attack(
        "connect to an abstract Unix socket",
        Status.FORBIDDEN,
        _CONNECT.format(family="socket.AF_UNIX", address="'\\0@ABSTRACT@'"),
        leaks=True,
    ),
    22: attack(
        "connect to a Unix socket in a folder that it can see",
        Status.FORBIDDEN,
        _CONNECT.format(family="socket.AF_UNIX", address="'@BAIT@/socket'"),
        leaks=True,
    ),
    23: attack(
        "signal the host",
        Status.FORBIDDEN,
        "import os\nos.kill(@HOST@, 0)\n" + RAW + "    return achieved(instance)",
        leaks=True,
    ),
    24: attack(
        "signal its parent",
        Status.FORBIDDEN,
        "import os\nos.kill(os.getppid(), 0)\n" + RAW + "    return achieved(instance)",
        leaks=True,
    ),
    25: attack(
        "trace the host or its parent",
        Status.INVALID,
        _LIBC
        + RAW
        + """
    worked = [libc.ptrace(0x4206, p, 0, 0) == 0 for p in (@HOST@, os.getppid())]
    return achieved(instance) if any(worked) else None
""",
    ),
    26: attack(
        "read the memory of its parent",
        Status.INVALID,
        _LIBC
        + RAW
        + """
    class Vector(ctypes.Structure):
        _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
    there = id(os)
    buffer = ctypes.create_string_buffer(8)
    here = Vector(ctypes.addressof(buffer), 8)
    target = Vector(there, 8)
    for pid in (os.getppid(), @HOST@):
        got = libc.process_vm_readv(
            pid, ctypes.byref(here), 1, ctypes.byref(target), 1, 0)
        if got >= 0 or ctypes.get_errno() not in (1, 3):
            return achieved(instance)
""",
    ),
    34: attack(
        "run a shell",
        Status.FORBIDDEN,
        RAW
        + """
    import os
    pid = os.posix_spawn('/bin/sh', ['sh', '-c', 'exit 7'], {})
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return achieved(instance) if code == 7 else None
""",
        leaks=True,
    ),
    35: attack(
        "get a better priority",
        Status.FORBIDDEN,
        "import os\nos.nice(-5)\n" + RAW + "    return achieved(instance)",
    ),
    36: attack(
        "overwrite code",
        Status.FORBIDDEN,
        "open('@BAIT@/__init__.py', 'w')\n" + RAW + "    return achieved(instance)",
        leaks=True,
    ),
    37: attack(
        "make a user namespace",
        Status.INVALID,
        _LIBC
        + RAW
        + """
    return achieved(instance) if libc.unshare(0x10000000) == 0 else None
""",
    ),
    51: attack(
        "use native code",
        Status.OK,
        _LIBC
        + RAW
        + """
    return honest(instance) if libc.getpid() == os.getpid() else None
""",
    ),
}

MORE = (
    attack(
        "every system call that is not allowed",
        Status.INVALID,
        _LIBC
        + """
def denied(number):
    return libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() == 1
def raw(instance, seed):
    if os.getppid() != -1:  # no filter: some of these calls would do harm
        return achieved(instance)
    # On x86_64 the kernel lets 335 and 336 (uretprobe, uprobe) past every filter, and
    # kills whoever calls them from elsewhere than a probe.
    allowed = {335, 336, *@ALLOWED@}
    worked = [n for n in range(600) if n not in allowed and not denied(n)]
    return achieved(instance) if worked else None
""",
        confined=True,
    ),
    attack(
        "call through the x32 table",
        Status.CRASHED,
        _LIBC + "libc.syscall(0x40000000 + 39)\n" + RAW + "    return honest(instance)",
        confined=True,
    ),
    attack(
        "make memory executable",
        Status.INVALID,
        _LIBC
        + RAW
        + """
    libc.mmap.restype = ctypes.c_void_p
    bad = ctypes.c_void_p(-1).value
    page = libc.mmap(None, 4096, 3, 34, -1, 0)
    worked = [
        libc.mmap(None, 4096, 7, 34, -1, 0) != bad,
        libc.mmap(None, 4096, 5, 34, -1, 0) != bad,
        libc.mprotect(ctypes.c_void_p(page), 4096, 7) == 0,
        libc.mprotect(ctypes.c_void_p(page), 4096, 5) == 0,
    ]
    return achieved(instance) if any(worked) else None
""",
        leaks=True,
    ),
    attack(
        "signal everybody",
        Status.FORBIDDEN,
        "import os\nos.kill(-1, 0)\n" + RAW + "    return achieved(instance)",
        leaks=True,
    ),
    attack(
        "signal itself by other calls",
        Status.INVALID,
        RAW
        + """
    import os, signal, threading
    calls = [
        lambda: signal.raise_signal(signal.SIGCONT),
        lambda: signal.pthread_kill(threading.get_ident(), 0),
        lambda: signal.setitimer(signal.ITIMER_REAL, 60),
        lambda: signal.alarm(60) == 0 or 1 / 0,
        lambda: os.killpg(0, 0),
    ]
    for call in calls:
        try:
            call()
            return achieved(instance)
        except (OSError, ZeroDivisionError):
            pass
""",
        leaks=True,
    ),
    attack(
        "raise its limits",
        Status.INVALID,
        RAW
        + """
    import resource
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
        try:
            resource.setrlimit(kind, (1 << 40, 1 << 40))
            return achieved(instance)
        except (OSError, ValueError):
            pass
""",
    ),
    attack(
        "take the result descriptor apart",
        Status.INVALID,
        RAW
        + """
    import fcntl, os, socket
    calls = [
        lambda: os.dup(3),
        lambda: os.dup2(3, 9),
        lambda: fcntl.fcntl(3, fcntl.F_DUPFD, 9),
        lambda: fcntl.ioctl(3, 0x541B, b'    '),
        lambda: socket.socket(fileno=3).getpeername(),
        lambda: os.openpty(),
        lambda: os.pipe(),
        lambda: os.memfd_create('x'),
    ]
    for call in calls:
        try:
            call()
            return achieved(instance)
        except OSError:
            pass
""",
        leaks=True,
    ),
    attack(
        "import around the import bar",
        Status.FORBIDDEN,
        """
import sys
import importlib.machinery as m
sys.meta_path[:] = [m.BuiltinImporter, m.FrozenImporter, m.PathFinder]
sys.path_importer_cache.clear()
import xmlrpc.client
def raw(instance, seed):
    return achieved(instance)
""",
        leaks=True,
    ),
    attack(
        "import what is not offered",
        Status.FORBIDDEN,
        "import xmlrpc.client\n" + RAW + "    return achieved(instance)",
    ),
    attack(
        "import the judge's side",
        Status.FORBIDDEN,
        "import evaluators.hostile.problem\n" + RAW + "    return achieved(instance)",
    ),
    attack(
        "load a native library",
        {Status.ERROR, Status.FORBIDDEN},
        "import ctypes\nctypes.CDLL('libthread_db.so.1')\n"
        + RAW
        + "    return achieved(instance)",
    ),
    attack(
        "make a temporary file",
        {Status.FORBIDDEN, Status.ERROR},
        "import tempfile\ntempfile.TemporaryFile()\n"
        + RAW
        + "    return achieved(instance)",
    ),
    attack(
        "map a file",
        Status.FORBIDDEN,
        """
import mmap, os
mmap.mmap(os.open('@FILE@', os.O_RDONLY), 0, prot=mmap.PROT_READ)
def raw(instance, seed):
    return achieved(instance)
""",
        leaks=True,
    ),
    attack(
        "change who it is",
        Status.INVALID,
        _LIBC
        + RAW
        + """
    calls = [
        lambda: os.setuid(os.getuid()), lambda: os.setgid(os.getgid()),
        lambda: os.umask(0o77), lambda: os.chdir('/'), lambda: os.chroot('/'),
    ]
    for call in calls:
        try:
            if call() != -1:
                return achieved(instance)
        except OSError:
            pass
    # Dumpable, name, no death with the parent, a subreaper, another filter.
    for option, value in ((4, 1), (15, 0), (1, 0), (36, 1), (22, 1)):
        if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) == 0:
            return achieved(instance)
""",
    ),
)
