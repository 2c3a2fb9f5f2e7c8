"""Racing spares work and changes nothing of who lives."""

import asyncio

import numpy as np
import pytest

from evaluators.base import Status
from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.config import Budget
from evolve.patch import program_id
from evolve.population.memory import MemoryPopulation
from evolve.records import Candidate, Operator, Reason
from evolve.selection import IslandSelector, IslandSettings
from problems.base import Split
from tests.fakes.briefs import a_view
from tests.fakes.fixed_evaluator import FixedEvaluator
from tests.fakes.records import a_program, a_source, an_evaluation, an_info

SETTINGS = IslandSettings(
    islands=1, island_size=6, tournament=2, migration_interval=1000
)


def programs(seed, count=300):
    """Programs of many lengths and scores, some of them equal."""
    rng = np.random.default_rng(seed)
    for step in range(count):
        source = a_source(step) + "#" * int(rng.integers(0, 40)) + "\n"
        yield a_program(step, round(float(rng.exponential()), 2), source=source)


@pytest.mark.parametrize("seed", range(10))
def test_no_program_above_the_limit_would_be_admitted(seed):
    selector = IslandSelector(SETTINGS)
    living, hopeless = [], 0
    for program in programs(seed):
        view = a_view(living)
        limit = selector.hopeless_above(view, 0, program.candidate.source)
        placements = selector.admit(view, program)
        if limit is not None and program.score > limit:
            hopeless += 1
            assert not placements
        for placement in placements:
            if placement.living:
                living.append(program)
            else:
                living = [p for p in living if p.id != placement.program]
    assert hopeless > 100


def test_while_there_is_room_everybody_is_welcome():
    selector = IslandSelector(SETTINGS)
    living = list(programs(0, count=5))

    assert selector.hopeless_above(a_view(living), 0, "x" * 999) is None


class Proposer:
    """The same programs in every campaign, whatever the parents are."""

    async def propose(self, brief, _rng):
        step, source = brief.step, a_source(brief.step)
        return Candidate(
            id=program_id(source),
            step=step,
            source=source,
            operator=Operator.MUTATION,
            island=brief.island,
            parents=tuple(p.id for p in brief.parents),
        )


def campaign(*, racing, budget=80):
    """Run over scores that depend on the source alone."""

    def judge(request):
        number = sum(request.source.encode()) + len(request.source)
        value = float(np.random.default_rng(number).exponential())
        limit = request.hopeless_above
        if limit is not None and value > limit:
            return an_evaluation(
                None, status=Status.OK, complete=False, message="hopeless: after 5 of 9"
            )
        return an_evaluation(value)

    selector = IslandSelector(SETTINGS)
    population, evaluator = MemoryPopulation(an_info()), FixedEvaluator(judge)
    plan = Plan(
        entry_point="priority",
        seed=0,
        seeds=(("first", a_source(10**6)),),
        budget=Budget(candidates=budget),
        crossover=0.0,
        concurrency=1,
    )
    ports = Ports(
        population=population,
        selector=selector,
        proposer=Proposer(),
        evaluator=evaluator,
        clock=lambda: 0.0,
        racing=racing,
    )
    asyncio.run(CampaignLoop(plan, ports).run())
    return population, evaluator


def test_a_raced_campaign_has_the_same_survivors():
    plain, _ = campaign(racing=False)
    raced, evaluator = campaign(racing=True)

    assert [p.id for p in raced.living(0)] == [p.id for p in plain.living(0)]
    assert raced.best(1)[0].id == plain.best(1)[0].id
    assert raced.rejections()[Reason.HOPELESS] > 20
    # The budget counts what was judged, to the end or not.
    assert len(evaluator.requests) == 80
    assert {r.split for r in evaluator.requests} == {Split.TRAIN}


def test_a_hopeless_program_is_a_rejection_and_never_a_program():
    population, _ = campaign(racing=True)
    stopped = population.rejections()[Reason.HOPELESS]

    assert len(population.programs()) + stopped == 80
    assert all(p.evaluation.complete for p in population.programs())
    events = [e for e in population.events() if e.kind == "rejection"]
    assert len(events) == stopped


def test_without_racing_nothing_is_stopped():
    population, evaluator = campaign(racing=False)

    assert all(r.hopeless_above is None for r in evaluator.requests)
    assert Reason.HOPELESS not in population.rejections()
