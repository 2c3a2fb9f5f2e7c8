"""Turn what a model said into a program: only the evolve block may change.

Pure functions of text. Whatever a model says, ``apply`` gives a Patched or a Refused
and never raises; the detail of a Refused is written for the model that has to do
better.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from evaluators import bundle
from evaluators.bundle import Bundle, File
from evolve.answer import (
    MAX_EDITS,
    Edit,
    Fenced,
    Part,
    Refused,
    bare_code,
    blocks_of_code,
    edits,
    has_edits,
    parts,
    rationale,
)
from evolve.edits import applied, squeezed
from evolve.program import (
    Blocks,
    NotPython,
    normalised_digest,
    parse,
    program_id,
    split_blocks,
    used_files,
    utf8,
)
from evolve.records import Reason
from problems.base import BLOCK_END, BLOCK_START

__all__ = [
    "MAX_EDITS",
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
_CUT = frozenset({"length", "max_tokens"})
_WITHHELD = frozenset({"content_filter", "refusal"})
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
        Program with one pair of markers, perhaps with helper files.
    response_text
        What the model said, verbatim. An answer in the other form than the one asked
        for is accepted if it is unambiguous. What follows a line ``FILE name.py`` is
        about that helper file, which may be new; one that is no longer imported goes.
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
        return Patched(source=outcome, rationale=rationale(text))
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
    said = [(part, _is_main(parent, part, entry_point)) for part in parts(text)]
    named = [part for part, is_main in said if not is_main]
    main = "\n".join(part.text for part, is_main in said if is_main)
    source: str | Refused = parent
    if not named or has_edits(main) or _chosen_code(main, entry_point):
        source = _main_source(parent, blocks, main, entry_point, form, cut=cut)
    for part in named:
        if isinstance(source, Refused):
            break
        source = _with_file(source, part, named, cut=cut)
    return source


def _main_source(
    parent: str, blocks: Blocks, text: str, entry_point: str, form: Form, *, cut: bool
) -> str | Refused:
    code = _chosen_code(text, entry_point)
    if has_edits(text) and (form == "diff" or code is None or "<<<<<" in code.text):
        found = edits(text)
        return found if isinstance(found, Refused) else _edited(parent, found)
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
    kept, unused = used_files(child)
    if normalised_digest(kept) != normalised_digest(parent):
        return kept
    detail = "the code is the same as before but for comments and layout"
    if unused:
        detail = f"the program does not import {', '.join(unused)}, and else {detail}"
    return Refused(reason=Reason.UNCHANGED, detail=detail)


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
    whole = bundle.split(child)
    tree = parse(whole.main)
    if isinstance(tree, NotPython):
        return Refused(reason=Reason.SYNTAX, detail=tree.detail)
    alone = _parse_alone(blocks.block)
    if isinstance(alone, NotPython):
        # E.g. a string or bracket that swallows the frozen text behind the block.
        detail = f"the evolve block must be complete in itself: {alone.detail}"
        return Refused(reason=Reason.SYNTAX, detail=detail)
    fault = _fault(whole)
    if fault is not None:
        return Refused(reason=Reason.SYNTAX, detail=fault)
    if not _defines(tree, entry_point):
        detail = f"the program does not define the function {entry_point!r}"
        return Refused(reason=Reason.NO_ENTRY_POINT, detail=detail)
    return None


def _fault(whole: Bundle) -> str | None:
    """Tell what is wrong with the helper files of a program."""
    fault = bundle.fault(whole)
    if fault is not None:
        return fault
    for file in whole.files:
        tree = parse(file.text)
        if isinstance(tree, NotPython):
            return f"{file.name} {tree.detail}"
    return None


def _parse_alone(block: str) -> ast.Module | NotPython:
    indented = next((x for x in block.split("\n") if x.strip()), "")[:1].isspace()
    return parse("if True:\n" + block if indented else block)


def _defines(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body
    )


# First form: edits.


def _edited(parent: str, found: Sequence[Edit]) -> str | Refused:
    child = applied(parent, found)
    if isinstance(child, Refused):
        return child
    old, new = _frozen(parent), _frozen(child)
    if old is None or old != new:
        detail = (
            "an edit changes text outside the evolve block; change only what stands "
            f"between {BLOCK_START} and {BLOCK_END}, and keep both lines"
        )
        return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
    return child


def _frozen(source: str) -> tuple[str, str] | None:
    """Return what no edit may change: the main program without its evolve block."""
    blocks = split_blocks(bundle.split(source).main)
    return None if blocks is None else (blocks.before, blocks.after)


# Second form: the block again.


def _rewritten(blocks: Blocks, code: str) -> str | Refused:
    given = split_blocks(code)
    if given is None:
        if BLOCK_START in code or BLOCK_END in code:
            detail = f"give one {BLOCK_START} and one {BLOCK_END} line, or neither"
            return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
        return blocks.before + code.strip("\n") + "\n" + blocks.after
    frozen = {squeezed(x) for x in (blocks.before + blocks.after).split("\n")}
    for line in (given.before + given.after).split("\n"):
        words = squeezed(line)
        if words and words not in frozen and not words.startswith("#"):
            detail = (
                f"{words[:120]!r} stands outside the evolve block; imports and "
                f"helpers belong between {BLOCK_START} and {BLOCK_END}"
            )
            return Refused(reason=Reason.OUTSIDE_BLOCK, detail=detail)
    return blocks.before + given.block + blocks.after


def _defining(entry_point: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*def\s+{re.escape(entry_point)}\b", re.MULTILINE)


def _chosen_code(text: str, entry_point: str) -> Fenced | None:
    """Choose the code that is meant: with markers, else with the entry point."""
    found = blocks_of_code(text)
    defines = _defining(entry_point)
    if not found:
        is_code = defines.search(text) and not isinstance(parse(text), NotPython)
        return Fenced(text, closed=False) if is_code else None
    # Of equals the last one: models repeat the old code before they give the new.
    return max(
        enumerate(found),
        key=lambda item: (
            BLOCK_START in item[1].text,
            bool(defines.search(item[1].text)),
            item[0],
        ),
    )[1]


# Helper files: edits, or the whole file.


def _is_main(parent: str, part: Part, entry_point: str) -> bool:
    """Whether a part is about the main program, whatever a model calls it."""
    if not part.file:
        return True
    if part.file in bundle.split(parent).texts:
        return False
    found = edits(part.text)
    if not isinstance(found, Refused) and any(edit.is_change for edit in found):
        return True
    return (
        BLOCK_START in part.text or _defining(entry_point).search(part.text) is not None
    )


def _with_file(
    source: str, part: Part, named: Sequence[Part], *, cut: bool
) -> str | Refused:
    whole = bundle.split(source)
    old = whole.texts.get(part.file)
    new: str | Refused
    if has_edits(part.text):
        new = _edited_file(part, old)
    else:
        code = [*blocks_of_code(part.text), bare_code(part.text)]
        chosen = next((c for c in reversed(code) if c is not None), None)
        if chosen is None and sum(p.file == part.file for p in named) > 1:
            return source
        if chosen is None:
            detail = f"no code follows the line FILE {part.file[:80]}"
            return Refused(reason=Reason.NO_CODE, detail=detail)
        if cut and not chosen.closed:
            detail = f"the code of {part.file[:80]} has no end"
            return Refused(reason=Reason.TRUNCATED, detail=detail)
        new = chosen.text
    if isinstance(new, Refused):
        return new
    files = [file for file in whole.files if file.name != part.file]
    files.append(File(part.file, new.strip("\n") + "\n"))
    ordered = tuple(sorted(files, key=lambda file: file.name))
    return bundle.join(replace(whole, files=ordered))


def _edited_file(part: Part, old: str | None) -> str | Refused:
    found = edits(part.text)
    if isinstance(found, Refused):
        return found
    if old is None:  # a new file, put in the place of nothing
        return "\n".join(line for edit in found for line in edit.replace)
    new = applied(old, found)
    if isinstance(new, Refused):
        return replace(new, detail=f"{part.file}: {new.detail}")
    return new
