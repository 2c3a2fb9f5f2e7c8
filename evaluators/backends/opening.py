"""Open an evaluator by the name of its executor."""

from types import TracebackType
from typing import Protocol, Self

from evaluators.base import EvaluationRequest, Evaluator, Limits, Sandbox
from problems.base import AnyProblem, Json
from problems.errors import ConfigError

EXECUTORS = ("local", "ray")


class SandboxedEvaluator(Evaluator, Protocol):
    """An evaluator with real sandboxes."""

    @property
    def sandbox(self) -> Sandbox:
        """The weakest isolation that candidates get."""

    async def answers(self, request: EvaluationRequest) -> tuple[Json, ...]:
        """Run one program and return its answers unjudged, for pictures."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_evaluator(
    problem: AnyProblem,
    *,
    executor: str,
    slots: int,
    limits: Limits,
    min_sandbox: Sandbox,
    ray_address: str | None = None,
) -> SandboxedEvaluator:
    """Start sandboxes on this machine (``local``) or on a Ray cluster (``ray``).

    Parameters
    ----------
    slots
        Evaluations at once.
    ray_address
        Of a cluster to join; None starts a Ray on this machine if none is there.

    Raises
    ------
    ConfigError
        If there is no such executor.
    SandboxUnavailableError, EvaluatorError
        If the sandboxes cannot be had.
    """
    if executor == "ray":
        from evaluators.backends.ray import RayEvaluator

        return RayEvaluator(
            problem,
            slots=slots,
            limits=limits,
            min_sandbox=min_sandbox,
            address=ray_address,
        )
    if executor != "local":
        known = ", ".join(EXECUTORS)
        raise ConfigError(f"no executor {executor!r}; known: {known}")
    from evaluators.backends.local import LocalEvaluator

    return LocalEvaluator(problem, slots=slots, limits=limits, min_sandbox=min_sandbox)
