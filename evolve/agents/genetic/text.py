"""Expressions as Python text, with no more parentheses than needed."""

from evolve.agents.genetic.expression import COMPARISONS, CONDITIONAL, Const, Expr, Op

_ATOM = 10
_POWER = 9
_UNARY = 8
_PRODUCT = 7
_SUM = 6
_COMPARE = 4
_NOT = 3
_BINARY = {
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT,
    "and": 2, "or": 1, **dict.fromkeys(COMPARISONS, _COMPARE),
}  # fmt: skip


def number(value: float) -> str:
    """Write a constant as short as it can be read back."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return repr(value)


def text(expr: Expr, level: int = 0) -> str:
    """Write an expression; parenthesise it if it binds less than ``level``."""
    if isinstance(expr, Const):
        bare, own = number(expr.value), _UNARY if expr.value < 0 else _ATOM
    elif isinstance(expr, Op):
        bare, own = _operation(expr)
    else:
        bare, own = expr.code, _ATOM
    return f"({bare})" if own < level else bare


def _operation(op: Op) -> tuple[str, int]:
    """Text of an operation and how strongly it binds."""
    name, args = op
    if name in _BINARY:
        own = _BINARY[name]
        first = text(args[0], own + (own == _COMPARE))
        rest = [text(arg, own + 1) for arg in args[1:]]
        return f" {name} ".join([first, *rest]), own
    if name == CONDITIONAL:
        test, yes, no = args
        return f"{text(yes, 1)} if {text(test, 1)} else {text(no)}", 0
    if name == "neg":
        return f"-{text(args[0], _UNARY)}", _UNARY
    if name == "not":
        return f"not {text(args[0], _NOT)}", _NOT
    if name == "**":
        return f"{text(args[0], _ATOM)} ** {text(args[1], _UNARY)}", _POWER
    return f"{name}({', '.join([text(arg) for arg in args])})", _ATOM
