"""The seams of a campaign: small protocols, each with several implementations."""

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np

from evaluators.base import Evaluation
from evolve.records import (
    Call,
    CampaignInfo,
    Candidate,
    Event,
    Placement,
    Program,
    ProgramId,
    Proposal,
    Rejection,
    Response,
    Spent,
    State,
)
from problems.base import Split
from prompts.records import Prompt


class Population(Protocol):
    """The append-only store of one campaign. One writer, many readers.

    Every writing method is one transaction: when it returns, the fact is durable, and
    its event is in the log. Implementations raise StoreError and nothing else.
    """

    def info(self) -> CampaignInfo:
        """Return the campaign's own row."""

    def set_state(self, state: State, message: str = "") -> None:
        """Change the state; appends a ``campaign`` event."""

    def request_stop(self) -> None:
        """Ask the process that runs the campaign to stop soon."""

    def stop_requested(self) -> bool:
        """Whether somebody asked since the state last became ``running``."""

    def record_call(self, call: Call) -> None:
        """Keep a question before it is asked; a step asks at most once."""

    def record_response(
        self, step: int, response: Response | None, failure: str
    ) -> None:
        """Keep the answer of the call of ``step`` before anything reads it."""

    def add(self, program: Program, placements: Sequence[Placement] = ()) -> None:
        """Keep a judged candidate and what it changes in the islands.

        A program whose id is known already is refused with StoreError.
        """

    def reject(self, rejection: Rejection) -> None:
        """Keep a proposal that became no program."""

    def add_evaluation(
        self, program: ProgramId, evaluation: Evaluation, seconds: float
    ) -> None:
        """Keep a judgement on a further split; repeating a split is refused."""

    def place(self, placements: Sequence[Placement]) -> None:
        """Move programs between islands (migration)."""

    def add_seconds(self, seconds: float) -> None:
        """Set the campaign time used so far, if no program did."""

    def living(self, island: int) -> Sequence[Program]:
        """Living programs of an island, in the order in which they entered."""

    def known(self) -> Collection[ProgramId]:
        """Ids of all programs of the campaign."""

    def get(self, program: str) -> Program:
        """Return the program whose id starts with ``program``.

        Raises RunNotFoundError if there is none, ConfigError if there are several.
        """

    def evaluations(self, program: ProgramId) -> dict[Split, Evaluation]:
        """All judgements of a program, train included."""

    def best(self, count: int, split: Split = Split.TRAIN) -> Sequence[Program]:
        """Programs with the lowest score on ``split``, ties by step."""

    def lineage(self, program: ProgramId) -> Sequence[Program]:
        """First-parent line from a seed to the program, oldest first."""

    def programs(self, after: int = -1, limit: int = 1000) -> Sequence[Program]:
        """Programs with a step above ``after``, in order of steps, for paging."""

    def rejections(self) -> dict[str, int]:
        """Count of rejections by reason."""

    def statuses(self, split: Split = Split.TRAIN) -> dict[str, int]:
        """Count of judgements on ``split`` by status."""

    def proposals(self, after: int = -1, limit: int = 1000) -> Sequence[Proposal]:
        """Return calls with a step above ``after``, in order of steps, for paging."""

    def proposal(self, step: int) -> Proposal | None:
        """Return the call and response of a step, if it had one."""

    def pending(self) -> Sequence[Proposal]:
        """Answered proposals whose step has neither program nor rejection."""

    def next_step(self) -> int:
        """One more than the highest step that left any trace."""

    def spent(self) -> Spent:
        """Return what has been used so far, from the durable facts."""

    def events(self, after: int = -1, limit: int = 10_000) -> Sequence[Event]:
        """Events with a number above ``after``, for paging."""

    def close(self) -> None:
        """Release the connection; idempotent."""


class Selector(Protocol):
    """Picks parents and keeps islands; pure functions of their arguments."""

    def island(self, step: int) -> int:
        """Return the island that a step works on."""

    def parents(
        self, living: Sequence[Program], count: int, rng: np.random.Generator
    ) -> Sequence[Program]:
        """Draw ``count`` parents; the first one is to be changed."""

    def admit(self, living: Sequence[Program], program: Program) -> Sequence[Placement]:
        """Decide whether a new program lives on its island, and who makes room."""

    def migrate(
        self, islands: Sequence[Sequence[Program]], step: int
    ) -> Sequence[Placement]:
        """Decide what moves between islands after ``step``; mostly nothing."""


class ChatModel(Protocol):
    """A language model.

    ``complete`` raises ModelUnavailableError when no call can work (no key, unknown
    name), and ModelCallError (evolve.llm.errors) when this one failed for good.
    """

    @property
    def name(self) -> str:
        """Name as the user gave it."""

    async def complete(self, prompt: Prompt, *, seed: int) -> Response:
        """Ask once; retries of transient failures happen inside."""

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Dollars for so many tokens; None if the price is not known."""


class Proposer(Protocol):
    """Turns parents into a candidate."""

    async def propose(
        self,
        step: int,
        island: int,
        parents: Sequence[Program],
        rng: np.random.Generator,
    ) -> Candidate | Rejection:
        """Make one candidate. The generator belongs to this step alone."""
