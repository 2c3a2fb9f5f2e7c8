"""Store URLs: which store is meant, and how to show it without its password."""

import re
from pathlib import Path

from problems.errors import ConfigError

_SQLITE = "sqlite:///"
_POSTGRESQL = re.compile(r"(?:postgres|postgresql|postgresql\+psycopg)://")
_CREDENTIALS = re.compile(r"(://[^/?#]*?:)[^/?#]*@")
_PASSWORD_OPTION = re.compile(r"([?&]password=)[^&#]*", re.IGNORECASE)


def sqlite_url(path: Path | str) -> str:
    """URL of the SQLite store in a file, whose path may hold any character."""
    return f"{_SQLITE}{Path(path).absolute()}"


def public_url(url: str) -> str:
    """Return the URL as it may be shown: a password is replaced by three stars."""
    if url.startswith(_SQLITE):
        return url
    return _PASSWORD_OPTION.sub(r"\1***", _CREDENTIALS.sub(r"\1***@", url))


def sqlite_path(url: str) -> Path | None:
    """Path of the file of a SQLite store; None if the URL is for PostgreSQL.

    Raises
    ------
    ConfigError
        If the URL is for neither, or names no file.
    """
    if url.startswith(_SQLITE):
        name = url.removeprefix(_SQLITE)
        if name and name != ":memory:":
            return Path(name)
    elif _POSTGRESQL.match(url):
        return None
    raise ConfigError(
        f"{public_url(url)!r} is no store; write sqlite:///PATH or "
        "postgresql://USER:PASSWORD@HOST/NAME"
    )


def driver_url(url: str) -> str:
    """URL of a PostgreSQL store with the driver that we use."""
    return _POSTGRESQL.sub("postgresql+psycopg://", url, count=1)
