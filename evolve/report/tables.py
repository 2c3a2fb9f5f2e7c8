"""The tables of a report: text in cells, the same for every surface."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evolve.report.records import RunReport, Standing
from evolve.report.series import improvements, thinned
from evolve.report.text import (
    NOT_REPORTED,
    count,
    dollars,
    duration,
    interval,
    one_line,
    percent,
    ranked,
    reference_name,
    standing_text,
)
from problems.base import Picture, Split

SPLITS = (Split.TRAIN, Split.VALID, Split.TEST, Split.OOD)
HELD_OUT = (Split.TEST, Split.OOD)

_ROWS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value; ``note`` stands below it, ``best`` marks the lowest of its column."""

    text: str
    note: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells.

    Attributes
    ----------
    words
        How many columns, from the left, hold words; the others hold numbers.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: int = 1


def by_split(report: RunReport) -> Table:
    """Tabulate aggregate gaps by split, those of the search beside held-out ones."""
    splits = [split for split in SPLITS if split in report.splits]
    names = {
        Split.TRAIN: "train (searched on)",
        Split.VALID: "valid (chosen on)",
        Split.TEST: "test (held out)",
        Split.OOD: "ood (held out, other kind)",
    }
    standings = _standings(report)
    rows = [
        (_named(line), *(_gap(line, split, standings) for split in splits))
        for line in standings
    ]
    caption = "Aggregate gap with its 95 % interval over instances, lower is better"
    columns = ("program", *(names[split] for split in splits))
    return Table(caption=caption, columns=columns, rows=tuple(rows))


def by_group(report: RunReport, splits: Sequence[Split] = HELD_OUT) -> Table:
    """Tabulate aggregate gaps of each group of the held-out splits."""
    standings = _standings(report)
    keys = dict.fromkeys(
        (split, group)
        for line in standings
        for split in splits
        for group in line.groups.get(split, ())
    )
    rows = [
        (
            Cell(text=one_line(line.name, 40)),
            *(_group_gap(line, split, group, standings) for split, group in keys),
        )
        for line in standings
    ]
    columns = ("program", *(f"{split} {one_line(group, 30)}" for split, group in keys))
    caption = "Gap by group of instances, lower is better"
    return Table(caption=caption, columns=columns, rows=tuple(rows))


def claims(report: RunReport) -> Table:
    """Tabulate what is shown against each baseline, improvements positive."""
    rows = []
    for claim in report.claims:
        rate = claim.win_rate
        ends = "not known"
        if claim.interval is not None:
            low, high = _points(-claim.interval.high), _points(-claim.interval.low)
            ends = f"[{low}, {high}]"
        rows.append(
            (
                Cell(text=one_line(claim.against, 40)),
                Cell(text=str(claim.split)),
                Cell(text="better" if claim.shown else "not shown", best=claim.shown),
                Cell(text=_points(-claim.difference)),
                Cell(text=ends),
                Cell(text="< 0.001" if claim.p < 0.001 else f"{claim.p:.3f}"),
                Cell(text=str(claim.n)),
                Cell(
                    text=f"{claim.wins} of {claim.n}",
                    note=f"[{percent(rate.low)}, {percent(rate.high)}]",
                ),
                Cell(text=f"{-claim.effect:+.2f}"),
            )
        )
    return Table(
        caption="Champion against baselines, paired by instance",
        columns=(
            "against",
            "split",
            "champion is",
            "improvement (points)",
            "95 % interval",
            "p (Holm)",
            "n",
            "better on (Wilson 95 %)",
            "effect (rank-biserial)",
        ),
        rows=tuple(rows),
        words=3,
    )


def programs(report: RunReport) -> Table:
    """List every program, or all improvements and a share of the rest."""
    shown = thinned(report.points, _ROWS)
    best = {point.step for point in improvements(report.points)}
    rows = [
        (
            Cell(text=str(point.step)),
            Cell(text=one_line(point.program, 12)),
            Cell(text=str(point.operator)),
            Cell(text=str(point.status)),
            Cell(
                text="" if point.score is None else percent(point.score),
                best=point.step in best,
            ),
            Cell(text=duration(point.seconds)),
        )
        for point in shown
    ]
    total = count(len(report.points), "program")
    part = f"{len(shown):,} of " if len(shown) < len(report.points) else ""
    return Table(
        caption=f"{part}{total} in order; improvements in bold",
        columns=("step", "program", "made by", "status", "gap on train", "at"),
        rows=tuple(rows),
        words=4,
    )


def instances(report: RunReport) -> Table:
    """Tabulate gaps on each test instance."""
    names = [line.name for line in _standings(report)]
    rows = []
    for line in report.instances:
        known = [gap for name in names if (gap := line.gaps.get(name)) is not None]
        lowest = min(known, default=None)
        rows.append(
            (
                Cell(text=one_line(line.instance, 60)),
                Cell(text=one_line(line.group, 30)),
                Cell(
                    text=f"{line.reference:,.6g}",
                    note="" if line.proved else "not proved",
                ),
                *(_instance_gap(line.gaps.get(name), lowest) for name in names),
            )
        )
    return Table(
        caption="Gap on each test instance; lowest in bold",
        columns=("instance", "group", "reference", *(one_line(n, 24) for n in names)),
        rows=tuple(rows),
        words=2,
    )


def failures(report: RunReport) -> Table:
    """Count programs by status, with a message of the judge."""
    rows = [
        (
            Cell(text=one_line(status, 40)),
            Cell(text=one_line(report.examples.get(status, ""), 300)),
            Cell(text=f"{number:,}"),
        )
        for status, number in _most(report.statuses.items())
    ]
    return Table(
        caption="Programs by status; a failed one has no score",
        columns=("status", "for example", "programs"),
        rows=tuple(rows),
        words=2,
    )


