"""doctor --hostile: the table of hostile programs and sandbox levels."""

from collections.abc import Sequence
from typing import Any

from evaluators.base import Sandbox
from evaluators.errors import SandboxUnavailableError
from evaluators.hostile import suite
from evaluators.hostile.records import Finding
from evaluators.hostile.suite import Report
from evaluators.sandbox import levels
from evolve.cli.output import note, plain, table


def run() -> list[Report]:
    """Run all programs at every level that this machine offers, weakest first."""
    reports = []
    for level in levels.available():
        if level is not Sandbox.NONE:
            note(f"running hostile programs at {level.value} …")
            reports.append(suite.run(level))
    return reports


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """Return plain data: for each level the counts, and what each program did."""
    return {
        report.level.value: {
            "programs": len(report.hostile),
            "contained": len(report.hostile) - len(report.leaked),
            "leaked": {f.program: f.leak for f in report.leaked},
            "odd": {f.program: f"{f.status}: {f.odd}" for f in report.odd},
            "statuses": {f.program: f.status for f in report.hostile},
        }
        for report in reports
    }


def show(reports: Sequence[Report]) -> None:
    """Print program by level, and a line on each leak at a level that should hold."""
    by_level = [{f.program: f for f in report.hostile} for report in reports]
    rows = [
        (name, *(_cell(findings.get(name)) for findings in by_level))
        for name in by_level[-1]
    ]
    counts = [f"{len(r.hostile) - len(r.leaked)} of {len(r.hostile)}" for r in reports]
    headings = ("program", *(report.level.value for report in reports))
    table("", headings, [*rows, ("contained", *counts)])
    for report in reports:
        for finding in report.odd if not levels.is_weak(report.level) else ():
            note(plain(f"{report.level.value}: {finding.program}: {_words(finding)}"))


def check(reports: Sequence[Report]) -> None:
    """Raise SandboxUnavailableError if anything leaked at the level in use."""
    if not reports or not reports[-1].leaked:
        return
    names = ", ".join(finding.program for finding in reports[-1].leaked)
    raise SandboxUnavailableError(
        f"the sandbox level in use, {reports[-1].level.value!r}, does not contain: "
        f"{names}; do not run candidates of strangers here"
    )


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return "not run"
    return "LEAKED" if finding.leak else "contained"


def _words(finding: Finding) -> str:
    return f"ended as {finding.status}, {finding.odd}: {finding.message[:200]}"
