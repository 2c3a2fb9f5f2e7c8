"""Programs of several files in one text: the main program, then its helper files.

A helper file begins behind a line ``# FILE name.py`` and ends before the next one. A
text without such a line is a program of one file. Everything here takes any text and
never raises.
"""

import keyword
import re
import sys
from dataclasses import dataclass

MARK = "# FILE "
"""How the line above a helper file starts."""

MAIN = "main.py"
"""Name of the main program where files have names; no helper file may have it."""

MOST_FILES = 8
"""Helper files of one program."""

_HEAD = re.compile(r"^# FILE (\S+\.py)$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\.py")
_TAKEN = frozenset(
    {
        *sys.stdlib_module_names,
        *("numpy", "scipy", "pandas", "ortools"),
        *("evolve", "evaluators", "problems", "prompts"),
        *("main", "candidate"),
    }
)


@dataclass(frozen=True, slots=True)
class File:
    """One helper file; ``name`` ends in ``.py``."""

    name: str
    text: str

    @property
    def module(self) -> str:
        """Name by which it is imported."""
        return self.name.removesuffix(".py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A program as its files.

    Attributes
    ----------
    files
        Helper files in the order of the text; names may be faulty, see ``fault``.
    """

    main: str
    files: tuple[File, ...] = ()

    @property
    def texts(self) -> dict[str, str]:
        """Text of each helper file by its name."""
        return {file.name: file.text for file in self.files}


def split(text: str) -> Bundle:
    """Take a program apart; ``join`` makes the same text of it again."""
    if MARK not in text:
        return Bundle(main=text)
    heads = list(_HEAD.finditer(text))
    if not heads:
        return Bundle(main=text)
    ends = [head.start() for head in heads[1:]] + [len(text)]
    files = tuple(
        File(head[1], text[head.end() + 1 : end])
        for head, end in zip(heads, ends, strict=True)
    )
    return Bundle(main=text[: heads[0].start()], files=files)


def join(bundle: Bundle) -> str:
    """Write a program as one text; a line feed ends each file but the last one."""
    parts = [bundle.main]
    for file in bundle.files:
        if parts[-1] and not parts[-1].endswith("\n"):
            parts.append("\n")
        parts += [f"{MARK}{file.name}\n", file.text]
    return "".join(parts)


def fault(bundle: Bundle) -> str | None:
    """Tell why the helper files of a program cannot be; None if they can."""
    if len(bundle.files) > MOST_FILES:
        return f"it has {len(bundle.files)} helper files; at most {MOST_FILES} may be"
    seen: set[str] = set()
    for file in bundle.files:
        name = repr(file.name[:80])
        if not _NAME.fullmatch(file.name) or keyword.iskeyword(file.module):
            return (
                f"{name} cannot be the name of a helper file: it must be lower-case "
                "letters, digits and underscores, then .py, without a folder"
            )
        if file.module in _TAKEN:
            return f"no helper file may be called {name}: there is such a module"
        if file.name in seen:
            return f"the helper file {name} is there twice"
        seen.add(file.name)
    return None
