"""What a benchmark of language models is: records that every benchmark fills in.

A benchmark is pure: it makes samples, says what to ask next, reads replies and sums up.
It calls no model, keeps no file and knows no template engine, so any harness can drive
it. The same replies always give the same outcome.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, Protocol

from problems.base import Json
from problems.errors import ConfigError

Provenance = Literal["paper", "secondary", "ours"]
"""Where a value comes from: the paper, what others write about it, or we chose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One setting of a benchmark, with where its default comes from."""

    value: Json
    provenance: Provenance
    doc: str


Profile = Mapping[str, Parameter]
Settings = Mapping[str, Json]
"""The values of a profile by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that a model may call.

    Attributes
    ----------
    parameters
        JSON Schema of its arguments, as text.
    """

    name: str
    doc: str
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call that a model asks for.

    Attributes
    ----------
    id
        Name of the call, chosen by the provider.
    arguments
        As the model wrote them: JSON, or what it took for JSON.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came of one call of a tool that is not simulated.

    Attributes
    ----------
    id
        Of the call.
    error
        Kind of error, see the benchmark; empty if the call succeeded.
    text
        The result, or what the server said of the error.
    seconds
        Elapsed time of the call.
    """

    id: str
    text: str
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One task of a benchmark, as plain data.

    Attributes
    ----------
    id
        Unique and stable: ``r3-L12-s0042``.
    group
        Samples of one group are reported together, e.g. a phase of a ramp.
    level
        Difficulty within the group, from 0.
    data
        What may be shown to a model.
    secret
        What must not be: witnesses, gold answers, hidden preferences.
    """

    id: str
    group: str
    level: int
    data: Json
    secret: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that a model wrote, to be run on plain data where it is confined.

    Attributes
    ----------
    entry_point
        Function that is called with ``data`` and returns plain data.
    """

    source: str
    entry_point: str
    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask next: a model, the sandbox, or servers of tools.

    Attributes
    ----------
    calls
        To be made at the same time instead of asking a model; the reply holds their
        ``results`` in the same order.
    program
        To be run instead of asking a model; the reply's text is its answer as JSON, or
        its failure says why there is none.
    template
        Name of the template that renders ``values``; empty if only ``results`` are
        said.
    tools
        What the model may call in its reply.
    results
        Answers to the calls of the last reply: id of the call, text.
    fresh
        Whether a new conversation begins; otherwise this follows the last reply.
    """

    program: Program | None = None
    calls: tuple[ToolCall, ...] = ()
    template: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    fresh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back.

    Attributes
    ----------
    finish_reason
        As the provider reports it; ``stop`` of what no provider said.
    failure
        Why there is no answer; empty if there is one.
    results
        Of the calls that a question wanted to be made.
    prompt_tokens, completion_tokens
        As reported, 0 if not.
    seconds
        Elapsed time of the call.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    failure: str = ""
    results: tuple[ToolResult, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a sample showed.

    Attributes
    ----------
    correct
        Main score, from 0 to 1, higher is better.
    measures
        Further figures by name.
    errors
        How often each kind of error occurred.
    parsed
        What was understood of the replies, as plain data.
    """

    sample: str
    group: str
    level: int
    correct: float
    measures: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    parsed: Json = None


class Dialogue(Protocol):
    """One sample under way; never raises because of what a reply holds.

    Two questions in a row must differ: a resumed run tells by the prompt which of them
    an answer belongs to.
    """

    def question(self) -> Question | None:
        """Return what to ask now; None once the sample is over. Changes nothing."""

    def answer(self, reply: Reply) -> None:
        """Go on with the reply to the question."""

    def outcome(self) -> Outcome:
        """Judge the sample; one that is not over counts as if nothing more came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure over many samples, with its 95 % interval where there is one."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """The samples of one group and level, or of a part of the time."""

    group: str
    level: int
    samples: int
    metrics: Mapping[str, Metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All outcomes of one model.

    Attributes
    ----------
    metrics
        By name, the main one first.
    """

    metrics: Mapping[str, Metric]
    levels: tuple[LevelRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A player that needs no model.

    Attributes
    ----------
    play
        ``play(sample, seed)`` begins a sample, secrets included, and returns what
        answers its questions.
    """

    doc: str
    play: Callable[[Sample, int], Callable[[Question], Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A second opinion by a model, on parts that are done or not, such as sub-tasks.

    Attributes
    ----------
    ask
        What to ask about an outcome.
    read
        Which parts are done according to a reply; None if it cannot be read.
    own
        Which parts are done according to the benchmark, in the same order.
    """

    ask: Callable[[Sample, Outcome], Question]
    read: Callable[[Sample, Reply], tuple[bool, ...] | None]
    own: Callable[[Sample, Outcome], tuple[bool, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSet:
    """A named set of samples that never changes.

    Attributes
    ----------
    changes
        Settings that differ from the profile's.
    sha256
        Of its samples, see ``digest``.
    """

    changes: Settings
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """What a paper reports of a model: a reference on other instances, never a test."""

    model: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A family of samples with everything that is needed to judge a model on them.

    Attributes
    ----------
    version
        Changes whenever an outcome could come out differently.
    card
        What it is, what is re-implemented and what is not known; Markdown.
    samples
        Samples under these settings, always in the same order.
    start
        Begins a sample under these settings.
    baselines
        By name; ``oracle`` and ``random`` are among them.
    summarise
        Sums up the outcomes of one model.
    sets
        Frozen sets by name, the default one first.
    judge
        How a model can be asked for its opinion; None if that makes no sense.
    live
        The same benchmark with these tools instead of its own, so that it asks for
        calls to be made; None if it has no tools.
    """

    name: str
    version: str
    title: str
    card: str
    profile: Profile
    samples: Callable[[Settings], Sequence[Sample]]
    start: Callable[[Sample, Settings], Dialogue]
    baselines: Mapping[str, Baseline]
    summarise: Callable[[Sequence[Outcome]], Summary]
    sets: Mapping[str, FrozenSet]
    published: tuple[PublishedFigure, ...] = ()
    judge: Judge | None = None
    live: "Callable[[Sequence[Tool]], Benchmark] | None" = None


def settings_of(profile: Profile, changes: Settings) -> Settings:
    """Values of a profile with some of them changed.

    Raises
    ------
    ConfigError
        If a name is unknown, or a value is of another kind than the default.
    """
    unknown = next((name for name in changes if name not in profile), None)
    if unknown is not None:
        known = ", ".join(profile)
        raise ConfigError(f"no parameter {unknown!r} of the benchmark; known: {known}")
    for name, value in changes.items():
        default = profile[name].value
        if not _alike(default, value):
            raise ConfigError(
                f"parameter {name} is {value!r}, but needs a value like {default!r}"
            )
    return {name: changes.get(name, one.value) for name, one in profile.items()}


def digest(samples: Sequence[Sample]) -> str:
    """SHA-256 of samples, secrets included, in their order."""
    rows = [[s.id, s.group, s.level, s.data, s.secret] for s in samples]
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8")).hexdigest()


def _alike(default: Json, value: Json) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if default is None:
        return value is None or isinstance(value, str | int | float)
    return isinstance(value, type(default))
