"""What every evaluator promises, run over all implementations."""

import asyncio

import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.local import LocalEvaluator
from evaluators.backends.opening import open_evaluator
from evaluators.base import LEVELS, EvaluationRequest, Limits, Sandbox, Status
from problems.base import Split
from problems.errors import ConfigError
from tests.fakes.tiny_problem import SPT, TINY

MAKERS = {
    "inline": lambda: InlineEvaluator(TINY),
    "local": lambda: LocalEvaluator(
        TINY,
        slots=2,
        limits=Limits(cpu_seconds=2.0),
        min_sandbox=Sandbox.PROCESS,
    ),
    "ray": lambda: open_evaluator(
        TINY,
        executor="ray",
        slots=2,
        limits=Limits(cpu_seconds=2.0),
        min_sandbox=Sandbox.PROCESS,
    ),
}
NAMES = [
    pytest.param(name, marks=[pytest.mark.ray] if name == "ray" else [])
    for name in MAKERS
]
RANDOM = """
import random
def raw(instance, seed):
    order = list(range(len(instance)))
    random.shuffle(order)
    return order
"""


def request(source=SPT, *, entry_point="priority", split=Split.TRAIN, seed=0):
    return EvaluationRequest(
        source=source, entry_point=entry_point, split=split, seed=seed
    )


def make(name, request):
    if name == "ray":
        request.getfixturevalue("local_ray")
    return MAKERS[name]()


@pytest.fixture(scope="module", params=NAMES)
def evaluator(request):
    evaluator = make(request.param, request)
    yield evaluator
    asyncio.run(evaluator.close())


class TestEvaluator:
    def judge(self, evaluator, *args, **kwargs):
        return asyncio.run(evaluator.evaluate(request(*args, **kwargs)))

    @pytest.mark.parametrize("split", list(Split))
    def test_a_right_program_has_its_true_score_on_every_split(self, evaluator, split):
        evaluation = self.judge(evaluator, split=split)

        assert (evaluation.status, evaluation.score) == (Status.OK, 0.0)
        assert evaluation.split is split
        assert [v.instance for v in evaluation.verdicts] == [
            instance.id for instance in TINY.instances(split)
        ]

    def test_a_worse_program_has_a_higher_score(self, evaluator):
        evaluation = self.judge(evaluator, "def priority(p, time): return -p")

        # Longest first: 14 for 10, and 61 for 39.
        assert evaluation.score == pytest.approx((4 / 10 + 22 / 39) / 2)
        assert [v.objective for v in evaluation.verdicts] == [14, 61]

    def test_a_failure_has_a_status_and_no_score(self, evaluator):
        source = "def priority(p, time): return 1 / (p - 9)"
        evaluation = self.judge(evaluator, source)

        assert (evaluation.status, evaluation.score) == (Status.ERROR, None)
        assert [v.status for v in evaluation.verdicts] == [Status.OK, Status.ERROR]
        assert evaluation.message.startswith("t2: ZeroDivisionError")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("return float('nan')", Status.PROTOCOL),
            ("return {1, 2}", Status.PROTOCOL),
            ("raise SystemExit(0)", Status.ERROR),
            ("raise KeyError(3)", Status.ERROR),
            ("import surely_not_there", Status.FORBIDDEN),
            ("return None", Status.INVALID),
            ("return -1e300", Status.INVALID),
            ("return {'score': 0}", Status.INVALID),
            ("return [0] * len(instance)", Status.INVALID),
            ("return list(range(len(instance) - 1))", Status.INVALID),
        ],
    )
    def test_status_of_bad_answers(self, evaluator, body, status):
        source = f"def raw(instance, seed):\n    {body}\n"
        evaluation = self.judge(evaluator, source, entry_point="raw")

        assert (evaluation.status, evaluation.score) == (status, None)
        assert evaluation.message

    def test_the_same_seed_gives_the_same_outcome(self, evaluator):
        scores = [
            self.judge(evaluator, RANDOM, entry_point="raw", seed=seed).score
            for seed in (1, 1, 2, 3, 4, 5)
        ]

        assert scores[0] == scores[1]
        assert len(set(scores)) > 1

    def test_an_instance_changed_by_one_program_is_whole_for_the_next(self, evaluator):
        vandal = "def raw(instance, seed):\n    instance[:] = [1]\n    return [0]"

        assert self.judge(evaluator, vandal, entry_point="raw").score is None
        assert self.judge(evaluator).score == 0.0

    def test_concurrent_requests_get_their_own_answers(self, evaluator):
        sources = [f"def priority(p, time): return p * {k}" for k in (1, -1)] * 5

        async def all_of_them():
            return await asyncio.gather(
                *(evaluator.evaluate(request(source)) for source in sources)
            )

        scores = [evaluation.score for evaluation in asyncio.run(all_of_them())]
        assert scores[0] == 0.0
        assert scores == [scores[0], scores[1]] * 5

    def test_the_record_says_what_it_cost_and_under_what_isolation(self, evaluator):
        evaluation = self.judge(evaluator)

        assert evaluation.sandbox is evaluator.sandbox
        assert evaluation.sandbox in LEVELS
        assert 0 < evaluation.cpu_seconds < 1
        assert evaluation.wall_seconds > 0
        assert evaluator.slots >= 1

    def test_an_unknown_entry_point_is_a_usage_error(self, evaluator):
        with pytest.raises(ConfigError, match="no entry point"):
            self.judge(evaluator, entry_point="sort")

    @pytest.mark.parametrize("name", NAMES)
    def test_close_is_idempotent(self, name, request):
        async def twice():
            async with make(name, request) as evaluator:
                await evaluator.close()

        asyncio.run(twice())
