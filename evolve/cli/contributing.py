"""contributions: what operators, authors, islands and notes brought, text or JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evolve.cli.output import print_json, table
from evolve.ports import Population
from evolve.report.contributions import Contribution
from evolve.report.contributions import contributions as found_in
from evolve.report.text import dollars
from evolve.runs import locate
from evolve.session import open_run


def contributions(run: str, *, as_json: bool) -> None:
    """Print what brought how much."""
    with open_run(locate(run)) as opened:
        found = found_in(opened.population)
        document = as_document(opened.population)
    if as_json:
        print_json(document)
        return
    for title, lines in (
        ("by operator", found.operators),
        ("by author", found.authors),
        ("by island", found.islands),
        ("by note", found.notes),
    ):
        if title == "by note" and not lines:
            continue
        table(title, COLUMNS, [_row(line) for line in lines])


COLUMNS = (
    "source",
    "programs",
    "failed",
    "rejected",
    "better than parent",
    "new best",
    "CPU s",
    "tokens",
    "cost",
)


def as_document(population: Population) -> dict[str, Any]:
    """Return plain data: a list for each way to sum up."""
    found = found_in(population)
    return {
        "operators": _documents(found.operators),
        "authors": _documents(found.authors),
        "islands": _documents(found.islands),
        "notes": _documents(found.notes),
    }


def _documents(lines: Sequence[Contribution]) -> list[dict[str, Any]]:
    return [
        asdict(line)
        | {
            "better_per_program": line.better_per_program,
            "better_per_usd": line.better_per_usd,
        }
        for line in lines
    ]


def _row(line: Contribution) -> tuple[str, ...]:
    return (
        line.name,
        str(line.programs),
        str(line.failures),
        str(line.rejections),
        str(line.better),
        str(line.records),
        f"{line.cpu_seconds:.1f}",
        str(line.tokens),
        dollars(line.cost_usd, line.calls, line.unpriced_calls),
    )
