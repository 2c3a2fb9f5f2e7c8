"""Run the cells of a study, or read them where they were run before."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evolve import population as stores
from evolve.config import Campaign, Operators, Prompts, Strategy
from evolve.finals import hold_out
from evolve.ports import Population
from evolve.records import State
from evolve.runs import STORE_FILE, Location
from evolve.session import (
    Run,
    Session,
    create,
    final_evaluator,
    open_run,
    remembering,
)
from evolve.study.curves import CONTROL, Cell, Curve, curve_of
from problems.base import Split
from problems.errors import ConfigError, PlatformError


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Every strategy with every seed on one problem.

    Attributes
    ----------
    base
        What all cells have in common.
    folder
        Of the study on this problem; a cell is STRATEGY/seed-SEED below it.
    test
        Whether champions are judged on the test split.
    """

    base: Campaign
    strategies: tuple[Strategy, ...]
    seeds: int
    candidates: int | None
    calls: int | None
    folder: Path
    test: bool


def run_study(study: Study, say: Callable[[str], None]) -> list[Cell]:
    """Run what has not been run yet, one cell after the other.

    Raises
    ------
    ConfigError
        If the folder holds a cell that was run with other settings.
    PlatformError
        If the model, the store or the sandbox cannot be used.
    """
    cells = []
    for seed, strategy in plan(study):
        campaign = cell_campaign(study, strategy, seed)
        with open_cell(campaign, _folder(study, strategy, seed)) as run:
            _complete(run)
            test = asyncio.run(_tested(run)) if study.test else None
            curve = read_curve(run.population, by_call=study.calls is not None)
            best = curve[-1] if curve else None
            shown = "no score" if best is None else f"{100 * best:.2f} %"
            judged = run.population.spent().candidates
            say(f"{run.location.folder}: {judged} candidates, best gap {shown}")
        cells.append(Cell(strategy=strategy, seed=seed, curve=curve, test=test))
    return cells


def plan(study: Study) -> Iterator[tuple[int, Strategy]]:
    """Cells in order: seed by seed, so that what is stopped early can be compared."""
    for seed in range(study.seeds):
        for strategy in study.strategies:
            yield seed, strategy


def cell_campaign(study: Study, strategy: Strategy, seed: int) -> Campaign:
    """Campaign of a cell: candidates or calls and the caps of the file limit it.

    The control samples again and again from the seed and uses nothing else of what
    makes a search: one operator, no repairs, no directions, no advice, and no
    check of novelty.
    """
    base = study.base
    limits = {"candidates": study.candidates, "calls": study.calls, "seconds": None}
    search: dict[str, object] = {"strategy": strategy}
    update: dict[str, object] = {
        "seed": seed,
        "budget": base.budget.model_copy(update=limits),
    }
    if strategy == CONTROL:
        search |= {"repair": 0.0, "directions": False}
        alone = Operators(llm=1.0) if base.ensemble else Operators(genetic=1.0)
        update["operators"] = alone
        update |= {"prompts": Prompts(), "novelty": None}
    update["search"] = base.search.model_copy(update=search)
    return base.model_copy(update=update)


def open_cell(campaign: Campaign, folder: Path) -> Run:
    """Open the run of a cell, a new one if there is none."""
    store = folder / STORE_FILE
    location = Location(url=stores.sqlite_url(store), name=None, folder=folder)
    if not store.exists():
        return create(campaign, location)
    run = open_run(location)
    done = run.population.info().state is State.DONE
    if _settings(run.campaign, done=done) != _settings(campaign, done=done):
        run.population.close()
        raise ConfigError(
            f"{folder} was run with other settings; choose another folder with --out"
        )
    return run


def read_curve(population: Population, *, by_call: bool = False) -> Curve:
    """Best gap on train after each judged program, or call, in the order of steps."""
    scores = list(_scores(population))
    curve = curve_of(score for _, score in scores)
    if not by_call:
        return curve
    steps = [step for step, _ in scores]
    # A call is over when its step is: what came of it counts.
    done = (bisect_right(steps, step) for step in _calls(population))
    return tuple(curve[count - 1] if count else None for count in done)


def _scores(population: Population) -> Iterator[tuple[int, float | None]]:
    after = -1
    while page := population.programs(after=after):
        for program in page:
            after = program.candidate.step
            yield after, program.score


def _calls(population: Population) -> Iterator[int]:
    """Give the steps of the calls, in order."""
    after = (-1, -1)
    while page := population.proposals(after=after):
        for proposal in page:
            after = proposal.call.key
            yield proposal.call.step


def _folder(study: Study, strategy: str, seed: int) -> Path:
    return study.folder / strategy / f"seed-{seed}"


def _settings(campaign: Campaign, *, done: bool) -> Campaign:
    """Leave out where the model was served if that decides nothing any more."""
    if campaign.model is None or not done:
        return campaign
    model = campaign.model.model_copy(update={"base_url": None})
    return campaign.model_copy(update={"model": model})


def _complete(run: Run) -> None:
    if run.population.info().state is State.DONE:
        return
    state = asyncio.run(_searched(run))
    if state is not State.DONE:
        raise PlatformError(
            f"{run.location.folder} was stopped; the same command goes on with it"
        )


async def _searched(run: Run) -> State:
    return await Session(run).search()


async def _tested(run: Run) -> float | None:
    async with final_evaluator(run) as evaluator:
        held_out = await hold_out(
            run.population,
            run.problem,
            remembering(run, evaluator),
            entry_point=run.entry_point,
            seed=run.campaign.seed,
            finalists=run.campaign.finalists,
        )
    return None if held_out is None else held_out.evaluations[Split.TEST].score
