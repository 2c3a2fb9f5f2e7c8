"""Typed expressions: immutable trees that stand for the value of a heuristic.

Tuples, so that equality, hashing and sharing of subtrees cost nothing to write and
little to run.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Kind(StrEnum):
    """Type of an expression."""

    NUMBER = "number"
    TRUTH = "truth"


class Const(NamedTuple):
    """A numeric literal."""

    value: float


class Term(NamedTuple):
    """A leaf with the text of any Python expression that binds like an atom.

    ``job.p``, ``len(queue)``, ``(a @ b)``.
    """

    code: str
    kind: Kind


class Op(NamedTuple):
    """An operator or function applied to its arguments."""

    name: str
    args: "tuple[Expr, ...]"


Expr: TypeAlias = Const | Term | Op
Path: TypeAlias = tuple[int, ...]

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
JUNCTIONS = ("and", "or", "not")
CONDITIONAL = "if"
MATH_CALLS = ("exp", "log", "log1p", "log2", "sqrt", "tanh", "floor", "ceil")


class Position(NamedTuple):
    """A subtree, where it is and what type is wanted there."""

    path: Path
    expr: Expr
    kind: Kind


def argument_kinds(op: Op) -> tuple[Kind, ...]:
    """Return the type of each argument of an operator."""
    if op.name == CONDITIONAL:
        return (Kind.TRUTH, Kind.NUMBER, Kind.NUMBER)
    kind = Kind.TRUTH if op.name in JUNCTIONS else Kind.NUMBER
    return (kind,) * len(op.args)


def kind_of(expr: Expr) -> Kind:
    """Return the type of an expression."""
    if isinstance(expr, Term):
        return expr.kind
    if isinstance(expr, Op) and (expr.name in COMPARISONS or expr.name in JUNCTIONS):
        return Kind.TRUTH
    return Kind.NUMBER


def size(expr: Expr) -> int:
    """Count operators and leaves."""
    if isinstance(expr, Op):
        return 1 + sum(map(size, expr.args))
    return 1


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield every subtree, parents before children."""
    yield expr
    if isinstance(expr, Op):
        for arg in expr.args:
            yield from walk(arg)


def positions(expr: Expr, kind: Kind = Kind.NUMBER) -> list[Position]:
    """List every subtree with its path and type, parents before children."""
    found: list[Position] = []
    stack = [Position((), expr, kind)]
    while stack:
        here = stack.pop()
        found.append(here)
        if isinstance(here.expr, Op):
            kinds = argument_kinds(here.expr)
            stack.extend(
                Position((*here.path, index), arg, kinds[index])
                for index, arg in reversed(list(enumerate(here.expr.args)))
            )
    return found


def replace_at(expr: Expr, path: Path, new: Expr) -> Expr:
    """Put ``new`` in the place that ``path`` leads to."""
    if not path:
        return new
    assert isinstance(expr, Op)
    first, rest = path[0], path[1:]
    args = list(expr.args)
    args[first] = replace_at(args[first], rest, new)
    return Op(expr.name, tuple(args))


def replace_all(expr: Expr, old: Expr, new: Expr) -> Expr:
    """Put ``new`` in every place where ``old`` stands."""
    if expr == old:
        return new
    if isinstance(expr, Op):
        args = tuple([replace_all(arg, old, new) for arg in expr.args])
        return expr if args == expr.args else Op(expr.name, args)
    return expr


def call(name: str, *args: Expr) -> Op:
    """Build an operator from its arguments."""
    return Op(name, args)
