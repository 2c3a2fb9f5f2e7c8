"""Where a benchmark run lives, and how its model is opened."""

import asyncio
import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from evolve import population as stores
from evolve.bench.records import Plan, Results, rows
from evolve.bench.running import Progress, play_baseline, play_model
from evolve.llm.asking import Asker, OneModel
from evolve.llm.ledger import Ledger
from evolve.llm.models import ModelSettings, open_model
from evolve.population import OpenPopulation
from evolve.records import CampaignInfo, State
from evolve.report.export import write_atomic
from problems.errors import ConfigError

BASELINE = "baseline/"
STORE_FILE = "calls.sqlite"
SAMPLES_FILE = "samples.jsonl"

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that one model may use on one benchmark; None for no cap."""

    usd: float | None = None
    tokens: int | None = None


def play(
    plan: Plan, model: ModelSettings, caps: Caps, folder: Path, progress: Progress
) -> Results:
    """Put a plan to a model or a baseline, and keep what came of it in a folder.

    The same again goes on with what is there.

    Raises
    ------
    ConfigError
        If the folder holds another run, or the model cannot be used like this.
    ModelUnavailableError
        If no call to the model can work.
    """
    place = place_of(plan, model.name, folder)
    place.mkdir(parents=True, exist_ok=True)
    if model.name.startswith(BASELINE):
        results = play_baseline(plan, model.name.removeprefix(BASELINE), progress)
    else:
        results = asyncio.run(_ask(plan, model, caps, place, progress))
    write_atomic(place / SAMPLES_FILE, rows(results))
    return results


def place_of(plan: Plan, model: str, folder: Path) -> Path:
    """Return where the results of a model are kept."""
    return folder / plan.benchmark.name / _UNFIT.sub("_", model)


async def _ask(
    plan: Plan, settings: ModelSettings, caps: Caps, place: Path, progress: Progress
) -> Results:
    model = open_model(settings)
    population = _opened(plan, settings, place)
    try:
        population.acquire()
        ledger = Ledger(tokens=caps.tokens, usd=caps.usd, spent=population.spent())
        ledger.require_price(model.price)
        population.set_state(State.RUNNING)
        results = await play_model(
            plan,
            name=settings.name,
            asker=Asker(
                router=OneModel(model),
                population=population,
                ledger=ledger,
                max_tokens=settings.max_tokens,
            ),
            population=population,
            concurrency=settings.concurrency or 1,
            progress=progress,
        )
        population.set_state(State.DONE if results.complete else State.STOPPED)
        return results
    finally:
        population.close()


def _opened(plan: Plan, settings: ModelSettings, place: Path) -> OpenPopulation:
    url = stores.sqlite_url(place / STORE_FILE)
    config = _config(plan, settings)
    if not (place / STORE_FILE).exists():
        now = time.time()
        info = CampaignInfo(
            name=settings.name,
            problem=f"bench/{plan.benchmark.name}",
            problem_version=0,
            config=config,
            state=State.STOPPED,
            created=now,
            updated=now,
            message="created",
        )
        return stores.create(url, info)
    population = stores.open_campaign(url)
    if population.info().config != config:
        population.close()
        raise ConfigError(
            f"{place} holds a run with other samples or settings; choose another "
            "folder with --out"
        )
    return population


def _config(plan: Plan, settings: ModelSettings) -> str:
    """Say all that decides what is asked and answered."""
    model = asdict(settings)
    decisive = ("name", "temperature", "max_tokens")
    return json.dumps(
        {
            "benchmark": plan.benchmark.name,
            "version": plan.benchmark.version,
            "set": plan.set,
            "digest": plan.digest,
            "settings": dict(plan.settings),
            "samples": [sample.id for sample in plan.samples],
            "seed": plan.seed,
            "model": {name: model[name] for name in decisive},
        },
        indent=1,
    )
