"""Children of two expressions; each a pure function of them and the generator."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from evolve.agents.genetic.expression import (
    CONDITIONAL,
    Const,
    Expr,
    Op,
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
    pick,
    pick_weighted,
)

Crossing: TypeAlias = Callable[
    [Expr, Expr, Vocabulary, np.random.Generator], Expr | None
]
"""Changes the first expression with a part of the second."""


def cross(
    first: Expr, second: Expr, words: Vocabulary, rng: np.random.Generator
) -> tuple[str, Expr] | None:
    """Apply one drawn crossing; return its name and the product."""
    operation = pick_weighted(CROSSINGS, rng)
    product = operation(first, second, words, rng)
    return None if product is None else (operation.__name__.replace("_", " "), product)


def exchange_subtree(
    first: Expr, second: Expr, _: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Replace a subtree by one of the same type from the other parent."""
    places = positions(first)
    inner = [here for here in places if isinstance(here.expr, Op)]
    here = pick(inner if inner and rng.random() < 0.7 else places, rng)
    fitting = [sub for sub in walk(second) if kind_of(sub) is here.kind]
    larger = [sub for sub in fitting if isinstance(sub, Op)]
    if not fitting:
        return None
    new = pick(larger if larger and rng.random() < 0.8 else fitting, rng)
    if isinstance(here.expr, Op) and rng.random() < 0.5:
        return replace_all(first, here.expr, new)
    return replace_at(first, here.path, new)


def blend(
    first: Expr, second: Expr, _: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Take a weighted mean of both, or the first plus a share of the second."""
    share = short(0.05 + 0.9 * rng.random(), 2)
    added = call("*", Const(share), second)
    if rng.random() < 0.5:
        return call("+", first, added)
    return call("+", call("*", Const(short(1 - share, 2)), first), added)


def combine(
    first: Expr, second: Expr, words: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Let the larger, the smaller or a condition decide between both."""
    mark = rng.random()
    if mark < 0.6:
        return call("max" if mark < 0.3 else "min", first, second)
    return call(CONDITIONAL, condition(words, rng), first, second)


def add_part(
    first: Expr, second: Expr, _: Vocabulary, rng: np.random.Generator
) -> Expr | None:
    """Join a part of the second to the whole of the first."""
    parts = [here.expr for here in positions(second)[1:] if here.kind is kind_of(first)]
    if not parts:
        return None
    return call(pick(("+", "-", "max", "min", "*", "/"), rng), first, pick(parts, rng))


CROSSINGS: tuple[tuple[float, Crossing], ...] = (
    (0.60, exchange_subtree),
    (0.15, blend),
    (0.10, combine),
    (0.15, add_part),
)
