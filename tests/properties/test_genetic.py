"""Expressions of the offline proposer: what holds for all of them."""

import ast
import math

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evolve.agents.genetic.expression import Const, Expr, Kind, Op, Term, size, walk
from evolve.agents.genetic.lower import lower
from evolve.agents.genetic.safety import protect
from evolve.agents.genetic.simplify import simplify
from evolve.agents.genetic.text import text
from evolve.agents.genetic.vocabulary import vocabulary
from evolve.program import normal_id
from evolve.records import Candidate
from tests.fakes.genetic import (
    ENTRY_POINT,
    FOOTER,
    HEADER,
    function,
    propose,
    proposer,
    value,
    views,
    wrap,
)

WORDS = vocabulary(ENTRY_POINT.features)
TERMS = [Term(feature.code, Kind.NUMBER) for feature in ENTRY_POINT.features]
# Powers of two, so that no rounding of constants hides a wrong rule.
LEAVES = st.one_of(
    st.sampled_from(TERMS), st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]).map(Const)
)
COMMON = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    infix = st.sampled_from(["+", "-", "*", "/", "max", "min"])
    compare = st.sampled_from(["<", "<=", ">", ">="])
    test = st.builds(lambda n, a, b: Op(n, (a, b)), compare, LEAVES, LEAVES)
    both = st.builds(
        lambda n, a, b: Op(n, (a, b)), st.sampled_from(["and", "or"]), test, test
    )
    truth = st.one_of(test, both, test.map(lambda t: Op("not", (t,))))
    return st.one_of(
        st.builds(lambda n, a, b: Op(n, (a, b)), infix, inner, inner),
        st.builds(lambda n, a: Op(n, (a,)), st.sampled_from(["neg", "abs"]), inner),
        st.builds(lambda t, a, b: Op("if", (t, a, b)), truth, inner, inner),
    )


EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=10)
SEEDS = st.integers(0, 2**32 - 1)


def computed(expr: Expr, seed: int) -> float | None:
    """Value on random views; None if there is none."""
    job, state = views(np.random.default_rng(seed))
    try:
        return value(expr, job, state)
    except ZeroDivisionError:
        return None


def magnitude(expr: Expr, seed: int) -> float:
    """Largest value of any numeric part: what rounding errors are relative to."""
    parts = [computed(sub, seed) for sub in walk(expr)]
    return max(abs(part) for part in parts if part is not None)


@COMMON
@given(EXPRESSIONS, SEEDS)
def test_simplification_keeps_the_value(expr, seed):
    before = computed(expr, seed)
    assume(before is not None)
    after = computed(simplify(expr), seed)
    assert after is not None
    assert math.isclose(
        before, after, rel_tol=1e-3, abs_tol=1e-3 * magnitude(expr, seed)
    )


@COMMON
@given(EXPRESSIONS)
def test_simplification_reaches_its_end_and_is_not_longer_by_much(expr):
    once = simplify(expr)
    assert simplify(once) == once
    assert size(once) <= 1.5 * size(expr) + 2


@COMMON
@given(EXPRESSIONS)
def test_text_is_read_back_as_the_same_expression(expr):
    tree = ast.parse(text(simplify(expr)), mode="eval").body
    assert simplify(lower(tree, Kind.NUMBER, {})) == simplify(expr)


@COMMON
@given(EXPRESSIONS, SEEDS)
def test_protected_expressions_have_a_value_everywhere(expr, seed):
    guarded = simplify(protect(expr, WORDS.signs, ()))
    assert computed(guarded, seed) is not None


@COMMON
@given(st.lists(EXPRESSIONS, min_size=1, max_size=2), SEEDS)
def test_candidates_compile_and_touch_only_the_block(exprs, seed):
    sources = [wrap(f"    return {text(expr)}") for expr in exprs]
    out = propose(proposer(), sources, seed)
    if isinstance(out, Candidate):
        assert out.source.startswith(HEADER)
        assert out.source.endswith(FOOTER)
        assert callable(function(out.source))
        assert out == propose(proposer(), sources, seed)


@settings(COMMON, max_examples=40)
@given(EXPRESSIONS, SEEDS)
def test_equal_normal_ids_mean_equal_outputs(expr, seed):
    """Children of one parent, and copies of them whose locals have other names."""
    parent = wrap(f"    return {text(simplify(expr))}")
    known = {}
    for number in range(6):
        child = propose(proposer(), [parent], seed + number)
        if isinstance(child, Candidate):
            copy = renamed(child.source)
            assert normal_id(copy) == normal_id(child.source)
            known.setdefault(normal_id(child.source), []).extend([child.source, copy])
    for alike in known.values():
        outputs = {tuple(outcomes(source, seed)) for source in alike}
        assert len(outputs) == 1


def renamed(source: str) -> str:
    """The same program with other names of local variables."""
    tree = ast.parse(source)
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } - {"LIMIT"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in stored:
            node.id = f"zz_{node.id}"
    return ast.unparse(tree)


def outcomes(source: str, seed: int) -> list[str]:
    """What a program returns for some jobs; the kind of error if it fails."""
    rng, found, run = np.random.default_rng(seed), [], function(source)
    for _ in range(5):
        try:
            found.append(repr(run(*views(rng))))
        except ArithmeticError as error:
            found.append(type(error).__name__)
    return found
