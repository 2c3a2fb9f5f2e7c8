"""The pack ``obp`` through the sandbox: same scores as in process, no look ahead."""

import asyncio

import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from problems.base import Split
from problems.obp.pack import PACK

CLAIRVOYANT = """
import sys
def cost(bin, item, state):
    frame = sys._getframe(1)
    while frame:
        items = frame.f_locals.get('items')
        if type(items) is tuple and state.n < len(items):
            # Leave what the next item will fill.
            return abs(bin.after - items[state.n])
        frame = frame.f_back
    return bin.after
"""


@pytest.fixture(scope="module")
def local():
    evaluator = LocalEvaluator(
        PACK, slots=1, limits=Limits(cpu_seconds=5), min_sandbox=Sandbox.PROCESS
    )
    yield evaluator
    asyncio.run(evaluator.close())


def judge(evaluator, source, entry_point="cost", split=Split.SMOKE):
    request = EvaluationRequest(source=source, entry_point=entry_point, split=split)
    return asyncio.run(evaluator.evaluate(request))


@pytest.mark.parametrize("name", sorted(PACK.baselines))
def test_a_baseline_has_the_same_verdicts_in_the_sandbox(local, name):
    baseline = PACK.baselines[name]
    inside = judge(local, baseline.source, baseline.entry_point)
    here = judge(InlineEvaluator(PACK), baseline.source, baseline.entry_point)

    assert inside.status is Status.OK, inside.message
    assert (inside.score, inside.verdicts) == (here.score, here.verdicts)


def test_claims_are_judged_in_lockstep_with_the_same_verdicts(local):
    for rule in ("best_fit", "best_fit_bins"):
        source, point = PACK.baselines[rule].source, PACK.baselines[rule].entry_point
        inside = judge(local, source, point, Split.VALID)
        here = judge(InlineEvaluator(PACK), source, point, Split.VALID)

        assert inside.status is Status.OK, inside.message
        assert inside.features["lockstep"] == 1
        assert inside.verdicts == here.verdicts


def test_a_look_at_the_items_to_come_is_caught_where_claims_are_made(local):
    assert judge(local, CLAIRVOYANT, split=Split.TRAIN).status is Status.OK

    found = judge(local, CLAIRVOYANT, split=Split.VALID)

    assert (found.status, found.score) == (Status.INVALID, None)
    assert found.message.startswith("integrity=mismatch")


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("return float('nan')", {Status.ERROR}),
        ("return 'x'", {Status.ERROR}),
        ("raise StopIteration", {Status.ERROR}),
        ("return bin.missing", {Status.ERROR}),
        ("bin.free = 0", {Status.ERROR}),
        ("import problems.obp.reference", {Status.FORBIDDEN}),
        ("import problems.obp.instances", {Status.FORBIDDEN}),
        ("open('problems/obp/data/references.json')", {Status.FORBIDDEN}),
        (
            "import numpy; return numpy.loadtxt('problems/obp/pack.py')",
            {Status.FORBIDDEN, Status.ERROR},
        ),
    ],
)
def test_a_bad_cost_has_a_status(local, body, statuses):
    evaluation = judge(local, f"def cost(bin, item, state):\n    {body}\n")

    assert evaluation.status in statuses, evaluation.message
    assert evaluation.score is None
