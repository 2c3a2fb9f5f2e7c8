"""No sandbox: heuristics run in this process. For tests and trusted baselines only."""

import importlib
import json
import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from types import TracebackType
from typing import Self

from evaluators.base import Evaluation, EvaluationRequest, Limits, Sandbox
from evaluators.judge import Judge
from evaluators.sandbox import child, frames
from evaluators.sandbox.outcome import interpret
from problems.base import AnyProblem


class InlineEvaluator:
    """Judges trusted heuristics of ``problem`` here and now.

    Answers pass through the same encoding and the same judge as those of a sandbox.
    There is neither isolation nor a time limit.
    """

    def __init__(self, problem: AnyProblem) -> None:
        self._problem = problem
        self._judge = Judge(problem)
        self._driver = importlib.import_module(problem.driver)

    @property
    def slots(self) -> int:
        """One: an evaluation blocks the event loop."""
        return 1

    @property
    def sandbox(self) -> Sandbox:
        """``none``."""
        return Sandbox.NONE

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge one program on one split."""
        self._judge.check(request)
        cap = Limits().answer_bytes
        job = {
            "source": request.source,
            "entry_point": request.entry_point,
            "seed": request.seed,
        }
        # Decoded anew each time: a heuristic may change what it is given.
        payloads = [
            json.dumps(self._problem.encode(instance))
            for instance in self._problem.instances(request.split)
        ]
        instances = [self._driver.decode(json.loads(text)) for text in payloads]
        cpu, wall = time.thread_time(), time.monotonic()
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            child.seed_generators(request.seed)
            payload = child.perform(self._driver.run, instances, job, cap)
        cpu, wall = time.thread_time() - cpu, time.monotonic() - wall
        result = frames.decode(frames.pack(payload), frames.result_cap(cap))
        outcome = interpret(result, Sandbox.NONE, cpu_seconds=cpu, wall_seconds=wall)
        return self._judge.judge(request, outcome)

    async def close(self) -> None:
        """Nothing to stop."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
