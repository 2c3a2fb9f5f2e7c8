"""The command prefix that starts a zygote in namespaces of its own, by bubblewrap.

See bwrap(1). Inside there is no network, no /proc, no other process, nothing writable,
and of the disk only what the interpreter and the named folders need.
"""

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_NAMESPACES = (
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
)
_NOBODY = ("--uid", "65534", "--gid", "65534", "--hostname", "sandbox")
_LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")


def program() -> str | None:
    """Return where bubblewrap is installed; None if it is not."""
    return shutil.which("bwrap")


def prefix(bwrap: str, folders: Sequence[str]) -> list[str]:
    """Return what to put before the command of a zygote.

    The zygote is process 1 of its namespace, so that its end is the end of all.
    ``--die-with-parent`` is not used: it ties the life of the zygote to the thread
    that starts it. Nor is ``--new-session``: the host has started a session without a
    terminal, and kills its whole group. The environment is complete as the host
    gives it.

    Parameters
    ----------
    folders
        Folders and files to be seen, read-only, besides the interpreter's.
    """
    needed = [sys.prefix, sys.base_prefix, str(Path(sys.executable).parent), *folders]
    return [
        bwrap,
        *_NAMESPACES,
        *_NOBODY,
        *("--as-pid-1", "--cap-drop", "ALL"),
        *_binds(needed),
        *("--dev-bind", "/dev/null", "/dev/null"),
        *("--dir", "/tmp", "--chdir", "/tmp"),  # noqa: S108  an empty folder inside
        *("--remount-ro", "/", "--"),
    ]


def _binds(needed: Iterable[str]) -> list[str]:
    """Return read-only binds of all places, in their own and in their real place."""
    wanted = [*needed, *_LIBRARIES]
    paths = {Path(path) for path in wanted} | {Path(path).resolve() for path in wanted}
    # A place inside of another one is there already, and cannot be made there. A link
    # such as /lib hides nothing: it is bound as what it points to.
    outer = [p for p in sorted(paths) if not any(q in paths for q in p.parents)]
    return [word for p in outer for word in ("--ro-bind-try", str(p), str(p))]
