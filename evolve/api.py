r"""Ask and tell: a campaign whose proposer is the caller's own code.

The judge, the store, the islands and the budget are those of every campaign; only the
candidates come from outside. Every call waits for its result, and what it returns is
durable.

>>> from evolve import api
>>> with api.start("smtt", out=folder, budget_candidates=3) as campaign:
...     brief = campaign.ask()
...     outcome = campaign.tell(
...         "def priority(job, state):\n    return max(job.d, state.t + job.p)", brief
...     )
...     print(outcome.evaluation.status, outcome.score < brief.parents[0].score)
ok True
>>> with api.open(folder) as campaign:  # later, in another process
...     print(campaign.best().id == outcome.id)
True
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from evaluators.sandbox import levels
from evolve import config as configs
from evolve import feedback as words
from evolve.conclude import conclude
from evolve.llm.prompting import PromptLimits, Question, build_prompt
from evolve.patch import Refused, apply, check
from evolve.program import program_id
from evolve.records import (
    Candidate,
    Note,
    Operator,
    Program,
    Rejection,
    Spent,
    State,
)
from evolve.report.records import RunReport
from evolve.runs import fresh_name, locate, new_location
from evolve.session import Run, Session, create, open_run
from evolve.steering import hint, standing
from problems import registry
from problems.errors import ConfigError

DEFAULT_CANDIDATES = 100
"""Budget of a campaign from a problem's name, seeds included."""

