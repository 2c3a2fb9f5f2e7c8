"""A report as one HTML file that needs nothing else: no script, no request."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from evolve.report import plots, tables
from evolve.report.code import diff, highlighted
from evolve.report.records import Ancestor, RunReport
from evolve.report.text import (
    NOT_EVALUATED,
    count,
    counts,
    duration,
    headline,
    interval,
    one_line,
    percent,
    reference_name,
    shortened,
    spent_dollars,
    standing_text,
    visible,
    when,
)
from problems.base import Split
from prompts.html import render_html, trusted


def render(report: RunReport) -> str:
    """Return the whole page; all text of models and programs in it is escaped."""
    return fill_page(
        "report.html.jinja",
        run=one_line(report.campaign.name),
        title=one_line(report.title),
        state=str(report.campaign.state),
        message=one_line(report.campaign.message),
        created=when(report.campaign.created),
        updated=when(report.campaign.updated),
        headline=[visible(text) for text in headline(report)],
        notes=[visible(note) for note in report.conditions.notes],
        facts=_facts(report),
        charts=_charts(report),
        tables=_tables(report),
        reference=reference_name(report.splits.get(Split.TEST)),
        controls=bool(report.controls),
        gantt_instance=one_line(report.gantt.instance) if report.gantt else "",
        champion=_champion(report),
        lineage=_lineage(report),
        conditions=_conditions(report),
    )


def fill_page(name: str, **context: object) -> str:
    """Fill in a template of a page with the macros and the style of all pages."""
    folder = files("evolve.report") / "templates"
    macros = "macros.html.jinja"
    return render_html(
        (folder / name).read_text(encoding="utf-8"),
        partials={macros: (folder / macros).read_text(encoding="utf-8")},
        css=trusted((folder / "report.css").read_text(encoding="utf-8")),
        **context,
    )


def _facts(report: RunReport) -> list[dict[str, str]]:
    """Key figures, the held-out gap first and the search's gap beside it."""
    champion = report.champion
    facts = []
    for split, label in (
        (Split.TEST, "gap on test"),
        (Split.OOD, "gap on ood"),
        (Split.TRAIN, "gap on train"),
    ):
        if champion is None:
            facts.append({"label": label, "value": NOT_EVALUATED, "note": ""})
            continue
        found = champion.overall.get(split)
        size = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{found.n:,}" if found else ""
        note = f"{interval(found)} {size}".strip() if found else ""
        value = standing_text(champion, split)
        facts.append({"label": label, "value": value, "note": note})
    spent = report.spent
    cost, _, unknown = spent_dollars(spent).partition(" + ")
    calls = count(spent.calls, "model call") if spent.calls else "proposed offline"
    return [
        *facts,
        {
            "label": "candidates judged",
            "value": f"{spent.candidates:,}",
            "note": f"{spent.rejections:,} proposals rejected, "
            f"{report.twins:,} behaved like an earlier one"
            if report.twins
            else f"{spent.rejections:,} proposals rejected",
        },
        {
            "label": "time",
            "value": duration(spent.seconds),
            "note": count(spent.evaluations, "evaluation"),
        },
        {
            "label": "cost",
            "value": cost,
            "note": f"+ {unknown}, of {calls}" if unknown else calls,
        },
    ]


def _charts(report: RunReport) -> dict[str, str]:
    return {
        "candidates": trusted(plots.search(report)),
        "time": trusted(plots.search(report, over_time=True)),
        "instances": trusted(plots.instances(report)),
        "gantt": trusted(plots.gantt(report.gantt) if report.gantt else ""),
        "curves": trusted(plots.curves(report.gantt) if report.gantt else ""),
        "costs": trusted(plots.costs(report.costs)),
    }


def _tables(report: RunReport) -> dict[str, tables.Table]:
    return {
        "by_split": tables.by_split(report),
        "by_group": tables.by_group(report),
        "claims": tables.claims(report),
        "programs": tables.programs(report),
        "instances": tables.instances(report),
        "gantt": tables.gantt(report),
        "failures": tables.failures(report),
        "rejections": tables.rejections(report),
        "costs": tables.costs(report),
        "contributions": tables.contributions(report),
        "references": tables.references(report),
    }


def _champion(report: RunReport) -> dict[str, Any] | None:
    if report.best is None:
        return None
    best = report.lineage[-1]
    return _program(best) | {
        "source": trusted(highlighted(best.program.candidate.source)),
        "lines": best.program.candidate.source.count("\n") + 1,
    }


def _lineage(report: RunReport) -> list[dict[str, Any]]:
    """List programs from the seed to the champion, with what each one changed."""
    shown = []
    before: Ancestor | None = None
    for ancestor in report.lineage:
        source = ancestor.program.candidate.source
        change = diff(before.program.candidate.source, source) if before else []
        first = "" if before else trusted(highlighted(source))
        shown.append(_program(ancestor) | {"diff": change, "source": first})
        before = ancestor
    return shown


def _program(ancestor: Ancestor) -> dict[str, Any]:
    candidate = ancestor.program.candidate
    score = ancestor.program.score
    return {
        "id": one_line(candidate.id[:12]),
        "step": candidate.step,
        "operator": str(candidate.operator),
        "author": one_line(ancestor.author),
        "rationale": shortened(candidate.rationale),
        "train": str(ancestor.program.evaluation.status)
        if score is None
        else percent(score),
        "valid": percent(ancestor.valid),
    }


def _conditions(report: RunReport) -> dict[str, Any]:
    given = report.conditions
    return {
        "command": visible(given.command),
        "next": _clean(given.next_commands),
        "sandbox": one_line(given.sandbox),
        "versions": _clean(given.versions),
        "limits": _clean(given.limits),
        "paths": _clean(given.paths),
        "config": shortened(report.campaign.config),
        "statuses": counts(report.statuses),
        "problem": f"{one_line(report.campaign.problem)}, version "
        f"{report.campaign.problem_version}",
    }


def _clean(pairs: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(one_line(key), one_line(value)) for key, value in pairs.items()]
