"""Shorter forms of the same value, and one form for what is written in many ways.

Sums become linear combinations with one entry per distinct term, products one
fraction; operands of commutative operators are put in the order of their texts, so
that programs that differ by algebra only get the same source.
"""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType

from evolve.agents.genetic.expression import (
    COMPARISONS,
    CONDITIONAL,
    JUNCTIONS,
    Const,
    Expr,
    Kind,
    Op,
    Term,
)
from evolve.agents.genetic.text import text

TRUE = Term("True", Kind.TRUTH)
FALSE = Term("False", Kind.TRUTH)
ZERO = Const(0.0)
ONE = Const(1.0)

ADDITIVE = ("+", "-", "neg")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
        "==": operator.eq, "!=": operator.ne,
    }
)  # fmt: skip
_INVERSE = MappingProxyType(
    {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
)


def short(value: float, digits: int = 4) -> float:
    """Round to a few significant digits."""
    return float(f"{value:.{digits}g}")


def simplify(expr: Expr) -> Expr:
    """Return an equal expression in normal form, mostly a shorter one.

    Values agree up to rounding of folded constants to 4 significant digits, wherever
    the original has a value.
    """
    if not isinstance(expr, Op):
        return expr
    name = expr.name
    if name in ADDITIVE:
        return _sum(expr)
    if name in ("*", "/"):
        return _product(expr)
    args = tuple([simplify(arg) for arg in expr.args])
    if name in ("max", "min"):
        return _extreme(name, args)
    if name == CONDITIONAL:
        return _conditional(args)
    if name in COMPARISONS:
        return _comparison(name, args)
    if name in JUNCTIONS:
        return _junction(name, args)
    return _absolute(args[0]) if name == "abs" else Op(name, args)


def _sum(expr: Op) -> Expr:
    terms: dict[Expr, float] = {}
    collect_sum(expr, 1.0, terms)
    constant = short(terms.pop(ONE, 0.0))
    kept = {term: short(factor) for term, factor in terms.items() if short(factor)}
    return build_sum(kept, constant)


def collect_sum(expr: Expr, factor: float, terms: dict[Expr, float]) -> None:
    """Add ``factor * expr`` to a linear combination; constants go under ``ONE``."""
    if isinstance(expr, Const):
        terms[ONE] = terms.get(ONE, 0.0) + factor * expr.value
    elif isinstance(expr, Op) and expr.name in ADDITIVE:
        last = -1.0 if expr.name != "+" else 1.0
        *first, final = expr.args
        for arg in first:
            collect_sum(arg, factor, terms)
        collect_sum(final, factor * last, terms)
    elif isinstance(expr, Op):
        plain = simplify(expr)
        scale, rest = split_factor(plain)
        if isinstance(rest, Op) and rest.name in ADDITIVE:
            collect_sum(rest, factor * scale, terms)
        elif isinstance(rest, Const):
            terms[ONE] = terms.get(ONE, 0.0) + factor * scale * rest.value
        else:
            terms[rest] = terms.get(rest, 0.0) + factor * scale
    else:
        terms[expr] = terms.get(expr, 0.0) + factor


def split_factor(expr: Expr) -> tuple[float, Expr]:
    """Split a normal form into its constant factor and the rest."""
    if isinstance(expr, Op) and expr.name == "neg":
        factor, rest = split_factor(expr.args[0])
        return -factor, rest
    if not isinstance(expr, Op) or expr.name not in ("*", "/"):
        return 1.0, expr
    left, right = expr.args
    if isinstance(left, Const):
        if expr.name == "*":
            return left.value, right
        return left.value, Op("/", (ONE, right))
    factor, rest = split_factor(left)
    if factor == 1.0:
        return 1.0, expr
    return factor, Op(expr.name, (rest, right))


def build_sum(terms: Mapping[Expr, float], constant: float) -> Expr:
    """Write a linear combination, what is added before what is taken away."""
    scale = _common_factor(terms, constant)
    ordered = list(terms.items())
    if len(ordered) > 1:
        ordered.sort(key=lambda item: (item[1] / scale < 0, text(item[0])))
    total: Expr | None = None
    for term, factor in ordered:
        total = _plus(total, scale_by(abs(factor / scale), term), factor / scale)
    if constant or total is None:
        total = _plus(total, Const(abs(constant / scale)), constant / scale)
    return scale_by(scale, total)


def _common_factor(terms: Mapping[Expr, float], constant: float) -> float:
    """Find a factor to put before the whole sum, 1 if its terms differ in theirs."""
    factors = set(terms.values()) | ({constant} if constant else set())
    sizes = {abs(factor) for factor in factors}
    if len(sizes) != 1 or not terms:
        return 1.0
    lone = len(terms) + bool(constant) == 1
    if lone:
        return 1.0
    size = sizes.pop()
    return -size if all(factor < 0 for factor in factors) else size


def _plus(total: Expr | None, term: Expr, direction: float) -> Expr:
    if total is None:
        if direction > 0:
            return term
        return Const(-term.value) if isinstance(term, Const) else scale_by(-1.0, term)
    return Op("+" if direction > 0 else "-", (total, term))


def scale_by(factor: float, expr: Expr) -> Expr:
    """Write ``factor * expr``, the constant in front of the whole product."""
    if isinstance(expr, Const):
        return Const(short(factor * expr.value))
    own, rest = split_factor(expr)
    total = short(own * factor)
    if total == 1.0:
        return rest
    if total == -1.0:
        return Op("neg", (rest,))
    if isinstance(rest, Op) and rest.name in ("*", "/"):
        return _prepend(total, rest)
    return Op("*", (Const(total), rest))


def _prepend(factor: float, product: Op) -> Expr:
    """Multiply the leftmost factor of a product, so that no parentheses arise."""
    left, right = product.args
    if isinstance(left, Op) and left.name in ("*", "/"):
        return Op(product.name, (_prepend(factor, left), right))
    first = Const(factor) if left == ONE else Op("*", (Const(factor), left))
    return Op(product.name, (first, right))


def _product(expr: Op) -> Expr:
    above: list[Expr] = []
    below: list[Expr] = []
    scale = collect_product(expr, above, below)
    return fraction(scale, above, below)


def fraction(scale: float, above: list[Expr], below: list[Expr]) -> Expr:
    """Write ``scale`` times the factors in ``above``, divided by those in ``below``."""
    if scale == 0.0:
        return ZERO
    above, below = list(above), list(below)
    for factor in list(below):
        if factor in above:
            above.remove(factor)
            below.remove(factor)
    numerator, denominator = _times(above), _times(below)
    if denominator is None:
        return Const(short(scale)) if numerator is None else _scaled(scale, numerator)
    return scale_by(scale, Op("/", (numerator or ONE, denominator)))


def _scaled(scale: float, expr: Expr) -> Expr:
    """Distribute a factor over a sum, which then finds its own common factor."""
    if isinstance(expr, Op) and expr.name in ADDITIVE:
        terms: dict[Expr, float] = {}
        collect_sum(expr, scale, terms)
        constant = short(terms.pop(ONE, 0.0))
        return build_sum({term: short(f) for term, f in terms.items()}, constant)
    return scale_by(scale, expr)


def collect_product(expr: Expr, above: list[Expr], below: list[Expr]) -> float:
    """Add the factors of a product to a fraction; return its constant factor."""
    if isinstance(expr, Op) and expr.name == "neg":
        return -collect_product(expr.args[0], above, below)
    if isinstance(expr, Op) and expr.name == "*":
        left = collect_product(expr.args[0], above, below)
        return left * collect_product(expr.args[1], above, below)
    if isinstance(expr, Op) and expr.name == "/":
        upper = collect_product(expr.args[0], above, below)
        lower = collect_product(expr.args[1], below, above)
        if lower == 0.0:
            below.append(ZERO)
            return upper
        return upper / lower
    if isinstance(expr, Const):
        return expr.value
    plain = simplify(expr)
    factor, rest = split_factor(plain)
    if isinstance(rest, Op) and rest.name in ("*", "/"):
        return factor * collect_product(rest, above, below)
    if isinstance(rest, Const):
        return factor * rest.value
    above.append(rest)
    return factor


def _times(factors: list[Expr]) -> Expr | None:
    if not factors:
        return None
    first, *rest = sorted(factors, key=text) if len(factors) > 1 else factors
    for factor in rest:
        first = Op("*", (first, factor))
    return first


def _extreme(name: str, args: tuple[Expr, ...]) -> Expr:
    """Flatten, fold and order the arguments of ``max`` or ``min``."""
    other = "min" if name == "max" else "max"
    flat: list[Expr] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, Op) and arg.name == name else (arg,))
    numbers = [arg.value for arg in flat if isinstance(arg, Const)]
    rest = {text(arg): arg for arg in flat if not isinstance(arg, Const)}
    kept: list[Expr] = [
        rest[key]
        for key in sorted(rest)
        if not _absorbed(rest[key], other, set(rest.values()))
    ]
    if numbers:
        kept.append(Const(max(numbers) if name == "max" else min(numbers)))
    return kept[0] if len(kept) == 1 else Op(name, tuple(kept))


