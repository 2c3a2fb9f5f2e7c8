"""Records and the port of the judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from problems.base import Split


class Status(StrEnum):
    """What became of an evaluation; every status but ``ok`` comes without a score.

    ``timeout_wall`` is ours (a busy machine, or a sleeper): it is retried once. All
    others are the candidate's doing.
    """

    OK = "ok"
    INVALID = "invalid"
    ERROR = "error"
    TIMEOUT_CPU = "timeout_cpu"
    TIMEOUT_WALL = "timeout_wall"
    MEMORY = "memory"
    FORBIDDEN = "forbidden"
    PROTOCOL = "protocol"
    CRASHED = "crashed"
    IMPOSSIBLE = "impossible"


class Sandbox(StrEnum):
    """Isolation levels, weakest first; ``LEVELS`` gives their order."""

    NONE = "none"
    PROCESS = "process"
    SECCOMP = "seccomp"
    LANDLOCK_SECCOMP = "landlock+seccomp"
    BWRAP_SECCOMP = "bwrap+seccomp"


LEVELS = tuple(Sandbox)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one evaluation may use.

    Attributes
    ----------
    cpu_seconds
        CPU time of the candidate's process for all instances of one request.
    memory_mb
        Address space above that of the empty sandbox, in MiB.
    answer_bytes
        Size of the answers of one request.
    """

    cpu_seconds: float = 5.0
    memory_mb: int = 512
    answer_bytes: int = 4 << 20

    @property
    def wall_seconds(self) -> float:
        """Backstop: generous, because a busy machine is not the candidate's fault."""
        return 5 * self.cpu_seconds + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """Judge ``source`` on all instances of ``split``.

    Attributes
    ----------
    fresh
        Run it, whatever is remembered of earlier runs.
    hopeless_above
        A score above this is of no use: judging may stop as soon as it is certain.
    """

    source: str
    entry_point: str
    split: Split
    seed: int = 0
    fresh: bool = False
    hopeless_above: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceVerdict:
    """One instance of an evaluation.

    Attributes
    ----------
    status
        ``ok``, or why this instance has no objective.
    objective, gap
        Lower is better; ``gap`` is a fraction of the reference, None where the
        reference is zero or nothing was achieved.
    """

    instance: str
    status: Status
    objective: float | None = None
    gap: float | None = None
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The judgement of one program on one split.

    Attributes
    ----------
    score
        Aggregate gap to the references, lower is better: the mean over the groups
        of the split of ``sum(objective - reference) / sum(reference)``. None unless
        the status is ``ok``.
    verdicts
        One per instance, in the order of the split; empty if nothing came back.
    cpu_seconds
        CPU time of the candidate's process, from the kernel.
    wall_seconds
        Elapsed time as seen by the judge.
    message
        For the author of the program: what went wrong, in words.
    sandbox
        The isolation that it ran under.
    complete
        False if judging was stopped because the score could not be good enough any
        more: then nothing is wrong so far, there are verdicts for the instances that
        were run and no others, and there is no score.
    """

    split: Split
    status: Status
    score: float | None
    verdicts: tuple[InstanceVerdict, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    message: str = ""
    sandbox: Sandbox = Sandbox.NONE
    complete: bool = True

    def __post_init__(self) -> None:
        if (self.score is not None) != (self.status is Status.OK and self.complete):
            raise ValueError(f"status {self.status} with score {self.score}")


class Evaluator(Protocol):
    """Judges heuristics of one problem; a context manager that owns its processes.

    ``evaluate`` returns an Evaluation whatever the candidate does, and raises
    EvaluatorError only if the machinery itself failed.
    """

    @property
    def slots(self) -> int:
        """How many evaluations can run at once."""

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge one program on one split."""

    async def close(self) -> None:
        """Stop all processes; idempotent."""
