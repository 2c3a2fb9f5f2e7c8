"""An expression as readable statements: locals for what is long or used twice."""

import keyword
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evolve.agents.genetic.expression import (
    CONDITIONAL,
    Expr,
    Op,
    Term,
    kind_of,
    replace_all,
    size,
    walk,
)
from evolve.agents.genetic.safety import Sign, sign
from evolve.agents.genetic.text import text

WIDTH = 88
_STEP = 4
_PIECE = 60
"""Longest text that is moved to a local of its own."""
_INLINE = 3
"""Largest expression that is better repeated than named."""

_WORDS = MappingProxyType(
    {
        "+": "total", "-": "margin", "*": "scaled", "/": "ratio", "max": "larger",
        "min": "smaller", "abs": "distance", CONDITIONAL: "choice", "neg": "negated",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the statements of one function have to respect.

    Attributes
    ----------
    names
        Preferred names of expressions.
    taken
        Names in use; grows while the function is written.
    signs
        Known signs of terms, by code.
    """

    names: Mapping[Expr, str]
    taken: set[str]
    signs: Mapping[str, Sign]


@dataclass(slots=True)
class _Line:
    """A statement under way: what stands before and after an expression."""

    head: str
    expr: Expr
    tail: str = ""

    def written(self, indent: int) -> str:
        return f"{' ' * indent}{self.head} {text(self.expr)}{self.tail}"


def body_lines(expr: Expr, layout: Layout, indent: int = _STEP) -> list[str]:
    """Write the statements that return ``expr``."""
    lines = [_Line("return", expr)]
    while _share(lines, layout):
        pass
    branches = _branches(lines[-1], indent)
    if branches:
        lines[-1] = _Line("if", branches[0], ":")
    while _shorten(lines, layout, indent):
        pass
    written = [line.written(indent) for line in lines]
    if branches:
        written += body_lines(branches[1], layout, indent + _STEP)
        written += body_lines(branches[2], layout, indent)
    return written


def _branches(line: _Line, indent: int) -> tuple[Expr, ...]:
    """Return test and branches of a conditional that needs an ``if`` statement."""
    expr = line.expr
    if not isinstance(expr, Op) or expr.name != CONDITIONAL:
        return ()
    return () if _fits_one_line(line, indent) else expr.args


def _fits_one_line(line: _Line, indent: int) -> bool:
    nested = sum(
        isinstance(sub, Op) and sub.name == CONDITIONAL for sub in walk(line.expr)
    )
    return nested == 1 and len(line.written(indent)) <= WIDTH


def _share(lines: list[_Line], layout: Layout) -> bool:
    """Give a name to the largest expression that is used twice, if it is any size."""
    counts = Counter(
        sub
        for line in lines
        for sub in walk(line.expr)
        if isinstance(sub, Op) and size(sub) > _INLINE
    )
    twice = [sub for sub, count in counts.items() if count > 1]
    for sub in sorted(twice, key=lambda sub: (-size(sub), text(sub))):
        if _hoistable(sub, lines, layout):
            _extract(lines, sub, layout)
            return True
    return False


def _shorten(lines: list[_Line], layout: Layout, indent: int) -> bool:
    """Move a part of the first line that is too long to a line of its own."""
    for index, line in enumerate(lines):
        if len(line.written(indent)) <= WIDTH:
            continue
        parts = [sub for sub in walk(line.expr) if isinstance(sub, Op)][1:]
        parts = [sub for sub in parts if size(sub) >= 3 and len(text(sub)) <= _PIECE]
        for part in sorted(parts, key=lambda sub: (-len(text(sub)), text(sub))):
            if _hoistable(part, lines[index : index + 1], layout):
                _extract(lines, part, layout)
                return True
    return False


def _extract(lines: list[_Line], part: Expr, layout: Layout) -> None:
    """Define ``part`` before its first use, and use the name everywhere."""
    name = _name(part, layout)
    new = Term(name, kind_of(part))
    first = len(lines)
    for index, line in reversed(list(enumerate(lines))):
        changed = replace_all(line.expr, part, new)
        if changed is not line.expr:
            line.expr = changed
            first = index
    lines.insert(first, _Line(f"{name} =", part))


def _name(part: Expr, layout: Layout) -> str:
    assert isinstance(part, Op)
    word = layout.names.get(part)
    if word is None or word in layout.taken or keyword.iskeyword(word):
        base = _WORDS.get(part.name, "value")
        word, count = base, 1
        while word in layout.taken:
            count += 1
            word = f"{base}_{count}"
    layout.taken.add(word)
    return word


def _hoistable(part: Expr, lines: list[_Line], layout: Layout) -> bool:
    """Whether computing ``part`` first can raise nothing that was not raised before."""
    if any(part == sub for line in lines for sub in _unconditional(line.expr)):
        return True
    return all(_total(sub, layout.signs) for sub in walk(part))


def _unconditional(expr: Expr) -> Iterator[Expr]:
    """Yield the subtrees that are computed whatever the conditions are."""
    yield expr
    if isinstance(expr, Op):
        lazy = expr.name in (CONDITIONAL, "and", "or")
        for arg in expr.args[:1] if lazy else expr.args:
            yield from _unconditional(arg)


def _total(expr: Expr, signs: Mapping[str, Sign]) -> bool:
    """Whether the outermost operation of an expression has a value everywhere."""
    if isinstance(expr, Term):
        return "(" not in expr.code and "[" not in expr.code
    if not isinstance(expr, Op):
        return True
    if expr.name in ("/", "//", "%"):
        return sign(expr.args[1], signs) is Sign.POSITIVE
    return expr.name != "**" and not expr.name.startswith("math.")
