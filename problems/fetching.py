"""Download public instance files: pinned by SHA-256, whole or not at all."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from problems.base import AnyProblem, RemoteFile
from problems.errors import ConfigError, InfrastructureError

MAX_BYTES = 64 << 20
"""Size of the largest file to take."""

_SECONDS = 30
"""Silence of a server after which a download is given up."""


def fetch(problem: AnyProblem, folder: Path) -> tuple[Path, ...]:
    """Download the files that ``problem`` names into ``folder``, if they are not there.

    A file gets its name once its SHA-256 is right; a fault leaves nothing of it behind.

    Raises
    ------
    ConfigError
        If the pack names no files, or the folder cannot be written.
    InfrastructureError
        If a file cannot be had, or is another one than was registered.
    """
    if not problem.files:
        raise ConfigError(
            f"problem {problem.name!r} names no public files; "
            "`--import` reads files of your own"
        )
    with _no_empty_folders(folder):
        return tuple(_retrieve(file, folder) for file in problem.files)


def _retrieve(file: RemoteFile, folder: Path) -> Path:
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel(logging.ERROR)
    try:
        path = pooch.retrieve(
            file.url,
            known_hash=f"sha256:{file.sha256}",
            fname=file.name,
            path=folder,
            downloader=_download,
        )
    except RequestException as error:
        raise InfrastructureError(
            f"cannot fetch {file.url}: {_reason(error)}; nothing was written. "
            "Try again with a network, or bring the file and use --import"
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot write {folder / file.name}: {error}") from error
    except ValueError as error:
        raise InfrastructureError(
            f"{file.url} has not the registered SHA-256 {file.sha256[:16]}…; "
            "nothing was written. Do not use that file"
        ) from error
    return Path(path)


def _download(url: str, output: str, _: object) -> None:
    """Write what ``url`` gives to the file ``output``, in the way of pooch."""
    import requests

    with (
        requests.get(url, stream=True, timeout=_SECONDS) as response,
        Path(output).open("wb") as file,
    ):
        response.raise_for_status()
        for chunk in response.iter_content(1 << 16):
            file.write(chunk)
            if file.tell() > MAX_BYTES:
                raise InfrastructureError(
                    f"{url} gives more than {MAX_BYTES} bytes; nothing was written"
                )


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


@contextmanager
def _no_empty_folders(folder: Path) -> Iterator[None]:
    """Take back the folders that were made, where nothing came to stand in them."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        yield
    finally:
        for place in made:
            with suppress(OSError):
                place.rmdir()
