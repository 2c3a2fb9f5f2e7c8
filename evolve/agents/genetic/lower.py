"""Python statements to one expression: the value that a function body returns.

Assignments are substituted, ``if`` statements become conditional expressions. What
these few rules do not cover (loops, comprehensions, calls) stays Python text: as a
leaf inside an expression, or as a prelude of statements before the evolvable tail.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from evolve.agents.genetic.expression import (
    CONDITIONAL,
    MATH_CALLS,
    Const,
    Expr,
    Kind,
    Op,
    Term,
    kind_of,
    size,
)

MAX_LOWERED = 300
"""Size beyond which substituting names has got out of hand."""

_BINARY: Mapping[type[ast.operator], str] = MappingProxyType(
    {
        ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
        ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    }
)  # fmt: skip
_COMPARE: Mapping[type[ast.cmpop], str] = MappingProxyType(
    {
        ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
        ast.Eq: "==", ast.NotEq: "!=",
    }
)  # fmt: skip

_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.Tuple)

Names: TypeAlias = dict[str, Expr]


class UnsupportedError(Exception):
    """A statement that has no expression; ``index`` counts in the outermost body."""

    def __init__(self, index: int = 0) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A function body as an expression.

    Attributes
    ----------
    expr
        What the body returns.
    prelude
        Number of leading statements that have to stay in front of it as they are.
    names
        Names that the body gave to expressions.
    """

    expr: Expr
    prelude: int
    names: Mapping[Expr, str] = field(default_factory=dict)


def lower_body(body: Sequence[ast.stmt]) -> Lowered | None:
    """Lower as much of a body as possible; None if it returns nothing usable."""
    start = 0
    while start < len(body):
        names: dict[Expr, str] = {}
        try:
            expr = _Body(names).value(body[start:], {})
        except UnsupportedError as error:
            last = len(body) - 1
            start += max(1, min(error.index + 1, last - start))
        else:
            return Lowered(expr=expr, prelude=start, names=names)
    return None


class _Body:
    """Symbolic execution of statements; collects the names it meets."""

    def __init__(self, names: dict[Expr, str]) -> None:
        self._names = names

    def value(self, body: Sequence[ast.stmt], env: Names) -> Expr:
        """Return what ``body`` returns."""
        for index, statement in enumerate(body):
            try:
                if isinstance(statement, ast.Return) and statement.value is not None:
                    return lower(statement.value, Kind.NUMBER, env)
                if isinstance(statement, ast.If) and _returns(statement):
                    return self._branch(statement, body[index + 1 :], env)
                self._step(statement, env)
            except UnsupportedError:
                raise UnsupportedError(index) from None
        raise UnsupportedError(len(body))

    def _branch(self, node: ast.If, rest: Sequence[ast.stmt], env: Names) -> Expr:
        test = lower(node.test, Kind.TRUTH, env)
        yes = self.value([*node.body, *rest], dict(env))
        no = self.value([*node.orelse, *rest], dict(env))
        return _bounded(Op(CONDITIONAL, (test, yes, no)))

    def _step(self, node: ast.stmt, env: Names) -> None:
        """Execute a statement that does not return."""
        if isinstance(node, ast.If):
            self._merge(node, env)
            return
        if isinstance(node, ast.Pass) or _is_docstring(node):
            return
        name, value = _assignment(node, env)
        env[name] = _bounded(value)
        if isinstance(value, Op):
            self._names.setdefault(value, name)

    def _merge(self, node: ast.If, env: Names) -> None:
        test = lower(node.test, Kind.TRUTH, env)
        yes, no = dict(env), dict(env)
        for branch, names in ((node.body, yes), (node.orelse, no)):
            for statement in branch:
                self._step(statement, names)
        if yes.keys() != no.keys():
            raise UnsupportedError
        for name, value in yes.items():
            if value is not no[name]:
                env[name] = _bounded(Op(CONDITIONAL, (test, value, no[name])))


