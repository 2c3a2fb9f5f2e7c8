"""The lease: only one process at a time runs a campaign.

It is held by the operating system or by the server, which release it however the
process ends; nothing has to be renewed or cleaned up.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from evolve.errors import StoreError
from evolve.population.store import Store

_KEY = 0x68657572
"""First half of the advisory locks of PostgreSQL, the letters ``heur``."""

_HOLDERS = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
    "AND classid = :key AND objid = :of AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Somebody who asks whether the lease is held has it for a moment.
_TRIES = 5
_PAUSE_SECONDS = 0.02


def running_elsewhere(name: str, owner: str = "") -> StoreError:
    """Error for a campaign that another process runs."""
    who = f" ({owner})" if owner else ""
    return StoreError(
        f"campaign {name} is running in another process{who}; "
        "wait for its end or stop it with heuresis stop"
    )


class FileLease:
    """A lease on a file of its own beside a SQLite store.

    The store itself cannot be locked like this: closing a second descriptor of it
    would drop the locks of SQLite in this process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, name: str) -> None:
        """Take the lease.

        Raises
        ------
        StoreError
            If another process, or another population of this one, has it.
        """
        owner = ""
        for _ in range(_TRIES):
            if self._descriptor is not None:
                return
            descriptor = self._opened()
            if not _locked(descriptor, fcntl.LOCK_EX):
                owner = os.read(descriptor, 32).decode("ascii", "replace").strip()
            elif self._is_current(descriptor):
                os.truncate(descriptor, 0)
                os.write(descriptor, f"process {os.getpid()}\n".encode())
                self._descriptor = descriptor
                return
            os.close(descriptor)
            time.sleep(_PAUSE_SECONDS)
        raise running_elsewhere(name, owner)

    def release(self) -> None:
        """Give the lease back; idempotent."""
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def held(self) -> bool:
        """Whether anybody has the lease; writes nothing."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except OSError:
            return False
        free = _locked(descriptor, fcntl.LOCK_SH)
        os.close(descriptor)
        return not free

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written ({error.strerror}); "
                "make its folder writable"
            ) from error

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False


class ServerLease:
    """A lease as an advisory lock of PostgreSQL; it lives as long as the session."""

    def __init__(self, store: Store, campaign: int) -> None:
        self._store = store
        self._campaign = campaign
        self._held = False

    def acquire(self, name: str) -> None:
        """Take the lease; raises StoreError if another process has it."""
        if self._held:
            return
        lock = sa.select(sa.func.pg_try_advisory_lock(_KEY, self._campaign))
        with self._store.reading() as connection:
            self._held = bool(connection.execute(lock).scalar_one())
        if not self._held:
            raise running_elsewhere(name)

    def release(self) -> None:
        """Give the lease back; idempotent.

        The end of the session would do so too, but only after ``close`` has returned.
        """
        if not self._held:
            return
        self._held = False
        unlock = sa.select(sa.func.pg_advisory_unlock(_KEY, self._campaign))
        with suppress(StoreError), self._store.reading() as connection:
            connection.execute(unlock)

    def held(self) -> bool:
        """Whether anybody has the lease."""
        if self._held:
            return True
        with self._store.reading() as connection:
            found = connection.execute(_HOLDERS, {"key": _KEY, "of": self._campaign})
            return bool(found.scalar_one())


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lease(store: Store, campaign: int) -> FileLease | ServerLease:
    """Lease of a campaign, not taken yet."""
    if store.path is None:
        return ServerLease(store, campaign)
    # Beside the file itself: links to a store share its lease.
    path = store.path.resolve()
    return FileLease(path.with_name(f"{path.name}.{campaign}.lock"))
