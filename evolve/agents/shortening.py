"""Shorter versions of a program, each with one thing less; pure functions of its text.

A variant differs from the text in one place. Comments and layout elsewhere stay; an
expression in which something changed is written anew.
"""

import ast
import builtins
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from evaluators import bundle
from evolve.agents.constants import line_starts
from evolve.program import NotPython, parse, split_blocks, used_files

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = (
    MappingProxyType(
        {
            ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
            ast.Div: operator.truediv,
        }
    )
)  # fmt: skip

_BUILTINS = frozenset(dir(builtins))
_KEPT = (ast.Return, ast.Pass, ast.Global, ast.Nonlocal)
"""Statements that say nothing, or without which a function gives nothing."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A shorter program.

    Attributes
    ----------
    safe
        Whether it does the same for certain, as far as arithmetic goes.
    """

    source: str
    what: str
    safe: bool = False


@dataclass(frozen=True, slots=True)
class _Edit:
    """Put a text in the place of bytes of the block; it is written when it is needed.

    Attributes
    ----------
    write
        Gives the text and what it changes, in words.
    """

    start: int
    end: int
    write: Callable[[], tuple[str, str]]
    safe: bool = False


class _Block:
    """The text of an evolve block with its syntax tree."""

    def __init__(self, text: str, tree: ast.Module, outside: set[str]) -> None:
        self.data = text.encode()
        self.lines = text.split("\n")
        self.tree = tree
        self.outside = outside
        self.reads = _reads(tree)
        self._starts = line_starts(text)

    def at(self, line: int, column: int = 0) -> int:
        """Offset of a column, in bytes, of a line, counted from 1."""
        return self._starts[line - 1] + column

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Where an expression stands."""
        end = self.at(node.end_lineno or 0, node.end_col_offset or 0)
        return self.at(node.lineno, node.col_offset), end

    def rows(self, node: ast.stmt) -> tuple[int, int] | None:
        """First and last line of a statement that shares them with no other."""
        first, last = _first_line(node), node.end_lineno or 0
        before = self.lines[first - 1].encode()[: node.col_offset].strip()
        after = self.lines[last - 1].encode()[node.end_col_offset or 0 :].strip()
        if before or (after and not after.startswith(b"#")):
            return None
        return first, last

    def deletion(self, first: int, last: int, what: str, *, safe: bool) -> _Edit:
        """Delete lines, and the comment right above them."""
        while first > 1 and self.lines[first - 2].strip().startswith("#"):
            first -= 1
        return _Edit(
            self.at(first), self.at(last + 1), partial(_as_it_is, "", what), safe
        )


def variants(
    source: str, entry_point: str, rng: np.random.Generator
) -> Iterator[Variant]:
    """Yield the variants of a program: first the safe ones, each kind in drawn order.

    All parse, are shorter, and use no name that is nowhere defined. The function
    ``entry_point`` stays; a helper file that is no longer imported goes.
    """
    blocks = split_blocks(source)
    tree = None if blocks is None else parse(blocks.block)
    if blocks is None or tree is None or isinstance(tree, NotPython):
        return
    tail = bundle.split(blocks.after).main
    outside = set(_words(blocks.before + tail)) | {entry_point}
    block = _Block(blocks.block, tree, outside)
    undefined = _undefined(tree)
    try:
        edits = list(_edits(block))
    except RecursionError:
        return
    drawn = [edits[i] for i in rng.permutation(len(edits))]
    for edit in sorted(drawn, key=lambda edit: not edit.safe):
        new, what = edit.write()
        changed = block.data[: edit.start] + new.encode() + block.data[edit.end :]
        text = changed.decode()
        after = parse(text) if len(text) < len(blocks.block) else None
        if after is None or isinstance(after, NotPython):
            continue
        if _undefined(after) <= undefined:
            whole, _ = used_files(blocks.before + text + blocks.after)
            yield Variant(whole, what, edit.safe)


def _first_line(node: ast.stmt) -> int:
    """Line on which a statement starts, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _edits(block: _Block) -> Iterator[_Edit]:
    for node in ast.walk(block.tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield from _of_body(block, body, top=node is block.tree)
        if isinstance(node, ast.If):
            yield from _of_branch(block, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and not isinstance(node, ast.expr):
                yield from _of_expression(block, child)


# Statements.


def _of_body(block: _Block, body: list[ast.stmt], *, top: bool) -> Iterator[_Edit]:
    for node in body:
        rows = block.rows(node)
        names = _bound_by(node)
        kept = _is_kept(node) or (top and names & block.outside)
        if rows is None or kept or len(body) == 1:
            continue
        dead = bool(names) and _is_unread(names, node, block)
        safe = dead and (_is_definition(node) or _is_plain(node))
        yield block.deletion(*rows, f"delete line {rows[0]} of the block", safe=safe)


def _is_kept(node: ast.stmt) -> bool:
    """Whether a statement stays; without a docstring a program is no other one."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or isinstance(node, _KEPT)


def _of_branch(block: _Block, node: ast.If) -> Iterator[_Edit]:
    """Leave out the test of an ``if`` with the other branch, or one branch."""
    rows = block.rows(node)
    head = block.lines[node.lineno - 1].encode()[node.col_offset :]
    if rows is None or head.startswith(b"elif"):
        return
    for branch, name in ((node.body, "then"), (node.orelse, "else")):
        if not branch or any(block.rows(statement) is None for statement in branch):
            continue
        if isinstance(branch[0], ast.If) and _is_elif(block, branch[0]):
            continue
        shift = branch[0].col_offset - node.col_offset
        first, last = _first_line(branch[0]), branch[-1].end_lineno or 0
        texts = [_dedented(line, shift) for line in block.lines[first - 1 : last]]
        if None in texts:
            continue
        text = "".join(f"{line}\n" for line in texts)
        write = partial(_as_it_is, text, f"keep the {name} branch alone")
        yield _Edit(block.at(rows[0]), block.at(rows[1] + 1), write)
    if node.orelse and not _is_elif(block, node.orelse[0]):
        last = node.body[-1].end_lineno or 0
        yield block.deletion(last + 1, rows[1], "delete an else branch", safe=False)


def _as_it_is(text: str, what: str) -> tuple[str, str]:
    return text, what


def _is_elif(block: _Block, node: ast.stmt) -> bool:
    return block.lines[node.lineno - 1].encode()[node.col_offset :].startswith(b"elif")


def _dedented(line: str, shift: int) -> str | None:
    """Move a line to the left; None if it has not so many blanks."""
    if not line.strip():
        return ""
    return line[shift:] if line[:shift].isspace() else None


def _is_definition(node: ast.stmt) -> bool:
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return isinstance(node, kinds) and not getattr(node, "decorator_list", ())


def _is_plain(node: ast.stmt) -> bool:
    """Whether an assignment computes without calling anything."""
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    calls = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    return not any(isinstance(part, calls) for part in ast.walk(node))


def _bound_by(node: ast.stmt) -> set[str]:
    """Names that a definition or an assignment to plain names makes."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(n.asname or n.name).partition(".")[0] for n in names}
        case ast.Assign(targets=targets):
            ids = {target.id for target in targets if isinstance(target, ast.Name)}
            return ids if len(ids) == len(targets) else set()
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


# Expressions.


def _of_expression(block: _Block, root: ast.expr) -> Iterator[_Edit]:
    start, end = block.span(root)
    for node, new, safe in _smaller(root):
        yield _Edit(start, end, partial(_written, root, node, new), safe)


def _smaller(root: ast.expr) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Yield a part, what could stand in its place, and whether that is the same."""
    for node in ast.walk(root):
        match node:
            case ast.BinOp(left=left, right=right):
                folded = _folded(node)
                if folded is not None:
                    yield node, folded, True
                yield node, left, False
                yield node, right, False
            case ast.IfExp(body=body, orelse=orelse):
                yield node, body, False
                yield node, orelse, False
            case ast.BoolOp(op=op, values=values):
                for i in range(len(values)):
                    rest = values[:i] + values[i + 1 :]
                    alone = len(rest) == 1
                    new = rest[0] if alone else ast.BoolOp(op=op, values=rest)
                    yield node, new, False
            case ast.UnaryOp(operand=operand) if not isinstance(operand, ast.Constant):
                yield node, operand, False
            case ast.Call(args=args, keywords=[]):
                for new in _fewer(node, args):
                    yield node, new, False


def _fewer(node: ast.Call, args: list[ast.expr]) -> Iterator[ast.expr]:
    """Replace a call by an argument, or leave out one of three or more."""
    if any(isinstance(arg, ast.Starred) for arg in args):
        return
    if isinstance(node.func, ast.Name) and node.func.id in ("max", "min"):
        for i in range(len(args) if len(args) > 2 else 0):
            rest = args[:i] + args[i + 1 :]
            yield ast.Call(func=node.func, args=rest, keywords=[])
    if len(args) <= 3:
        yield from (arg for arg in args if not isinstance(arg, ast.GeneratorExp))


def _folded(node: ast.BinOp) -> ast.expr | None:
    compute = _ARITHMETIC.get(type(node.op))
    left, right = node.left, node.right
    if not (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
        return None
    a, b = left.value, right.value
    if compute is None or type(a) not in (int, float) or type(b) not in (int, float):
        return None
    assert isinstance(a, int | float)
    assert isinstance(b, int | float)
    try:
        value = compute(a, b)
    except (ZeroDivisionError, OverflowError):
        return None
    return ast.Constant(value) if 0 <= value < float("inf") else None


def _written(root: ast.expr, node: ast.expr, new: ast.expr) -> tuple[str, str]:
    """Write ``root`` with ``new`` in the place of ``node``, and say so."""
    what = f"{_short(node)} becomes {_short(new)}"
    return ast.unparse(_replaced(root, node, new)), what


def _replaced(root: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """Copy a tree with ``new`` in the place of ``old``."""
    if root is old:
        return new
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(root):
        if isinstance(value, list):
            fields[name] = [
                _replaced(v, old, new) if isinstance(v, ast.AST) else v for v in value
            ]
        elif isinstance(value, ast.AST):
            fields[name] = _replaced(value, old, new)
        else:
            fields[name] = value
    return type(root)(**fields)


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:37]}…"


# Names.


def _words(text: str) -> list[str]:
    return "".join(c if c.isidentifier() or c.isdigit() else " " for c in text).split()


def _is_unread(names: set[str], node: ast.stmt, block: _Block) -> bool:
    """Whether nothing outside of a statement reads what it makes."""
    own = _reads(node)
    return not any(
        name in block.outside or block.reads[name] > own[name] for name in names
    )


def _reads(tree: ast.AST) -> Counter[str]:
    """Count where names are read, or declared to be of another scope."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            found[node.id] += 1
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
    return found


def _undefined(tree: ast.AST) -> set[str]:
    """Names that are read, but that nothing in the block makes, built-in ones aside."""
    read: set[str] = set()
    made: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
        elif isinstance(node, ast.stmt):
            made |= _bound_by(node)
    return read - made - _BUILTINS
