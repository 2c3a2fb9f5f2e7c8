"""The pack ``jssp`` through the sandbox: same scores as in process, no way around."""

import asyncio
from dataclasses import replace

import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from problems.base import Split
from problems.jssp.pack import PACK


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
    evaluation = judge(local, PACK.baselines["mwkr"].source, split=split)

    assert evaluation.status is Status.OK, evaluation.message
    assert len(evaluation.verdicts) == len(PACK.instances(split))


@pytest.mark.parametrize("entry_point", PACK.entry_points)
@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("return float('nan')", {Status.ERROR}),
        ("return float('inf')", {Status.ERROR}),
        ("return 'x'", {Status.ERROR}),
        ("raise StopIteration", {Status.ERROR}),
        ("return op.missing", {Status.ERROR}),
        ("return op.p / (op.p - op.p)", {Status.ERROR}),
        ("op.p = 0", {Status.ERROR}),
        ("state.machine_load[0] = 0", {Status.ERROR}),
        ("import problems.jssp.reference", {Status.FORBIDDEN}),
        ("import problems.jssp.pack", {Status.FORBIDDEN}),
        ("open('problems/jssp/data/published.json')", {Status.FORBIDDEN}),
    ],
)
def test_a_bad_priority_has_a_status(local, entry_point, body, statuses):
    source = f"def {entry_point}(op, state):\n    {body}\n"
    evaluation = judge(local, source, entry_point)

    assert evaluation.status in statuses, evaluation.message
    assert evaluation.score is None


FRAMES = """
import sys
def floor():
    frame = sys._getframe(1)
    while frame:
        if 'floor' in frame.f_locals:
            return frame.f_locals['floor']
        frame = frame.f_back
def priority(op, state):
    @
    return op.p
"""


def test_shrinking_the_operations_of_the_driver_makes_the_answer_invalid(local):
    trick = FRAMES.replace(
        "@",
        "shop = floor()\n"
        "    for queue in shop.ops:\n"
        "        queue[:] = [x._replace(p=0) if x is not op else x for x in queue]",
    )
    evaluation = judge(local, trick)

    assert (evaluation.status, evaluation.score) == (Status.INVALID, None)
    assert any(
        code.startswith(("overlap:", "precedence:"))
        for verdict in evaluation.verdicts
        for code in verdict.violations
    )


def test_start_times_written_into_the_answer_are_judged_like_any(local):
    trick = FRAMES.replace("@", "floor().starts[0][:] = [0] * len(floor().starts[0])")
    evaluation = judge(local, trick)

    assert (evaluation.status, evaluation.score) == (Status.INVALID, None)


def test_an_objective_below_a_proven_bound_is_quarantined():
    generous = replace(
        PACK,
        verify=lambda instance, entry_point, answer: replace(
            PACK.verify(instance, entry_point, answer), objective=1.0
        ),
    )
    evaluation = judge(InlineEvaluator(generous), PACK.baselines["spt"].source)

    assert (evaluation.status, evaluation.score) == (Status.IMPOSSIBLE, None)
    assert "below the proven bound" in evaluation.message
