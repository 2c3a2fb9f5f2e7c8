"""The judge of the tiny problem at the strongest level of this machine."""

import asyncio

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Sandbox
from problems.base import Split
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.sandboxes import need
from tests.fakes.tiny_problem import TINY


@pytest.fixture(scope="module")
def judge():
    need(Sandbox.SECCOMP)
    evaluator = LocalEvaluator(TINY, slots=1, limits=QuickLimits(wall=1.5))

    def judge(source, entry_point="raw"):
        request = EvaluationRequest(
            source=source, entry_point=entry_point, split=Split.TRAIN
        )
        return asyncio.run(evaluator.evaluate(request))

    yield judge
    evaluator._close()
