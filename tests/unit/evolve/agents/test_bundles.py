"""Operators that work on the evolve block leave helper files as they are."""

import numpy as np

from evaluators.bundle import split
from evolve.agents.constants import constants
from evolve.agents.glia.tools import built
from evolve.agents.shortening import variants
from evolve.patch import Patched, check
from evolve.records import Candidate, Operator
from evolve.selection.descriptors import structure
from tests.fakes.genetic import MIXED, propose, proposer, wrap

RULES = "# FILE rules.py\ndef weigh(x):\n    return 2.5 * x\n"
BUNDLE = wrap("    return job.d + 3 * job.p + weigh(job.p)").replace(
    "# EVOLVE-BLOCK-START\n", "# EVOLVE-BLOCK-START\nfrom rules import weigh\n"
)
BUNDLE += RULES


def test_genetic_changes_keep_the_files():
    one = proposer()
    for seed in range(30):
        made = propose(one, [BUNDLE], seed)
        assert isinstance(made, Candidate)
        assert made.source.endswith(RULES)
        assert check(made.source, "priority") is None


def test_genetic_crossover_takes_nothing_that_needs_files_of_another():
    one = proposer()
    for seed in range(30):
        made = propose(one, [MIXED, BUNDLE], seed)
        assert "weigh" not in made.source
        assert made.operator is Operator.MUTATION
    made = [propose(one, [BUNDLE, MIXED], seed) for seed in range(30)]
    assert {m.operator for m in made} == {Operator.MUTATION, Operator.CROSSOVER}
    assert all(m.source.endswith(RULES) for m in made)


def test_tuning_moves_the_numbers_of_the_block_alone():
    found = constants(BUNDLE)

    assert [literal.value for literal in found.literals] == [3]
    assert found.written([7.0]) == BUNDLE.replace("3 * job.p", "7 * job.p")


def test_a_shorter_program_loses_the_files_that_it_does_not_import():
    found = [v.source for v in variants(BUNDLE, "priority", np.random.default_rng(0))]

    assert found
    for source in found:
        assert ("import weigh" in source) == (split(source).files != ())
        assert check(source, "priority") is None
    bare = [s for s in found if "weigh" not in split(s).main]
    again = [
        v.source
        for s in found
        for v in variants(s, "priority", np.random.default_rng(0))
    ]
    assert any(not split(s).files for s in bare + again)


def test_the_code_of_a_researcher_may_bring_files():
    code = (
        "from rules import weigh\ndef priority(job, state):\n    return weigh(job.d)\n"
    )
    for said in (code + RULES, f"```python\n{code}{RULES}```"):
        made = built(MIXED, {"code": said}, "priority")
        assert isinstance(made, Patched)
        assert split(made.source).texts == {"rules.py": RULES.partition("\n")[2]}


def test_helper_files_count_as_structure():
    size, forks = structure(BUNDLE)
    larger, more = structure(BUNDLE + "def limit(x):\n    return max(x, 0)\n")

    assert larger > size
    assert more > forks
