"""Small changes of one expression; each a pure function of it and the generator."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from evolve.agents.genetic.expression import (
    COMPARISONS,
    CONDITIONAL,
    Const,
    Expr,
    Kind,
    Op,
    Position,
    Term,
    call,
    kind_of,
    positions,
    replace_all,
    replace_at,
    walk,
)
from evolve.agents.genetic.simplify import short
from evolve.agents.genetic.vocabulary import (
    Vocabulary,
    condition,
    constant,
    leaf,
    operand,
    pick,
    pick_weighted,
    ratio,
    term,
    tree,
)

Mutation: TypeAlias = Callable[[Expr, Vocabulary, np.random.Generator], Expr | None]
"""Returns None where there is nothing of the kind it changes."""

_INFIX = ("+", "-", "*", "/", "max", "min")
_ONE_PLACE = 0.3
_ALL_CONSTANTS = 0.15


def mutate(
    expr: Expr, words: Vocabulary, rng: np.random.Generator
) -> tuple[str, Expr] | None:
    """Apply one drawn mutation; return its name and the product."""
    operation = pick_weighted(MUTATIONS, rng)
    product = operation(expr, words, rng)
    return None if product is None else (operation.__name__.replace("_", " "), product)


def grow_subtree(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Replace a subtree by a random one."""
    here = _position(expr, rng)
    if here.kind is Kind.TRUTH:
        return _put(expr, here, condition(words, rng), rng)
    return _put(expr, here, tree(words, rng), rng)


