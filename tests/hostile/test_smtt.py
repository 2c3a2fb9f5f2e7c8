"""The pack ``smtt`` through the sandbox: same scores as in process, no way around."""

import asyncio
from dataclasses import replace

import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from problems.base import Split
from problems.smtt.pack import PACK


@pytest.fixture(scope="module")
def local():
    evaluator = LocalEvaluator(
        PACK, slots=2, limits=Limits(cpu_seconds=5), min_sandbox=Sandbox.PROCESS
    )
    yield evaluator
    asyncio.run(evaluator.close())


def judge(evaluator, source, entry_point="priority", split=Split.SMOKE):
    request = EvaluationRequest(source=source, entry_point=entry_point, split=split)
    return asyncio.run(evaluator.evaluate(request))


@pytest.mark.parametrize("name", sorted(PACK.baselines))
def test_a_baseline_has_the_same_verdicts_in_the_sandbox(local, name):
    baseline = PACK.baselines[name]
    inside = judge(local, baseline.source, baseline.entry_point)
    here = judge(InlineEvaluator(PACK), baseline.source, baseline.entry_point)

    assert inside.status is Status.OK, inside.message
    assert (inside.score, inside.verdicts) == (here.score, here.verdicts)


@pytest.mark.parametrize("split", [Split.TEST, Split.OOD])
def test_held_out_instances_travel_with_the_job(local, split):
    evaluation = judge(local, PACK.baselines["edd"].source, split=split)

    assert evaluation.status is Status.OK, evaluation.message
    assert len(evaluation.verdicts) == len(PACK.instances(split))


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("return float('nan')", {Status.ERROR}),
        ("return float('inf')", {Status.ERROR}),
        ("return 'x'", {Status.ERROR}),
        ("raise StopIteration", {Status.ERROR}),
        ("return job.missing", {Status.ERROR}),
        ("job.p = 0", {Status.ERROR}),
        ("import problems.smtt.reference", {Status.FORBIDDEN}),
        ("import problems.smtt.pack", {Status.FORBIDDEN}),
        ("open('problems/smtt/data/sets.json')", {Status.FORBIDDEN}),
    ],
)
def test_a_bad_priority_has_a_status(local, body, statuses):
    evaluation = judge(local, f"def priority(job, state):\n    {body}\n")

    assert evaluation.status in statuses, evaluation.message
    assert evaluation.score is None


@pytest.mark.parametrize(
    "body",
    [
        "return []",
        "return [0] * len(p)",
        "return list(range(len(p) - 1))",
        "return list(range(len(p) + 1))",
        "return [float(j) for j in range(len(p))]",
        "return [True] + list(range(len(p)))[1:]",
        "return {'score': -1e9}",
        "return [-1 - j for j in range(len(p))]",
        "return [10**400] * len(p)",
    ],
)
def test_a_bad_sequence_is_invalid(local, body):
    evaluation = judge(local, f"def sequence(p, d, w):\n    {body}\n", "sequence")

    assert (evaluation.status, evaluation.score) == (Status.INVALID, None)
    assert all(verdict.violations for verdict in evaluation.verdicts)


def test_shrinking_the_jobs_of_the_driver_gains_nothing(local):
    source = """
import sys
def priority(job, state):
    frame = sys._getframe(1)
    while frame:
        times = frame.f_locals.get('times')
        if type(times) is list:
            times[:] = [0] * len(times)
        frame = frame.f_back
    return job.d
"""
    honest = "def priority(job, state): return job.d"

    assert judge(local, source).score == judge(local, honest).score


def test_an_objective_below_a_proven_optimum_is_quarantined(local):
    generous = replace(
        PACK,
        verify=lambda instance, entry_point, answer: replace(
            PACK.verify(instance, entry_point, answer), objective=-1.0
        ),
    )
    evaluation = judge(InlineEvaluator(generous), PACK.baselines["edd"].source)

    assert (evaluation.status, evaluation.score) == (Status.IMPOSSIBLE, None)
    assert "below the proven bound" in evaluation.message
