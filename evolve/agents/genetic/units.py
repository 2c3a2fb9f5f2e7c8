"""Units of expressions: seconds are added to seconds, not to counts."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from evolve.agents.genetic.expression import (
    COMPARISONS,
    CONDITIONAL,
    JUNCTIONS,
    Const,
    Expr,
    Op,
    Term,
)
from problems.base import Feature

Unit: TypeAlias = tuple[tuple[str, int], ...]
"""Base units with their exponents, sorted; empty for a plain number."""

PLAIN: Unit = ()


class MixedUnitsError(Exception):
    """Two quantities are added or compared that are not of one kind."""


def declared_unit(feature: Feature) -> Unit:
    """Return the unit that a term is declared to be in."""
    return ((feature.unit, 1),) if feature.unit else PLAIN


def unit_of(expr: Expr, units: Mapping[str, Unit]) -> Unit | None:
    """Infer the unit of an expression; None where anything goes (constants).

    Raises
    ------
    MixedUnitsError
        If unlike quantities are added, compared or chosen from.
    """
    if isinstance(expr, Const):
        return None
    if isinstance(expr, Term):
        return units.get(expr.code)
    of_args = [unit_of(arg, units) for arg in expr.args]
    name = expr.name
    if name in JUNCTIONS:
        return PLAIN
    if name in ("*", "/"):
        return _product(of_args[0] or PLAIN, of_args[1] or PLAIN, name)
    if name in COMPARISONS:
        _common(of_args)
        return PLAIN
    if name == "**":
        return _power(of_args[0], expr)
    if name.startswith("math."):
        return _common([*of_args, PLAIN])
    return _common(of_args[1:] if name == CONDITIONAL else of_args)


def _common(units: Sequence[Unit | None]) -> Unit | None:
    known = {unit for unit in units if unit is not None}
    if len(known) > 1:
        raise MixedUnitsError
    return known.pop() if known else None


def _product(left: Unit, right: Unit, name: str) -> Unit:
    exponents = dict(left)
    for base, exponent in right:
        change = exponent if name == "*" else -exponent
        exponents[base] = exponents.get(base, 0) + change
    return tuple(sorted((base, e) for base, e in exponents.items() if e))


def _power(base: Unit | None, expr: Op) -> Unit | None:
    exponent = expr.args[1]
    if not base:
        return base
    if isinstance(exponent, Const) and exponent.value % 1 == 0:
        factor = int(exponent.value)
        return tuple((name, power * factor) for name, power in base)
    raise MixedUnitsError


def consistent(expr: Expr, units: Mapping[str, Unit], wanted: Unit | None) -> bool:
    """Whether an expression mixes no units and comes out in the wanted one."""
    try:
        unit = unit_of(expr, units)
    except MixedUnitsError:
        return False
    return unit is None or wanted is None or unit == wanted
