"""What is known about the sign of an expression, and divisions that cannot fail."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType

from evolve.agents.genetic.expression import CONDITIONAL, Const, Expr, Op, Term, walk
from problems.base import Feature


class Sign(IntEnum):
    """A lower bound, the weakest first, so that ``min`` means "both are at least"."""

    UNKNOWN = 0
    NON_NEGATIVE = 1
    POSITIVE = 2


_NON_NEGATIVE = re.compile(
    r"non-?negative|not negative|(≥|>=) ?0(?![.\d])|at least 0|from 0|\[0,",
    re.IGNORECASE,
)
_POSITIVE = re.compile(
    r"positive|(?<![<>=])> ?0(?![.\d])|(≥|>=) ?[1-9]|at least (1|one)\b|from 1\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"number of|processing time|duration|size|weight|capacity|count|length",
    re.IGNORECASE,
)
_MAX_EXPONENT = 4


def declared_sign(feature: Feature) -> Sign:
    """Read what a feature's description promises: "positive", ">= 0", "at least 1".

    Numbers, durations, sizes and the like are taken to be at least 0.
    """
    if _NON_NEGATIVE.search(feature.doc):
        return Sign.NON_NEGATIVE
    if _POSITIVE.search(feature.doc):
        return Sign.POSITIVE
    return Sign.NON_NEGATIVE if _AMOUNT.search(feature.doc) else Sign.UNKNOWN


def sign(expr: Expr, known: Mapping[str, Sign]) -> Sign:
    """Bound an expression from below, given the signs of terms by their code."""
    if isinstance(expr, Const):
        if expr.value > 0:
            return Sign.POSITIVE
        return Sign.NON_NEGATIVE if expr.value == 0 else Sign.UNKNOWN
    if isinstance(expr, Term):
        return known.get(expr.code, Sign.UNKNOWN)
    rule = _RULES.get(expr.name)
    if rule is not None:
        return rule([sign(arg, known) for arg in expr.args])
    if expr.name == "**" and isinstance(expr.args[1], Const):
        base = sign(expr.args[0], known)
        return max(base, Sign(int(expr.args[1].value % 2 == 0)))
    return Sign.UNKNOWN


def _of_sum(signs: list[Sign]) -> Sign:
    return min(signs) if min(signs) is Sign.UNKNOWN else max(signs)


def _of_quotient(signs: list[Sign]) -> Sign:
    return signs[0] if signs[1] is Sign.POSITIVE else Sign.UNKNOWN


def _of_branches(signs: list[Sign]) -> Sign:
    return min(signs[1:])


def _of_absolute(signs: list[Sign]) -> Sign:
    return max(signs[0], Sign.NON_NEGATIVE)


def _of_exponential(_: list[Sign]) -> Sign:
    return Sign.POSITIVE


_RULES: Mapping[str, Callable[[list[Sign]], Sign]] = MappingProxyType(
    {
        "+": _of_sum,
        "*": min,
        "min": min,
        "max": max,
        "/": _of_quotient,
        CONDITIONAL: _of_branches,
        "abs": _of_absolute,
        "math.exp": _of_exponential,
    }
)


def denominators(exprs: Iterable[Expr]) -> frozenset[Expr]:
    """Collect what is divided by; parents ran, so theirs are accepted as they are."""
    return frozenset(
        sub.args[1]
        for expr in exprs
        for sub in walk(expr)
        if isinstance(sub, Op) and sub.name in ("/", "//", "%")
    )


def protect(expr: Expr, known: Mapping[str, Sign], accepted: Collection[Expr]) -> Expr:
    """Keep every division away from zero unless its denominator is accepted."""
    if not isinstance(expr, Op):
        return expr
    args = tuple([protect(arg, known, accepted) for arg in expr.args])
    if expr.name in ("/", "//", "%") and expr.args[1] not in accepted:
        args = (args[0], _positive(args[1], known))
    return Op(expr.name, args)


def _positive(expr: Expr, known: Mapping[str, Sign]) -> Expr:
    bound = sign(expr, known)
    if bound is Sign.POSITIVE or (isinstance(expr, Const) and expr.value != 0):
        return expr
    if bound is Sign.NON_NEGATIVE:
        return Op("+", (expr, Const(1.0)))
    return Op("max", (expr, Const(1.0)))


def powers(exprs: Iterable[Expr]) -> frozenset[Op]:
    """Collect the powers in ``exprs``."""
    return frozenset(
        sub
        for expr in exprs
        for sub in walk(expr)
        if isinstance(sub, Op) and sub.name == "**"
    )


def tame(power: Op, known: Mapping[str, Sign]) -> bool:
    """Whether a power can neither overflow in practice nor leave the real numbers."""
    base, exponent = power.args
    if not isinstance(exponent, Const) or abs(exponent.value) > _MAX_EXPONENT:
        return False
    if exponent.value < 0:
        return sign(base, known) is Sign.POSITIVE
    return exponent.value % 1 == 0 or sign(base, known) is not Sign.UNKNOWN
