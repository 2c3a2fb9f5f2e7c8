"""What a model does wrong costs no evaluation and none of the budget for them."""

import asyncio

from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.config import Budget
from evolve.patch import program_id
from evolve.population.memory import MemoryPopulation
from evolve.records import Candidate, Operator, Reason, Rejection
from evolve.selection.islands import IslandSelector, IslandSettings
from tests.fakes.fixed_evaluator import FixedEvaluator
from tests.fakes.records import a_source, an_evaluation, an_info

SETTINGS = IslandSettings(
    islands=1, island_size=6, tournament=2, migration_interval=1000
)


class Unreliable:
    """Fails two times out of three."""

    async def propose(self, brief, _rng):
        step, island, parents = brief.step, brief.island, brief.parents
        source, ids = a_source(step), tuple(p.id for p in parents)
        if step % 3:
            return Rejection(
                step=step,
                operator=Operator.DIFF,
                island=island,
                reason=Reason.MODEL_FAILED if step % 3 == 1 else Reason.EMPTY,
                detail="no answer",
                parents=ids,
            )
        return Candidate(
            id=program_id(source),
            step=step,
            source=source,
            operator=Operator.DIFF,
            island=island,
            parents=ids,
        )


def test_the_budget_of_candidates_is_spent_on_candidates_alone():
    population = MemoryPopulation(an_info())
    evaluator = FixedEvaluator(lambda request: an_evaluation(len(request.source)))
    plan = Plan(
        entry_point="priority",
        seed=0,
        seeds=(("first", a_source(10**6)),),
        budget=Budget(candidates=21),
        crossover=0.0,
        concurrency=1,
    )
    ports = Ports(
        population=population,
        selector=IslandSelector(SETTINGS),
        proposer=Unreliable(),
        evaluator=evaluator,
        clock=lambda: 0.0,
    )
    asyncio.run(CampaignLoop(plan, ports).run())
    spent = population.spent()

    assert len(evaluator.requests) == len(population.programs()) == 21
    assert (spent.candidates, spent.evaluations) == (21, 21)
    assert spent.rejections == sum(population.rejections().values()) >= 38
