"""One session of a campaign: builds the parts, runs the loop, judges the result.

This is what the command line calls; everything here can be called from Python too.
"""

import asyncio
import json
import os
import platform
import sys
import time
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evaluators.backends.opening import SandboxedEvaluator, open_evaluator
from evaluators.base import Evaluator, Limits
from evaluators.cache import CachedEvaluator, open_cache
from evolve import config as configs
from evolve import population as stores
from evolve.agents.members import Observer, both, model_members
from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.config import Campaign, Search
from evolve.llm.opening import open_models
from evolve.operators import mixture
from evolve.population import OpenPopulation
from evolve.ports import Proposer, Selector
from evolve.records import (
    CampaignInfo,
    ProgramId,
    Spent,
    State,
)
from evolve.report.export import write_atomic
from evolve.runs import Location
from evolve.selection import IslandSettings, open_selector
from evolve.sources import read_program
from problems import registry
from problems.base import AnyProblem
from problems.errors import ConfigError, PlatformError

FINALS_CPU_FACTOR = 12
"""Held-out instances are larger and judged once: they get more CPU time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An open run: its place, its campaign and its population."""

    location: Location
    campaign: Campaign
    problem: AnyProblem
    population: OpenPopulation

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.population.close()

    @property
    def entry_point(self) -> str:
        """Name of the function that is evolved."""
        return entry_point(self.campaign, self.problem)


def entry_point(campaign: Campaign, problem: AnyProblem) -> str:
    """Name of the function to evolve; raises ConfigError if the pack has it not."""
    name = campaign.entry_point or problem.default_entry_point.name
    if name not in problem.entry_points:
        known = ", ".join(problem.entry_points)
        raise ConfigError(
            f"problem {problem.name} has no entry point {name!r}; known: {known}"
        )
    return name


def seed_programs(
    campaign: Campaign, problem: AnyProblem
) -> tuple[tuple[str, str], ...]:
    """Name and source of the programs to start from: baselines or files.

    Raises
    ------
    ConfigError
        If a name is neither, or the baseline is for another entry point.
    """
    point = problem.entry_points[entry_point(campaign, problem)]
    found = []
    for name in campaign.seeds or (point.seed,):
        baseline = problem.baselines.get(name)
        if baseline is not None and baseline.entry_point == point.name:
            found.append((name, baseline.source))
        elif baseline is not None:
            raise ConfigError(
                f"seed {name!r} is a {baseline.entry_point} program, "
                f"but the campaign evolves {point.name}"
            )
        else:
            found.append((name, _seed_file(name, problem, point.name)))
    return tuple(found)


def _seed_file(name: str, problem: AnyProblem, point: str) -> str:
    try:
        return read_program(Path(name))
    except (OSError, UnicodeDecodeError) as error:
        fitting = [n for n, b in problem.baselines.items() if b.entry_point == point]
        raise ConfigError(
            f"seed {name!r} is neither a baseline nor a readable file or folder; "
            f"baselines for {point}: {', '.join(fitting)}"
        ) from error


def create(campaign: Campaign, location: Location) -> Run:
    """Make a new run: folder, resolved campaign, manifest and empty population.

    Raises
    ------
    ConfigError
        If the campaign cannot be run as it is; nothing has been written then.
    StoreError
        If the population cannot be made.
    """
    problem = registry.load(campaign.problem)
    seed_programs(campaign, problem)
    open_models(campaign, Spent())
    try:
        location.folder.mkdir(parents=True, exist_ok=True)
        write_atomic(location.folder / "campaign.toml", configs.to_toml(campaign))
        write_atomic(
            location.folder / "manifest.json", json.dumps(manifest(), indent=2) + "\n"
        )
    except OSError as error:
        raise ConfigError(
            f"cannot write to {location.folder}: {error.strerror}; "
            "choose another folder with --out"
        ) from error
    now = time.time()
    info = CampaignInfo(
        name=location.name or campaign.name,
        problem=problem.name,
        problem_version=problem.version,
        config=configs.to_toml(campaign),
        state=State.STOPPED,
        created=now,
        updated=now,
        message="created",
    )
    population = stores.create(location.url, info)
    return Run(
        location=location, campaign=campaign, problem=problem, population=population
    )


def open_run(location: Location) -> Run:
    """Open an existing run, for reading or to resume it."""
    population = stores.open_campaign(location.url, location.name)
    try:
        info = population.info()
        campaign = configs.parse(info.config, where=f"campaign of {location.title}")
        problem = registry.load(info.problem)
    except PlatformError:
        population.close()
        raise
    return Run(
        location=replace(location, name=info.name),
        campaign=campaign,
        problem=problem,
        population=population,
    )


