"""The comparison of models on benchmarks as one HTML file that needs nothing else."""

from collections.abc import Sequence
from typing import Any

from evolve.bench.comparing import Paired, compare
from evolve.bench.judging import Opinion
from evolve.bench.plots import costs, levels
from evolve.bench.records import Results
from evolve.report.html import fill_page
from evolve.report.tables import Cell, Table
from evolve.report.text import one_line, visible
from problems.benchmark import Metric
from prompts.html import trusted


def render(
    sections: Sequence[Sequence[Results]],
    commands: Sequence[str],
    opinions: Sequence[Opinion] = (),
) -> str:
    """Return the page: a section for each benchmark, its models side by side."""
    return fill_page(
        "benchmarks.html.jinja",
        commands=[visible(command) for command in commands],
        sections=[_section(results) for results in sections],
        opinions=opinions_table(opinions),
    )


def metrics_table(results: Sequence[Results]) -> Table:
    """Tabulate every metric of a benchmark, a column for each model."""
    summaries = [result.summary.metrics for result in results]
    names = dict.fromkeys(name for metrics in summaries for name in metrics)
    rows = [
        (
            Cell(text=one_line(name, 40)),
            *(_metric(metrics.get(name)) for metrics in summaries),
        )
        for name in names
    ]
    used = [
        ("samples", [f"{len(result.played):,}" for result in results]),
        ("calls", [f"{sum(x.calls for x in result.played):,}" for result in results]),
        ("tokens", [f"{result.tokens:,}" for result in results]),
        ("dollars", [_dollars(result.cost_usd) for result in results]),
    ]
    rows += [(Cell(text=name), *map(_cell, texts)) for name, texts in used]
    return Table(
        caption="Metrics with 95 % intervals",
        columns=("metric", *(one_line(result.model, 40) for result in results)),
        rows=tuple(rows),
    )


def errors_table(results: Sequence[Results]) -> Table:
    """Tabulate how often each kind of error occurred."""
    counts = [result.errors for result in results]
    codes = dict.fromkeys(code for found in counts for code in found)
    return Table(
        caption="Errors by kind",
        columns=("error", *(one_line(result.model, 40) for result in results)),
        rows=tuple(
            (
                Cell(text=one_line(code, 40)),
                *(_cell(f"{found.get(code, 0):,}") for found in counts),
            )
            for code in codes
        ),
    )


def pairs_table(pairs: Sequence[Paired]) -> Table:
    """Tabulate the comparisons of models."""
    return Table(
        caption="Models compared on the same samples",
        columns=("first", "second", "test", "difference", "wins", "losses", "p (Holm)"),
        rows=tuple(
            (
                Cell(text=one_line(pair.first, 40)),
                Cell(text=one_line(pair.second, 40)),
                Cell(text=pair.test),
                _cell(f"{100 * pair.difference:+.1f} points"),
                _cell(f"{pair.wins} of {pair.samples}"),
                _cell(f"{pair.losses} of {pair.samples}"),
                _cell("< 0.001" if pair.p < 0.001 else f"{pair.p:.3f}"),
            )
            for pair in pairs
        ),
        words=3,
    )


def opinions_table(opinions: Sequence[Opinion]) -> Table:
    """Tabulate what judges think, and how far they agree with the benchmark."""
    return Table(
        caption="Parts done according to a model that judges, and its agreement",
        columns=(
            *("model", "judge", "samples", "unread", "parts"),
            *("done here", "done to the judge", "agreement", "kappa"),
        ),
        rows=tuple(
            (
                Cell(text=one_line(one.model, 40)),
                Cell(text=one_line(one.judge, 40)),
                *(_cell(f"{n:,}") for n in (one.samples, one.unread, one.parts)),
                *map(_number, (one.own, one.judged, one.agreement, one.kappa)),
            )
            for one in opinions
        ),
        words=2,
    )


def published_table(results: Sequence[Results]) -> Table:
    """Tabulate what papers report: on other instances, so only to look at."""
    return Table(
        caption="Published figures, on other instances",
        columns=("model", "metric", "source", "value"),
        rows=tuple(
            (
                Cell(text=figure.model),
                Cell(text=figure.metric),
                Cell(text=figure.source),
                _cell(f"{figure.value:g}"),
            )
            for figure in results[0].plan.benchmark.published
        ),
        words=3,
    )


def parameters_table(results: Sequence[Results]) -> Table:
    """Tabulate the settings, with where the defaults come from."""
    plan = results[0].plan
    return Table(
        caption="Settings, with the provenance of their defaults",
        columns=("parameter", "value", "default from", "meaning"),
        rows=tuple(
            (
                Cell(text=name),
                Cell(text=one_line(str(plan.settings[name]), 60)),
                Cell(text=parameter.provenance),
                Cell(text=parameter.doc),
            )
            for name, parameter in plan.benchmark.profile.items()
        ),
        words=4,
    )


def _section(results: Sequence[Results]) -> dict[str, Any]:
    plan = results[0].plan
    return {
        "name": plan.benchmark.name,
        "title": plan.benchmark.title,
        "card": plan.benchmark.card,
        "set": f"{plan.set}, SHA-256 {plan.digest[:16]}",
        "incomplete": [
            f"{one_line(result.model)}: {len(result.played)} of "
            f"{len(plan.samples)} samples; the budget ended it"
            for result in results
            if not result.complete
        ],
        "charts": [
            (trusted(levels(results)), "By level, with 95 % intervals"),
            (trusted(costs(results)), "Quality over cost"),
        ],
        "tables": [
            metrics_table(results),
            pairs_table(compare(results)),
            errors_table(results),
        ],
        "behind": [parameters_table(results), published_table(results)],
    }


def _metric(metric: Metric | None) -> Cell:
    if metric is None or metric.value is None:
        return Cell(text="-")
    note = ""
    if metric.low is not None and metric.high is not None:
        note = f"[{metric.low:.3f}, {metric.high:.3f}]"
    return Cell(text=f"{metric.value:.3f}", note=note)


def _number(value: float | None) -> Cell:
    return Cell(text="-" if value is None else f"{value:.3f}")


def _cell(text: str) -> Cell:
    return Cell(text=text)


def _dollars(cost: float | None) -> str:
    return "not known" if cost is None else f"{cost:.4f}"
