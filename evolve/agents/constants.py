"""The numbers of a program that a tuner may change, found and written in place.

What counts, indexes or tests for equality is structure, not a parameter, and stays.
Nothing but the digits of the changed numbers is written anew.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evolve.program import Blocks, NotPython, parse, split_blocks

_LARGEST = 1e6
_SMALLEST = 1e-6
"""Numbers beyond these stand for infinity or guard a division; zero is a bound."""

_DIGITS = 3
"""Significant digits of a number that is written anew."""

_COUNTING = frozenset({"range", "enumerate", "islice", "slice"})
"""Functions whose arguments count or index."""

_WHOLE = (ast.Pow, ast.Mod, ast.LShift, ast.RShift)
"""Operators whose right side, if it is a whole number, is structure."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number in the evolve block.

    Attributes
    ----------
    start, end
        Where its digits stand, in bytes of the block in UTF-8.
    value
        Never negative: a sign is an operator of its own. An ``int`` stays one.
    """

    start: int
    end: int
    value: int | float


@dataclass(frozen=True, slots=True)
class Constants:
    """A program with the numbers in it that can be changed, in order of the text."""

    blocks: Blocks
    literals: tuple[Literal, ...]

    def written(self, values: Sequence[float]) -> str:
        """Write the program with other numbers, one for each literal."""
        block = self.blocks.block.encode()
        parts, done = [], 0
        for literal, value in zip(self.literals, values, strict=True):
            parts += [block[done : literal.start], _digits(literal, value).encode()]
            done = literal.end
        text = b"".join([*parts, block[done:]]).decode()
        return self.blocks.before + text + self.blocks.after


def constants(source: str) -> Constants | None:
    """Find the numbers of a program; None if it has no evolve block that parses."""
    blocks = split_blocks(source)
    if blocks is None:
        return None
    tree = parse(blocks.block)
    if isinstance(tree, NotPython):
        return None
    try:
        nodes = list(_numbers(tree))
    except RecursionError:
        return None
    starts = line_starts(blocks.block)
    literals = {
        Literal(
            starts[node.lineno - 1] + node.col_offset,
            starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0),
            _value(node),
        )
        for node in nodes
    }
    ordered = sorted(literals, key=lambda literal: literal.start)
    return Constants(blocks, tuple(ordered))


def line_starts(text: str) -> list[int]:
    """Offsets in UTF-8 at which the lines of ``text`` start, as ``ast`` counts them."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    return starts


def _digits(literal: Literal, value: float) -> str:
    if value == literal.value:
        return repr(literal.value)
    if isinstance(literal.value, int):
        return str(max(1, round(value)))
    return repr(float(f"{value:.{_DIGITS}g}"))


def _value(node: ast.Constant) -> int | float:
    assert isinstance(node.value, int | float)
    return node.value


def _is_number(node: ast.Constant) -> bool:
    """Whether a constant is a number that may be tuned, wherever it stands."""
    value = node.value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return _SMALLEST < abs(value) < _LARGEST


def _is_whole(node: ast.AST) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and type(inner.value) is int


def _numbers(node: ast.AST) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Constant):
        if _is_number(node):
            yield node
        return
    for child in _tunable(node):
        yield from _numbers(child)


def _tunable(node: ast.AST) -> Sequence[ast.AST]:
    """List the parts of a node in which numbers may be parameters."""
    parts: Sequence[ast.AST | None]
    match node:
        case ast.JoinedStr() | ast.match_case():
            parts = ()
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            parts = (*node.args.defaults, *node.args.kw_defaults, *node.body)
        case ast.AnnAssign():
            parts = (node.value,)
        case ast.Subscript():
            parts = (node.value,)
        case ast.AugAssign() if _is_whole(node.value):
            parts = ()
        case ast.BinOp(op=op) if isinstance(op, _WHOLE) and _is_whole(node.right):
            parts = (node.left,)
        case ast.Compare() if not all(map(_is_order, node.ops)):
            sides = (node.left, *node.comparators)
            parts = [side for side in sides if not isinstance(side, ast.Constant)]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            arguments = node.args[: 1 if name == "round" else None]
            parts = () if name in _COUNTING else (*arguments, *node.keywords)
        case _:
            parts = list(ast.iter_child_nodes(node))
    return [part for part in parts if part is not None]


def _is_order(op: ast.cmpop) -> bool:
    return isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
