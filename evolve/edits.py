"""Apply SEARCH/REPLACE edits to a text: exactly, or else up to white space."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from evolve.answer import Edit, Refused
from evolve.records import Reason
from problems.base import BLOCK_END, BLOCK_START


def applied(text: str, found: Sequence[Edit]) -> str | Refused:
    """Apply edits in order; ``Refused`` names the first that does not fit."""
    lines = text.split("\n")
    for number, edit in enumerate(found, start=1):
        at = _find(lines, edit.search)
        if isinstance(at, Refused):
            detail = f"SEARCH block {number}: {at.detail}"
            return Refused(reason=at.reason, detail=detail)
        had = lines[at : at + len(edit.search)]
        lines[at : at + len(had)] = _reindented(had, edit)
    return "\n".join(lines)


def _find(lines: list[str], search: list[str]) -> int | Refused:
    """Return where ``search`` stands, exactly or else up to white space."""
    if not any(line.strip() for line in search):
        return Refused(reason=Reason.NO_MATCH, detail="it is empty")
    exact: Callable[[str], str] = str.rstrip
    for same in (exact, squeezed):
        hits = _hits([same(x) for x in lines], [same(x) for x in search])
        inside = _inside(lines, hits, len(search))
        if len(inside) == 1 or (not inside and len(hits) == 1):
            return (inside or hits)[0]
        if hits:
            where = ", ".join(str(i + 1) for i in hits[:5])
            detail = f"it fits {len(hits)} places (lines {where}); give more lines"
            return Refused(reason=Reason.NO_MATCH, detail=detail)
    return Refused(reason=Reason.NO_MATCH, detail=_nearest(lines, search))


def _hits(have: list[str], wanted: list[str]) -> list[int]:
    return [
        i
        for i in range(len(have) - len(wanted) + 1)
        if have[i] == wanted[0] and have[i : i + len(wanted)] == wanted
    ]


def _inside(lines: list[str], hits: list[int], size: int) -> list[int]:
    stripped = [line.strip() for line in lines]
    if BLOCK_START not in stripped or BLOCK_END not in stripped:
        return []  # an earlier edit removed a marker
    start, end = stripped.index(BLOCK_START), stripped.index(BLOCK_END)
    return [i for i in hits if start < i and i + size <= end]


def _nearest(lines: list[str], search: list[str]) -> str:
    known = {line.strip()[:120]: None for line in lines if line.strip()}
    lost = [x.strip()[:120] for x in search if x.strip()[:120] not in known]
    if not next(filter(None, lost), ""):
        return "its lines stand in the program, but not one after the other"
    line = next(filter(None, lost))
    detail = f"not found in the program; the first line that differs is {line!r}"
    close = get_close_matches(line, list(known)[:300], n=1)
    return f"{detail}, the program has {close[0]!r}" if close else detail


def _reindented(found: list[str], edit: Edit) -> list[str]:
    """Give the replacement the indentation of the place that was found."""
    first = next(i for i, line in enumerate(edit.search) if line.strip())
    have, said = _indent(found[first]), _indent(edit.search[first])
    if have == said:
        return edit.replace
    return [
        have + line[len(said) :] if line.strip() and line.startswith(said) else line
        for line in edit.replace
    ]


def squeezed(line: str) -> str:
    """Return a line with single spaces between its words."""
    return " ".join(line.split())


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
