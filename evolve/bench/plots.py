"""The charts of a comparison of models, as SVG; empty text if nothing can be drawn."""

from collections.abc import Sequence
from typing import Any

from evolve.bench.records import Results
from evolve.report.canvas import COLOURS, Box, axes_in, draw, figure_of
from evolve.report.text import one_line
from problems.benchmark import LevelRow, Metric

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_INKS = ("blue", "orange", "green", "purple", "ink", "muted")
_COLUMNS = 3
_PANEL = 2.1


def levels(results: Sequence[Results]) -> str:
    """Draw the first metric of every level, with its interval: a panel for a group."""
    rows = {result.model: result.summary.levels for result in results}
    groups = list(dict.fromkeys(row.group for found in rows.values() for row in found))
    if not groups or all(len(found) < 2 for found in rows.values()):
        return ""
    metric = next(iter(next(row for found in rows.values() for row in found).metrics))
    benchmark = results[0].plan.benchmark

    def paint() -> Any:
        tall = -(-len(groups) // _COLUMNS)
        legend = 0.22 * (1 + (len(rows) - 1) // 3) + 0.1
        figure = figure_of(tall * _PANEL + legend)
        for k, group in enumerate(groups):
            down, across = divmod(k, _COLUMNS)
            box = Box(
                0.55 + across * 2.95,
                9.0 - 0.55 - across * 2.95 - 2.3,
                (tall - 1 - down) * _PANEL + 0.45,
                legend + down * _PANEL + 0.3,
            )
            axes = axes_in(figure, box)
            for index, (model, found) in enumerate(rows.items()):
                own = [row for row in found if row.group == group]
                _paint_line(axes, own, metric, index, one_line(model, 40))
            axes.set_title(one_line(group, 40), size=9, loc="left")
            axes.set_ylim(-0.04, 1.04)
            if not across:
                axes.set_ylabel(metric)
            if k + _COLUMNS >= len(groups):
                axes.set_xlabel("level")
            axes.xaxis.get_major_locator().set_params(integer=True)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper left", ncols=3, frameon=False)
        return figure

    title = f"{benchmark.name}: {metric} by level, with 95 % intervals"
    return draw(f"levels-{benchmark.name}", title, paint)


def costs(results: Sequence[Results]) -> str:
    """Draw the main metric over dollars per sample, for models that cost something."""
    shown = [
        (result.model, cost / len(result.played), main)
        for result in results
        if (cost := result.cost_usd) and (main := _main(result)).value is not None
    ]
    if len(shown) < 2:
        return ""
    benchmark = results[0].plan.benchmark
    metric = next(iter(results[0].summary.metrics))

    def paint() -> Any:
        figure = figure_of(3.2)
        axes = axes_in(figure, Box(0.8, 2.0, 0.5, 0.15))
        for index, (model, cost, main) in enumerate(shown):
            colour = COLOURS[_INKS[index % len(_INKS)]]
            _paint_interval(axes, cost, main, colour)
            axes.plot(cost, main.value, _MARKS[index % len(_MARKS)], color=colour)
            axes.annotate(
                one_line(model, 30),
                (cost, main.value),
                xytext=(7, 0),
                textcoords="offset points",
                verticalalignment="center",
                color=colour,
            )
        axes.set_xscale("log")
        axes.set_xlabel("dollars per sample (log scale)")
        axes.set_ylabel(metric)
        return figure

    return draw(f"costs-{benchmark.name}", f"{benchmark.name}: quality and cost", paint)


def _main(result: Results) -> Metric:
    return next(iter(result.summary.metrics.values()))


def _paint_line(
    axes: Any, rows: Sequence[LevelRow], metric: str, index: int, label: str
) -> None:
    colour = COLOURS[_INKS[index % len(_INKS)]]
    known = [
        (row.level, found)
        for row in rows
        if (found := row.metrics.get(metric)) is not None and found.value is not None
    ]
    bounded = [
        (level, found.low, found.high)
        for level, found in known
        if found.low is not None and found.high is not None
    ]
    if bounded:
        places, low, high = zip(*bounded, strict=True)
        axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.plot(
        [level for level, _ in known],
        [found.value for _, found in known],
        marker=_MARKS[index % len(_MARKS)],
        markersize=3.5,
        linewidth=1.1,
        color=colour,
        label=label,
    )


def _paint_interval(axes: Any, at: float, found: Metric, colour: str) -> None:
    if found.low is not None and found.high is not None:
        axes.plot([at, at], [found.low, found.high], color=colour, alpha=0.3)