def manifest() -> dict[str, Any]:
    """Return the versions that decide what a run does."""
    packages = (
        "heuresis",
        "numpy",
        "scipy",
        "cmaes",
        "sqlalchemy",
        "litellm",
        "openai",
    )
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": {name: metadata.version(name) for name in packages},
    }


class Session:
    """Runs a campaign until its budget, a stop, or an error; can be stopped.

    Raises
    ------
    StoreError
        If another process runs this campaign.
    """

    def __init__(self, run: Run, observe: Observer = lambda _: None) -> None:
        self.run = run
        campaign = run.campaign
        run.population.acquire()
        self._check_version()
        self.evaluator = _evaluator(run, campaign.evaluator.limits())
        self.loop = self._loop(observe)

    async def search(self) -> State:
        """Run the loop; return the state in which it left the campaign."""
        population = self.run.population
        population.set_state(State.RUNNING)
        watch = asyncio.create_task(self._watch_for_stop())
        try:
            await self.loop.run()
        except PlatformError as error:
            population.set_state(State.FAILED, str(error))
            raise
        except asyncio.CancelledError:
            population.set_state(State.STOPPED, "interrupted")
            raise
        finally:
            watch.cancel()
            await self.evaluator.close()
        state = State.STOPPED if self.loop.stopped else State.DONE
        population.set_state(state, self.loop.end)
        return state

    def stop(self, why: str) -> None:
        """Ask the loop to end; what is under way is finished and kept."""
        self.loop.stop(why)

    def _check_version(self) -> None:
        info = self.run.population.info()
        if info.problem_version != self.run.problem.version:
            raise ConfigError(
                f"the run was made with version {info.problem_version} of problem "
                f"{info.problem}, installed is {self.run.problem.version}: their "
                "scores cannot be mixed; start a new run"
            )

    def _loop(self, observe: Observer) -> CampaignLoop:
        campaign, run = self.run.campaign, self.run
        search = campaign.search
        known: set[ProgramId] = set()
        asking: dict[str, Proposer] = {}
        concurrency = campaign.evaluator.in_flight
        if campaign.ensemble:
            models = open_models(campaign, run.population.spent())
            asking, learn = model_members(
                campaign,
                models,
                problem=run.problem,
                entry_point=run.problem.entry_points[run.entry_point],
                population=run.population,
                tracer=self.evaluator,
            )
            observe = both(learn, observe)
            concurrency = models.concurrency
        proposer = mixture(
            run.problem,
            run.problem.entry_points[run.entry_point],
            given=campaign.operators,
            asking=asking,
            known=known,
        )
        return CampaignLoop(
            Plan(
                entry_point=run.entry_point,
                seed=campaign.seed,
                seeds=seed_programs(campaign, run.problem),
                budget=campaign.budget,
                crossover=search.crossover,
                concurrency=concurrency,
            ),
            Ports(
                population=run.population,
                selector=selector_of(search),
                proposer=proposer,
                evaluator=self.evaluator,
                clock=time.monotonic,
                resumable=proposer if asking else None,
                observe=observe,
                known=known,
                racing=campaign.evaluator.racing,
            ),
        )

    async def _watch_for_stop(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.loop.obey()
            if self.run.population.stop_requested():
                self.loop.stop("stopped by heuresis stop")


def selector_of(search: Search) -> Selector:
    """Make the strategy that a campaign names."""
    return open_selector(
        search.strategy,
        IslandSettings(
            islands=search.islands,
            island_size=search.island_size,
            tournament=search.tournament,
            migration_interval=search.migration_interval,
        ),
    )


def final_evaluator(run: Run) -> SandboxedEvaluator:
    """Start the sandboxes that judge the champion and the baselines."""
    return _evaluator(run, _finals_limits(run))


def _evaluator(run: Run, limits: Limits) -> SandboxedEvaluator:
    section = run.campaign.evaluator
    return open_evaluator(
        run.problem,
        executor=section.executor,
        slots=section.workers,
        limits=limits,
        min_sandbox=section.least_sandbox(),
        ray_address=section.ray_address,
    )


def remembering(run: Run, evaluator: SandboxedEvaluator) -> Evaluator:
    """Let the final evaluator of a run remember the judgements of earlier runs."""
    cache = open_cache(os.environ)
    if cache is None:
        return evaluator
    return CachedEvaluator(evaluator, run.problem, _finals_limits(run), cache)


def _finals_limits(run: Run) -> Limits:
    section = run.campaign.evaluator
    return Limits(
        cpu_seconds=FINALS_CPU_FACTOR * section.cpu_seconds, memory_mb=section.memory_mb
    )
