"""Turn what a model said into a program: only the evolve block may change.

Pure functions of text. Whatever a model says, ``apply`` gives a Patched or a Refused
and never raises; the detail of a Refused is written for the model that has to do
better.
"""

import ast
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from evolve.program import (
    Blocks,
    NotPython,
    normalised_digest,
    parse,
    program_id,
    split_blocks,
    utf8,
)
from evolve.records import Reason
from problems.base import BLOCK_END, BLOCK_START

__all__ = [
    "Blocks",
    "Form",
    "Patched",
    "Refused",
    "apply",
    "check",
    "declined",
    "normalised_digest",
    "program_id",
    "split_blocks",
]

Form: TypeAlias = Literal["diff", "rewrite"]
"""What was asked for: SEARCH/REPLACE edits, or the whole block again."""

MAX_SOURCE_BYTES = 64 << 10
MAX_ANSWER_CHARS = 256 << 10
MAX_EDITS = 100
_RATIONALE_CHARS = 1000
_CUT = frozenset({"length", "max_tokens"})
_WITHHELD = frozenset({"content_filter", "refusal"})
_SEARCH = re.compile(r"\s*<{5,}\s*SEARCH\b.*")
_MIDDLE = re.compile(r"\s*={5,}\s*")
_REPLACE = re.compile(r"\s*>{5,}\s*REPLACE\b.*")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([\w+-]*)\s*")
_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_NO = re.compile(
    r"\s*(?:i.?m sorry|i am sorry|sorry,|i can(?:no|.)t\b|i am unable|"
    r"i.m unable|i won.t|i must decline|unfortunately, i can)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patched:
    """A new program that parses, and what its author said about it."""

    source: str
    rationale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why an answer gives no program, with a detail that helps to do better."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class _Edit:
    search: list[str]
    replace: list[str]


@dataclass(frozen=True, slots=True)
class _Fenced:
    text: str
    closed: bool


def apply(
    parent_source: str,
    response_text: str,
    *,
    entry_point: str,
    form: Form,
    finish_reason: str = "stop",
) -> Patched | Refused:
    """Apply a model's answer to its parent.

    Parameters
    ----------
    parent_source
        Program with one pair of markers.
    response_text
        What the model said, verbatim. An answer in the other form than the one asked
        for is accepted if it is unambiguous.
    entry_point
        Function that the result must define.
    form
        What the model was asked for.
    finish_reason
        As the provider reports it; tells a cut answer from a wrong one.
    """
    cut = finish_reason in _CUT
    text = response_text.replace("\r\n", "\n").replace("\r", "\n")
    text = _THOUGHTS.sub("", text)
    outcome: str | Refused = _nothing_said(text, finish_reason) or _new_source(
        parent_source, text, entry_point, form, cut=cut
    )
    if isinstance(outcome, str):
        outcome = _checked(parent_source, outcome, entry_point)
    if isinstance(outcome, str):
        return Patched(source=outcome, rationale=_rationale(text))
    incomplete = {Reason.NO_CODE, Reason.SYNTAX, Reason.NO_ENTRY_POINT}
    if cut and outcome.reason in incomplete:
        detail = f"the answer was cut at the token limit: {outcome.detail}"
        return Refused(reason=Reason.TRUNCATED, detail=detail)
    return outcome


def declined(text: str) -> bool:
    """Whether a text begins as models do that will not answer."""
    return _NO.match(text) is not None


def check(source: str, entry_point: str) -> Refused | None:
    """Tell why a whole program cannot be judged; None if it can."""
    return _defective(source, entry_point)


def _nothing_said(text: str, finish_reason: str) -> Refused | None:
    if len(text) > MAX_ANSWER_CHARS:
        limit = f"the answer is longer than {MAX_ANSWER_CHARS} characters"
        return Refused(reason=Reason.NO_CODE, detail=limit)
    if text.strip():
        return None
    if finish_reason in _CUT:
        detail = "the token limit was used up before anything was said"
        return Refused(reason=Reason.TRUNCATED, detail=detail)
    if finish_reason in _WITHHELD:
        detail = "the provider withheld the answer"
        return Refused(reason=Reason.REFUSED, detail=detail)
    return Refused(reason=Reason.EMPTY, detail="the answer is empty")


def _new_source(
    parent: str, text: str, entry_point: str, form: Form, *, cut: bool
) -> str | Refused:
    blocks = split_blocks(parent)
    if blocks is None:
        detail = f"the parent has no single pair of {BLOCK_START} and {BLOCK_END}"
        return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
    has_edits = any(_SEARCH.fullmatch(line) for line in text.split("\n"))
    code = _chosen_code(text, entry_point)
    if has_edits and (form == "diff" or code is None or "<<<<<" in code.text):
        edits = _edits(text)
        return edits if isinstance(edits, Refused) else _edited(parent, edits)
    if code is None:
        return _no_code(text, form)
    if cut and not code.closed:
        detail = "the code has no end"
        return Refused(reason=Reason.TRUNCATED, detail=detail)
    return _rewritten(blocks, code.text)


def _no_code(text: str, form: Form) -> Refused:
    if declined(text):
        detail = f"the model declined: {text.strip()[:200]}"
        return Refused(reason=Reason.REFUSED, detail=detail)
    wanted = (
        "<<<<<<< SEARCH / ======= / >>>>>>> REPLACE blocks"
        if form == "diff"
        else "one ```python block with the new code"
    )
    return Refused(reason=Reason.NO_CODE, detail=f"no code found; answer with {wanted}")


def _checked(parent: str, child: str, entry_point: str) -> str | Refused:
    refused = _defective(child, entry_point)
    if refused is not None:
        return refused
    if normalised_digest(child) == normalised_digest(parent):
        detail = "the code is the same as before but for comments and layout"
        return Refused(reason=Reason.UNCHANGED, detail=detail)
    return child


def _defective(child: str, entry_point: str) -> Refused | None:
    if len(child) > MAX_SOURCE_BYTES or len(utf8(child)) > MAX_SOURCE_BYTES:
        detail = f"the program is larger than {MAX_SOURCE_BYTES >> 10} KiB; shorten it"
        return Refused(reason=Reason.SYNTAX, detail=detail)
    blocks = split_blocks(child)
    if blocks is None:
        detail = (
            f"{BLOCK_START} and {BLOCK_END} may stand in a program only once"
            if BLOCK_START in child
            else f"the program has no {BLOCK_START} and {BLOCK_END} lines"
        )
        return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
    tree = parse(child)
    if isinstance(tree, NotPython):
        return Refused(reason=Reason.SYNTAX, detail=tree.detail)
    alone = _parse_alone(blocks.block)
    if isinstance(alone, NotPython):
        # E.g. a string or bracket that swallows the frozen text behind the block.
        detail = f"the evolve block must be complete in itself: {alone.detail}"
        return Refused(reason=Reason.SYNTAX, detail=detail)
    if not _defines(tree, entry_point):
        detail = f"the program does not define the function {entry_point!r}"
        return Refused(reason=Reason.NO_ENTRY_POINT, detail=detail)
    return None


def _parse_alone(block: str) -> ast.Module | NotPython:
    indented = next((x for x in block.split("\n") if x.strip()), "")[:1].isspace()
    return parse("if True:\n" + block if indented else block)


def _defines(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body
    )


# First form: edits.


def _edits(text: str) -> list[_Edit] | Refused:
    edits: list[_Edit] = []
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
            edits.append(_Edit(_unfenced(search), _unfenced(replace)))
            search = replace = None
        else:
            replace.append(line)
    if search is not None:
        missing = "=======" if replace is None else ">>>>>>> REPLACE"
        detail = f"the last SEARCH block is unfinished: its {missing} line is missing"
        return Refused(reason=Reason.NO_CODE, detail=detail)
    if len(edits) > MAX_EDITS:
        detail = f"more than {MAX_EDITS} SEARCH blocks"
        return Refused(reason=Reason.NO_CODE, detail=detail)
    return edits


def _edited(parent: str, edits: list[_Edit]) -> str | Refused:
    lines = parent.split("\n")
    for number, edit in enumerate(edits, start=1):
        at = _find(lines, edit.search)
        if isinstance(at, Refused):
            detail = f"SEARCH block {number}: {at.detail}"
            return Refused(reason=at.reason, detail=detail)
        found = lines[at : at + len(edit.search)]
        lines[at : at + len(found)] = _reindented(found, edit)
    child = "\n".join(lines)
    old, new = split_blocks(parent), split_blocks(child)
    if old is None or new is None or (old.before, old.after) != (new.before, new.after):
        detail = (
            "an edit changes text outside the evolve block; change only what stands "
            f"between {BLOCK_START} and {BLOCK_END}, and keep both lines"
        )
        return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
    return child


def _find(lines: list[str], search: list[str]) -> int | Refused:
    """Return where ``search`` stands, exactly or else up to white space."""
    if not any(line.strip() for line in search):
        return Refused(reason=Reason.NO_MATCH, detail="it is empty")
    exact: Callable[[str], str] = str.rstrip
    for same in (exact, _squeezed):
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


def _reindented(found: list[str], edit: _Edit) -> list[str]:
    """Give the replacement the indentation of the place that was found."""
    first = next(i for i, line in enumerate(edit.search) if line.strip())
    have, said = _indent(found[first]), _indent(edit.search[first])
    if have == said:
        return edit.replace
    return [
        have + line[len(said) :] if line.strip() and line.startswith(said) else line
        for line in edit.replace
    ]


def _unfenced(lines: list[str]) -> list[str]:
    """Drop a fence that a model put around the text of an edit."""
    if lines and _FENCE.fullmatch(lines[0]):
        lines = lines[1:]
        if lines and _FENCE.fullmatch(lines[-1]):
            lines = lines[:-1]
    return lines


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


# Second form: the block again.


def _rewritten(blocks: Blocks, code: str) -> str | Refused:
    given = split_blocks(code)
    if given is None:
        if BLOCK_START in code or BLOCK_END in code:
            detail = f"give one {BLOCK_START} and one {BLOCK_END} line, or neither"
            return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
        return blocks.before + code.strip("\n") + "\n" + blocks.after
    frozen = {_squeezed(x) for x in (blocks.before + blocks.after).split("\n")}
    for line in (given.before + given.after).split("\n"):
        words = _squeezed(line)
        if words and words not in frozen and not words.startswith("#"):
            detail = (
                f"{words[:120]!r} stands outside the evolve block; imports and "
                f"helpers belong between {BLOCK_START} and {BLOCK_END}"
            )
            return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
    return blocks.before + given.block + blocks.after


def _chosen_code(text: str, entry_point: str) -> _Fenced | None:
    """Choose the code that is meant: with markers, else with the entry point."""
    found = _fenced(text)
    defines = re.compile(rf"^\s*def\s+{re.escape(entry_point)}\b", re.MULTILINE)
    if not found:
        is_code = defines.search(text) and not isinstance(parse(text), NotPython)
        return _Fenced(text, closed=False) if is_code else None
    # Of equals the last one: models repeat the old code before they give the new.
    return max(
        enumerate(found),
        key=lambda item: (
            BLOCK_START in item[1].text,
            bool(defines.search(item[1].text)),
            item[0],
        ),
    )[1]


def _fenced(text: str) -> list[_Fenced]:
    found: list[_Fenced] = []
    fence, lines = "", list[str]()
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if not fence and match:
            fence, lines = match[1], []
        elif fence and match and match[1].startswith(fence) and not match[2]:
            found.append(_Fenced(textwrap.dedent("\n".join(lines)), closed=True))
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        found.append(_Fenced(textwrap.dedent("\n".join(lines)), closed=False))
    return [item for item in found if item.text.strip()]


def _rationale(text: str) -> str:
    """Return what stands around the code; nothing if the text is code alone."""
    kept: list[str] = []
    fence, edit, code = "", False, False
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if edit or _SEARCH.fullmatch(line):
            edit, code = not _REPLACE.fullmatch(line), True
        elif match:
            fence, code = "" if fence else match[1], True
        elif not fence:
            kept.append(line.strip())
    words = re.sub(r"\n{2,}", "\n", "\n".join(kept)).strip()
    return words[:_RATIONALE_CHARS] if code else ""
