"""What an expression does on made-up inputs, to recognise changes that change nothing.

Where an entry point only ranks objects by its value, adding a term that all of them
share, or scaling by one, leaves every decision as it was. Such products, and those
that differ from a parent by algebra only, are not worth an evaluation.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from evolve.agents.genetic.expression import (
    CONDITIONAL,
    Const,
    Expr,
    Term,
)
from evolve.agents.genetic.ranking import Ranking

_CONTEXTS = 6
_OBJECTS = 16
_DIGITS = 9

Values = NDArray[np.float64]


class Probe:
    """Made-up inputs of an entry point, always the same ones.

    Parameters
    ----------
    ranking
        Tells whether only the order of objects counts, and which terms they share.
    """

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking
        self._inputs: dict[str, Values] = {}

    def behaviour(self, expr: Expr) -> bytes | None:
        """Digest of what the expression does; None if it has no value somewhere."""
        with np.errstate(all="ignore"):
            values = self._values(expr)
        if not np.isfinite(values).all():
            return None
        grid = np.broadcast_to(values, (_CONTEXTS, _OBJECTS))
        # Rounding keeps terms that cancel in theory from breaking ties in practice.
        scale = np.abs(grid).max(axis=1, keepdims=True) + 1e-300
        rounded = np.round(grid / scale, _DIGITS)
        if not self._ranking.ranks:
            return bytes(scale * rounded)
        return bytes(np.argsort(rounded, axis=1, kind="stable").astype(np.uint8))

    def _draw(self, code: str) -> Values:
        """Make up values of a term, log-uniform from 1 to 1000."""
        seed = int.from_bytes(sha256(code.encode()).digest()[:8], "big")
        columns = 1 if code in self._ranking.shared else _OBJECTS
        exponents = np.random.default_rng(seed).uniform(0, 3, (_CONTEXTS, columns))
        return np.asarray(10.0**exponents, dtype=np.float64)

    def _values(self, expr: Expr) -> Values:
        if isinstance(expr, Const):
            return np.array([[expr.value]])
        if isinstance(expr, Term):
            if expr.code not in self._inputs:
                self._inputs[expr.code] = self._draw(expr.code)
            return self._inputs[expr.code]
        args = [self._values(arg) for arg in expr.args]
        function = _FUNCTIONS.get(expr.name)
        return np.full((1, 1), np.nan) if function is None else function(args)


def _junction(combine: Callable[[Values, Values], Values]) -> Callable[..., Values]:
    def apply(args: Sequence[Values]) -> Values:
        total = args[0]
        for arg in args[1:]:
            total = combine(total, arg)
        return total

    return apply


def _conditional(args: Sequence[Values]) -> Values:
    return np.where(args[0] != 0, args[1], args[2])


def _unary(
    function: Callable[[Values], Values],
) -> Callable[[Sequence[Values]], Values]:
    return lambda args: function(args[0])


_FUNCTIONS: Mapping[str, Callable[[Sequence[Values]], Values]] = MappingProxyType(
    {
        "+": _junction(np.add),
        "-": _junction(np.subtract),
        "*": _junction(np.multiply),
        "/": _junction(np.divide),
        "//": _junction(np.floor_divide),
        "%": _junction(np.mod),
        "**": _junction(np.power),
        "max": _junction(np.maximum),
        "min": _junction(np.minimum),
        "and": _junction(np.logical_and),
        "or": _junction(np.logical_or),
        "<": _junction(np.less),
        "<=": _junction(np.less_equal),
        ">": _junction(np.greater),
        ">=": _junction(np.greater_equal),
        "==": _junction(np.equal),
        "!=": _junction(np.not_equal),
        "not": _unary(np.logical_not),
        "neg": _unary(np.negative),
        "abs": _unary(np.abs),
        "math.exp": _unary(np.exp),
        "math.log": _unary(np.log),
        "math.log1p": _unary(np.log1p),
        "math.log2": _unary(np.log2),
        "math.sqrt": _unary(np.sqrt),
        "math.tanh": _unary(np.tanh),
        "math.floor": _unary(np.floor),
        "math.ceil": _unary(np.ceil),
        CONDITIONAL: _conditional,
    }
)