def _assignment(node: ast.stmt, env: Names) -> tuple[str, Expr]:
    """Return the name that a statement assigns to, and the value."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        load = ast.Name(id=node.target.id, ctx=ast.Load())
        target, value = node.target, ast.BinOp(left=load, op=node.op, right=node.value)
    else:
        raise UnsupportedError
    if not isinstance(target, ast.Name):
        raise UnsupportedError
    return target.id, lower(value, _kind(value), env)


def _kind(node: ast.expr) -> Kind:
    truth = (
        isinstance(node, ast.Compare | ast.BoolOp)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
        or (isinstance(node, ast.Constant) and isinstance(node.value, bool))
    )
    return Kind.TRUTH if truth else Kind.NUMBER


def _returns(node: ast.stmt) -> bool:
    return any(isinstance(inner, ast.Return) for inner in ast.walk(node))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bounded(expr: Expr) -> Expr:
    if size(expr) > MAX_LOWERED:
        raise UnsupportedError
    return expr


def lower(node: ast.expr, kind: Kind, env: Mapping[str, Expr]) -> Expr:
    """Turn a Python expression into one of ours; what is unknown becomes a leaf."""
    expr = _structured(node, env)
    if expr is None:
        expr = _opaque(node, kind, env)
    return expr if kind_of(expr) is kind else _converted(expr, kind)


def _converted(expr: Expr, kind: Kind) -> Expr:
    """Use a truth value as a number, or the reverse."""
    if kind is Kind.NUMBER:
        return Op(CONDITIONAL, (expr, Const(1.0), Const(0.0)))
    return Op("!=", (expr, Const(0.0)))


def _structured(node: ast.expr, env: Mapping[str, Expr]) -> Expr | None:
    if isinstance(node, ast.Name):
        return env.get(node.id)
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        sides = (node.left, node.right)
        return Op(_BINARY[type(node.op)], _all(sides, Kind.NUMBER, env))
    if isinstance(node, ast.IfExp):
        test = lower(node.test, Kind.TRUTH, env)
        return Op(
            CONDITIONAL, (test, *_all((node.body, node.orelse), Kind.NUMBER, env))
        )
    if isinstance(node, ast.Call):
        return _call(node, env)
    return _logic(node, env)


def _all(
    nodes: Sequence[ast.expr], kind: Kind, env: Mapping[str, Expr]
) -> tuple[Expr, ...]:
    return tuple([lower(node, kind, env) for node in nodes])


def _constant(node: ast.Constant) -> Expr | None:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return None
    value = float(node.value)
    return Const(value) if abs(value) < 1e15 else None


def _logic(node: ast.expr, env: Mapping[str, Expr]) -> Expr | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = lower(node.operand, Kind.NUMBER, env)
        return Const(-inner.value) if isinstance(inner, Const) else Op("neg", (inner,))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Op("not", (lower(node.operand, Kind.TRUTH, env),))
    if isinstance(node, ast.Compare):
        return _compare(node, env)
    # As numbers, ``a or b`` is one of its operands, which no operator here says.
    if isinstance(node, ast.BoolOp) and all(
        _kind(v) is Kind.TRUTH for v in node.values
    ):
        name = "and" if isinstance(node.op, ast.And) else "or"
        return Op(name, _all(node.values, Kind.TRUTH, env))
    return None


def _compare(node: ast.Compare, env: Mapping[str, Expr]) -> Expr | None:
    if any(type(op) not in _COMPARE for op in node.ops):
        return None
    sides = _all((node.left, *node.comparators), Kind.NUMBER, env)
    links: list[Expr] = [
        Op(_COMPARE[type(op)], (sides[index], sides[index + 1]))
        for index, op in enumerate(node.ops)
    ]
    return links[0] if len(links) == 1 else Op("and", tuple(links))


def _call(node: ast.Call, env: Mapping[str, Expr]) -> Expr | None:
    if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    name = ast.unparse(node.func)
    count = len(node.args)
    known = (
        (name in ("max", "min") and count >= 2)
        or (name == "abs" and count == 1)
        or (name.removeprefix("math.") in MATH_CALLS and count == 1 and "." in name)
    )
    if known:
        return Op(name, _all(node.args, Kind.NUMBER, env))
    if name == "float" and count == 1 and not isinstance(node.args[0], ast.Constant):
        return lower(node.args[0], Kind.NUMBER, env)
    return None


def _opaque(node: ast.expr, kind: Kind, env: Mapping[str, Expr]) -> Expr:
    """Keep an expression as text, unless it needs a name that would be gone."""
    if any(isinstance(inner, ast.Name) and inner.id in env for inner in ast.walk(node)):
        raise UnsupportedError
    code = ast.unparse(node)
    return Term(code if isinstance(node, _ATOMS) else f"({code})", kind)
