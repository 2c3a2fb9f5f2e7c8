"""Sandboxes on this machine: one zygote per slot, each with its thread."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from evaluators.backends import jobs
from evaluators.base import Evaluation, EvaluationRequest, Limits, Sandbox, Status
from evaluators.errors import EvaluatorError
from evaluators.judge import Judge
from evaluators.racing import Course, blocks, race
from evaluators.sandbox import levels
from evaluators.sandbox.host import Slot, ZygoteLostError
from evaluators.sandbox.outcome import Outcome
from problems.base import AnyProblem, Json, Split


class LocalEvaluator:
    """Judges heuristics of ``problem`` in sandboxes of this machine.

    The zygotes start at construction, all at once and in the background; the first
    evaluation of each slot waits for its own.

    Parameters
    ----------
    slots
        Evaluations at once; more than cores are of no use.
    min_sandbox
        The weakest isolation to accept; the strongest available is used.
    level
        Use exactly this isolation instead, for tests and measurements.

    Raises
    ------
    SandboxUnavailableError
        If this machine does not offer ``min_sandbox``, or ``level``.
    """

    def __init__(
        self,
        problem: AnyProblem,
        *,
        slots: int,
        limits: Limits,
        min_sandbox: Sandbox = Sandbox.SECCOMP,
        level: Sandbox | None = None,
    ) -> None:
        self._judge = Judge(problem)
        self._instances = jobs.Instances(problem)
        self._sandbox = (
            levels.require(min_sandbox) if level is None else levels.demand(level)
        )
        self._problem = problem
        self._limits = limits
        self._blocks: dict[Split, Sequence[Sequence[int]]] = {}
        launch = jobs.launch(jobs.recipe(problem, limits), self._sandbox)
        self._slots = [Slot(launch) for _ in range(slots)]
        self._idle: SimpleQueue[Slot] = SimpleQueue()
        self._closed = False
        try:
            for slot in self._slots:
                slot.start()
                self._idle.put(slot)
        except EvaluatorError:
            for slot in self._slots:
                slot.close()
            raise
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="judge")

    @property
    def slots(self) -> int:
        """How many evaluations can run at once."""
        return len(self._slots)

    @property
    def sandbox(self) -> Sandbox:
        """The isolation in use."""
        return self._sandbox

    def processes(self) -> tuple[int, ...]:
        """Return the ids of the processes that were started and are not lost."""
        return tuple(slot.pid for slot in self._slots if slot.pid is not None)

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge one program on one split.

        Raises
        ------
        EvaluatorError
            If the sandbox failed twice in a row, or is closed.
        ConfigError
            If the problem has no such entry point.
        """
        if self._closed:
            raise EvaluatorError("the evaluator is closed")
        self._judge.check(request)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._evaluate, request)

    async def answers(self, request: EvaluationRequest) -> tuple[Json, ...]:
        """Run one program and return its answers unjudged, for pictures."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, lambda: self._run(self._job(request)).answers
        )

    async def close(self) -> None:
        """Stop all processes; idempotent. Evaluations in progress fail."""
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _close(self) -> None:
        self._closed = True
        for slot in self._slots:
            slot.close()
        self._threads.shutdown(cancel_futures=True)

    def _evaluate(self, request: EvaluationRequest) -> Evaluation:
        if request.hopeless_above is not None and request.split in jobs.PUBLIC:
            return self._race(request)
        return self._judge.judge(request, self._run_patiently(self._job(request)))

    def _race(self, request: EvaluationRequest) -> Evaluation:
        cases = self._judge.cases(request.split)
        if request.split not in self._blocks:
            self._blocks[request.split] = blocks(self._problem, cases)
        course = Course(
            problem=self._problem,
            cases=cases,
            request=request,
            blocks=self._blocks[request.split],
            cpu_seconds=self._limits.cpu_seconds,
        )
        return race(course, lambda only: self._run_patiently(self._job(request, only)))

    def _run_patiently(self, job: bytes) -> Outcome:
        outcome = self._run(job)
        if outcome.status is Status.TIMEOUT_WALL:
            # A busy machine, perhaps: the slot went to the end of the queue.
            outcome = self._run(job)
        return outcome

    def _run(self, job: bytes) -> Outcome:
        slot = self._idle.get()
        try:
            return slot.run(job)
        except ZygoteLostError:
            return self._run_again(slot, job)
        finally:
            self._idle.put(slot)

    def _run_again(self, slot: Slot, job: bytes) -> Outcome:
        try:
            return slot.run(job)
        except ZygoteLostError:
            if self._sandbox is not Sandbox.PROCESS:
                raise
            return jobs.blamed(self._sandbox)

    def _job(
        self, request: EvaluationRequest, only: Sequence[int] | None = None
    ) -> bytes:
        head = jobs.head(request, only)
        return jobs.job(head, self._instances.of(request.split))
