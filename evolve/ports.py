"""The seams of a campaign: small protocols, each with several implementations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from evaluators.base import Evaluation
from evolve.records import (
    Call,
    CampaignInfo,
    Candidate,
    Event,
    Note,
    NoteKind,
    Operator,
    Order,
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
        """Keep a question before it is asked; each turn of a step asks once."""

    def record_response(
        self, step: int, response: Response | None, failure: str, *, turn: int = 0
    ) -> None:
        """Keep the answer of a call before anything reads it."""

    def add_note(self, note: Note) -> int:
        """Keep a note and return its number; any process may write one."""

    def notes(self, kind: NoteKind | None = None, after: int = -1) -> Sequence[Note]:
        """Return the notes with a number above ``after``, in order."""

    def add_order(self, order: Order) -> int:
        """Keep an order and return its number; any process may give one."""

    def orders(self, after: int = -1) -> Sequence[Order]:
        """Return the orders with a number above ``after``, in order."""

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

    def normals(self) -> Collection[ProgramId]:
        """Return the normal ids (``evolve.program``) of programs that have one."""

    def latest(self, count: int) -> Sequence[Program]:
        """Programs with the highest steps, oldest first."""

    def children(self) -> dict[ProgramId, int]:
        """Count the programs by their first parent; failed ones included."""

    def judged(self) -> dict[int, int]:
        """Count the programs by the island that they were made for."""

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

    def twins(self) -> int:
        """Count scored programs with the train objectives of an earlier one."""

    def proposals(
        self, after: tuple[int, int] = (-1, -1), limit: int = 1000
    ) -> Sequence[Proposal]:
        """Return calls with a key above ``after``, in order of keys, for paging."""

    def dialogue(self, step: int) -> Sequence[Proposal]:
        """Return the calls and responses of a step, in order of turns."""

    def pending(self) -> Sequence[Proposal]:
        """Proposals, answered or not, whose step has no program and no rejection."""

    def next_step(self) -> int:
        """One more than the highest step that left any trace."""

    def spent(self) -> Spent:
        """Return what has been used so far, from the durable facts."""

    def events(self, after: int = -1, limit: int = 10_000) -> Sequence[Event]:
        """Events with a number above ``after``, for paging."""

    def close(self) -> None:
        """Release the connection; idempotent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a campaign looks like at one moment; everything in it is read-only.

    All of it follows from the durable facts, so a resumed campaign sees the same.

    Attributes
    ----------
    step
        Number of the step that looks.
    islands
        Living programs by island, each in the order in which they entered.
    children
        Judged programs by the first parent that they came from, failed ones included;
        a program without children may be absent.
    recent
        The programs judged last, at most ``RECENT``, oldest first, failed ones
        included.
    judged
        Programs judged by island.
    best
        Program with the lowest score so far, living or not; None before the seeds.
    budget
        Programs that the campaign may judge, None if something else limits it.
    """

    step: int
    islands: Mapping[int, Sequence[Program]]
    children: Mapping[ProgramId, int] = field(default_factory=dict)
    recent: Sequence[Program] = ()
    judged: Mapping[int, int] = field(default_factory=dict)
    best: Program | None = None
    budget: int | None = None


RECENT = 200
"""Programs of the recent past that a View holds."""


class Selector(Protocol):
    """Picks parents and keeps islands; pure functions of their arguments.

    One strategy of search. Its parameters are given when it is made.
    """

    @property
    def islands(self) -> int:
        """Number of islands that the strategy keeps."""

    def island(self, view: View, rng: np.random.Generator) -> int:
        """Return the island that the step of ``view`` works on."""

    def parents(
        self, view: View, island: int, count: int, rng: np.random.Generator
    ) -> Sequence[Program]:
        """Draw at most ``count`` different parents; the first one is to be changed.

        An island on which nobody lives gives none.
        """

    def admit(self, view: View, program: Program) -> Sequence[Placement]:
        """Decide whether a new program lives on its island, and who makes room."""

    def migrate(self, view: View) -> Sequence[Placement]:
        """Decide what moves between islands after the step; mostly nothing."""

    def hopeless_above(self, view: View, island: int, source: str) -> float | None:
        """Return the score above which ``admit`` is certain to refuse a program.

        None where no score is hopeless, or the strategy cannot tell.
        """


class Trial(Protocol):
    """Judges a program in a step of its own, as the campaign judges any other."""

    async def __call__(
        self,
        source: str,
        *,
        operator: Operator,
        parents: tuple[ProgramId, ...],
        rationale: str = "",
    ) -> Program | Rejection:
        """Return the program, the known one if the source is not new.

        Raises
        ------
        BudgetExhausted
            If the budget has no room for one more program.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a proposer is given for one step.

    Attributes
    ----------
    step, island
        Where its candidate belongs.
    parents
        One or two programs; the first one is to be changed.
    view
        The campaign at this moment.
    trial
        For proposers that try out more than one program in a step.
    turn
        Number of the step's next call to a model; earlier ones are in the store.
    note
        A note to follow, chosen by whoever steers the proposer.
    """

    step: int
    island: int
    parents: Sequence[Program]
    view: View
    trial: Trial
    turn: int = 0
    note: Note | None = None


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
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Make one candidate. The generator belongs to this step alone."""


class Resumable(Protocol):
    """A proposer that asks models, whose answers an earlier session may have left."""

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Bring a step to its end whose calls are in the store, answered or not.

        ``brief`` has the parents that the first call names. Nothing that was answered
        is asked again.
        """
