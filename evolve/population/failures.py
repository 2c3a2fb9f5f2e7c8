"""What went wrong with a store, in one line with its cure."""

import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from evolve.errors import StoreError

_DAMAGED = "is damaged; restore it from a copy, or start a new run"
_CURES = (
    ("not a database", "is no SQLite file; name the store of a run"),
    ("malformed", _DAMAGED),
    ("disk image", _DAMAGED),
    ("is full", "cannot grow: the disk is full; free some space and resume"),
    ("no space left", "cannot grow: the disk is full; free some space and resume"),
    ("disk i/o error", "cannot be read or written: the disk fails or is full"),
    ("is locked", "is kept locked by another process; end it and try again"),
    ("readonly", "cannot be written; change its permissions, or copy it elsewhere"),
    ("read-only", "cannot be written; change its permissions, or copy it elsewhere"),
    (
        "unable to open",
        "cannot be opened; its folder has to exist and to be writable",
    ),
    (
        "authentication failed",
        "does not let us in; correct user and password in the URL",
    ),
    ("permission denied", "does not let this user do that; grant it, or use another"),
    ("no such table", "lacks tables of ours; restore it from a copy"),
)
_UNREACHABLE = "cannot be reached; start the server or correct the URL"
_CONNECTING = ("connection failed", "connection refused", "timeout expired", "resolve")


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn whatever a driver raises into StoreError.

    Parameters
    ----------
    url
        The store as it may be shown.
    """
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{url} {_cure(_cause(error))}") from error


@contextmanager
def decoded(url: str) -> Iterator[None]:
    """Turn what the decoding of damaged rows raises into StoreError."""
    try:
        yield
    except (zlib.error, struct.error, ValueError, LookupError) as error:
        raise StoreError(f"{url} {_DAMAGED} ({error})") from error


def _cause(error: Exception) -> str:
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        error = error.orig if isinstance(error.orig, Exception) else error
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _cure(cause: str) -> str:
    lowered = cause.lower()
    for phrase, cure in _CURES:
        if phrase in lowered:
            return f"{cure} ({cause})"
    if any(phrase in lowered for phrase in _CONNECTING):
        return f"{_UNREACHABLE} ({cause})"
    return f"failed: {cause}"
