"""Sandboxes on this machine: one zygote per slot, each with its thread."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeAlias

from evaluators.backends import jobs
from evaluators.base import Evaluation, EvaluationRequest, Limits, Sandbox, Status
from evaluators.errors import EvaluatorError
from evaluators.judge import Judge
from evaluators.lockstep import Lockstep, mismatch, required
from evaluators.racing import Course, blocks, race
from evaluators.sandbox import levels
from evaluators.sandbox.host import Slot, ZygoteLostError
from evaluators.sandbox.outcome import Outcome
from problems.base import AnyProblem, Instance, Json, Mode, Split
from problems.errors import ConfigError

Work: TypeAlias = Callable[[Slot], Outcome]
"""Uses a slot for one run."""


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
        if problem.mode is not Mode.SOLUTION and problem.simulator is None:
            raise ConfigError(
                f"problem {problem.name!r} is online ({problem.mode}) and has "
                "no simulator for the trusted side; give its pack one"
            )
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
            self._threads, lambda: self._outcome(request).answers
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
        stepped = required(self._problem, request.split)
        public = jobs.preloaded(self._problem)
        if request.hopeless_above is not None and request.split in public:
            return self._race(request)
        evaluation = self._judge.judge(request, self._outcome(request))
        if not stepped:
            return evaluation
        evaluation = replace(
            evaluation, features={**evaluation.features, "lockstep": 1.0}
        )
        return self._flagged(request, evaluation)

    def _outcome(self, request: EvaluationRequest) -> Outcome:
        if required(self._problem, request.split):
            return self._step(request, self._problem.instances(request.split))
        return self._run_patiently(self._alone(self._job(request)))

    def _step(
        self, request: EvaluationRequest, instances: Sequence[Instance]
    ) -> Outcome:
        def work(slot: Slot) -> Outcome:
            lockstep = Lockstep(self._problem, request, instances)
            return lockstep.settled(slot.run(lockstep.job(), lockstep))

        return self._run_patiently(work)

    def _flagged(
        self, request: EvaluationRequest, evaluation: Evaluation
    ) -> Evaluation:
        """Refuse a program that decides otherwise beside the simulator.

        One instance is sampled, by the program and the seed: it is run both ways.
        """
        if self._problem.mode is not Mode.TRACE or evaluation.score is None:
            return evaluation
        instances = self._problem.instances(request.split)
        digest = sha256(f"{request.seed} {request.source}".encode(errors="replace"))
        sampled = instances[int.from_bytes(digest.digest()[:8]) % len(instances)]
        traced = self._run_patiently(self._alone(self._travelling(request, [sampled])))
        found = mismatch(sampled, traced, self._step(request, [sampled]))
        if not found:
            return evaluation
        return replace(
            evaluation,
            status=Status.INVALID,
            score=None,
            features={**evaluation.features, "integrity_mismatch": 1.0},
            message=f"integrity=mismatch: the simulator makes a difference, {found}",
        )

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
        return race(
            course,
            lambda only: self._run_patiently(self._alone(self._job(request, only))),
        )

    def _alone(self, job: bytes) -> Work:
        return lambda slot: slot.run(job)

    def _run_patiently(self, work: Work) -> Outcome:
        outcome = self._run(work)
        if outcome.status is Status.TIMEOUT_WALL:
            # A busy machine, perhaps: the slot went to the end of the queue.
            outcome = self._run(work)
        return outcome

    def _run(self, work: Work) -> Outcome:
        slot = self._idle.get()
        try:
            return work(slot)
        except ZygoteLostError:
            return self._run_again(slot, work)
        finally:
            self._idle.put(slot)

    def _run_again(self, slot: Slot, work: Work) -> Outcome:
        try:
            return work(slot)
        except ZygoteLostError:
            if self._sandbox is not Sandbox.PROCESS:
                raise
            return jobs.blamed(self._sandbox)

    def _job(
        self, request: EvaluationRequest, only: Sequence[int] | None = None
    ) -> bytes:
        head = jobs.head(request, only)
        return jobs.job(head, self._instances.of(request.split))

    def _travelling(
        self, request: EvaluationRequest, instances: Sequence[Instance]
    ) -> bytes:
        payload = jobs.travelling(self._problem, instances)
        return jobs.job(jobs.head(request), payload)
