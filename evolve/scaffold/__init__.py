"""A new problem pack in a folder of its own, which runs at once.

What it writes is a real small problem, total weighted completion time on one machine,
with its seed rule, verifier, proven optima and tests: to be changed, not filled in.
"""

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from problems import registry
from problems.errors import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SUFFIX = ".tmpl"
_MARK = "@NAME@"
_LONGEST = 30


def new_problem(name: str, folder: Path) -> list[Path]:
    """Write the distribution ``heuresis-NAME`` into a new folder.

    Returns
    -------
    list of Path
        The files, relative to the folder, sorted.

    Raises
    ------
    ConfigError
        If the name cannot be one of a pack, or the folder exists.
    """
    check_name(name)
    if folder.exists():
        raise ConfigError(f"{folder} exists already; choose another with --out")
    written = []
    try:
        for path, text in _rendered(files("evolve.scaffold") / "template", name):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise ConfigError(f"cannot write to {folder}: {error.strerror}") from error
    return sorted(written)


def check_name(name: str) -> None:
    """Raise ConfigError unless a new pack may have that name."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(name):
        raise ConfigError(
            f"{name!r} cannot name a problem: lower-case letters, digits and single "
            f"underscores, a letter first, at most {_LONGEST}, no word of Python"
        )
    if name in registry.names():
        raise ConfigError(f"a problem {name!r} is installed already; choose another")


def _rendered(
    place: Traversable, name: str, path: Path = Path()
) -> Iterator[tuple[Path, str]]:
    for item in place.iterdir():
        if item.is_dir():
            called = f"heuresis_{name}" if item.name == "package" else item.name
            yield from _rendered(item, name, path / called)
        elif item.name.endswith(_SUFFIX):
            text = item.read_text(encoding="utf-8").replace(_MARK, name)
            yield path / item.name.removesuffix(_SUFFIX), text
