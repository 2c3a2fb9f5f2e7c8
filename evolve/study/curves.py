"""What a comparison shows, as pure functions of what was found.

A curve holds the best gap after each judged candidate; lower is better, and None while
nothing has a score.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from evolve.study.ranks import (
    Interval,
    friedman,
    mean_ranks,
    median_interval,
    ranks_holm,
    signed_rank_holm,
)

Curve: TypeAlias = tuple[float | None, ...]

CONTROL = "best_of_n"
MARKS = (0.25, 0.5, 1.0)
"""Shares of the budget at which curves are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run of a study.

    Attributes
    ----------
    curve
        Best gap on train after each candidate.
    test
        Gap of the champion on test, None if it was not judged there.
    """

    strategy: str
    seed: int
    curve: Curve
    test: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quartiles:
    """Of the gaps of several seeds."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """A strategy against the control, seed by seed, when the budget is used.

    Attributes
    ----------
    difference
        Median of gap minus gap of the control; negative: the strategy is better.
    interval
        Of that median, of at least 95 %; None with fewer than six seeds.
    p
        Wilcoxon signed-rank, adjusted by Holm over all strategies.
    """

    difference: float
    interval: Interval | None
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One strategy: quartiles at each of ``MARKS``, and against the control."""

    strategy: str
    seeds: int
    at: tuple[Quartiles | None, ...]
    versus: Versus | None
    test: Quartiles | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All strategies on one problem, the best median first, the control last.

    ``friedman`` is the p-value of the test that all strategies are alike; None with
    fewer than three strategies or two seeds.
    """

    candidates: int
    rows: tuple[Row, ...]
    friedman: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A strategy over all problems.

    Attributes
    ----------
    rank
        Mean over the blocks; 1 is best.
    p
        That it ranks as the control does, adjusted by Holm; None for the control.
    """

    strategy: str
    rank: float
    p: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """All strategies over several problems, the best rank first, the control last.

    A block is one seed of one problem. ``friedman`` is the p-value of the test that all
    strategies are alike.
    """

    blocks: int
    standings: tuple[Standing, ...]
    friedman: float | None


def curve_of(scores: Iterable[float | None]) -> Curve:
    """Best gap after each candidate, from their gaps in order; None: it failed."""
    best: float | None = None
    found = []
    for score in scores:
        if score is not None:
            best = score if best is None else min(best, score)
        found.append(best)
    return tuple(found)


def best_after(curve: Curve, candidates: int) -> float | None:
    """Best gap when so many candidates are judged; a curve that ends early goes on."""
    if not curve or candidates < 1:
        return None
    return curve[min(candidates, len(curve)) - 1]


def marks(candidates: int) -> tuple[int, ...]:
    """Candidates at which a curve is read, at least one."""
    return tuple(max(1, math.ceil(share * candidates)) for share in MARKS)


def tabulate(cells: Sequence[Cell], candidates: int) -> Table:
    """Compare the strategies of one problem.

    Raises
    ------
    ValueError
        If strategies were run with different seeds.
    """
    grid, seeds = _grid(cells)
    final = _final(cells, candidates)
    versus = _versus(final)
    rows = [
        Row(
            strategy=name,
            seeds=len(seeds),
            at=tuple(
                quartiles([best_after(found[s].curve, mark) for s in seeds])
                for mark in marks(candidates)
            ),
            versus=versus.get(name),
            test=quartiles([found[s].test for s in seeds]),
        )
        for name, found in grid.items()
    ]
    rows.sort(key=lambda row: (row.strategy == CONTROL, np.median(final[row.strategy])))
    return Table(candidates=candidates, rows=tuple(rows), friedman=friedman(final))


def rank_overall(studies: Sequence[Sequence[Cell]], candidates: int) -> Overall | None:
    """Rank the strategies over the seeds of several problems; None without control.

    Raises
    ------
    ValueError
        If the strategies of a problem were run with different seeds.
    """
    blocks: dict[str, list[float]] = {}
    for cells in studies:
        for name, gaps in _final(cells, candidates).items():
            blocks.setdefault(name, []).extend(gaps)
    if CONTROL not in blocks or len(blocks) < 2:
        return None
    p_values = ranks_holm(blocks, CONTROL)
    standings = [
        Standing(strategy=name, rank=rank, p=p_values.get(name))
        for name, rank in mean_ranks(blocks).items()
    ]
    standings.sort(key=lambda standing: (standing.strategy == CONTROL, standing.rank))
    return Overall(
        blocks=len(blocks[CONTROL]),
        standings=tuple(standings),
        friedman=friedman(blocks),
    )


def quartiles(values: Sequence[float | None]) -> Quartiles | None:
    """Quartiles by linear interpolation; None unless all values are there."""
    numbers = [value for value in values if value is not None]
    if not numbers or len(numbers) < len(values):
        return None
    low, median, high = (float(x) for x in np.quantile(numbers, (0.25, 0.5, 0.75)))
    return Quartiles(low=low, median=median, high=high)


def _grid(cells: Sequence[Cell]) -> tuple[dict[str, dict[int, Cell]], list[int]]:
    grid: dict[str, dict[int, Cell]] = {}
    for cell in cells:
        grid.setdefault(cell.strategy, {})[cell.seed] = cell
    seeds = sorted({cell.seed for cell in cells})
    if any(sorted(found) != seeds for found in grid.values()):
        raise ValueError("every strategy needs the same seeds")
    return grid, seeds


def _final(cells: Sequence[Cell], candidates: int) -> dict[str, list[float]]:
    """Gaps when the budget is used, by strategy, seeds in order."""
    grid, seeds = _grid(cells)
    return {
        name: [_number(best_after(found[s].curve, candidates)) for s in seeds]
        for name, found in grid.items()
    }


def _versus(final: Mapping[str, Sequence[float]]) -> dict[str, Versus]:
    if CONTROL not in final:
        return {}
    control = np.array(final[CONTROL])
    if not np.isfinite([list(gaps) for gaps in final.values()]).all():
        return {}
    differences = {
        name: (np.array(gaps) - control).tolist()
        for name, gaps in final.items()
        if name != CONTROL
    }
    p_values = signed_rank_holm(differences)
    return {
        name: Versus(
            difference=float(np.median(values)),
            interval=median_interval(values),
            p=p_values[name],
        )
        for name, values in differences.items()
    }


def _number(gap: float | None) -> float:
    return math.inf if gap is None else gap
