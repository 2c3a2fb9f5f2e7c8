"""Program sources for a page: highlighted, and as differences."""

import html
from dataclasses import dataclass
from difflib import unified_diff

from evolve.report.text import shortened

_HIGHLIGHTED = 200_000
_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A line of a unified diff; ``kind`` is ``add``, ``del``, ``hunk`` or ``same``."""

    kind: str
    text: str


def highlighted(source: str) -> str:
    """Return Python source as HTML, escaped, with a class for each token."""
    text = shortened(source)
    if len(text) > _HIGHLIGHTED:
        return html.escape(text)
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    lexer = PythonLexer(stripnl=False, ensurenl=False)
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True)))


def diff(before: str, after: str) -> list[DiffLine]:
    """Compare two programs; long differences are cut, and say so."""
    kinds = {"+": "add", "-": "del", "@": "hunk"}
    lines = [
        DiffLine(kind=kinds.get(line[:1], "same"), text=line)
        for line in unified_diff(
            shortened(before).split("\n"), shortened(after).split("\n"), lineterm=""
        )
    ][2:]
    if len(lines) <= _LINES:
        return lines
    more = DiffLine(kind="hunk", text=f"… {len(lines) - _LINES} more lines")
    return [*lines[:_LINES], more]
