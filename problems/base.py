"""What a problem pack is: records that every pack fills in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

Json: TypeAlias = Any
"""Plain data: None, bool, int, float, str, list or dict of these."""

BLOCK_START = "# EVOLVE-BLOCK-START"
BLOCK_END = "# EVOLVE-BLOCK-END"

PLAIN_MODULES = (
    "bisect",
    "collections",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "random",
    "statistics",
)
"""What a heuristic may import where nothing speaks for more."""

COSTLY: Mapping[str, Json] = MappingProxyType(
    {
        "search": {"strategy": "plus"},
        "evaluator": {"racing": True},
        "finalists": 20,
    }
)
"""Campaign of a problem whose judgements take a tenth of a second or more.

Few programs are judged, so the best ten breed, and what cannot join them is not judged
to the end.
"""


class Split(StrEnum):
    """Disjoint sets of instances.

    Only outcomes on ``train`` may reach a prompt; ``valid`` chooses the champion;
    ``test`` and ``ood`` (another size or distribution) are for claims.
    """

    SMOKE = "smoke"
    TRAIN = "train"
    VALID = "valid"
    TEST = "test"
    OOD = "ood"


class Mode(StrEnum):
    """How far an answer has to be distrusted.

    ``solution``: the answer is a complete solution of an offline problem, so there
    is nothing to look ahead to. ``trace``: the simulator runs beside the candidate
    and the trusted side replays its decisions. ``lockstep``: the simulator runs on
    the trusted side and only observations cross.
    """

    SOLUTION = "solution"
    TRACE = "trace"
    LOCKSTEP = "lockstep"


class Instance(Protocol):
    """One frozen case of a problem."""

    @property
    def id(self) -> str:
        """Name, unique in the pack, the same on every machine."""

    @property
    def group(self) -> str:
        """Instances of one group are aggregated together, e.g. ``n20``."""


InstanceT = TypeVar("InstanceT", bound=Instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A numeric term that a heuristic may use, for proposers without a model.

    Attributes
    ----------
    code
        Python expression, valid inside the entry point: ``job.p``.
    doc
        Meaning and range, one line: "positive", "at least 0".
    unit
        Such as ``seconds``: unlike ones are not added or compared. Plain numbers,
        counts and shares have none.
    """

    code: str
    doc: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """A function that a heuristic must define.

    Attributes
    ----------
    name
        Name of the function.
    signature
        ``def priority(job, state) -> float:``.
    doc
        The contract in words: arguments with units, result, ties, direction.
    features
        Terms for proposers without a model; empty where none make sense.
    seed
        Name of the baseline from which a campaign starts by default.
    """

    name: str
    signature: str
    doc: str
    seed: str
    features: tuple[Feature, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A classical rule as a heuristic: judged on the same path as a candidate.

    Attributes
    ----------
    entry_point
        Name of the entry point that ``source`` defines.
    source
        A whole program with the two markers.
    citation
        Where the rule comes from.
    """

    name: str
    entry_point: str
    source: str
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Ground truth for one instance.

    Attributes
    ----------
    lower
        Proven lower bound on the objective.
    best
        Best known objective, None if none is known. Equal to ``lower`` if proved.
    proved
        Whether ``best`` is proven optimal.
    method
        How it was computed, with the version of the solver.
    source
        Publication or program that the value comes from.
    """

    lower: float
    best: float | None
    proved: bool
    method: str
    source: str


class Measure(StrEnum):
    """How gaps of several instances become one figure.

    ``mean``: the mean of the gaps to positive targets. ``aggregate``: the summed
    objectives over the summed targets, less 1.
    """

    MEAN = "mean"
    AGGREGATE = "aggregate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Generic[InstanceT]):
    """Gaps of baselines as others give them, to be measured again.

    Attributes
    ----------
    name
        Of the set of instances, short: it heads a column.
    instances
        The set, or one like it; None if it is in ``file``.
    file
        Place in the folder of shared data of a file that the pack reads.
    target
        What an objective is compared with.
    percent
        Published figure by baseline, lower is better.
    doc
        What the set is, how it differs from the published one, and the source.
    """

    name: str
    instances: Callable[[], Sequence[InstanceT]] | None
    file: str = ""
    target: Callable[[InstanceT], float]
    measure: Measure
    percent: Mapping[str, float]
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A public file of instances that the pack does not ship.

    Attributes
    ----------
    name
        Of the local copy.
    url
        Of one version for ever, such as a file at a commit.
    sha256
        Of the content, in hexadecimal.
    licence
        With the holder of the rights.
    doc
        What is in it, one line.
    """

    name: str
    url: str
    sha256: str
    licence: str
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(Generic[InstanceT]):
    """An instance from a file, with what is known of it.

    Attributes
    ----------
    reference
        The bounds of the pack or, where it has none, those that the file carries; a
        bound that follows from the instance at once where the file carries none.
    """

    instance: InstanceT
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The trusted judgement of one answer.

    Attributes
    ----------
    objective
        Recomputed from the pristine instance, lower is better; None if infeasible.
    violations
        One code per violated constraint, with the place: ``duplicate_job:3``.
    features
        Descriptors of the answer, for archives and feedback.
    """

    objective: float | None
    violations: tuple[str, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a Gantt chart; times in the unit of the instance.

    ``late`` marks what the objective punishes.
    """

    row: str
    start: float
    end: float
    label: str
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The words of the chart that the bars of an answer make.

    Attributes
    ----------
    along
        What the axis of the bars is, with its unit.
    marked
        What ``Bar.late`` says of a bar; None if no bar is ever marked.
    """

    along: str = "time (time units of the instance)"
    marked: str | None = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line through points, such as a quantity over time.

    Attributes
    ----------
    name
        Tells the curves of a chart apart.
    points
        ``(x, y)`` by ascending x.
    """

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Curves on common axes, whose titles give the units."""

    title: str
    along: str
    up: str
    curves: tuple[Curve, ...]


class Simulator(Protocol):
    """One run of an online problem on the trusted side.

    Whatever the decisions are, it never raises and comes to an end.
    """

    def observe(self) -> Json | None:
        """Return what the heuristic may know now; None once the run is over.

        Asking again changes nothing.
        """

    def act(self, decision: Json) -> None:
        """Go on to the next decision; an illegal one ends the run and is traced."""

    def trace(self) -> Json:
        """Return the decisions so far, as the answer that ``verify`` judges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Generic[InstanceT]):
    """A pack: a family of instances with everything needed to judge a heuristic.

    The callables are plain functions of their arguments.

    Attributes
    ----------
    name, version, title
        ``version`` changes whenever an evaluation could come out differently.
    mode
        How answers are judged.
    entry_points
        By name; the first one is the default.
    driver
        Module that runs in the sandbox. It defines ``decode(payload) -> instance``
        and ``run(entry_point, heuristic, instance, seed) -> answer`` (plain data);
        for online problems also ``decide(entry_point, heuristic, observation)``, the
        decision (plain data).
    modules
        What a candidate may import; loaded before the sandbox closes.
    baselines
        Classical rules by name.
    instances
        Instances of a split, always in the same order.
    encode
        Plain data of an instance for the driver; holds nothing a heuristic must
        not know.
    verify
        ``verify(instance, entry_point, answer)``: accepts any JSON value, never
        raises because of it.
    reference
        Ground truth of an instance; raises ReferenceMissingError.
    gantt
        Bars that show a valid answer.
    optimum
        An answer that attains the reference, None where none can be given at once.
    solve_references
        Recompute the ground truth that the pack ships; takes a sink for progress.
    card
        The definition of the problem in a few lines of Markdown, for prompts.
    simulator
        ``simulator(instance, entry_point)`` starts a run on the trusted side; needed
        unless the mode is ``solution``.
    describe
        What kind of instance it is, in a few numbers by name, for prompts; holds
        nothing that a heuristic must not know.
    picture
        The words of the chart that ``gantt`` fills.
    charts
        Curves that show a valid answer beside its bars; None if there are none.
    published
        Figures of others for the baselines, for the table of all packs.
    files
        Public files that ``read`` understands, to be fetched by those who want them.
    read
        All instances of a text file of UTF-8, in its order, or a ConfigError that
        names file and line; None if the pack reads no files.
    campaign
        Keys of a campaign file, by section, that a run by the problem's name takes in
        the place of defaults.
    """

    name: str
    version: int
    title: str
    mode: Mode
    entry_points: Mapping[str, EntryPoint]
    driver: str
    modules: tuple[str, ...]
    baselines: Mapping[str, Baseline]
    instances: Callable[[Split], Sequence[InstanceT]]
    encode: Callable[[InstanceT], Json]
    verify: Callable[[InstanceT, str, Json], Verdict]
    reference: Callable[[InstanceT], Reference]
    gantt: Callable[[InstanceT, Json], Sequence[Bar]]
    optimum: Callable[[InstanceT], Json | None]
    solve_references: Callable[[Callable[[str], None]], None]
    card: str
    simulator: Callable[[InstanceT, str], Simulator] | None = None
    describe: Callable[[InstanceT], Mapping[str, float]] | None = None
    picture: Picture = Picture()
    charts: Callable[[InstanceT, Json], Sequence[Chart]] | None = None
    published: tuple[Published[InstanceT], ...] = ()
    files: tuple[RemoteFile, ...] = ()
    read: Callable[[Path], Sequence[Imported[InstanceT]]] | None = None
    campaign: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def default_entry_point(self) -> EntryPoint:
        """The first entry point."""
        return next(iter(self.entry_points.values()))


AnyProblem: TypeAlias = Problem[Any]
