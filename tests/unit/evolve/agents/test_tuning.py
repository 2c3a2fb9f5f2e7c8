"""Tuning finds better numbers, within its trials and the budget."""

import asyncio

import numpy as np
import pytest

from evolve.agents.constants import constants
from evolve.agents.tuning import TRIALS, TuningProposer
from evolve.records import Candidate, Operator, Reason, Rejection
from tests.fakes.briefs import a_brief
from tests.fakes.genetic import EDD, a_program, wrap
from tests.fakes.trials import Judge, duplicate

ONE = wrap("    return 1.0 * job.p + job.d")
THREE = wrap("    return 1.0 * job.p + 4.0 * job.d - 2 * state.t")


def distance(*targets):
    """How far, in orders of e, the numbers of a program are from these."""

    def score(source):
        values = [literal.value for literal in constants(source).literals]
        pairs = zip(values, targets, strict=True)
        return float(sum(np.log(value / target) ** 2 for value, target in pairs))

    return score


def tuned(judge, source, seed=0, trial=None):
    brief = a_brief([judge.parent(source)], trial=trial or judge.trial)
    return asyncio.run(TuningProposer().propose(brief, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    ("source", "targets"), [(ONE, [1.6]), (THREE, [1.4, 2.5, 3.0])]
)
def test_a_step_ends_with_better_numbers(source, targets):
    gains = []
    for seed in range(8):
        judge = Judge(distance(*targets))
        outcome = tuned(judge, source, seed)
        assert len(judge.operators) <= TRIALS
        assert set(judge.operators) <= {Operator.TUNING}
        start = judge.programs[source].score
        if isinstance(outcome, Candidate):
            assert outcome.source not in judge.programs
            assert outcome.parents == (judge.programs[source].id,)
            best = min(p.score for p in judge.programs.values())
            gains.append(min(best, distance(*targets)(outcome.source)) / start)
    assert len(gains) >= 6
    assert np.median(gains) < 0.4


def test_the_same_generator_tries_the_same():
    first, second = Judge(distance(1.6)), Judge(distance(1.6))
    assert tuned(first, ONE) == tuned(second, ONE)
    assert list(first.programs) == list(second.programs)
    third = Judge(distance(1.6))
    tuned(third, ONE, seed=1)
    assert list(third.programs) != list(first.programs)


def test_nothing_better_is_no_proposal():
    judge = Judge(distance(1.0))
    outcome = tuned(judge, ONE)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is Reason.NO_PROPOSAL
    assert len(judge.operators) > TRIALS // 2


@pytest.mark.parametrize("score", [lambda _: None, lambda _: 0.5])
def test_settings_that_fail_or_tell_nothing_are_no_proposal(score):
    judge = Judge(score)
    parent = a_program(ONE, score=0.5)
    brief = a_brief([parent], trial=judge.trial)
    outcome = asyncio.run(TuningProposer().propose(brief, np.random.default_rng(0)))
    assert outcome.reason is Reason.NO_PROPOSAL


def test_a_program_without_numbers_costs_nothing():
    outcome = tuned(Judge(lambda _: 1.0, room=0), EDD)
    assert outcome.reason is Reason.NO_PROPOSAL
    assert "no number" in outcome.detail


def test_the_end_of_the_budget_ends_the_trials():
    judge = Judge(distance(1.6), room=5)
    outcome = tuned(judge, ONE)
    assert len(judge.operators) == 5
    assert isinstance(outcome, Candidate | Rejection)


def test_known_programs_tell_nothing():
    outcome = tuned(Judge(distance(1.6)), ONE, trial=duplicate)
    assert outcome.reason is Reason.NO_PROPOSAL


def test_many_numbers_are_tuned_a_few_at_a_time():
    many = wrap("    return " + " + ".join(f"{i}.5 * job.p" for i in range(1, 25)))
    judge = Judge(lambda source: 1.0 if source == many else 2.0)
    tuned(judge, many)
    changed = set()
    for source in judge.programs:
        values = [literal.value for literal in constants(source).literals]
        changed |= {i for i, value in enumerate(values) if value != i + 1.5}
    assert 5 <= len(changed) <= 10
