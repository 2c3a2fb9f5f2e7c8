import asyncio
from dataclasses import replace

from evaluators.base import InstanceVerdict, Status
from evolve.finals import hold_out
from evolve.population.memory import MemoryPopulation
from problems.base import Split
from tests.fakes.fixed_evaluator import FixedEvaluator
from tests.fakes.records import a_program, an_evaluation, an_info
from tests.fakes.tiny_problem import TINY


def judged(objective, split=Split.TRAIN):
    """An evaluation whose score is its objective over 100."""
    verdict = InstanceVerdict(
        instance=f"{split}-0", status=Status.OK, objective=objective
    )
    return an_evaluation(objective / 100, split=split, verdicts=(verdict,))


def finish(population, evaluator):
    return asyncio.run(
        hold_out(
            population, TINY, evaluator, entry_point="priority", seed=4, finalists=5
        )
    )


def test_a_finalist_that_does_not_repeat_itself_cannot_become_champion():
    population = MemoryPopulation(an_info())
    steady, lucky = (
        a_program(step, evaluation=judged(objective))
        for step, objective in enumerate((20.0, 10.0))
    )
    population.add(steady)
    population.add(lucky)

    def judge(request):
        objective = 20.0 if request.source == steady.candidate.source else 11.0
        return judged(objective, request.split)

    found = finish(population, FixedEvaluator(judge))

    assert found.champion.id == steady.id
    refused = population.evaluations(lucky.id)[Split.VALID]
    assert (refused.status, refused.score) == (Status.INVALID, None)
    assert refused.message == (
        "not reproducible: with the same seed train-0 gave 10.0 and then 11.0"
    )


def test_finalists_are_repeated_with_the_seed_of_the_campaign_and_only_once():
    population = MemoryPopulation(an_info())
    program = a_program(0, evaluation=judged(20.0))
    population.add(program)
    evaluator = FixedEvaluator(lambda request: judged(20.0, request.split))

    finish(population, evaluator)
    again = FixedEvaluator(lambda request: judged(20.0, request.split))
    finish(population, again)

    mine = [r for r in evaluator.requests if r.source == program.candidate.source]
    assert [r.split for r in mine] == [Split.TRAIN, *list(Split)[2:]]
    assert {r.seed for r in mine} == {4}
    assert not [r for r in again.requests if r.source == program.candidate.source]


def test_without_any_finalist_that_repeats_itself_there_is_no_champion():
    population = MemoryPopulation(an_info())
    population.add(a_program(0, evaluation=judged(20.0)))
    coins = iter(range(30, 99))

    def judge(request):
        return judged(float(next(coins)), request.split)

    assert finish(population, FixedEvaluator(judge)) is None


def test_a_repetition_that_the_machine_interrupted_proves_nothing():
    population = MemoryPopulation(an_info())
    program = a_program(0, evaluation=judged(20.0))
    population.add(program)

    def judge(request):
        evaluation = judged(20.0, request.split)
        if request.split is not Split.TRAIN:
            return evaluation
        verdict = replace(
            evaluation.verdicts[0], status=Status.TIMEOUT_WALL, objective=None
        )
        return replace(
            evaluation, status=Status.TIMEOUT_WALL, score=None, verdicts=(verdict,)
        )

    assert finish(population, FixedEvaluator(judge)).champion.id == program.id