def rejections(report: RunReport) -> Table:
    """Count proposals that became no program, by reason."""
    rows = [
        (Cell(text=one_line(reason, 60)), Cell(text=f"{number:,}"))
        for reason, number in _most(report.rejections.items())
    ]
    return Table(
        caption="Proposals that became no program",
        columns=("reason", "proposals"),
        rows=tuple(rows),
    )


def gantt(report: RunReport) -> Table:
    """List the bars of the Gantt chart."""
    words = report.gantt.picture if report.gantt else Picture()
    marked = one_line(words.marked or "", 20)
    rows = [
        (
            Cell(text=one_line(panel.title, 40)),
            Cell(text=one_line(bar.row, 40)),
            Cell(text=one_line(bar.label, 40)),
            Cell(text=marked if bar.late else ""),
            Cell(text=f"{bar.start:,.6g}"),
            Cell(text=f"{bar.end:,.6g}"),
        )
        for panel in (report.gantt.panels if report.gantt else ())
        for bar in panel.bars
    ]
    return Table(
        caption="Bars of the chart",
        columns=("answer", "row", "bar", marked or "mark", "start", "end"),
        rows=tuple(rows),
        words=4,
    )


def costs(report: RunReport) -> Table:
    """Tabulate what each model did, and what it cost."""
    rows = [
        (
            Cell(text=one_line(line.model, 60)),
            Cell(text=one_line(line.operator, 40)),
            Cell(text=f"{line.calls:,}"),
            Cell(text=f"{line.programs:,}"),
            Cell(text=f"{line.rejected:,}"),
            Cell(text=NOT_REPORTED if line.tokens is None else f"{line.tokens:,}"),
            Cell(text=dollars(line.cost_usd, line.calls, line.unpriced_calls)),
        )
        for line in report.costs
    ]
    return Table(
        caption="Model calls",
        columns=("model", "for", "calls", "programs", "rejected", "tokens", "cost"),
        rows=tuple(rows),
        words=2,
    )


def contributions(report: RunReport) -> Table:
    """Tabulate what each operator, author, island and note brought."""
    found = report.contributions
    groups = (
        (
            ("operator", found.operators),
            ("author", found.authors),
            ("island", found.islands),
            ("note", found.notes),
        )
        if found
        else ()
    )
    rows = [
        (
            Cell(text=kind),
            Cell(text=one_line(line.name, 60)),
            Cell(text=f"{line.programs:,}"),
            Cell(text=f"{line.failures:,}"),
            Cell(text=f"{line.rejections:,}"),
            Cell(text=f"{line.better:,}"),
            Cell(text=f"{line.records:,}"),
            Cell(text=duration(line.cpu_seconds)),
            Cell(text=f"{line.tokens:,}"),
            Cell(text=dollars(line.cost_usd, line.calls, line.unpriced_calls)),
        )
        for kind, lines in groups
        for line in lines
    ]
    return Table(
        caption="What brought how much",
        columns=(
            "by",
            "source",
            "programs",
            "failed",
            "rejected",
            "better than parent",
            "new best",
            "CPU time",
            "tokens",
            "cost",
        ),
        rows=tuple(rows),
        words=2,
    )


def references(report: RunReport) -> Table:
    """Tabulate what gaps are to, and how often each set was touched."""
    rows = [
        (
            Cell(text=str(split)),
            Cell(text=reference_name(facts)),
            Cell(text=one_line("; ".join(facts.methods), 300) or "not recorded"),
            Cell(text=f"{facts.instances:,}"),
            Cell(text=f"{facts.proved:,}"),
            Cell(text=f"{facts.judged:,}"),
        )
        for split, facts in report.splits.items()
    ]
    return Table(
        caption="Instance sets and their references",
        columns=(
            "split",
            "gaps are to",
            "computed by",
            "instances",
            "proved",
            "programs judged on it",
        ),
        rows=tuple(rows),
        words=3,
    )


def _standings(report: RunReport) -> list[Standing]:
    ours = [report.champion] if report.champion else []
    return [*ours, *ranked(report.baselines)]


def _named(line: Standing) -> Cell:
    return Cell(text=one_line(line.name, 40), note=one_line(line.citation, 80))


def _gap(line: Standing, split: Split, standings: Sequence[Standing]) -> Cell:
    if split not in line.overall:
        return Cell(text=standing_text(line, split))
    found = line.overall[split]
    lowest = min(s.overall[split].value for s in standings if split in s.overall)
    return Cell(
        text=percent(found.value), note=interval(found), best=found.value == lowest
    )


def _group_gap(
    line: Standing, split: Split, group: str, standings: Sequence[Standing]
) -> Cell:
    found = line.groups.get(split, {}).get(group)
    if found is None:
        return Cell(text=standing_text(line, split) if split in line.failed else "none")
    lowest = min(
        s.groups[split][group].value
        for s in standings
        if group in s.groups.get(split, ())
    )
    return Cell(
        text=percent(found.value), note=interval(found), best=found.value == lowest
    )


def _instance_gap(gap: float | None, lowest: float | None) -> Cell:
    if gap is None:
        return Cell(text="none")
    return Cell(text=percent(gap), best=gap == lowest)


def _points(fraction: float) -> str:
    return percent(fraction).removesuffix("\N{NO-BREAK SPACE}%")


def _most(items: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))
