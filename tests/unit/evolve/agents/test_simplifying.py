"""Shorter programs with the same score."""

import asyncio

import numpy as np
import pytest

from evolve.agents.shortening import variants
from evolve.agents.simplifying import TRIALS, SimplifyingProposer
from evolve.records import Candidate, Operator, Reason
from tests.fakes.briefs import a_brief
from tests.fakes.genetic import EDD, FOOTER, HEADER, function, views, wrap
from tests.fakes.trials import Judge

PADDED = wrap(
    "    # The due date counts.\n"
    "    import math\n"
    "    unused = job.p * 3\n"
    "    base = job.d + 0 * job.p  # kept comment\n"
    "    if state.n < 0:\n"
    "        base = base + math.sqrt(4.0)\n"
    "    return max(base, -1, base)"
)


def sources(source, seed=0):
    rng = np.random.default_rng(seed)
    return {v.source: v for v in variants(source, "priority", rng)}


def bodies(body, seed=0):
    head, tail = wrap("\0").split("\0")
    return {s[len(head) : -len(tail)]: v for s, v in sources(wrap(body), seed).items()}


@pytest.mark.parametrize(
    ("body", "shorter"),
    [
        ("    return job.d + job.p", "    return job.d"),
        ("    return (job.d + job.p) * 2", "    return (job.d) * 2"),
        ("    return job.d if state.n else job.p", "    return job.p"),
        ("    return max(job.d, job.p, 0)", "    return max(job.d, 0)"),
        ("    return abs(job.d)", "    return job.d"),
        ("    return -job.d", "    return job.d"),
        ("    return job.d * (2 + 3)", "    return job.d * 5"),
        ("    return state.n and job.d", "    return job.d"),
        ("    if state.n:\n        return 1\n    return 2", "    return 2"),
        ("    if job.p:\n        y = 1\n    else:\n        y = 2\n    return y",
         "    y = 2\n    return y"),
        ("    x = 1\n    return job.d", "    return job.d"),
    ],
)  # fmt: skip
def test_one_thing_less(body, shorter):
    found = bodies(body)
    expected = function(wrap(shorter)).__code__.co_code
    assert expected in {function(wrap(text)).__code__.co_code for text in found}


def test_dead_code_and_folding_come_first_and_are_safe():
    found = list(
        bodies(PADDED[len(wrap("\0").split("\0")[0]) :][: -len(FOOTER) - 1]).values()
    )
    safe = [v for v in found if v.safe]
    assert [v.safe for v in found] == [True] * len(safe) + [False] * (
        len(found) - len(safe)
    )
    assert any("unused" not in v.source for v in safe)
    rng = np.random.default_rng(0)
    for variant in safe:
        job, state = views(rng)
        assert function(variant.source)(job, state) == function(PADDED)(job, state)


def test_variants_parse_are_shorter_and_keep_the_rest():
    for source in sources(PADDED):
        assert callable(function(source))
        assert len(source) < len(PADDED)
        assert source.startswith(HEADER)
        assert source.endswith(FOOTER)
    kept = [s for s in sources(PADDED) if "# kept comment" in s]
    assert len(kept) > len(sources(PADDED)) / 2


def test_no_variant_reads_a_name_that_nothing_makes():
    body = "    x = job.p\n    return x + job.d"
    assert not any("x +" in text and "x =" not in text for text in bodies(body))


def test_unused_helpers_and_imports_go_but_used_ones_and_the_entry_point_stay():
    helpers = (
        "import heapq\nimport math\n\n\ndef a(x):\n    return a(x)\n\n\n"
        "def b(x):\n    return math.sqrt(x)\n\n\n"
    )
    source = EDD.replace("def priority", f"{helpers}def priority").replace(
        "return job.d", "return b(job.d)"
    )
    safe = [v.source for v in sources(source).values() if v.safe]
    assert len(safe) == 2
    assert any("heapq" not in s for s in safe)
    assert any("def a(" not in s for s in safe)
    assert all("def priority" in s for s in sources(source))


@pytest.mark.parametrize("source", ["", "x = (", HEADER + "def (:\n" + FOOTER])
def test_what_does_not_parse_has_no_variants(source):
    assert sources(source) == {}


def equal_to_edd(source):
    """The score of programs is the error against the due date; failures have none."""
    rng = np.random.default_rng(5)
    total = 0.0
    for _ in range(4):
        job, state = views(rng)
        try:
            total += abs(function(source)(job, state) - job.d)
        except Exception:
            return None
    return total


def simplified(judge, source, seed=0, known=()):
    brief = a_brief([judge.parent(source)], trial=judge.trial)
    proposer = SimplifyingProposer("priority", known)
    return asyncio.run(proposer.propose(brief, np.random.default_rng(seed)))


def test_repeated_steps_reach_the_core_and_never_a_worse_program():
    judge, source = Judge(equal_to_edd), PADDED
    for seed in range(12):
        before = len(judge.operators)
        outcome = simplified(judge, source, seed)
        assert len(judge.operators) - before <= TRIALS
        assert set(judge.operators) == {Operator.SIMPLIFICATION}
        good = [s for s, p in judge.programs.items() if p.score == 0.0]
        source = min(good, key=len)
        if isinstance(outcome, Candidate):
            assert len(outcome.source) < len(PADDED)
            assert outcome.source not in judge.programs
    assert source.count("\n") <= EDD.count("\n") + 1
    assert "unused" not in source
    assert "import math\n    " not in source


def test_the_same_generator_leaves_out_the_same():
    first, second = Judge(equal_to_edd), Judge(equal_to_edd)
    assert simplified(first, PADDED) == simplified(second, PADDED)
    assert list(first.programs) == list(second.programs)


def test_the_candidate_is_no_known_program():
    judge = Judge(equal_to_edd)
    first = simplified(judge, PADDED)
    again = simplified(Judge(equal_to_edd), PADDED, known={first.id})
    assert getattr(again, "id", None) != first.id


def test_nothing_to_leave_out_is_no_proposal():
    outcome = simplified(Judge(lambda _: 1.0, room=0), EDD)
    assert outcome.reason is Reason.NO_PROPOSAL


def test_the_end_of_the_budget_leaves_the_candidate_of_the_step():
    judge = Judge(equal_to_edd, room=1)
    outcome = simplified(judge, PADDED)
    assert isinstance(outcome, Candidate)
    assert len(judge.operators) == 1
