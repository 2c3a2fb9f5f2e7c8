"""What every verb prints with: JSON on standard output, all else on standard error."""

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evaluators.base import Sandbox
from evaluators.sandbox.levels import is_weak
from problems.base import Split
from problems.errors import ConfigError


def print_json(document: Any) -> None:
    """Print one JSON document; NaN and infinity are errors, not numbers."""
    print(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))


def note(text: str) -> None:
    """Say something to a person."""
    print(text, file=sys.stderr, flush=True)


def warn_of_weak(sandbox: Sandbox) -> None:
    """Say loudly that candidates are not confined, if so."""
    if is_weak(sandbox):
        note(
            f"WARNING: sandbox level {sandbox.value!r} only: candidates can read "
            "your files and use your network. Run this on Linux, or in a container."
        )


def percent(value: float | None, digits: int = 2) -> str:
    """Write a gap as a percentage; a missing one is a dash, never a number."""
    return "-" if value is None else f"{100 * value:.{digits}f} %"


def plain(text: str) -> str:
    """Strip control sequences from text that a program or a model wrote."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on standard output."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=title or None, title_justify="left")
    for index, column in enumerate(columns):
        side: Literal["left", "right"] = "left" if index == 0 else "right"
        grid.add_column(column, justify=side, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 120).print(grid)


def pairs(facts: Mapping[str, object]) -> None:
    """Print names with values, one a line."""
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:<{width}}  {plain(str(value))}")


def as_split(text: str) -> Split:
    """Read the name of a split.

    Raises
    ------
    ConfigError
        Listing the splits.
    """
    try:
        return Split(text)
    except ValueError as error:
        known = ", ".join(Split)
        raise ConfigError(f"no split {text!r}; known: {known}") from error
