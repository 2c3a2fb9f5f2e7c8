"""Programs on the disk: a file, or a folder of a main program and its helper files."""

from pathlib import Path

from evaluators import bundle
from problems.errors import ConfigError


def read_program(path: Path) -> str:
    """Read a program: the text of a file, or all ``.py`` files of a folder as one.

    Raises
    ------
    OSError, UnicodeDecodeError
        If a file cannot be read.
    ConfigError
        If a folder holds no program.
    """
    if not path.is_dir():
        return path.read_text(encoding="utf-8")
    main = path / bundle.MAIN
    if not main.is_file():
        raise ConfigError(
            f"the folder {path} has no {bundle.MAIN}; a program of several files has "
            "its evolve block there and helper files beside it"
        )
    whole = bundle.Bundle(
        main=_ended(main),
        files=tuple(
            bundle.File(file.name, _ended(file))
            for file in sorted(path.glob("*.py"))
            if file.name != bundle.MAIN and file.is_file()
        ),
    )
    fault = bundle.fault(whole)
    if fault is not None:
        raise ConfigError(f"{path}: {fault}")
    source = bundle.join(whole)
    if bundle.split(source) != whole:
        raise ConfigError(
            f"{path}: a file holds a line that begins with {bundle.MARK!r}; "
            "only programs in one text have such lines"
        )
    return source


def _ended(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return text if not text or text.endswith("\n") else text + "\n"