_INSPIRATIONS = 2
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One step that waits for a candidate.

    Attributes
    ----------
    step, island
        Where the candidate belongs.
    parents
        One or two programs; the first one is to be changed.
    text
        The prompt that a model would get.
    """

    step: int
    island: int
    parents: tuple[Program, ...]
    text: str


def start(
    target: str,
    *,
    out: Path | str | None = None,
    store: str | None = None,
    budget_candidates: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
) -> "Campaign":
    """Begin a campaign and judge its seeds.

    Parameters
    ----------
    target
        A campaign file, or the name of a problem.
    out
        Folder of the run; default ``runs/NAME-TIME``.
    store
        URL of a store; default a file in the folder.
    budget_candidates
        Programs that may be judged, seeds included.

    Raises
    ------
    PlatformError
        If the campaign cannot be run as it is.
    """
    budget = {} if budget_candidates is None else {"candidates": budget_candidates}
    over: dict[str, Any] = {"budget": budget}
    over |= {} if seed is None else {"seed": seed}
    over |= {} if workers is None else {"evaluator": {"workers": workers}}
    if Path(target).suffix == ".toml":
        campaign = configs.read(Path(target), over)
    else:
        problem = registry.load(target)
        budget.setdefault("candidates", DEFAULT_CANDIDATES)
        campaign = configs.suited(problem, over, where="api")
    levels.require(campaign.evaluator.least_sandbox())
    folder = None if out is None else Path(out)
    name = folder.name if folder else fresh_name(campaign.name, datetime.now())  # noqa: DTZ005
    return Campaign(lambda: create(campaign, new_location(name, folder, store)))


def open(run: Path | str) -> "Campaign":  # noqa: A001 - api.open is what it does
    """Go on with a run, however it was begun; see ``runs.locate`` for its name.

    Answers of models that wait in its store are left to ``heuresis resume``.
    """
    return Campaign(lambda: open_run(locate(str(run))))


class Campaign:
    """A campaign that is told its candidates; close it, or use it in ``with``.

    It works in a thread of its own, so it may be used where an event loop runs. Calls
    come one after the other.
    """

    def __init__(self, opening: Callable[[], Run]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="heuresis")
        self._open: dict[int, Assignment] = {}
        self._latest: Assignment | None = None
        self._ended = self._closed = False
        try:
            self._do(lambda: self._begin(opening()))
        except BaseException:
            self._thread.shutdown()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def run(self) -> Run:
        """The open run behind it."""
        return self._run

    def ask(self) -> Assignment:
        """Choose parents for the next step; asking again gives another step.

        Raises
        ------
        BudgetExhausted
            If the budget is used, or somebody stopped the campaign.
        """
        self._must_go_on()
        return self._do(self._ask)

    def tell(
        self, source: str, brief: Assignment | None = None, *, rationale: str = ""
    ) -> Program | Rejection:
        """Judge a candidate.

        Parameters
        ----------
        source
            A whole program, or only the code of its evolve block, or SEARCH/REPLACE
            edits of the first parent; Markdown around code is taken off.
        brief
            What it answers, by default the latest. One brief may be answered again
            and again.
        rationale
            Why, for the record.

        Raises
        ------
        BudgetExhausted
            If the budget has no room for one program more.
        ConfigError
            If nothing was asked yet.
        """
        self._must_go_on()
        asked = brief or self._latest
        if asked is None:
            raise ConfigError("nothing was asked yet; call ask() before tell()")
        return self._do(lambda: self._tell(source, asked, rationale))

    def best(self) -> Program:
        """Return the program with the lowest gap on train."""
        return self.ranked(1)[0]

    def ranked(self, count: int) -> Sequence[Program]:
        """Return the programs with the lowest gaps on train, the best first."""
        return self._do(lambda: self._run.population.best(count))

    def get(self, program: str) -> Program:
        """Return a program by the beginning of its id."""
        return self._do(lambda: self._run.population.get(program))

    def note(self, text: str) -> Note:
        """Keep a hint that stands in every brief and prompt from now on."""
        return self._do(lambda: hint(self._run.population, text))

    def feedback(self, outcome: Program | Rejection) -> str:
        """Tell what became of a candidate, by instance."""
        parents = (
            outcome.candidate.parents
            if isinstance(outcome, Program)
            else outcome.parents
        )
        parent = self.get(parents[0]) if parents else None
        return words.feedback(outcome, parent)

    @property
    def spent(self) -> Spent:
        """What has been used up to now."""
        return self._do(lambda: self._session.loop.spent)

    @property
    def end(self) -> str:
        """Why the search is over, in words; empty while it is not."""
        return self._session.loop.end

    def finish(self) -> RunReport:
        """End the search, judge the champion on what was held out, and report.

        Writes report.html, report.json and best.py (best/ if it has helper
        files) into the folder of the run.
        """
        self._must_go_on()
        self._do(self._end)
        return self._do(lambda: conclude(self._run))

    def close(self) -> None:
        """Leave the campaign, to be opened again; idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            self._do(self._end)
            self._do(self._run.population.close)
        finally:
            self._thread.shutdown()

    # In the thread of the campaign.

    def _do(self, work: Callable[[], _T]) -> _T:
        return self._thread.submit(work).result()

    def _begin(self, run: Run) -> None:
        self._run = run
        offline = run.campaign.model_copy(update={"model": None})
        self._runner = asyncio.Runner()
        try:
            self._session = Session(replace(run, campaign=offline))
        except BaseException:
            run.population.close()
            raise
        run.population.set_state(State.RUNNING)
        try:
            self._runner.run(self._session.loop.begin())
        except BaseException as error:
            self._end(State.FAILED, str(error))
            run.population.close()
            raise

    def _ask(self) -> Assignment:
        if self._run.population.stop_requested():
            self._session.stop("stopped by heuresis stop")
        brief = self._runner.run(self._session.loop.ask())
        parents = tuple({parent.id: parent for parent in brief.parents}.values())[:2]
        asked = Assignment(
            step=brief.step,
            island=brief.island,
            parents=parents,
            text=self._text(parents),
        )
        self._open[asked.step] = asked
        self._latest = asked
        return asked

    def _text(self, parents: tuple[Program, ...]) -> str:
        run = self._run
        hidden = {parent.id for parent in parents}
        hidden.update(standing(run.population).banned)
        others = run.population.best(_INSPIRATIONS + len(hidden))
        prompt = build_prompt(
            Question(
                problem=run.problem,
                entry_point=run.problem.entry_points[run.entry_point],
                operator=Operator.CROSSOVER if len(parents) > 1 else Operator.DIFF,
                parents=parents,
                inspirations=[p for p in others if p.id not in hidden][:_INSPIRATIONS],
                notes=run.population.notes(),
                limits=PromptLimits(),
            )
        )
        return f"{prompt.system}\n\n{prompt.user}"

    def _tell(
        self, source: str, asked: Assignment, rationale: str
    ) -> Program | Rejection:
        step = asked.step if self._open.pop(asked.step, None) else -1
        outcome = _outcome(
            source, replace(asked, step=step), self._run.entry_point, rationale
        )
        return self._runner.run(self._session.loop.tell(outcome))

    def _must_go_on(self) -> None:
        if self._ended:
            raise ConfigError(
                "the campaign was left or finished; open it again with api.open"
            )

    def _end(self, state: State | None = None, message: str = "") -> None:
        if self._ended:
            return
        self._ended = True
        loop, population = self._session.loop, self._run.population
        population.add_seconds(loop.seconds)
        done = loop.end and not loop.stopped
        ended = State.DONE if done else State.STOPPED
        population.set_state(state or ended, message or loop.end or "left")
        self._runner.run(self._session.evaluator.close())
        self._runner.close()


def _outcome(
    source: str, asked: Assignment, entry_point: str, rationale: str
) -> Candidate | Rejection:
    parents = tuple(parent.id for parent in asked.parents)
    whole = source
    if check(source, entry_point) is not None:
        parent = asked.parents[0].candidate.source
        patched = apply(parent, source, entry_point=entry_point, form="diff")
        if isinstance(patched, Refused):
            return Rejection(
                step=asked.step,
                operator=Operator.TOLD,
                island=asked.island,
                reason=patched.reason,
                detail=patched.detail,
                parents=parents,
            )
        whole, rationale = patched.source, rationale or patched.rationale
    return Candidate(
        id=program_id(whole),
        step=asked.step,
        source=whole,
        operator=Operator.TOLD,
        island=asked.island,
        parents=parents,
        rationale=rationale,
    )
