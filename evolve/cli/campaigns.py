"""run, resume, stop and report."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluators.sandbox import levels
from evolve import config as configs
from evolve.cli.live import Progress, open_progress
from evolve.cli.output import note, print_json, warn_of_weak
from evolve.conclude import conclude
from evolve.config import Campaign
from evolve.records import State
from evolve.report.summary import to_json
from evolve.runs import fresh_name, locate, new_location
from evolve.session import Run, Session, create, open_run
from problems import registry
from problems.errors import ConfigError

INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line sets over a campaign file; None leaves it."""

    models: tuple[str, ...]
    base_url: str | None
    budget_seconds: float | None
    budget_candidates: int | None
    budget_usd: float | None
    workers: int | None
    seed: int | None
    executor: str | None
    ray_address: str | None
    min_sandbox: str | None
    allow_weak_sandbox: bool
    concurrency: int | None = None

    def overrides(self) -> dict[str, Any]:
        """Nested as a campaign file."""
        budget = {
            "seconds": self.budget_seconds,
            "candidates": self.budget_candidates,
            "usd": self.budget_usd,
        }
        evaluator = {
            "workers": self.workers,
            "executor": self.executor,
            "ray_address": self.ray_address,
            "min_sandbox": self.min_sandbox,
            # The option can only allow: what a file allows, it does not take back.
            "allow_weak_sandbox": self.allow_weak_sandbox or None,
        }
        sections: dict[str, Any] = {
            "seed": self.seed,
            "budget": _given(budget),
            "evaluator": _given(evaluator),
        }
        return _given(sections) | self._models()

    def _models(self) -> dict[str, Any]:
        """Put one model into the file's section, and several in the place of all."""
        url = _given({"base_url": self.base_url})
        pace = _given({"concurrency": self.concurrency})
        named = [{"name": name} | url | pace for name in self.models]
        if not named:
            return {"model": url} if url else {}
        if len(named) == 1:
            return {"model": named[0], "models": []}
        return {"model": None, "models": named}


def _given(data: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in data.items() if v is not None and v != {}}


def run(
    target: str, options: Options, *, store: str | None, out: Path | None, as_json: bool
) -> None:
    """Launch a campaign from a file or a problem's name."""
    campaign = resolve(target, options)
    # Before there is a folder: a run that cannot start leaves none.
    levels.require(campaign.evaluator.least_sandbox())
    name = out.name if out else fresh_name(campaign.name, datetime.now())  # noqa: DTZ005
    with create(campaign, new_location(name, out, store)) as made:
        _go(made, as_json=as_json)


def resume(run: str, *, as_json: bool) -> None:
    """Go on with a run."""
    with open_run(locate(run)) as opened:
        _go(opened, as_json=as_json)


def stop(run: str) -> None:
    """Ask the process that runs a campaign to stop."""
    with open_run(locate(run)) as opened:
        state = opened.population.info().state
        if state is not State.RUNNING:
            note(f"{run} is not running: it is {state}")
            return
        opened.population.request_stop()
        note(f"asked {run} to stop; heuresis resume {run} goes on with it")


def report(run: str, *, as_json: bool) -> None:
    """Judge the champion on held-out instances and write the report."""
    with open_run(locate(run)) as opened:
        warn_of_weak(levels.best())
        _conclude(opened, as_json=as_json)


def resolve(target: str, options: Options) -> Campaign:
    """Make the campaign that ``run`` is asked for.

    Raises
    ------
    ConfigError
        If the target is neither a campaign file nor a problem.
    """
    path = Path(target)
    over = options.overrides()
    if path.suffix == ".toml" or path.is_file():
        return configs.read(path, over)
    if "/" in target and not path.exists():
        raise ConfigError(f"no campaign file {target}")
    problem = registry.load(target)
    budget = over.setdefault("budget", {})
    if options.budget_candidates is None and options.budget_usd is None:
        budget.setdefault("seconds", 60.0)
    return configs.suited(problem, over, where="command line")


def _go(run: Run, *, as_json: bool) -> None:
    if not as_json:
        note(f"run {run.location.title}: {run.problem.title}")
    state = asyncio.run(_search(run, as_json=as_json))
    if state is State.STOPPED and run.population.info().message == "interrupted":
        note(f"stopped; nothing is lost. Go on with: heuresis resume {_name(run)}")
        sys.exit(INTERRUPTED)
    _conclude(run, as_json=as_json)


def _name(run: Run) -> str:
    return run.location.title


async def _search(run: Run, *, as_json: bool) -> State:
    progress = open_progress(run, quiet=as_json)
    session = Session(run, observe=progress.outcome)
    warn_of_weak(session.evaluator.sandbox)
    _stop_on_signals(session, progress)
    with progress.showing(session.loop):
        return await session.search()


def _stop_on_signals(session: Session, progress: Progress) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    presses = 0

    def pressed() -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            progress.say("stopping when the steps under way are kept; again to abort")
            session.stop("interrupted")
        else:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, pressed)


def _conclude(run: Run, *, as_json: bool) -> None:
    if not as_json:
        note("judging the champion and the baselines on held-out instances …")
    found = conclude(run)
    if as_json:
        print_json(to_json(found) | {"run": run.location.title})
    else:
        from rich.console import Console

        from evolve.report.terminal import show

        show(found, Console(width=None if sys.stdout.isatty() else 120))
    if found.best is None:
        note("no program has a score on train and valid")
        sys.exit(1)