def _absorbed(arg: Expr, other: str, siblings: set[Expr]) -> bool:
    """Whether ``arg`` is ``min(x, …)`` beside ``x`` in a ``max``, or the reverse."""
    if not isinstance(arg, Op) or arg.name != other:
        return False
    return any(inner in siblings for inner in arg.args)


def _conditional(args: tuple[Expr, ...]) -> Expr:
    test, yes, no = args
    if isinstance(yes, Op) and yes.name == CONDITIONAL and yes.args[0] == test:
        yes = yes.args[1]
    if isinstance(no, Op) and no.name == CONDITIONAL and no.args[0] == test:
        no = no.args[2]
    if test == TRUE or yes == no:
        return yes
    if test == FALSE:
        return no
    if isinstance(test, Op) and test.name == "not":
        return Op(CONDITIONAL, (test.args[0], no, yes))
    return Op(CONDITIONAL, (test, yes, no))


def _comparison(name: str, args: tuple[Expr, ...]) -> Expr:
    left, right = args
    if isinstance(left, Const) and isinstance(right, Const):
        return TRUE if _COMPARE[name](left.value, right.value) else FALSE
    if left == right:
        return TRUE if _COMPARE[name](0.0, 0.0) else FALSE
    return Op(name, args)


def _junction(name: str, args: tuple[Expr, ...]) -> Expr:
    if name == "not":
        return _negation(args[0])
    decisive, neutral = (FALSE, TRUE) if name == "and" else (TRUE, FALSE)
    flat: list[Expr] = []
    for arg in args:
        parts = arg.args if isinstance(arg, Op) and arg.name == name else (arg,)
        flat.extend(part for part in parts if part not in (*flat, neutral))
    if decisive in flat:
        return decisive
    if len(flat) > 1:
        return Op(name, tuple(flat))
    return flat[0] if flat else neutral


def _negation(arg: Expr) -> Expr:
    if arg in (TRUE, FALSE):
        return FALSE if arg == TRUE else TRUE
    if isinstance(arg, Op) and arg.name in _INVERSE:
        return Op(_INVERSE[arg.name], arg.args)
    if isinstance(arg, Op) and arg.name == "not":
        return arg.args[0]
    return Op("not", (arg,))


def _absolute(arg: Expr) -> Expr:
    factor, rest = split_factor(arg)
    if isinstance(rest, Const):
        return Const(abs(factor * rest.value))
    if isinstance(rest, Op) and rest.name == "abs":
        return scale_by(abs(factor), rest)
    return scale_by(abs(factor), Op("abs", (rest,)))
