import numpy as np
import pytest

from evolve.agents.genetic.crossover import CROSSINGS, exchange_subtree
from evolve.agents.genetic.expression import (
    Const,
    Kind,
    Op,
    Term,
    argument_kinds,
    kind_of,
    size,
    walk,
)
from evolve.agents.genetic.mutation import (
    MUTATIONS,
    change_constant,
    change_operator,
    change_term,
    hoist_subtree,
    insert_above,
    shrink,
)
from evolve.agents.genetic.vocabulary import condition, tree, vocabulary
from tests.fakes.genetic import ENTRY_POINT, expression

WORDS = vocabulary(ENTRY_POINT.features)
PARENT = expression(
    "max(job.d, 1.5 * job.p + state.t) if job.d < state.t else job.p / (1 + state.n)"
)
OTHER = expression("min(job.d, 7 * state.n) - abs(job.p) * (3 if job.p > 2 else 4)")


def well_typed(expr):
    return all(
        kind_of(arg) is kind
        for sub in walk(expr)
        if isinstance(sub, Op)
        for arg, kind in zip(sub.args, argument_kinds(sub), strict=True)
    )


def many(make, rounds=200):
    return [make(np.random.default_rng(seed)) for seed in range(rounds)]


@pytest.mark.parametrize(
    "mutation", [m for _, m in MUTATIONS], ids=lambda m: m.__name__
)
def test_every_mutation_keeps_types_and_mostly_changes_something(mutation):
    made = [e for e in many(lambda rng: mutation(PARENT, WORDS, rng)) if e is not None]
    assert all(well_typed(expr) and kind_of(expr) is Kind.NUMBER for expr in made)
    assert sum(expr != PARENT for expr in made) > 100


@pytest.mark.parametrize(
    "crossing", [c for _, c in CROSSINGS], ids=lambda c: c.__name__
)
def test_every_crossing_keeps_types(crossing):
    made = many(lambda rng: crossing(PARENT, OTHER, WORDS, rng))
    assert all(well_typed(expr) and kind_of(expr) is Kind.NUMBER for expr in made)


@pytest.mark.parametrize(
    "crossing", [c for _, c in CROSSINGS], ids=lambda c: c.__name__
)
def test_every_crossing_mixes_both_parents(crossing):
    first, second = expression("job.p + job.p * job.p"), expression("state.t - state.n")
    mixed = 0
    for expr in many(lambda rng: crossing(first, second, WORDS, rng)):
        codes = {sub.code for sub in walk(expr) if isinstance(sub, Term)}
        mixed += bool(codes & {"job.p"}) and bool(codes & {"state.t", "state.n"})
    assert mixed > 100


def test_a_truth_is_only_exchanged_for_a_truth():
    first, second = expression("job.p if job.d < 1 else job.d"), expression("job.p + 3")
    for expr in many(lambda rng: exchange_subtree(first, second, WORDS, rng) or first):
        assert well_typed(expr)


@pytest.mark.parametrize("mutation", [hoist_subtree, change_operator, shrink])
def test_a_lone_leaf_has_no_operation_to_change(mutation):
    assert mutation(expression("job.d"), WORDS, np.random.default_rng(0)) is None


def test_terms_are_exchanged_for_all_others():
    made = set(many(lambda rng: change_term(expression("job.d"), WORDS, rng)))
    assert made >= {expression(feature.code) for feature in ENTRY_POINT.features}


def test_a_constant_may_become_a_term():
    made = set(many(lambda rng: change_term(expression("job.d - 1000"), WORDS, rng)))
    assert expression("job.d - state.t") in made
    assert expression("job.p - 1000") in made


def test_constants_move_by_factors_and_stay_short():
    made = many(lambda rng: change_constant(expression("2 * job.d"), WORDS, rng))
    values = [next(s.value for s in walk(e) if isinstance(s, Const)) for e in made]
    assert min(map(abs, values)) < 1.5
    assert max(map(abs, values)) > 3
    assert all(len(f"{value:g}") <= 6 for value in values)


def test_a_small_expression_gets_no_constants_before_its_structure():
    from dataclasses import replace

    plain = replace(WORDS, tuning=0.0)
    made = many(lambda rng: insert_above(expression("job.d"), plain, rng), 500)
    literals = [s for e in made if e for s in walk(e) if isinstance(s, Const)]
    # Only conditions may compare with a scaled term.
    assert len(literals) < 30
    assert change_constant(PARENT, plain, np.random.default_rng(1)) is None


def test_random_trees_are_small_and_typed():
    made = many(lambda rng: tree(WORDS, rng))
    assert all(well_typed(expr) and size(expr) <= 7 for expr in made)
    assert {size(expr) for expr in made} >= {1, 3, 5}
    assert all(kind_of(e) is Kind.TRUTH for e in many(lambda r: condition(WORDS, r)))
