"""What a report shows, as plain data: every surface is a function of ``RunReport``.

Gaps are fractions of the reference, lower is better; None or a missing key means that
there is no value, never that it is zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluators.base import Status
from evaluators.statistics import Claim, Estimate
from evolve.records import CampaignInfo, Operator, Program, Spent
from evolve.report.contributions import Contributions
from problems.base import Bar, Chart, Picture, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFacts:
    """A split and its references.

    Attributes
    ----------
    instances, proved
        How many instances, and how many references of them are proven optima.
    judged
        Programs of this campaign that were judged on it; touches of a test set.
    methods
        How the references were computed, one entry per distinct method.
    """

    instances: int
    proved: int
    judged: int = 0
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one program stands on the splits that it was judged on.

    Attributes
    ----------
    name
        ``champion``, or the name of a baseline.
    overall, groups
        Aggregate gap by split, and by split and group.
    failed
        Why a split has no gap.
    citation
        Where a classical rule comes from.
    """

    name: str
    overall: Mapping[Split, Estimate] = field(default_factory=dict)
    groups: Mapping[Split, Mapping[str, Estimate]] = field(default_factory=dict)
    failed: Mapping[Split, Status] = field(default_factory=dict)
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One program in the course of the search.

    Attributes
    ----------
    seconds
        Campaign time at which it was judged.
    score
        Aggregate gap on train; None if it failed.
    """

    step: int
    seconds: float
    program: str
    operator: Operator
    status: Status
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceGaps:
    """One held-out instance under every program.

    Attributes
    ----------
    proved
        Whether the reference is a proven optimum.
    gaps
        By name of the standing; None where the reference is zero or it failed.
    """

    instance: str
    group: str
    reference: float
    proved: bool
    gaps: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A program on the first-parent line to the champion.

    Attributes
    ----------
    author
        The model that wrote it as it names itself, or the offline method.
    valid
        Aggregate gap on valid; None if it was not judged there.
    """

    program: Program
    author: str
    valid: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GanttPanel:
    """One answer to the instance of the Gantt chart.

    Attributes
    ----------
    title
        Whose answer: ``champion``, ``proven optimum``.
    objective
        Lower is better.
    charts
        Curves that the problem shows of an answer.
    """

    title: str
    objective: float
    bars: tuple[Bar, ...]
    gap: float | None = None
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gantt:
    """Answers to one instance, on one axis; ``picture`` has its words."""

    instance: str
    panels: tuple[GanttPanel, ...]
    picture: Picture = field(default_factory=Picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """What one model did in one role.

    Attributes
    ----------
    operator
        What it was asked for.
    programs, rejected
        Calls that led to a program, and to none.
    tokens, cost_usd
        Sums over the calls that reported them; None if none did.
    unpriced_calls
        Calls without a reported cost.
    """

    model: str
    operator: str
    calls: int
    programs: int
    rejected: int
    tokens: int | None
    cost_usd: float | None
    unpriced_calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the numbers came about, and how to get them again.

    Attributes
    ----------
    command
        The command line that repeats the run.
    next_commands
        What to type next, with what it does: ``{command: purpose}``.
    versions
        Of heuresis, Python, the pack, solvers: ``{name: version}``.
    sandbox
        Weakest isolation that any program ran under.
    limits
        What one evaluation may use, in words with units: ``{"CPU time": "5 s"}``.
    paths
        Files of the run: ``{purpose: path}``.
    notes
        What a reader must know before believing a number, such as that the model is
        a small or scripted one.
    """

    command: str
    sandbox: str
    next_commands: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything that is known at the end of a run.

    Attributes
    ----------
    campaign, spent
        As the population has them.
    title
        Of the problem.
    conditions
        How the numbers came about.
    splits
        The instance sets that gaps refer to.
    lineage
        From a seed to the champion, oldest first; empty if no program is valid.
    champion
        Its gaps; None if no program is valid.
    baselines
        Classical rules, judged on the same path.
    claims
        Champion against baselines; one family.
    points
        All programs, in order of steps.
    controls
        Other searches of equal budget, for the same charts: ``{name: points}``.
    statuses, rejections
        Counts of programs by status, of proposals by reason.
    twins
        Programs that behaved on train exactly like an earlier one.
    examples
        A message of the judge for each status that is a failure.
    instances
        Per-instance gaps on test.
    gantt
        One instance in pictures; None if the problem draws none.
    costs
        Empty if no model was called.
    contributions
        What each operator, author and island brought; None if that was not summed up.
    """

    campaign: CampaignInfo
    spent: Spent
    title: str
    conditions: Conditions
    splits: Mapping[Split, SplitFacts] = field(default_factory=dict)
    lineage: tuple[Ancestor, ...] = ()
    champion: Standing | None = None
    baselines: tuple[Standing, ...] = ()
    claims: tuple[Claim, ...] = ()
    points: tuple[Point, ...] = ()
    controls: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    rejections: Mapping[str, int] = field(default_factory=dict)
    twins: int = 0
    examples: Mapping[str, str] = field(default_factory=dict)
    instances: tuple[InstanceGaps, ...] = ()
    gantt: Gantt | None = None
    costs: tuple[ModelCost, ...] = ()
    contributions: Contributions | None = None

    def __post_init__(self) -> None:
        if (self.champion is None) != (not self.lineage):
            raise ValueError("a champion and its lineage come together")

    @property
    def best(self) -> Program | None:
        """The champion's program."""
        return self.lineage[-1].program if self.lineage else None
