import ast
import re
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from evolve.agents.genetic import GeneticProposer
from evolve.agents.genetic.units import MixedUnitsError, unit_of
from evolve.agents.genetic.vocabulary import vocabulary
from evolve.program import program_id
from evolve.records import Candidate, Operator, Reason, Rejection
from problems.base import BLOCK_END, BLOCK_START
from problems.errors import ConfigError
from tests.fakes.genetic import (
    EDD,
    ENTRY_POINT,
    FOOTER,
    HEADER,
    MIXED,
    expression,
    function,
    propose,
    proposer,
    views,
    wrap,
)

OTHER = wrap("    return max(job.d, 2.5 * job.p + state.t) / state.n")


def test_the_same_parents_and_generator_give_the_same_candidate():
    for seed in range(20):
        sources = [MIXED, OTHER][: 1 + seed % 2]
        first, second = proposer(), proposer()
        propose(second, [OTHER], 99)  # what went before does not matter
        assert propose(first, sources, seed) == propose(second, sources, seed)


def test_candidates_differ_between_generators():
    made = {propose(proposer(), [MIXED], seed).source for seed in range(30)}
    assert len(made) > 20


def test_only_the_block_changes():
    one = proposer()
    for seed in range(40):
        out = propose(one, [MIXED, OTHER], seed)
        assert out.source.startswith(HEADER)
        assert out.source.endswith(FOOTER)
        assert out.source != MIXED


def test_a_candidate_is_filled_in_completely():
    one = proposer()
    kinds = set()
    for seed in range(40):
        out = propose(one, [MIXED, OTHER], seed, step=7)
        assert isinstance(out, Candidate)
        assert (out.step, out.island) == (7, 0)
        assert out.id == program_id(out.source)
        assert out.parents[0] == program_id(MIXED)
        assert len(out.parents) == (2 if out.operator is Operator.CROSSOVER else 1)
        assert out.rationale
        kinds.add(out.operator)
    assert kinds == {Operator.CROSSOVER, Operator.MUTATION}


def test_one_parent_is_mutated():
    assert propose(proposer(), [MIXED], 1).operator is Operator.MUTATION


def test_known_programs_are_not_proposed_again():
    known = set()
    one = proposer(known=known)
    for seed in range(60):
        out = propose(one, [EDD], seed)
        if isinstance(out, Candidate):
            assert out.id not in known
            known.add(out.id)
    assert len(known) > 50


def test_a_duplicate_is_a_rejection_when_nothing_else_comes_up():
    class Everything:
        def __contains__(self, _):
            return True

    out = propose(proposer(known=Everything()), [EDD], 1)
    assert isinstance(out, Rejection)
    assert out.reason is Reason.DUPLICATE
    assert out.parents == (program_id(EDD),)


def test_a_program_without_the_entry_point_is_a_rejection():
    out = propose(proposer(), [EDD.replace("priority", "other")], 1)
    assert isinstance(out, Rejection)
    assert out.reason is Reason.NO_ENTRY_POINT
    assert "priority" in out.detail


def test_an_entry_point_without_features_is_refused_with_a_cure():
    bare = replace(ENTRY_POINT, features=())
    with pytest.raises(ConfigError, match="a model"):
        GeneticProposer(SimpleNamespace(name="demo"), bare)


def test_no_child_only_adds_what_all_jobs_share():
    one = proposer()
    rng = np.random.default_rng(0)
    jobs = [views(rng) for _ in range(12)]
    state = jobs[0][1]
    for seed in range(60):
        run = function(propose(one, [EDD], seed).source)
        order = sorted(range(12), key=lambda i: run(jobs[i][0], state))
        by_due_date = sorted(range(12), key=lambda i: jobs[i][0].d)
        if order == by_due_date:  # possible by chance on these jobs, never by form
            assert "job." in propose(one, [EDD], seed).source
            assert propose(one, [EDD], seed).source.count("job.d + state") == 0


def test_generations_stay_readable_and_rarely_fail():
    one = proposer(known=set())
    rng = np.random.default_rng(5)
    pool, failed, tried = [EDD, OTHER, MIXED], 0, 0
    for seed in range(300):
        pair = [pool[int(i)] for i in rng.integers(len(pool), size=1 + seed % 2)]
        out = propose(one, pair, seed)
        if isinstance(out, Rejection):
            continue
        pool.append(out.source)
        assert max(map(len, out.source.splitlines())) <= 100
        run = function(out.source)
        for _ in range(5):
            tried += 1
            try:
                failed += not np.isfinite(run(*views(rng)))
            except (ZeroDivisionError, OverflowError):
                failed += 1
    assert len(pool) > 280
    assert failed < 0.01 * tried


def test_small_rules_get_scaled_terms():
    one = proposer()
    made = [propose(one, [EDD], seed).source for seed in range(300)]
    scaled = [source for source in made if re.search(r"\d \* (job|state)\.", source)]
    # Structure comes first, but a good rule may be one scaled term away.
    assert 5 < len(scaled) < 100


def test_some_rules_are_in_another_unit_than_their_parent():
    one = proposer()
    made = [propose(one, [EDD], seed).source for seed in range(600)]
    units = Counter(unit(source) for source in made)
    assert units[str((("seconds", 1),))] > 500
    assert units[str((("seconds", 2),))] + units["()"] > 5


def unit(source):
    """Unit of the rule as a text, "mixed" or "other" if it has none or is no line."""
    block = source.split(BLOCK_START)[1].split(BLOCK_END)[0]
    lines = re.findall(r"return (.*)", block)
    if " = " in block or len(lines) != 1:
        return "other"
    try:
        found = unit_of(expression(lines[0]), vocabulary(ENTRY_POINT.features).units)
    except MixedUnitsError:
        return "mixed"
    return str(found)


def test_constants_are_short():
    one = proposer()
    for seed in range(60):
        block = propose(one, [OTHER, MIXED], seed).source
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                assert len(repr(node.value).replace(".", "").strip("0")) <= 4
