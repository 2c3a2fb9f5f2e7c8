"""What random expressions are made of: terms, constants, small trees."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from evolve.agents.genetic.expression import (
    Const,
    Expr,
    Kind,
    Op,
    Term,
    call,
)
from evolve.agents.genetic.lower import lower
from evolve.agents.genetic.safety import Sign, declared_sign
from evolve.agents.genetic.simplify import short
from evolve.agents.genetic.units import Unit, declared_unit
from problems.base import Feature

T = TypeVar("T")

_NICE = (0.1, 0.2, 0.25, 0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_OPERATORS = (
    (0.28, "+"), (0.20, "-"), (0.18, "max"), (0.10, "min"), (0.12, "*"), (0.12, "/"),
)  # fmt: skip
_LEAVES = ((0.4, 1), (0.4, 2), (0.2, 3))
_CONST_LEAF = 0.1
_TERM = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The terms that an entry point offers.

    Attributes
    ----------
    groups
        Terms by the object they belong to (``job``, ``state``). A group is drawn
        before a term, so that a crowd of terms of one object does not drown another.
    signs
        What the descriptions say about the signs of terms, by code.
    units
        What the descriptions say about the units of terms, by code.
    tuning
        How much constants are made use of, from 0 to 1. Structure comes first: while
        an expression is small, its few variants without constants are tried out.
    """

    groups: tuple[tuple[Expr, ...], ...]
    signs: Mapping[str, Sign]
    units: Mapping[str, Unit]
    tuning: float = 1.0


def vocabulary(features: Sequence[Feature]) -> Vocabulary:
    """Sort the features of an entry point by the name they start with."""
    groups: dict[str, list[Expr]] = {}
    signs: dict[str, Sign] = {}
    units: dict[str, Unit] = {}
    for feature in features:
        expr = lower(ast.parse(feature.code, mode="eval").body, Kind.NUMBER, {})
        groups.setdefault(feature.code.partition(".")[0], []).append(expr)
        if isinstance(expr, Term):
            signs[expr.code] = declared_sign(feature)
            units[expr.code] = declared_unit(feature)
    return Vocabulary(
        groups=tuple(tuple(group) for group in groups.values()),
        signs=signs,
        units=units,
    )


def pick(options: Sequence[T], rng: np.random.Generator) -> T:
    """Draw one of ``options``, each as likely as another."""
    return options[int(rng.random() * len(options))]


def pick_weighted(options: Sequence[tuple[float, T]], rng: np.random.Generator) -> T:
    """Draw one of ``options`` by its weight, the first entry of each."""
    mark = rng.random() * sum([weight for weight, _ in options])
    for weight, option in options:
        mark -= weight
        if mark < 0:
            return option
    return options[-1][1]


def term(words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Draw a term."""
    return pick(pick(words.groups, rng), rng)


def constant(rng: np.random.Generator) -> Const:
    """Draw a positive constant: a usual one, or log-normal around 1."""
    if rng.random() < 0.6:
        return Const(pick(_NICE, rng))
    return Const(short(float(np.exp(rng.normal(0.0, 1.0))), 2))


def leaf(words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Draw a term or, rarely, a constant."""
    literal = rng.random() < _CONST_LEAF * words.tuning
    return constant(rng) if literal else term(words, rng)


def tree(words: Vocabulary, rng: np.random.Generator, leaves: int = 0) -> Expr:
    """Draw a small numeric expression, by default of one to three leaves."""
    leaves = leaves or pick_weighted(_LEAVES, rng)
    if leaves == 1:
        return leaf(words, rng)
    left = 1 + int(rng.random() * (leaves - 1))
    return call(
        pick_weighted(_OPERATORS, rng),
        tree(words, rng, left),
        tree(words, rng, leaves - left),
    )


def condition(words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Draw a comparison of two small expressions."""
    left = term(words, rng)
    right = term(words, rng)
    if rng.random() < 0.4:
        left = call(pick("+-", rng), left, term(words, rng))
    if rng.random() < 0.4:
        right = call("*", constant(rng), right)
    return Op(pick(("<", ">"), rng), (left, right))


def ratio(words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Draw a quotient of two terms, the lower one perhaps a sum of two."""
    above, below = term(words, rng), term(words, rng)
    if rng.random() < 0.4:
        below = call("+", below, term(words, rng))
    return call("/", above, below)


def operand(words: Vocabulary, rng: np.random.Generator) -> Expr:
    """Draw what joins an expression: mostly a term, at times a scaled one or a tree."""
    if rng.random() < 0.3 * words.tuning:
        return constant(rng) if rng.random() < 0.3 else _scaled_term(words, rng)
    return term(words, rng) if rng.random() < _TERM else tree(words, rng)


def _scaled_term(words: Vocabulary, rng: np.random.Generator) -> Expr:
    return call("*", constant(rng), term(words, rng))
