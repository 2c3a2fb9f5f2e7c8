"""compare: strategies on equal budgets, or runs that exist."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from evaluators.sandbox import levels
from evolve.cli.campaigns import INTERRUPTED, Options, resolve
from evolve.cli.output import note, percent, print_json, table
from evolve.config import Campaign, Strategy
from evolve.runs import HOME, STORE_FILE, fresh_name, locate
from evolve.selection import STRATEGIES
from evolve.session import open_run
from evolve.study.curves import (
    CONTROL,
    MARKS,
    Cell,
    Curve,
    Overall,
    Quartiles,
    Row,
    Table,
    best_after,
    marks,
    rank_overall,
    tabulate,
)
from evolve.study.running import Study, read_curve, run_study
from problems.errors import ConfigError

OFFLINE = "offline proposer"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """What the command line asks for; no strategy: all of them."""

    strategies: tuple[str, ...]
    seeds: int
    candidates: int
    calls: int | None
    test: bool
    out: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRun:
    """A run that exists, with its curve."""

    run: str
    campaign: Campaign
    curve: Curve


def compare(
    targets: Sequence[str], options: Options, study: StudyOptions, *, as_json: bool
) -> None:
    """Compare strategies, or the runs if all targets are runs."""
    existing = [target for target in targets if _is_run(target)]
    if existing and len(existing) < len(targets):
        other = next(target for target in targets if target not in existing)
        raise ConfigError(
            f"{existing[0]} is a run and {other} is not: give runs only, to compare "
            "them, or problems and campaign files, to run strategies on them"
        )
    if existing:
        _compare_runs(existing, as_json=as_json)
        return
    _run_studies(_bases(targets, options), study, as_json=as_json)


def chosen(names: Sequence[str]) -> tuple[Strategy, ...]:
    """Strategies to run, each once, the control always.

    Raises
    ------
    ConfigError
        Listing the strategies if one is not known.
    """
    unknown = [name for name in names if name not in STRATEGIES]
    if unknown:
        known = ", ".join(STRATEGIES)
        raise ConfigError(f"no strategy {unknown[0]!r}; known: {known}")
    wanted = [*(names or STRATEGIES), CONTROL]
    return cast("tuple[Strategy, ...]", tuple(dict.fromkeys(wanted)))


def _run_studies(
    bases: Sequence[Campaign], study: StudyOptions, *, as_json: bool
) -> None:
    strategies = chosen(study.strategies)
    silent = next((base for base in bases if not base.ensemble), None)
    if study.calls and silent is not None:
        raise ConfigError(
            f"{silent.name} asks no model, so calls cannot be its budget; "
            "give --model, or --budget-candidates instead"
        )
    levels.require(bases[0].evaluator.least_sandbox())
    folder = study.out or HOME / fresh_name("compare", datetime.now())  # noqa: DTZ005
    documents = []
    studies: list[list[Cell]] = []
    for base in bases:
        plan = Study(
            base=base,
            strategies=strategies,
            seeds=study.seeds,
            candidates=None if study.calls else study.candidates,
            calls=study.calls,
            folder=folder / base.name,
            test=study.test,
        )
        try:
            cells = run_study(plan, note)
        except KeyboardInterrupt:
            note(f"stopped; nothing is lost. The same with --out {folder} goes on")
            sys.exit(INTERRUPTED)
        studies.append(cells)
        found = tabulate(cells, study.calls or study.candidates)
        proposer = _proposer(base)
        documents.append({"campaign": base.name, "proposer": proposer} | asdict(found))
        if not as_json:
            _show(f"{base.name}, {proposer}", found)
    several = len(studies) > 1
    overall = (
        rank_overall(studies, study.calls or study.candidates) if several else None
    )
    if as_json:
        document = {"folder": str(folder), "marks": MARKS, "problems": documents}
        print_json(document | {"overall": asdict(overall) if overall else None})
    elif overall is not None:
        _show_overall(overall)


def _bases(targets: Sequence[str], options: Options) -> list[Campaign]:
    bases = [resolve(target, options) for target in targets]
    names = [base.name for base in bases]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"two targets are called {twice!r}; give each one name once")
    return bases


def _proposer(campaign: Campaign) -> str:
    return " + ".join(model.name for model in campaign.ensemble) or OFFLINE


def _is_run(target: str) -> bool:
    folders = (Path(target), HOME / target)
    return "://" in target or any((f / STORE_FILE).is_file() for f in folders)


def _show(title: str, found: Table) -> None:
    first = found.rows[0]
    tested = any(row.test is not None for row in found.rows)
    columns = [
        "strategy",
        *(f"after {mark}" for mark in marks(found.candidates)),
        f"minus {CONTROL}",
        "p (Holm)",
        *(["test"] if tested else []),
    ]
    table(
        f"{title}: best gap on train in %, median and quartiles of {first.seeds} seeds",
        columns,
        [_cells(row, tested=tested) for row in found.rows],
    )
    if found.friedman is not None:
        note(f"all strategies alike (Friedman over seeds): p = {found.friedman:.3g}")


def _show_overall(found: Overall) -> None:
    table(
        f"all problems: mean rank over {found.blocks} seeds, 1 is best",
        ("strategy", "rank", f"p against {CONTROL} (Holm)"),
        [
            (s.strategy, f"{s.rank:.2f}", "-" if s.p is None else f"{s.p:.3f}")
            for s in found.standings
        ],
    )
    if found.friedman is not None:
        note(f"all strategies alike (Friedman): p = {found.friedman:.3g}")


def _cells(row: Row, *, tested: bool) -> list[str]:
    versus = row.versus
    if versus is None:
        against, p = "-", "-"
    else:
        against, p = f"{100 * versus.difference:+.2f}", f"{versus.p:.3f}"
        if versus.interval is not None:
            low, high = 100 * versus.interval.low, 100 * versus.interval.high
            against += f" [{low:+.2f}, {high:+.2f}]"
    test = [_spread(row.test)] if tested else []
    return [row.strategy, *map(_spread, row.at), against, p, *test]


def _spread(found: Quartiles | None) -> str:
    if found is None:
        return "-"
    low, median, high = (100 * x for x in (found.low, found.median, found.high))
    return f"{median:.2f} [{low:.2f}, {high:.2f}]"


def _compare_runs(targets: Sequence[str], *, as_json: bool) -> None:
    by_problem: dict[str, list[ReadRun]] = {}
    for target in targets:
        with open_run(locate(target)) as run:
            found = ReadRun(
                run=run.location.title,
                campaign=run.campaign,
                curve=read_curve(run.population),
            )
            by_problem.setdefault(run.problem.name, []).append(found)
    documents = [_runs_document(name, runs) for name, runs in by_problem.items()]
    if as_json:
        print_json({"problems": documents})
        return
    for document in documents:
        counts = document["candidates"]
        table(
            f"{document['problem']}: best gap on train after so many candidates",
            ("run", "strategy", "seed", "proposer", *map(str, counts), "at the end"),
            [
                (
                    row["run"],
                    row["strategy"],
                    str(row["seed"]),
                    row["proposer"],
                    *map(percent, row["best_gap"]),
                    f"{percent(row['last_gap'])} ({row['candidates']})",
                )
                for row in document["runs"]
            ],
        )


def _runs_document(problem: str, runs: Sequence[ReadRun]) -> dict[str, Any]:
    """Read all curves at shares of the shortest one, so that budgets are equal."""
    counts = marks(min(len(run.curve) for run in runs))
    return {
        "problem": problem,
        "candidates": list(counts),
        "runs": [
            {
                "run": run.run,
                "strategy": run.campaign.search.strategy,
                "seed": run.campaign.seed,
                "proposer": _proposer(run.campaign),
                "candidates": len(run.curve),
                "best_gap": [best_after(run.curve, count) for count in counts],
                "last_gap": run.curve[-1] if run.curve else None,
            }
            for run in runs
        ],
    }
