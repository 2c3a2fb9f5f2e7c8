"""The immutable records that a campaign makes, in the order of the data's path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from evaluators.base import Evaluation
from problems.base import Split
from prompts.records import Prompt, ToolCall

ProgramId = NewType("ProgramId", str)
"""First 32 hexadecimal digits of the SHA-256 of a program's source."""


EMBEDDER = "embedder"
"""Role of the calls that compare programs; all other roles write something."""


class Operator(StrEnum):
    """How a candidate came to be."""

    SEED = "seed"
    MUTATION = "mutation"
    CROSSOVER = "crossover"
    DIFF = "diff"
    REWRITE = "rewrite"
    REPAIR = "repair"
    TUNING = "tuning"
    SIMPLIFICATION = "simplification"
    AGENT = "agent"
    TOLD = "told"


class Reason(StrEnum):
    """Why a proposal did not become a program."""

    EMPTY = "empty"
    NO_CODE = "no_code"
    NO_MATCH = "no_match"
    OUTSIDE_BLOCK = "outside_block"
    SYNTAX = "syntax"
    NO_ENTRY_POINT = "no_entry_point"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    MODEL_FAILED = "model_failed"
    HOPELESS = "hopeless"
    NO_PROPOSAL = "no_proposal"
    TOO_SIMILAR = "too_similar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one model call used; None where the provider did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a model said, verbatim.

    Attributes
    ----------
    model
        The model that answered, as it names itself.
    finish_reason
        ``stop``, ``length``, ``content_filter``, … as the provider reports it.
    seconds
        Elapsed time of the call including its retries.
    tool_calls
        What the model asks to be called before it goes on.
    """

    text: str
    model: str
    finish_reason: str
    usage: Usage
    seconds: float
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question to a model, recorded before it is asked.

    Attributes
    ----------
    step
        The step of the campaign that asks.
    turn
        Number of the call within its step, from 0.
    role
        Who asks: ``proposer, repairer, strategist, guide, researcher, supervisor,
        embedder``.
    note
        Number of the note that the prompt asks to follow, None if there is none.
    reserved_tokens, reserved_usd
        The most that the call may cost; dollars are None if there is no price.
    """

    step: int
    model: str
    prompt: Prompt
    operator: Operator
    island: int
    parents: tuple[ProgramId, ...]
    reserved_tokens: int
    reserved_usd: float | None
    turn: int = 0
    role: str = "proposer"
    note: int | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Step and turn: calls are kept and read in this order."""
        return self.step, self.turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A call with its response, or with the reason why there is none.

    Both are empty while the call is under way, and for ever if the process died then.
    """

    call: Call
    response: Response | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A proposal that became a program; it parses, but has not run.

    Attributes
    ----------
    step
        Number of the step that made it, from 0, unique in a campaign.
    source
        The whole program.
    parents
        First the one that was changed, then those that lent something.
    rationale
        Why, in the words of its author; may be empty.
    note
        Number of the note (a direction, a paragraph of advice) that it follows.
    """

    id: ProgramId
    step: int
    source: str
    operator: Operator
    island: int
    parents: tuple[ProgramId, ...] = ()
    rationale: str = ""
    note: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A proposal that could not become a program, or is one already."""

    step: int
    operator: Operator
    island: int
    reason: Reason
    detail: str = ""
    parents: tuple[ProgramId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A candidate with its evaluation on train; in the population for ever.

    Attributes
    ----------
    seconds
        Campaign time at which the evaluation was finished.
    """

    candidate: Candidate
    evaluation: Evaluation
    seconds: float = 0.0

    @property
    def id(self) -> ProgramId:
        """Digest of the source."""
        return self.candidate.id

    @property
    def score(self) -> float | None:
        """Aggregate gap on train, lower is better; None if it failed."""
        return self.evaluation.score


class NoteKind(StrEnum):
    """What a note of a campaign's memory is.

    ``direction``: a way to go that the strategist proposed; ``insight``: what an agent
    learned; ``skill``: a change that helped more than once; ``hint``: a wish of the
    user; ``guidance``: a paragraph of advice that competes for its place in prompts.
    """

    DIRECTION = "direction"
    INSIGHT = "insight"
    SKILL = "skill"
    HINT = "hint"
    GUIDANCE = "guidance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to remember, in a campaign's memory for ever.

    Attributes
    ----------
    number
        From 0, without holes; given by the population.
    title
        One line, for the digest that every prompt holds.
    text
        All of it, on request.
    step
        The step that wrote it, None for a person.
    """

    kind: NoteKind
    title: str
    text: str
    step: int | None = None
    number: int = -1


class OrderKind(StrEnum):
    """What a person may ask of a running campaign."""

    PIN = "pin"
    BAN = "ban"
    SEED = "seed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A person's order to a campaign, carried out in order of numbers.

    Attributes
    ----------
    text
        Id of the program for ``pin`` and ``ban``, the source for ``seed``.
    number
        From 0, without holes; given by the population.
    """

    kind: OrderKind
    text: str
    number: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A program enters (``living``) or leaves an island."""

    program: ProgramId
    island: int
    living: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a campaign has used up.

    Attributes
    ----------
    candidates
        Programs judged, seeds included.
    evaluations
        Judgements on any split.
    seconds
        Campaign time, summed over sessions.
    tokens, cost_usd
        Reported by providers; reservations of unanswered calls included.
    calls, unpriced_calls
        Model calls, and those of them without a reported cost.
    """

    candidates: int = 0
    rejections: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    tokens: int = 0
    cost_usd: float = 0.0
    calls: int = 0
    unpriced_calls: int = 0


class State(StrEnum):
    """State of a campaign."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInfo:
    """The row of a campaign in the store.

    Attributes
    ----------
    config
        The resolved campaign as TOML text.
    problem_version
        Version of the pack that its evaluations were made with.
    created, updated
        Seconds since the epoch.
    message
        Why it is in this state, in words.
    """

    name: str
    problem: str
    problem_version: int
    config: str
    state: State
    created: float
    updated: float
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the event log.

    Attributes
    ----------
    seq
        From 0, without holes.
    kind
        ``campaign, call, response, program, rejection, evaluation, placement, note,
        order``.
    payload
        Facts that are equal whenever the run is repeated: no times, no durations.
    time
        Seconds since the epoch, kept apart for that reason.
    """

    seq: int
    kind: str
    payload: Mapping[str, object] = field(default_factory=dict)
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A program's evaluation on a further split."""

    program: ProgramId
    split: Split
    evaluation: Evaluation
