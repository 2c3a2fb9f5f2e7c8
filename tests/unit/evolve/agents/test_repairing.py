import asyncio

import numpy as np
import pytest

from evaluators.base import InstanceVerdict, Status
from evolve.agents.llm import LlmProposer, LlmSettings
from evolve.agents.repairing import (
    ROLE,
    Branch,
    RepairingProposer,
    RepairSettings,
    branches,
    by_ucb,
    in_turn,
)
from evolve.llm.asking import Asker, OneModel
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import Ledger
from evolve.llm.scripted import ScriptedModel
from evolve.population.memory import MemoryPopulation
from evolve.records import Candidate, Operator, Placement, Reason, Rejection
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import a_program, an_evaluation, an_info
from tests.fakes.tiny_problem import TINY

GOOD = "Better.\n```python\ndef priority(job, state):\n    return job.d\n```"
BAD = "Better.\n```python\ndef priority(job, state):\n    return ) job.d\n```"


def failed(step, good=0, of=4, status=Status.ERROR, **candidate):
    verdicts = tuple(
        InstanceVerdict(
            instance=f"i{n}",
            status=Status.OK if n < good else status,
            objective=1.0 if n < good else None,
        )
        for n in range(of)
    )
    evaluation = an_evaluation(
        None, status=status, verdicts=verdicts, message=f"failure of {step}"
    )
    return a_program(step, evaluation=evaluation, **candidate)


def repaired(step, program, **more):
    return failed(step, operator=Operator.REPAIR, parents=(program.id,), **more)


# Which program is repaired.


def test_a_branch_goes_on_from_the_version_that_passes_most():
    root = failed(1, good=1)
    versions = [root, repaired(2, root, good=3), repaired(3, root, good=2)]
    (branch,) = branches(versions, {root.id: 2}, 3)
    assert branch.root == root
    assert branch.state == versions[1]
    assert (branch.passed, branch.attempts) == (0.75, 2)
    assert branches(versions, {root.id: 2, versions[1].id: 1}, 3) == []


def test_what_works_or_cheated_is_not_repaired():
    root = failed(1)
    works = a_program(2, 0.1, operator=Operator.REPAIR, parents=(root.id,))
    cheat = failed(3, status=Status.IMPOSSIBLE)
    orphan = repaired(4, failed(99))
    assert branches([root, works, cheat, orphan, a_program(5)], {}, 3) == []


def test_the_bound_is_the_published_one():
    def branch(step, passed, attempts):
        root = failed(step)
        return Branch(root=root, state=root, passed=passed, attempts=attempts)

    half, none, tried = branch(1, 0.5, 0), branch(2, 0.0, 0), branch(3, 0.75, 2)
    # sqrt(ln 5 / 1) = 1.269, sqrt(ln 5 / 3) = 0.732.
    assert by_ucb([half, none, tried]) == half
    assert by_ucb([none, tried]) == tried  # sqrt(ln 4) = 1.177 < 0.75 + 0.680
    assert by_ucb([none, branch(4, 0.0, 0)]).root.candidate.step == 4
    assert in_turn([tried, none, half]) == half


# Repairing.


@pytest.fixture
def population():
    population = MemoryPopulation(an_info())
    parent = a_program(0, 0.5)
    population.add(parent, [Placement(program=parent.id, island=0, living=True)])
    return population


def a_proposer(population, said, *, tokens=None, **settings):
    asked = []

    def answer(prompt, seed):
        asked.append(prompt)
        if len(asked) > len(said):
            raise ModelCallError("no more")
        return said[len(asked) - 1]

    parts = {
        "problem": TINY,
        "entry_point": TINY.default_entry_point,
        "asker": Asker(
            router=OneModel(ScriptedModel(answer)),
            population=population,
            ledger=Ledger(tokens=tokens, usd=None),
            max_tokens=100,
        ),
        "population": population,
    }
    inner = LlmProposer(**parts, settings=LlmSettings())
    proposer = RepairingProposer(inner, **parts, settings=RepairSettings(**settings))
    return proposer, asked


def propose(proposer, population, *, recent=(), step=10):
    parents = population.living(0)[:1]
    view = a_view(parents, recent=recent)
    brief = a_brief(parents, step=step, view=view)
    return asyncio.run(proposer.propose(brief, np.random.default_rng(0)))


