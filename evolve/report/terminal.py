"""The end of a run on a terminal; nothing of a model or program can steer it."""

from typing import TYPE_CHECKING

from evaluators.statistics import sentence
from evolve.report import tables
from evolve.report.records import RunReport
from evolve.report.text import (
    count,
    counts,
    duration,
    headline,
    one_line,
    reference_name,
    shortened,
    spent_dollars,
    visible,
)
from problems.base import Split

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_COLUMNS = 6
_LINES = 60


def show(report: RunReport, console: "Console") -> None:
    """Print what was found, how sure it is, where it is and what to type next."""
    from rich.text import Text

    for text in headline(report):
        console.print(Text(visible(text), style="bold"))
    for note in report.conditions.notes:
        console.print(Text(f"Note: {visible(note)}", style="yellow"))
    _show_gaps(report, console)
    _show_claims(report, console)
    _show_rule(report, console)
    _show_spent(report, console)
    for purpose, path in report.conditions.paths.items():
        console.print(Text(f"{one_line(purpose)}: {one_line(path)}"), soft_wrap=True)
    for command, purpose in report.conditions.next_commands.items():
        line = Text.assemble(
            "next: ", (visible(command), "bold"), f"   # {one_line(purpose)}"
        )
        console.print(line, soft_wrap=True)


def _show_gaps(report: RunReport, console: "Console") -> None:
    found = tables.by_group(report)
    if not 1 < len(found.columns) <= _COLUMNS + 1:
        found = tables.by_split(report)
    if not found.rows:
        return
    console.print(_table(found))
    against = reference_name(report.splits.get(Split.TEST))
    console.print(
        f"gaps to {against}, with 95 % intervals; lower is better", style="dim"
    )


def _table(found: tables.Table) -> "Table":
    """Lay out a table; only the first row, the champion's, shows its intervals."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, name in enumerate(found.columns):
        justify = "left" if index < found.words else "right"
        table.add_column(Text(name), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for number, row in enumerate(found.rows):
        cells = []
        for index, cell in enumerate(row):
            text = Text(cell.text, style="bold" if cell.best else "")
            if cell.note and number == 0 and index:
                text.append(f"\n{cell.note}", style="dim")
            cells.append(text)
        table.add_row(*cells)
    return table


def _show_claims(report: RunReport, console: "Console") -> None:
    from rich.text import Text

    for claim in report.claims:
        mark, style = ("+", "green") if claim.shown else ("-", "yellow")
        text = f"{mark} {claim.split}: {visible(sentence(claim))}"
        console.print(Text(text, style=style))


def _show_rule(report: RunReport, console: "Console") -> None:
    from rich.syntax import Syntax
    from rich.text import Text

    if report.best is None:
        return
    candidate = report.best.candidate
    author = one_line(report.lineage[-1].author, 60)
    console.print(
        Text(f"rule {one_line(candidate.id[:12])}, {candidate.operator} by {author}")
    )
    lines = shortened(candidate.source).strip("\n").split("\n")
    text = "\n".join(lines[:_LINES])
    console.print(Syntax(text, "python", theme="ansi_dark", word_wrap=True))
    if len(lines) > _LINES:
        console.print(f"… {len(lines) - _LINES} more lines", style="dim")


def _show_spent(report: RunReport, console: "Console") -> None:
    from rich.text import Text

    spent = report.spent
    parts = [
        f"{count(spent.candidates, 'candidate')} in {duration(spent.seconds)}",
        spent_dollars(spent),
        counts(report.statuses),
    ]
    if report.rejections:
        parts.append(f"rejected: {counts(report.rejections)}")
    if report.twins:
        parts.append(f"{report.twins:,} behaved like an earlier one")
    console.print(Text("; ".join(part for part in parts if part), style="dim"))
