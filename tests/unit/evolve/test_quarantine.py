"""A program that beats a proof is kept with the evidence, and never bred from."""

import asyncio
import json
from dataclasses import replace

import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.base import Sandbox, Status
from evolve import config
from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.cli import reading
from evolve.config import Budget
from evolve.patch import program_id
from evolve.population.memory import MemoryPopulation
from evolve.records import Candidate, Operator
from evolve.runs import new_location
from evolve.selection import IslandSelector, IslandSettings
from evolve.session import create
from tests.fakes.records import a_program, an_evaluation, an_info
from tests.fakes.tiny_problem import SPT, TINY

LONGEST_FIRST = SPT.replace("return p", "return -p")
EXPRESSIONS = ("p", "p * p", "-p - 1", "p + time", "-time", "-p * p", "2 * p")


def wrongly_proved(instance):
    """Claim that no order of ``t2`` is better than 40; the optimum is 39."""
    found = TINY.reference(instance)
    if instance.id != "t2":
        return found
    return replace(found, lower=40, best=40, method="branch and bound, mistaken")


class Scripted:
    """Proposes one expression after the other and remembers its parents."""

    def __init__(self):
        self.parents = []
        self._expressions = list(EXPRESSIONS)

    async def propose(self, brief, _rng):
        self.parents += brief.parents
        source = SPT.replace("return p", f"return {self._expressions.pop(0)}")
        return Candidate(
            id=program_id(source),
            step=brief.step,
            source=source,
            operator=Operator.MUTATION,
            island=brief.island,
            parents=tuple(p.id for p in brief.parents),
        )


@pytest.fixture
def searched():
    population, proposer = MemoryPopulation(an_info()), Scripted()
    plan = Plan(
        entry_point="priority",
        seed=0,
        seeds=(("longest first", LONGEST_FIRST),),
        budget=Budget(candidates=1 + len(EXPRESSIONS)),
        crossover=0.5,
        concurrency=1,
    )
    settings = IslandSettings(
        islands=1, island_size=9, tournament=2, migration_interval=5
    )
    ports = Ports(
        population=population,
        selector=IslandSelector(settings),
        proposer=proposer,
        evaluator=InlineEvaluator(replace(TINY, reference=wrongly_proved)),
        clock=lambda: 0.0,
    )
    asyncio.run(CampaignLoop(plan, ports).run())
    return population, proposer


def test_a_wrong_reference_is_caught_by_the_first_program_that_beats_it(searched):
    population, _ = searched
    found = [p.evaluation for p in population.programs()]
    caught = [e for e in found if e.status is Status.IMPOSSIBLE]

    assert len(caught) >= 3  # all that sort by p reach 39
    for evaluation in caught:
        assert evaluation.score is None
        assert evaluation.features["impossible"] == 1
        assert evaluation.message == (
            "t2: objective 39 is below the proven bound 40 "
            "(branch and bound, mistaken; SPT)"
        )


def test_the_impossible_is_never_admitted_ranked_or_a_parent(searched):
    population, proposer = searched
    quarantined = {
        p.id for p in population.programs() if p.evaluation.status is Status.IMPOSSIBLE
    }

    assert quarantined
    assert not quarantined & {p.id for p in population.living(0)}
    assert not quarantined & {p.id for p in population.best(99)}
    assert not quarantined & {p.id for p in proposer.parents}


@pytest.fixture
def run(tmp_path):
    campaign = config.parse('name = "q"\nproblem = "smtt"\n')
    with create(campaign, new_location("q", tmp_path / "q", None)) as made:
        made.population.acquire()
        made.population.add(a_program(0, 0.3))
        evaluation = an_evaluation(
            None,
            status=Status.IMPOSSIBLE,
            message="i7: objective 3.0 is below the proven bound 4.0 (CP-SAT; us)",
            sandbox=Sandbox.SECCOMP,
        )
        made.population.add(a_program(1, evaluation=evaluation))
    return str(tmp_path / "q")


def test_status_lists_the_quarantine_with_its_evidence(run, capsys):
    reading.status(run, as_json=True)
    document = json.loads(capsys.readouterr().out)

    assert document["statuses"]["impossible"] == 1
    assert [row["step"] for row in document["impossible"]] == [1]
    assert "below the proven bound 4.0" in document["impossible"][0]["message"]
    reading.status(run, as_json=False)
    shown = capsys.readouterr()
    assert "i7: objective 3.0" in shown.out
    assert "quarantined" in shown.err


def test_status_of_a_clean_run_has_nothing_in_quarantine(tmp_path, capsys):
    campaign = config.parse('name = "q"\nproblem = "smtt"\n')
    create(campaign, new_location("q", tmp_path / "q", None)).population.close()
    reading.status(str(tmp_path / "q"), as_json=True)

    assert json.loads(capsys.readouterr().out)["impossible"] == []