def resume(proposer, population, step=10):
    dialogue = population.dialogue(step)
    parents = [population.get(p) for p in dialogue[0].call.parents]
    brief = a_brief(parents, step=step)
    return asyncio.run(proposer.resume(brief, dialogue, np.random.default_rng(0)))


def test_an_answer_that_does_not_parse_is_asked_for_again(population):
    proposer, asked = a_proposer(population, [BAD, GOOD])
    outcome = propose(proposer, population)
    assert isinstance(outcome, Candidate)
    assert outcome.operator is Operator.REPAIR
    assert outcome.parents == (population.living(0)[0].id,)
    assert "return job.d" in outcome.source
    assert asked[1].history[0].text == BAD
    assert "line 3: unmatched" in asked[1].history[1].text
    calls = [p.call for p in population.dialogue(10)]
    assert [(c.turn, c.role) for c in calls] == [(0, "proposer"), (1, ROLE)]


def test_repairs_of_answers_are_bounded(population):
    proposer, asked = a_proposer(population, [BAD] * 9, answers=2)
    outcome = propose(proposer, population)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is Reason.SYNTAX
    assert len(asked) == 3


def test_a_repair_that_cannot_be_asked_for_leaves_the_first_outcome(population):
    proposer, _ = a_proposer(population, [BAD])
    outcome = propose(proposer, population)
    assert (outcome.reason, outcome.operator) != (Reason.MODEL_FAILED, Operator.REPAIR)
    assert outcome.reason is Reason.SYNTAX
    size = population.dialogue(10)[0].call.reserved_tokens
    # Answers of a script report no tokens, but the conversation is longer.
    poor, asked = a_proposer(population, [BAD, GOOD], tokens=size)
    assert propose(poor, population, step=11).reason is Reason.SYNTAX
    assert len(asked) == 1


def test_a_failed_program_is_repaired_with_its_error(population):
    broken = failed(5, good=2, parents=(population.living(0)[0].id,))
    population.add(broken)
    proposer, asked = a_proposer(population, [GOOD], share=1)
    outcome = propose(proposer, population, recent=[broken])
    assert outcome.operator is Operator.REPAIR
    assert outcome.parents == (broken.id, population.living(0)[0].id)
    assert asked[0].template == "repair"
    assert "failure of 5" in asked[0].user
    assert "0 * job.d" in asked[0].user  # what it was made from


def test_attempts_are_counted_also_by_a_later_session(population):
    broken = failed(5, parents=(population.living(0)[0].id,))
    population.add(broken)
    first, _ = a_proposer(population, [GOOD] * 2, share=1)
    operators = [
        propose(first, population, recent=[broken], step=10 + n).operator
        for n in range(2)
    ]
    second, _ = a_proposer(population, [GOOD] * 2, share=1)
    operators += [
        propose(second, population, recent=[broken], step=12 + n).operator
        for n in range(2)
    ]
    assert operators[:3] == [Operator.REPAIR] * 3
    assert operators[3] is not Operator.REPAIR


def test_without_a_share_nothing_is_repaired(population):
    broken = failed(5, parents=(population.living(0)[0].id,))
    population.add(broken)
    proposer, _ = a_proposer(population, [GOOD], share=0)
    assert propose(proposer, population, recent=[broken]).operator in {
        Operator.DIFF,
        Operator.REWRITE,
    }


# Resuming.


def test_an_answer_of_an_earlier_session_is_repaired_not_asked_again(population):
    first, _ = a_proposer(population, [BAD], answers=0)
    propose(first, population)
    second, asked = a_proposer(population, [GOOD])
    outcome = resume(second, population)
    assert isinstance(outcome, Candidate)
    assert len(asked) == 1
    assert asked[0].history[0].text == BAD
    third, asked = a_proposer(population, [])
    assert resume(third, population) == outcome
    assert asked == []


def test_a_repair_under_way_when_the_process_died_is_not_repeated(population):
    first, _ = a_proposer(population, [BAD])
    propose(first, population)  # its second call failed
    second, asked = a_proposer(population, [GOOD])
    assert resume(second, population).reason is Reason.SYNTAX
    assert asked == []


def test_a_repair_of_a_program_is_resumed_on_that_program(population):
    broken = failed(5, parents=(population.living(0)[0].id,))
    population.add(broken)
    first, _ = a_proposer(population, [GOOD], share=1)
    outcome = propose(first, population, recent=[broken])
    second, _ = a_proposer(population, [], share=1)
    assert resume(second, population) == outcome
