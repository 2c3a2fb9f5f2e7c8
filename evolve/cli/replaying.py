"""cassette and replay: a campaign as a file, and done again without a model."""

import asyncio
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluators.backends.opening import open_evaluator
from evolve import cassette as tapes
from evolve import config as configs
from evolve import population as stores
from evolve.cli.output import note, pairs, plain, print_json, table
from evolve.population.memory import MemoryPopulation
from evolve.ports import Population
from evolve.records import CampaignInfo, State
from evolve.replay import Outcome, Stage
from evolve.replay import replay as play
from evolve.report.export import write_atomic
from evolve.runs import locate, new_location
from evolve.session import entry_point, open_run, selector_of
from problems import registry
from problems.errors import ConfigError

_SHOWN = 20
"""Differences that are printed; ``--json`` has them all."""


def cassette(run: str, out: Path) -> None:
    """Write a run as one file."""
    with open_run(locate(run)) as opened:
        count = tapes.write(opened, out)
    note(f"wrote {count} facts; replay them with: heuresis replay {out}")


def replay(source: str, out: Path | None, *, as_json: bool) -> None:
    """Do a recorded campaign again; exit with 1 if anything came out differently."""
    head, facts = _recorded(source)
    found = asyncio.run(_played(head, facts, out))
    document = asdict(found) | {"same": not found.differences}
    if as_json:
        print_json(document)
    else:
        _show(found, document)
    if found.differences:
        sys.exit(1)


def _recorded(source: str) -> tuple[tapes.Head, list[tapes.Fact]]:
    if Path(source).is_file():
        return tapes.read(Path(source))
    with open_run(locate(source)) as opened:
        return tapes.head_of(opened), list(tapes.facts(opened.population))


async def _played(
    head: tapes.Head, facts: list[tapes.Fact], out: Path | None
) -> Outcome:
    campaign = configs.parse(head.config, where="campaign of the recording")
    problem = registry.load(head.problem)
    if problem.version != head.problem_version:
        raise ConfigError(
            f"recorded with version {head.problem_version} of problem {problem.name}, "
            f"installed is {problem.version}: scores cannot be compared"
        )
    section = campaign.evaluator
    population = _population(campaign, head, out)
    async with open_evaluator(
        problem,
        executor="local",
        slots=section.workers,
        limits=section.limits(),
        min_sandbox=section.least_sandbox(),
        ray_address=None,
    ) as evaluator:
        stage = Stage(
            population=population,
            selector=selector_of(campaign.search),
            evaluator=evaluator,
            entry_point=entry_point(campaign, problem),
            seed=campaign.seed,
            budget=campaign.budget.candidates,
        )
        try:
            found = await play(facts, stage, section.workers)
            population.set_state(State.DONE, "replayed")
        finally:
            population.close()
    return found


def _population(
    campaign: configs.Campaign, head: tapes.Head, out: Path | None
) -> Population:
    now = time.time()
    info = CampaignInfo(
        name=out.name if out else campaign.name,
        problem=head.problem,
        problem_version=head.problem_version,
        config=head.config,
        state=State.STOPPED,
        created=now,
        updated=now,
        message="created",
    )
    if out is None:
        return MemoryPopulation(info)
    location = new_location(out.name, out, None)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_atomic(out / "campaign.toml", head.config)
    except OSError as error:
        raise ConfigError(f"cannot write to {out}: {error.strerror}") from error
    return stores.create(location.url, info)


def _show(found: Outcome, document: dict[str, Any]) -> None:
    pairs(
        {
            "programs": f"{found.programs} judged and placed again",
            "rejections": found.rejections,
            "migrations": found.placements,
            "patched": f"{found.patched} answers of models turned into code again",
            "same": "yes" if document["same"] else "NO",
        }
    )
    if found.differences:
        rows = [
            (str(d.step), d.what, _short(d.recorded), _short(d.replayed))
            for d in found.differences[:_SHOWN]
        ]
        table("differences", ("step", "what", "recorded", "replayed"), rows)
        note(f"{len(found.differences)} differences")


def _short(value: object) -> str:
    return plain(str(value))[:60]
