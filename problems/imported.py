"""Judge on instances from files instead of the sets that a pack ships.

Only text is read: nothing in a file is ever executed, so pickles are refused as
whatever they are not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from problems.base import AnyProblem, Imported, Instance, Reference, Split
from problems.errors import ConfigError

SPLIT = Split.OOD
"""Where imported instances stand: held out, so online problems run in lockstep."""

MAX_BYTES = 16 << 20
"""Size of the largest file to read."""

_MAX_NAME = 100
_ASIDE = ("readme", "license", "licence", "copying")


def read(problem: AnyProblem, path: Path) -> tuple[Imported[Instance], ...]:
    """Read all instances of a file, or of all files of a folder in order of name.

    Hidden files, READMEs and licences in a folder are left aside.

    Raises
    ------
    ConfigError
        If ``problem`` reads no files, or one of them is faulty; the text names file
        and line.
    """
    if problem.read is None:
        raise ConfigError(
            f"problem {problem.name!r} reads no instance files; "
            "give its pack the hook `read`"
        )
    found: dict[str, Imported[Instance]] = {}
    for file in _files(path):
        _check_text(file)
        for one in problem.read(file):
            name = one.instance.id
            if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
                raise ConfigError(
                    f"{file}, line 1: {name[:40]!r} cannot be the name of an instance: "
                    f"expected 1 to {_MAX_NAME} printable characters"
                )
            if name in found:
                raise ConfigError(
                    f"{file}, line 1: a second instance is called {name!r}; "
                    "rename one of them"
                )
            found[name] = one
    return tuple(found.values())


def on(problem: AnyProblem, found: Sequence[Imported[Instance]]) -> AnyProblem:
    """Return ``problem`` with the imported instances as its split ``SPLIT``."""
    ours = tuple(one.instance for one in found)
    references = {one.instance: one.reference for one in found}

    def instances(split: Split) -> Sequence[Instance]:
        return ours if split is SPLIT else problem.instances(split)

    def reference(instance: Instance) -> Reference:
        return references.get(instance) or problem.reference(instance)

    return replace(problem, instances=instances, reference=reference)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    files = [
        file
        for file in sorted(path.iterdir())
        if file.is_file() and not file.name.lower().startswith((".", *_ASIDE))
    ]
    if not files:
        raise ConfigError(f"no instance files in {path}")
    yield from files


def _check_text(file: Path) -> None:
    try:
        if not file.is_file():
            raise ConfigError(f"cannot read {file}: no such file, or not a plain one")
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(
                f"{file}, line 1: {size} bytes are more than the {MAX_BYTES} that a "
                "file of instances may have; split it"
            )
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error}") from error
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{file}, line {line}: byte {data[error.start]:#04x} is no text in UTF-8; "
            "only text files are read"
        ) from error
