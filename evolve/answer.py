"""What stands where in a model's answer: code, edits, files, words.

Pure functions of any text, which never raise.
"""

import re
import textwrap
from dataclasses import dataclass

from evaluators import bundle
from evolve.records import Reason

MAX_EDITS = 100
_RATIONALE_CHARS = 1000
_SEARCH = re.compile(r"\s*<{5,}\s*SEARCH\b.*")
_MIDDLE = re.compile(r"\s*={5,}\s*")
_REPLACE = re.compile(r"\s*>{5,}\s*REPLACE\b.*")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([\w+-]*)\s*")
_FILE = re.compile(r"[\s#*]*(?:FILE|File):?\**\s+[`*\"']*([^\s`*\"']+\.py)[`*\"':]*\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why an answer gives no program, with a detail that helps to do better."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines to find and lines to put in their place."""

    search: list[str]
    replace: list[str]

    @property
    def is_change(self) -> bool:
        """Whether it changes lines that are there; else it brings new ones."""
        return any(line.strip() for line in self.search)


@dataclass(frozen=True, slots=True)
class Fenced:
    """A block of code; ``closed`` if its end is there."""

    text: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What is said about one file; ``""`` is the main program."""

    file: str
    text: str


def parts(text: str) -> list[Part]:
    """Cut an answer where it turns to another file.

    A line ``FILE name.py`` does so outside of code, and a line ``# FILE name.py`` as
    bundles have it within a block of code: that counts as a block for each file.
    """
    reader = _Reader()
    for line in text.split("\n"):
        reader.take(line)
    return reader.parts()


class _Reader:
    """Goes through an answer line by line."""

    def __init__(self) -> None:
        self._found: list[tuple[str, list[str]]] = [("", [])]
        self._fence = ""
        self._in_edit = self._is_cut = False

    def parts(self) -> list[Part]:
        """All parts so far, in order."""
        return [Part(file, "\n".join(lines)) for file, lines in self._found]

    def take(self, line: str) -> None:
        """Put the next line into its part."""
        if self._in_edit:
            self._in_edit = not _REPLACE.fullmatch(line)
        elif _SEARCH.fullmatch(line):
            self._in_edit = True
        elif self._fence:
            self._in_fence(line)
            return
        elif match := _FENCE.fullmatch(line):
            self._fence = match[1]
        elif match := _FILE.fullmatch(line):
            self._turn(match[1])
            return
        self._add(line)

    def _in_fence(self, line: str) -> None:
        fence = self._fence
        heads = bundle.split(line).files
        if heads:
            self._add(fence)
            self._turn(heads[0].name)
            self._add(f"{fence}python")
            self._is_cut = True
            return
        self._add(line)
        match = _FENCE.fullmatch(line)
        if match and match[1].startswith(fence) and not match[2]:
            self._fence = ""
            if self._is_cut:
                self._turn("")
            self._is_cut = False

    def _turn(self, file: str) -> None:
        self._found.append(("" if file == bundle.MAIN else file, []))

    def _add(self, line: str) -> None:
        self._found[-1][1].append(line)


def has_edits(text: str) -> bool:
    """Whether a text holds SEARCH/REPLACE edits."""
    return any(_SEARCH.fullmatch(line) for line in text.split("\n"))


def edits(text: str) -> list[Edit] | Refused:
    """Read all SEARCH/REPLACE edits of a text."""
    found: list[Edit] = []
    search: list[str] | None = None
    replace: list[str] | None = None
    for line in text.split("\n"):
        if search is None:
            search = [] if _SEARCH.fullmatch(line) else None
        elif replace is None:
            if _MIDDLE.fullmatch(line):
                replace = []
            else:
                search.append(line)
        elif _REPLACE.fullmatch(line):
            found.append(Edit(_unfenced(search), _unfenced(replace)))
            search = replace = None
        else:
            replace.append(line)
    if search is not None:
        missing = "=======" if replace is None else ">>>>>>> REPLACE"
        detail = f"the last SEARCH block is unfinished: its {missing} line is missing"
        return Refused(reason=Reason.NO_CODE, detail=detail)
    if len(found) > MAX_EDITS:
        detail = f"more than {MAX_EDITS} SEARCH blocks"
        return Refused(reason=Reason.NO_CODE, detail=detail)
    return found


def blocks_of_code(text: str) -> list[Fenced]:
    """Read all blocks of code of a text that are not blank."""
    found: list[Fenced] = []
    fence, lines = "", list[str]()
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if not fence and match:
            fence, lines = match[1], []
        elif fence and match and match[1].startswith(fence) and not match[2]:
            found.append(Fenced(textwrap.dedent("\n".join(lines)), closed=True))
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        found.append(Fenced(textwrap.dedent("\n".join(lines)), closed=False))
    return [item for item in found if item.text.strip()]


def bare_code(text: str) -> Fenced | None:
    """Take a text without fences for code; None if it has some, or is blank."""
    if not text.strip() or any(map(_FENCE.fullmatch, text.split("\n"))):
        return None
    return Fenced(text, closed=False)


def rationale(text: str) -> str:
    """Return what stands around the code; nothing if the text is code alone."""
    kept: list[str] = []
    fence, edit, code = "", False, False
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if edit or _SEARCH.fullmatch(line):
            edit, code = not _REPLACE.fullmatch(line), True
        elif match:
            fence, code = "" if fence else match[1], True
        elif not fence and not _FILE.fullmatch(line):
            kept.append(line.strip())
    words = re.sub(r"\n{2,}", "\n", "\n".join(kept)).strip()
    return words[:_RATIONALE_CHARS] if code else ""


def _unfenced(lines: list[str]) -> list[str]:
    """Drop a fence that a model put around the text of an edit."""
    if lines and _FENCE.fullmatch(lines[0]):
        lines = lines[1:]
        if lines and _FENCE.fullmatch(lines[-1]):
            lines = lines[:-1]
    return lines
