"""One connection to a store, and its transactions."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from evolve.errors import StoreError
from evolve.population.failures import decoded, explained
from evolve.population.urls import driver_url, public_url, sqlite_path
from problems.errors import ConfigError

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 10
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys=ON",
)
_BEGIN = {
    ("sqlite", False): "BEGIN",
    # A lock from the start: a reader that becomes a writer can be refused at once.
    ("sqlite", True): "BEGIN IMMEDIATE",
    # Several statements have to see one state.
    ("postgresql", False): "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    # The driver begins, and the row of totals is locked first.
    ("postgresql", True): None,
}


class Store:
    """A connection that lives as long as its population.

    Parameters
    ----------
    url
        Of SQLite or PostgreSQL.
    create
        Whether a SQLite file may be made; otherwise it has to be there.

    Attributes
    ----------
    url
        As it may be shown, without a password.
    path
        File of a SQLite store, None for PostgreSQL.

    Raises
    ------
    ConfigError
        If the URL makes no sense, or the driver is not installed.
    StoreError
        If the store cannot be opened.
    """

    def __init__(self, url: str, *, create: bool = False) -> None:
        self.url = public_url(url)
        self.path = sqlite_path(url)
        self._guard = threading.Lock()
        with explained(self.url):
            self._engine = _engine(url, self.path, create=create)
            self._connection: sa.Connection | None = self._engine.connect()

    @property
    def dialect(self) -> str:
        """Either ``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def check_open(self) -> None:
        """Raise StoreError after ``close``."""
        if self._connection is None:
            raise StoreError(f"{self.url} is closed")

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Transaction that sees one state of the store and leaves it as it is."""
        with decoded(self.url), self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Transaction that is durable at the end, or undone by an exception."""
        with self._transaction(write=True) as connection:
            yield connection

    def close(self) -> None:
        """Release the connection and all its locks; idempotent."""
        with self._guard:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                with explained(self.url):
                    connection.close()
                    self._engine.dispose()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[sa.Connection]:
        with self._guard, explained(self.url):
            if self._connection is None:
                raise StoreError(f"{self.url} is closed")
            with self._connection.begin():
                begin = _BEGIN[self.dialect, write]
                if begin is not None:
                    self._connection.exec_driver_sql(begin)
                yield self._connection


def _engine(url: str, path: Path | None, *, create: bool) -> sa.Engine:
    if path is None:
        return _postgresql(url)
    mode = "rwc" if create else "rw"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # transactions begin where we say so
            check_same_thread=False,  # Store lets in one thread at a time
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)


def _postgresql(url: str) -> sa.Engine:
    try:
        return sa.create_engine(
            driver_url(url),
            poolclass=sa.NullPool,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
        )
    except ModuleNotFoundError as error:
        raise ConfigError(
            "PostgreSQL needs a driver: pip install 'heuresis[postgres]'"
        ) from error
    except (sa.exc.ArgumentError, ValueError) as error:
        raise ConfigError(
            f"{public_url(url)!r} is no URL; write "
            "postgresql://USER:PASSWORD@HOST:PORT/NAME"
        ) from error
