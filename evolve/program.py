"""The text of a program: its markers, its identity, and whether it is Python.

Everything here takes any text and never raises.
"""

import ast
import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

from evaluators import bundle
from evolve.normal import normal_text
from evolve.records import ProgramId
from problems.base import BLOCK_END, BLOCK_START


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """A program in three parts, which together are its text.

    Attributes
    ----------
    before
        Frozen text up to and including the line of the start marker.
    block
        The evolvable part, empty or ending in a line feed.
    after
        Frozen text from the line of the end marker, helper files included.
    """

    before: str
    block: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPython:
    """Why a text cannot be parsed, with its line if there is one."""

    detail: str


def program_id(source: str) -> ProgramId:
    """First 32 hexadecimal digits of the SHA-256 of ``source`` in UTF-8."""
    return ProgramId(hashlib.sha256(utf8(source)).hexdigest()[:32])


def normal_id(source: str) -> ProgramId:
    """Identity of what a program says, whatever its layout, comments and local names.

    Programs that compile to the same code, local variables called otherwise, have the
    same one. A text that is not Python has its own. Those of one version of Python can
    be compared with each other only.
    """
    try:
        return program_id(_by_file(source, normal_text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return program_id(source)


def split_blocks(source: str) -> Blocks | None:
    """Cut a program at its markers; None unless it has exactly one pair of them."""
    lines = source.split("\n")
    starts = [i for i, line in enumerate(lines) if line.strip() == BLOCK_START]
    ends = [i for i, line in enumerate(lines) if line.strip() == BLOCK_END]
    if len(starts) != 1 or len(ends) != 1 or starts[0] > ends[0]:
        return None
    # No form feed or other exotic separator may hide a second marker.
    markers = [x for x in map(str.strip, source.splitlines()) if x in _MARKERS]
    if len(markers) != 2:
        return None
    whole = bundle.split(source)
    if whole.files and ends[0] >= whole.main.count("\n"):
        return None  # a helper file begins before the end marker
    return Blocks(
        before=_joined(lines[: starts[0] + 1]),
        block=_joined(lines[starts[0] + 1 : ends[0]]),
        after="\n".join(lines[ends[0] :]),
    )


def normalised_digest(source: str) -> str:
    """Digest that comments, docstrings and layout do not change, hexadecimal.

    Text that is no Python is digested as it stands. Digests of one version of Python
    can be compared with each other only.
    """
    return hashlib.sha256(utf8(_by_file(source, _digestible))).hexdigest()


def used_files(source: str) -> tuple[str, tuple[str, ...]]:
    """Leave out helper files that a program does not import; tell which ones.

    A file counts as imported if its name is, or stands as a string of its own, in the
    main program or in a file that is imported.
    """
    whole = bundle.split(source)
    if not whole.files:
        return source, ()
    files = {file.module: file for file in whole.files}
    used: set[str] = set()
    texts = [whole.main]
    while texts:
        for name in sorted((_named(texts.pop()) & files.keys()) - used):
            used.add(name)
            texts.append(files[name].text)
    kept = tuple(file for file in whole.files if file.module in used)
    unused = tuple(file.name for file in whole.files if file.module not in used)
    return bundle.join(replace(whole, files=kept)) if unused else source, unused


def parse(source: str) -> ast.Module | NotPython:
    """Parse a program, or say why that is not possible."""
    try:
        source.encode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # e.g. invalid escape sequences
            return ast.parse(source)
    except SyntaxError as error:
        return NotPython(detail=_where(source, error))
    except ValueError:
        return NotPython(detail="it holds characters that no source file can hold")
    except (RecursionError, MemoryError, SystemError):  # the parser has several limits
        return NotPython(detail="it is nested too deeply")


def utf8(text: str) -> bytes:
    """Encode any text, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def _by_file(source: str, say: Callable[[str], str]) -> str:
    """Say something of each file of a program, in no order that its text chose."""
    whole = bundle.split(source)
    main = say(whole.main)
    if not whole.files:
        return main
    said = sorted(f"{file.name}\n{say(file.text)}" for file in whole.files)
    return "\0".join([main, *said])


def _named(source: str) -> set[str]:
    """Modules that a program imports, and its strings."""
    tree = parse(source)
    names: set[str] = set()
    for node in () if isinstance(tree, NotPython) else ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


_MARKERS = frozenset({BLOCK_START, BLOCK_END})


def _joined(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _where(source: str, error: SyntaxError) -> str:
    if error.lineno is None:
        return error.msg
    lines = source.split("\n")
    line = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    return f"line {error.lineno}: {error.msg}: {line.strip()[:120]!r}"


def _digestible(source: str) -> str:
    tree = parse(source)
    text = None if isinstance(tree, NotPython) else _dump(tree)
    return source if text is None else text


def _dump(tree: ast.Module) -> str | None:
    try:
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and _is_docstring(body[0]):
                del body[0]
        return ast.dump(tree)
    except RecursionError:
        return None


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
