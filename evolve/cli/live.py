"""Progress of a campaign: a panel on a terminal, plain lines elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from evaluators.base import Status
from evolve.campaign import CampaignLoop
from evolve.cli.output import percent, plain
from evolve.records import Operator, Program, Rejection
from evolve.session import Run


class Progress(Protocol):
    """Shows what happens; decides nothing."""

    def outcome(self, outcome: Program | Rejection) -> None:
        """Take note of a step's outcome."""

    def say(self, text: str) -> None:
        """Tell the user something now."""

    @contextmanager
    def showing(self, loop: CampaignLoop) -> Iterator[None]:
        """Show progress of ``loop`` while the block runs."""


def open_progress(run: Run, *, quiet: bool) -> Progress:
    """Choose the display that fits standard error."""
    if quiet:
        return _Quiet()
    return _Panel(run) if sys.stderr.isatty() else _Lines(run)


class _Quiet:
    def outcome(self, outcome: Program | Rejection) -> None:
        del outcome

    def say(self, text: str) -> None:
        print(plain(text), file=sys.stderr, flush=True)

    @contextmanager
    def showing(self, loop: CampaignLoop) -> Iterator[None]:
        del loop
        yield


class _Counts:
    """What both displays count, in constant memory."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.best: Program | None = None
        self.seed_score: float | None = None

    def take(self, outcome: Program | Rejection) -> bool:
        """Count an outcome; return whether it is the new best program."""
        if isinstance(outcome, Rejection):
            self.reasons[outcome.reason] += 1
            return False
        self.statuses[outcome.evaluation.status] += 1
        score = outcome.score
        if score is None:
            return False
        if outcome.candidate.operator is Operator.SEED and self.seed_score is None:
            self.seed_score = score
        best = self.best.score if self.best else None
        if best is None or score < best:
            self.best = outcome
            return True
        return False

    @property
    def failed(self) -> int:
        return sum(self.statuses.values()) - self.statuses[Status.OK]


class _Lines:
    """One line for every improvement, and one every ten seconds."""

    def __init__(self, run: Run) -> None:
        self._counts = _Counts()
        self._loop: CampaignLoop | None = None
        self._last = time.monotonic()
        self._name = run.campaign.name

    def outcome(self, outcome: Program | Rejection) -> None:
        improved = self._counts.take(outcome)
        now = time.monotonic()
        if improved and isinstance(outcome, Program):
            candidate = outcome.candidate
            self.say(
                f"step {candidate.step} {candidate.id[:8]} {candidate.operator}: "
                f"train gap {percent(outcome.score)}"
            )
            self._last = now
        elif now - self._last > 10:
            self.say("no better program yet")
            self._last = now

    def say(self, text: str) -> None:
        clock = f"{self._loop.seconds:7.1f} s" if self._loop else " " * 9
        counts = self._counts
        judged = sum(counts.statuses.values())
        print(
            f"{clock}  {judged} judged, {counts.failed} failed  {plain(text)}",
            file=sys.stderr,
            flush=True,
        )

    @contextmanager
    def showing(self, loop: CampaignLoop) -> Iterator[None]:
        self._loop = loop
        yield
        best = self._counts.best
        self.say(
            f"{loop.end or 'ended'}; best train gap {percent(best.score)}"
            if best
            else f"{loop.end or 'ended'}; no valid program"
        )


class _Panel:
    """A panel that is drawn four times a second."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._counts = _Counts()
        self._console = Console(stderr=True)
        self._loop: CampaignLoop | None = None
        self._gaps: list[float] = []

    def outcome(self, outcome: Program | Rejection) -> None:
        if self._counts.take(outcome) and outcome is self._counts.best:
            score = self._counts.best.score
            assert score is not None
            self._gaps.append(score)

    def say(self, text: str) -> None:
        self._console.print(Text(plain(text)))

    @contextmanager
    def showing(self, loop: CampaignLoop) -> Iterator[None]:
        self._loop = loop
        with Live(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=4,
            transient=False,
        ):
            yield

    def _draw(self) -> RenderableType:
        loop, counts = self._loop, self._counts
        assert loop is not None
        spent = loop.spent
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold")
        grid.add_column()
        rate = spent.candidates / spent.seconds if spent.seconds > 0.5 else 0.0
        grid.add_row("spent", self._spent())
        judged = f"{spent.candidates} programs, {rate:.0f}/s, {counts.failed} failed"
        grid.add_row("judged", judged + _most(counts))
        grid.add_row("best", self._best())
        if len(self._gaps) > 1:
            grid.add_row("", _sparkline(self._gaps))
        parts: list[RenderableType] = [grid]
        if counts.best is not None:
            parts.append(Text(_block(counts.best.candidate.source), style="cyan"))
        return Group(*parts)

    def _spent(self) -> str:
        assert self._loop is not None
        spent, budget = self._loop.spent, self._run.campaign.budget
        parts = [f"{spent.seconds:.0f} s" + _of(budget.seconds, "s")]
        if budget.candidates:
            parts.append(f"{spent.candidates}{_of(budget.candidates, 'candidates')}")
        if self._run.campaign.ensemble:
            unpriced = (
                f" + {spent.unpriced_calls} calls not reported"
                if spent.unpriced_calls
                else ""
            )
            parts.append(f"{spent.tokens} tokens, ${spent.cost_usd:.4f}{unpriced}")
        return ", ".join(parts)

    def _best(self) -> str:
        best = self._counts.best
        if best is None:
            return "no valid program yet"
        text = f"{best.id[:8]}  gap to the references on train {percent(best.score)}"
        if self._counts.seed_score is not None:
            text += f" (seed {percent(self._counts.seed_score)})"
        return text


def _most(counts: _Counts) -> str:
    failures = Counter(counts.statuses)
    failures.pop(Status.OK, None)
    most = (failures + counts.reasons).most_common(1)
    return f", most often {most[0][0]} ({most[0][1]})" if most else ""


def _of(limit: float | None, unit: str) -> str:
    return f" of {limit:g} {unit}" if limit else ""


def _sparkline(values: list[float]) -> str:
    recent = values[-40:]
    low, high = min(recent), max(recent)
    marks = "▁▂▃▄▅▆▇█"
    span = (high - low) or 1.0
    return "".join(marks[round((v - low) / span * (len(marks) - 1))] for v in recent)


def _block(source: str) -> str:
    from problems.base import BLOCK_END, BLOCK_START

    _, _, rest = source.partition(BLOCK_START)
    block = (rest.partition(BLOCK_END)[0] or source).strip()
    return plain("\n".join(block.splitlines()[:16]))