def insert_above(
    expr: Expr, words: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Put an operator with a new small operand above a subtree."""
    here = _numeric(expr, rng)
    shape = pick_weighted(_INSERTIONS, rng)
    return _put(expr, here, shape(here.expr, words, rng), rng)


def hoist_subtree(expr: Expr, _: Vocabulary, rng: np.random.Generator) -> Expr | None:
    """Let an operation be replaced by one of its operands."""
    inner = [here for here in positions(expr) if isinstance(here.expr, Op)]
    if not inner:
        return None
    here = pick(inner, rng)
    assert isinstance(here.expr, Op)
    fitting = [arg for arg in here.expr.args if kind_of(arg) is here.kind]
    return _put(expr, here, pick(fitting, rng), rng) if fitting else None


def change_operator(expr: Expr, _: Vocabulary, rng: np.random.Generator) -> Expr | None:
    """Exchange an operator for a similar one, or swap two operands."""
    inner = [here for here in positions(expr) if isinstance(here.expr, Op)]
    if not inner:
        return None
    here = pick(inner, rng)
    assert isinstance(here.expr, Op)
    name, args = here.expr
    if name == CONDITIONAL:
        return _put(expr, here, Op(name, (args[0], args[2], args[1])), rng)
    if name in COMPARISONS:
        return _put(expr, here, Op(pick(("<", "<=", ">", ">="), rng), args), rng)
    others = [other for other in _INFIX if other != name] if name in _INFIX else []
    if name in ("-", "/") and rng.random() < 0.3:
        return _put(expr, here, Op(name, (args[1], args[0])), rng)
    return _put(expr, here, _binary(pick(others, rng), args), rng) if others else None


def change_term(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr | None:
    """Exchange a term, or a constant, for a term."""
    leaves = [
        here
        for here in positions(expr)
        if isinstance(here.expr, Term | Const) and here.kind is Kind.NUMBER
    ]
    return _put(expr, pick(leaves, rng), term(words, rng), rng) if leaves else None


def change_constant(
    expr: Expr, words: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Scale a constant, seldom all of them, by a log-normal factor."""
    constants = [here for here in positions(expr) if isinstance(here.expr, Const)]
    if not constants or rng.random() > words.tuning:
        return None
    width = pick((0.05, 0.2, 0.7), rng)
    if rng.random() > _ALL_CONSTANTS:
        here = pick(constants, rng)
        assert isinstance(here.expr, Const)
        return _put(expr, here, _scaled(here.expr.value, width, rng), rng)
    for here in constants:
        assert isinstance(here.expr, Const)
        expr = replace_at(expr, here.path, _scaled(here.expr.value, width, rng))
    return expr


def shrink(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr | None:
    """Replace an operation by a leaf."""
    inner = [here for here in positions(expr)[1:] if isinstance(here.expr, Op)]
    if not inner:
        return None
    here = pick(inner, rng)
    if here.kind is Kind.TRUTH:
        return _put(expr, here, condition(words, rng), rng)
    return _put(expr, here, leaf(words, rng), rng)


def scale_subtree(
    expr: Expr, words: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Multiply a subtree by a constant."""
    if rng.random() > words.tuning:
        return None
    here = _numeric(expr, rng)
    return _put(expr, here, call("*", constant(rng), here.expr), rng)


def add_ratio(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Add a quotient of terms to a subtree, or let it scale the subtree."""
    here = _numeric(expr, rng)
    part: Expr = ratio(words, rng)
    if rng.random() < 0.5 * words.tuning:
        part = call("*", constant(rng), part)
    if rng.random() < 0.5:
        return _put(expr, here, call("+", here.expr, part), rng)
    return _put(expr, here, call("*", here.expr, call("+", Const(1.0), part)), rng)


def reuse_subtree(expr: Expr, _: Vocabulary, rng: np.random.Generator) -> Expr | None:
    """Put a part of the expression to a second use elsewhere in it."""
    parts = [sub for sub in walk(expr) if kind_of(sub) is Kind.NUMBER]
    part = pick(parts, rng)
    here = _numeric(expr, rng)
    if rng.random() < 0.5:
        return replace_at(expr, here.path, part)
    name = pick(("+", "-", "max", "min", "/"), rng)
    if rng.random() < 0.3:
        part = call("*", constant(rng), part)
    return replace_at(expr, here.path, call(name, here.expr, part))


def _with_extreme(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr:
    return call(pick(("max", "max", "min"), rng), expr, operand(words, rng))


def _with_sum(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr:
    return call(pick("+-", rng), expr, operand(words, rng))


def _with_product(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr:
    return call(pick("*/", rng), expr, operand(words, rng))


def _with_condition(expr: Expr, words: Vocabulary, rng: np.random.Generator) -> Expr:
    other = operand(words, rng)
    pair = (expr, other) if rng.random() < 0.5 else (other, expr)
    return call(CONDITIONAL, condition(words, rng), *pair)


def _with_sign(expr: Expr, _: Vocabulary, rng: np.random.Generator) -> Expr:
    return call(pick(("abs", "neg"), rng), expr)


def _binary(name: str, args: tuple[Expr, ...]) -> Expr:
    """Apply an operator to any number of operands, two at a time if it is infix."""
    if name in ("max", "min"):
        return Op(name, args)
    total = args[0]
    for arg in args[1:]:
        total = call(name, total, arg)
    return total


def _scaled(value: float, width: float, rng: np.random.Generator) -> Const:
    if value == 0.0:
        return constant(rng)
    if rng.random() < 0.03:
        return Const(-value)
    product = value * float(np.exp(rng.normal(0.0, width)))
    return Const(short(product, 2 if width > 0.1 else 3))


def _position(expr: Expr, rng: np.random.Generator) -> Position:
    return pick(positions(expr), rng)


def _numeric(expr: Expr, rng: np.random.Generator) -> Position:
    return pick([here for here in positions(expr) if here.kind is Kind.NUMBER], rng)


def _put(expr: Expr, here: Position, new: Expr, rng: np.random.Generator) -> Expr:
    """Replace a subtree; of an operation that is used twice, mostly in both places."""
    if rng.random() < _ONE_PLACE:
        return replace_at(expr, here.path, new)
    if isinstance(here.expr, Op) or not here.path:
        return replace_all(expr, here.expr, new)
    around = expr
    for index in here.path[:-1]:
        assert isinstance(around, Op)
        around = around.args[index]
    return replace_all(expr, around, replace_at(around, here.path[-1:], new))


_INSERTIONS = (
    (0.40, _with_extreme),
    (0.38, _with_sum),
    (0.12, _with_product),
    (0.08, _with_condition),
    (0.02, _with_sign),
)

MUTATIONS: tuple[tuple[float, Mutation], ...] = (
    (0.40, insert_above),
    (0.12, grow_subtree),
    (0.10, change_term),
    (0.10, change_operator),
    (0.14, change_constant),
    (0.05, hoist_subtree),
    (0.03, shrink),
    (0.05, scale_subtree),
    (0.05, add_ratio),
    (0.05, reuse_subtree),
)
