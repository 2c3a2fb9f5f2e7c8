"""The charts of a report, as SVG elements; empty text if there is nothing to draw."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any, NamedTuple

from evaluators.base import Status
from evolve.report.canvas import (
    COLOURS,
    Box,
    axes_in,
    draw,
    figure_of,
    gap_scale,
)
from evolve.report.records import (
    Gantt,
    GanttPanel,
    InstanceGaps,
    ModelCost,
    Point,
    RunReport,
)
from evolve.report.series import duel, improvements, spread, thinned, time_unit
from evolve.report.text import (
    count,
    dollars,
    one_line,
    percent,
    ranked,
    reference_name,
)
from problems.base import Bar, Split

_POINTS = 3000
_RULES = 5
_ROWS = 12

_HUES = tuple(COLOURS[name] for name in ("blue", "orange", "green", "purple"))
_LINES = tuple(style for style in ("-", "--", ":", "-.") for _ in range(4))
"""Styles of curves: colours change first, so that no meaning rests on them alone."""

_Position = Callable[[Point], float]


class _Label(NamedTuple):
    gap: float
    text: str
    colour: str


def search(report: RunReport, *, over_time: bool = False) -> str:
    """Draw the gap on train over candidates, or over campaign time.

    Every valid program is a dot, the best so far a line; failures stand in a strip
    below, a row for each status; baselines, controls and the champion's held-out gap
    are lines with their names at the right.
    """
    valid = [p for p in report.points if p.score is not None]
    if not valid:
        return ""
    unit, length = time_unit(max(p.seconds for p in report.points))

    def position(point: Point) -> float:
        return point.seconds / length if over_time else point.step

    def paint() -> Any:
        failures = sorted({p.status for p in report.points if p.score is None})
        strip = 0.19 * len(failures)
        figure = figure_of(4.2 + strip)
        axes = axes_in(figure, Box(0.85, 1.95, 0.62 + strip, 0.1))
        shown = thinned(report.points, _POINTS)
        _paint_programs(axes, report, shown, position)
        _paint_levels(axes, report)
        below = axes
        if failures:
            axes.tick_params(axis="x", labelbottom=False, length=0)
            box = Box(0.85, 1.95, 0.5, 4.2 + strip - 0.5 - strip)
            below = axes_in(figure, box, sharex=axes)
            _paint_failures(below, report.points, failures, position)
        below.set_xlabel(f"campaign time ({unit})" if over_time else "candidates")
        below.xaxis.get_major_locator().set_params(integer=not over_time)
        last = max(position(p) for p in report.points) or 1.0
        axes.set_xlim(-0.012 * last, 1.012 * last)
        return figure

    name, over = ("time", unit) if over_time else ("candidates", "candidates")
    title = f"Gap on train over {over}, {count(len(valid), 'valid program')}"
    return draw(name, title, paint)


def instances(report: RunReport) -> str:
    """Draw the gap of every test instance, a row for each program.

    A dot is an instance; the box holds the middle half, the bar in it the median.
    """
    standings = [
        *([report.champion] if report.champion else []),
        *ranked(report.baselines),
    ]
    rows = [
        (line, gaps)
        for line in standings[:_ROWS]
        if (gaps := _gaps_of(report.instances, line.name))
    ]
    if not rows:
        return ""

    def paint() -> Any:
        figure = figure_of(0.95 + 0.42 * len(rows))
        axes = axes_in(figure, Box(1.45, 1.5, 0.55, 0.4))
        for index, (line, gaps) in enumerate(rows):
            ours = line is report.champion
            _paint_row(axes, -index, gaps, COLOURS["blue" if ours else "orange"])
            if report.champion and not ours:
                result = duel(report.instances, report.champion.name, line.name)
                _beside(
                    axes, -index, f"{result.wins} / {result.ties} / {result.losses}"
                )
        if report.champion and len(rows) > 1:
            _beside(axes, 0, "champion\nwins / ties / losses", COLOURS["muted"])
        _name_rows(axes, [one_line(line.name, 20) for line, _ in rows])
        gap_scale(axes, "x", [gap for _, gaps in rows for gap in gaps])
        against = reference_name(report.splits.get(Split.TEST))
        axes.set_xlabel(f"gap to {against}; each dot is a test instance")
        return figure

    title = f"Gap on each test instance, {count(len(rows), 'program')}"
    return draw("instances", title, paint)


def gantt(chart: Gantt) -> str:
    """Draw answers to one instance below each other, on one axis."""
    panels = [panel for panel in chart.panels if panel.bars]
    if not panels:
        return ""

    def paint() -> Any:
        heights = [0.36 + 0.36 * len(_gantt_rows(panel)) for panel in panels]
        figure = figure_of(sum(heights) + 0.7)
        start = min(bar.start for panel in panels for bar in panel.bars)
        end = max(bar.end for panel in panels for bar in panel.bars)
        top = 0.05
        for panel, height in zip(panels, heights, strict=True):
            below = figure.get_figheight() - top - height
            axes = axes_in(figure, Box(0.95, 0.15, below, top + 0.3))
            _paint_answer(axes, panel, end - start, chart.picture.marked)
            axes.set_xlim(start, end if end > start else start + 1)
            top += height
            if panel is panels[-1]:
                axes.set_xlabel(one_line(chart.picture.along, 60))
            else:
                axes.tick_params(axis="x", labelbottom=False, length=0)
        return figure

    return draw("gantt", f"Gantt chart of {one_line(chart.instance, 60)}", paint)


def curves(chart: Gantt) -> str:
    """Draw the curves of answers to one instance, each chart below the one before."""
    drawn = [(panel, one) for panel in chart.panels for one in panel.charts]
    drawn = [(panel, one) for panel, one in drawn if any(c.points for c in one.curves)]
    if not drawn:
        return ""

    def paint() -> Any:
        height = 2.3
        figure = figure_of(height * len(drawn))
        for index, (panel, one) in enumerate(drawn):
            below = figure.get_figheight() - height * (index + 1)
            axes = axes_in(figure, Box(0.85, 1.95, below + 0.5, height * index + 0.3))
            for curve, colour, line in zip(one.curves, cycle(_HUES), cycle(_LINES)):
                x, y = zip(*curve.points, strict=True) if curve.points else ((), ())
                name = one_line(curve.name, 24)
                axes.plot(x, y, color=colour, linestyle=line, linewidth=1.2, label=name)
            axes.set_title(
                one_line(f"{panel.title}: {one.title}", 90), fontsize=9, loc="left"
            )
            axes.set_xlabel(one_line(one.along, 60))
            axes.set_ylabel(one_line(one.up, 34))
            axes.legend(
                loc="upper left",
                bbox_to_anchor=(1.01, 1.02),
                frameon=False,
                fontsize=8,
            )
        return figure

    return draw("curves", f"Curves of {one_line(chart.instance, 60)}", paint)


def costs(table: Sequence[ModelCost]) -> str:
    """Draw dollars by model and operator; what is unknown says so in words."""
    if not table:
        return ""

    def paint() -> Any:
        figure = figure_of(0.65 + 0.32 * len(table))
        axes = axes_in(figure, Box(2.85, 2.5, 0.5, 0.08))
        for index, line in enumerate(table):
            axes.barh(-index, line.cost_usd or 0, height=0.6, color=COLOURS["blue"])
            axes.annotate(
                dollars(line.cost_usd, line.calls, line.unpriced_calls),
                (line.cost_usd or 0, -index),
                (5, 0),
                textcoords="offset points",
                verticalalignment="center",
            )
        _name_rows(axes, [_cost_name(line) for line in table])
        axes.set_xlim(0, max(line.cost_usd or 0 for line in table) or 1)
        axes.set_xlabel("reported cost (US dollars)")
        return figure

    return draw("costs", "Reported cost by model and operator", paint)


def _paint_programs(
    axes: Any, report: RunReport, shown: Sequence[Point], position: _Position
) -> None:
    best = improvements(report.points)
    valid = [p for p in shown if p.score is not None]
    axes.scatter(
        [position(p) for p in valid],
        [p.score for p in valid],
        s=10,
        color=COLOURS["dot"],
        linewidths=0,
        alpha=0.7,
        gid="programs",
    )
    end = max(position(p) for p in report.points)
    for points in report.controls.values():
        _paint_best(axes, points, position, end, colour="purple", style=(0, (5, 2)))
    _paint_best(axes, report.points, position, end, colour="blue", style="-")
    axes.scatter(
        [position(p) for p in best],
        [p.score for p in best],
        s=22,
        color=COLOURS["blue"],
        edgecolors=COLOURS["page"],
        linewidths=0.8,
        zorder=4,
        gid="improvements",
    )


def _paint_best(
    axes: Any,
    points: Sequence[Point],
    position: _Position,
    end: float,
    **look: Any,
) -> None:
    best = improvements(points)
    if best:
        axes.step(
            [*(position(p) for p in best), end],
            [*(p.score for p in best), best[-1].score],
            where="post",
            color=COLOURS[look["colour"]],
            linestyle=look["style"],
            linewidth=1.7,
        )


def _paint_levels(axes: Any, report: RunReport) -> None:
    """Scale the axis, draw horizontal lines, and name all lines at the right."""
    levels = _levels(report)
    for level in levels:
        if level.colour != "blue":
            dotted = {"green": ":", "orange": "-"}.get(level.colour)
            if dotted:
                axes.axhline(
                    level.gap,
                    color=COLOURS[level.colour],
                    linestyle=dotted,
                    linewidth=1,
                )
    scores = [p.score for p in report.points if p.score is not None]
    against = reference_name(report.splits.get(Split.TRAIN))
    if gap_scale(axes, "y", [*scores, *(level.gap for level in levels)]):
        axes.axhline(0, color=COLOURS["ink"], linewidth=1)
        levels.append(_Label(0.0, against.removeprefix("the "), "ink"))
    else:
        axes.text(
            0.008,
            0.015,
            f"\N{DOWNWARDS ARROW} 0 %: {against}",
            transform=axes.transAxes,
            size=8,
            color=COLOURS["muted"],
        )
    axes.set_ylabel("gap on train (log scale)")
    _name_levels(axes, levels)


def _levels(report: RunReport) -> list[_Label]:
    labels = [
        _Label(improvements(report.points)[-1].score or 0.0, "best, train", "blue")
    ]
    for name, points in report.controls.items():
        if best := improvements(points):
            text = f"{one_line(name, 14)}, train"
            labels.append(_Label(best[-1].score or 0.0, text, "purple"))
    if report.champion and Split.TEST in report.champion.overall:
        gap = report.champion.overall[Split.TEST].value
        labels.append(_Label(gap, "champion, test", "green"))
    rules = [b for b in report.baselines if Split.TRAIN in b.overall]
    rules.sort(key=lambda b: b.overall[Split.TRAIN].value)
    labels += [
        _Label(b.overall[Split.TRAIN].value, f"{one_line(b.name, 14)}, train", "orange")
        for b in rules[:_RULES]
    ]
    return labels


def _name_levels(axes: Any, levels: Sequence[_Label]) -> None:
    to_axes = axes.transData + axes.transAxes.inverted()
    wanted = [float(to_axes.transform((0, level.gap))[1]) for level in levels]
    inches = axes.figure.get_figheight() * axes.get_position().height
    for level, at, height in zip(
        levels, wanted, spread(wanted, 0.15 / inches), strict=True
    ):
        colour = COLOURS[level.colour]
        axes.plot(
            [1, 1.02, 1.03],
            [at, height, height],
            transform=axes.transAxes,
            color=colour,
            linewidth=0.7,
            clip_on=False,
        )
        axes.text(
            1.036,
            height,
            f"{level.text} {percent(level.gap)}",
            transform=axes.transAxes,
            color=colour,
            verticalalignment="center",
            size=8.5,
        )


def _paint_failures(
    axes: Any, points: Sequence[Point], statuses: Sequence[Status], position: _Position
) -> None:
    for row, status in enumerate(statuses):
        all_failed = [p for p in points if p.status is status and p.score is None]
        failed = [position(p) for p in thinned(all_failed, _POINTS)]
        axes.plot(
            failed,
            [-row] * len(failed),
            linestyle="none",
            marker="|",
            markersize=7,
            markeredgewidth=1.2,
            color=COLOURS["ink"],
            gid=f"failures-{status}",
        )
        _beside(axes, -row, f"{status}: {len(all_failed):,}", COLOURS["muted"])
    axes.set_ylim(-len(statuses) + 0.4, 0.6)
    axes.set_yticks([-(len(statuses) - 1) / 2], ["failed"])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _paint_row(axes: Any, row: float, gaps: Sequence[float], colour: str) -> None:
    # A low-discrepancy sequence keeps neighbours apart without a random generator.
    heights = [row + 0.5 * ((0.618034 * i) % 1 - 0.5) for i in range(len(gaps))]
    axes.scatter(gaps, heights, s=9, color=colour, linewidths=0, alpha=0.4)
    low, middle, high = _quartiles(gaps)
    axes.plot(
        [low, high, high, low, low],
        [row - 0.3, row - 0.3, row + 0.3, row + 0.3, row - 0.3],
        color=colour,
        linewidth=1.1,
    )
    axes.plot([middle, middle], [row - 0.3, row + 0.3], color=colour, linewidth=2.6)


def _paint_answer(
    axes: Any, panel: GanttPanel, length: float, marked: str | None
) -> None:
    rows = _gantt_rows(panel)
    for late in (False, True):
        bars = [bar for bar in panel.bars if bar.late is late]
        axes.barh(
            [-rows.index(bar.row) for bar in bars],
            [bar.end - bar.start for bar in bars],
            left=[bar.start for bar in bars],
            height=0.74,
            color=COLOURS["orange" if late else "blue"],
            edgecolor=COLOURS["page"],
            linewidth=0.8,
            hatch="////" if late else None,
        )
    for bar in panel.bars:
        if bar.end - bar.start > 0.011 * length * (1 + len(bar.label[:6])):
            _paint_bar_label(axes, bar, -rows.index(bar.row))
    _name_rows(axes, [one_line(row, 14) for row in rows])
    count = sum(bar.late for bar in panel.bars)
    share = f"; {count} of {len(panel.bars)} {one_line(marked or '', 20)} (hatched)"
    gap = "" if panel.gap is None else f", gap {percent(panel.gap)}"
    axes.set_title(
        f"{one_line(panel.title, 40)}: objective {panel.objective:,.6g}{gap}"
        f"{share if marked else ''}",
        loc="left",
        size=9.5,
    )


def _paint_bar_label(axes: Any, bar: Bar, row: float) -> None:
    hatch_free = {
        "facecolor": COLOURS["orange" if bar.late else "blue"],
        "edgecolor": "none",
        "pad": 1.6,
    }
    axes.text(
        (bar.start + bar.end) / 2,
        row,
        one_line(bar.label, 6),
        horizontalalignment="center",
        verticalalignment="center_baseline",
        size=8,
        color=COLOURS["page"],
        bbox=hatch_free,
    )


def _gantt_rows(panel: GanttPanel) -> list[str]:
    return list(dict.fromkeys(bar.row for bar in panel.bars))


def _name_rows(axes: Any, names: Sequence[str]) -> None:
    """Put names where the ticks of rows 0, -1, -2, … are."""
    axes.set_yticks([-row for row in range(len(names))], names)
    axes.set_ylim(-len(names) + 0.45, 0.55)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _beside(axes: Any, row: float, text: str, colour: str = COLOURS["ink"]) -> None:
    axes.annotate(
        text,
        (1, row),
        (7, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        verticalalignment="center",
        color=colour,
        size=8.5,
        annotation_clip=False,
    )


def _cost_name(line: ModelCost) -> str:
    return f"{one_line(line.model, 26)} · {one_line(line.operator, 12)}"


def _gaps_of(lines: Sequence[InstanceGaps], name: str) -> list[float]:
    return [gap for line in lines if (gap := line.gaps.get(name)) is not None]


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    import numpy as np

    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


__all__ = ["costs", "curves", "gantt", "instances", "search"]
