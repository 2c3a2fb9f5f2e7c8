"""What kind of program it is: a point in a unit cube that never moves.

Two coordinates describe the source, two the decisions, by the features that the pack's
verifier declares, in the order of their names. All scales are fixed, so a program has
the same point whoever else lives.
"""

import ast
import math
import warnings
from collections.abc import Mapping
from functools import lru_cache

from evaluators import bundle
from evolve.program import split_blocks
from evolve.records import Program

DIMENSIONS = 4

_JUDGE = frozenset({"max_gap", "impossible", "shortfall"})
"""Features that tell how good a program is, not of which kind."""

_BITS = 10.0
_FORKS = 4.0
_SHARES = 0.8
"""Part of a coordinate that values from 0 to 1 take; larger ones share the rest."""

_CACHED = 4096


class Descriptor:
    """Describes programs; what it remembers is a pure function of the source."""

    def __init__(self) -> None:
        self._structure = lru_cache(_CACHED)(structure)

    def __call__(self, program: Program) -> tuple[float, ...]:
        """Return the point of a program, shape ``(DIMENSIONS,)``, all from 0 to 1."""
        declared = deeds(program.evaluation.features)
        return (*self._structure(program.candidate.source), *declared)


def structure(source: str) -> tuple[float, float]:
    """Size and branching of the evolvable part, helper files included.

    Size is log2 of the number of syntax nodes plus one, over 10; branching is b / (b +
    4) for b conditions, loops, and calls of ``min`` and ``max``. Text that is not
    Python has 0 of both.
    """
    blocks = split_blocks(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            texts = [file.text for file in bundle.split(source).files]
            texts.append(source if blocks is None else blocks.block)
            trees = [ast.parse(text) for text in texts]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0.0, 0.0
    nodes = [node for tree in trees for node in ast.walk(tree)]
    forks = sum(map(_forks, nodes))
    return min(1.0, math.log2(len(nodes) + 1) / _BITS), forks / (forks + _FORKS)


def deeds(features: Mapping[str, float]) -> tuple[float, float]:
    """Coordinates of the first two declared features, 0 for one that is missing."""
    names = sorted(name for name in features if name not in _JUDGE)[:2]
    values = [squash(features[name]) for name in names]
    first, second, *_ = [*values, 0.0, 0.0]
    return first, second


def squash(value: float) -> float:
    """Map a feature to [0, 1], monotone: a share to 0.8 of it, negative ones to 0."""
    if math.isnan(value) or value <= 0:
        return 0.0
    if value <= 1:
        return _SHARES * value
    return _SHARES + (1 - _SHARES) * (1 - 1 / value)


def _forks(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {"min", "max"}
    kinds = (ast.If, ast.IfExp, ast.For, ast.While, ast.BoolOp, ast.comprehension)
    return isinstance(node, kinds)
