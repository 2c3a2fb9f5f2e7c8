"""The stand-in for a model changes any pack's programs so that most of them run."""

import asyncio
import random
import subprocess
import sys
import urllib.request

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox
from evolve.llm.prompting import PromptLimits, Question, build_prompt
from evolve.patch import Refused, apply
from evolve.records import Operator
from problems import registry
from problems.base import Split
from tests.fakes.openai_mutator import answer, words
from tests.fakes.records import a_program

ENTRY_POINTS = [
    (problem, point)
    for problem in registry.names()
    for point in registry.load(problem).entry_points
]


OF_NUMBERS = [
    (name, point)
    for name, point in ENTRY_POINTS
    if "-> float" in registry.load(name).entry_points[point].signature
]
"""Those that return a number: what it makes of rules that return lists seldom runs."""


def children(problem, point, count):
    """What the stand-in makes of the seed, asked as a campaign asks."""
    entry_point = problem.entry_points[point]
    seed = problem.baselines[entry_point.seed].source
    for number in range(count):
        rewrite = number % 2
        prompt = build_prompt(
            Question(
                problem=problem,
                entry_point=entry_point,
                operator=Operator.REWRITE if rewrite else Operator.DIFF,
                parents=[a_program(source=seed)],
                limits=PromptLimits(),
            )
        )
        text = answer(random.Random(number), f"{prompt.system}\n{prompt.user}")
        yield apply(
            seed,
            text,
            entry_point=point,
            form="rewrite" if rewrite else "diff",
            finish_reason="stop",
        )


@pytest.mark.parametrize(("name", "point"), ENTRY_POINTS)
def test_answers_can_be_applied_and_differ(name, point):
    found = list(children(registry.load(name), point, 40))
    assert not [x.detail for x in found if isinstance(x, Refused)]
    assert len({x.source for x in found}) >= 10


@pytest.mark.slow
@pytest.mark.parametrize(("name", "point"), OF_NUMBERS)
def test_most_of_its_programs_run(name, point):
    problem = registry.load(name)

    async def judge():
        evaluator = LocalEvaluator(
            problem, slots=1, limits=Limits(cpu_seconds=10), min_sandbox=Sandbox.PROCESS
        )
        try:
            return [
                await evaluator.evaluate(
                    EvaluationRequest(
                        source=child.source, entry_point=point, split=Split.SMOKE
                    )
                )
                for child in children(problem, point, 12)
            ]
        finally:
            await evaluator.close()

    found = asyncio.run(judge())
    assert sum(e.score is not None for e in found) >= 6, [e.message for e in found]


def test_it_reads_the_features_that_the_prompt_names():
    source = "def priority(job, state):\n    return job.d\n"
    prompt = "job.p, job.d: times. state.t: now. other.x, job.walk() are none."
    assert words(prompt, source) == ["job.d", "job.p", "state.t"]
    assert words("nothing", source) == ["job", "state"]


def test_it_can_be_started_by_hand():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.openai_mutator", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            url = server.stdout.readline().strip()
            with urllib.request.urlopen(f"{url}/models", timeout=20) as reply:
                assert b"mutator" in reply.read()
        finally:
            server.terminate()
