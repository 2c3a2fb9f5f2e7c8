"""Run programs against the judge at one level, and watch what they get."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from evaluators.backends.local import LocalEvaluator
from evaluators.base import (
    Evaluation,
    EvaluationRequest,
    Limits,
    Sandbox,
    Status,
)
from evaluators.errors import EvaluatorError
from evaluators.hostile.benign import Benign
from evaluators.hostile.host import Host, end, survivors
from evaluators.hostile.problem import HONEST, OPTIMAL, attacked
from evaluators.hostile.records import Finding, Program
from evaluators.sandbox.levels import is_weak
from problems.base import Split

_STALL_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteLimits(Limits):
    """Limits that let a test of a time-out end soon."""

    # Touching the 300 MB of an honest program takes 0.24 to 0.35 s of page faults.
    cpu_seconds: float = 0.6
    answer_bytes: int = 4 << 20
    wall: float = 2.0

    @property
    def wall_seconds(self) -> float:
        """Shorter than in earnest."""
        return self.wall


class Arena:
    """One sandbox of one level, with the attacked host around it."""

    def __init__(self, level: Sandbox, host: Host) -> None:
        self._level = level
        self._host = host
        self._evaluator = LocalEvaluator(
            attacked(), slots=1, limits=SuiteLimits(), level=level
        )

    async def attack(self, programs: Sequence[Program]) -> AsyncIterator[Finding]:
        """Run each program and judge what it achieved."""
        honest = await self._judge(HONEST, "priority")
        optimal = await self._judge(OPTIMAL, "priority")
        if optimal.score != 0 or not honest.score:
            raise EvaluatorError(f"the honest program failed: {honest.message}")
        for program in programs:
            if not (program.confined and is_weak(self._level)):
                yield await self._attack(program, honest.score)

    async def befriend(self, programs: Sequence[Benign]) -> AsyncIterator[Finding]:
        """Run honest programs; what they should do and cannot is odd."""
        for program in programs:
            found = await self._judge(program.source)
            fine = found.status is program.expected and program.words in found.message
            yield Finding(
                program=program.name,
                level=self._level,
                status=found.status,
                odd=""
                if fine or is_weak(self._level)
                else f"expected {program.expected}",
                message=found.message,
            )

    async def close(self) -> None:
        """Stop the sandbox."""
        await self._evaluator.close()

    async def _attack(self, program: Program, honest: float) -> Finding:
        started = time.monotonic()
        try:
            if program.before:
                await self._judge(self._host.aim(program.before))
            found = await self._judge(self._host.aim(program.source))
            seconds = time.monotonic() - started
            leaks = [
                *(["got what it was after"] if _gained(found, honest) else []),
                *(["held up the host"] if seconds > _STALL_SECONDS else []),
                *self._traces(),
                *await self._harm(),
            ]
        except EvaluatorError as error:
            return Finding(
                program=program.name,
                level=self._level,
                status="error of ours",
                leak=f"broke the judge: {error}",
            )
        return Finding(
            program=program.name,
            level=self._level,
            status=found.status,
            leak="; ".join(leaks),
            odd="" if found.status in program.expected else _odd(program),
            message=found.message,
            seconds=seconds,
        )

    def _traces(self) -> list[str]:
        own = self._evaluator.processes()
        is_wrapped = self._level is Sandbox.BWRAP_SECCOMP
        left = survivors(own, ()) if is_wrapped else survivors((), own)
        end(left)
        touched = self._host.touched()
        return [*touched, f"left {len(left)} processes"] if left else touched

    async def _harm(self) -> list[str]:
        after = await self._judge(OPTIMAL, "priority")
        if (after.status, after.score) == (Status.OK, 0.0):
            return []
        return [f"harmed the next program: {after.status} {after.message}"]

    async def _judge(self, source: str, entry_point: str = "raw") -> Evaluation:
        return await self._evaluator.evaluate(
            EvaluationRequest(source=source, entry_point=entry_point, split=Split.TRAIN)
        )


def _gained(found: Evaluation, honest: float) -> bool:
    return found.score is not None and found.score < honest - 1e-9


def _odd(program: Program) -> str:
    return f"expected {' or '.join(sorted(program.expected))}"
