"""bench: language models on the benchmarks, beside baselines that need none."""

import json
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from evolve.bench.comparing import Paired, compare
from evolve.bench.judging import Opinion, judge_results
from evolve.bench.live import LiveOptions, open_toolbox, with_tools
from evolve.bench.opening import BASELINE, Caps, play
from evolve.bench.page import render
from evolve.bench.records import Plan, Results, document, plan_of
from evolve.bench.running import baseline_of
from evolve.cli.campaigns import INTERRUPTED
from evolve.cli.output import note, print_json, table
from evolve.llm.models import ModelSettings
from evolve.report.export import write_atomic
from evolve.runs import HOME, fresh_name
from problems import registry
from problems.benchmark import Benchmark, Metric, Settings
from problems.errors import ConfigError

ALL = "all"
_EVERY = 5.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """What the command line asks for."""

    models: tuple[str, ...]
    base_url: str | None
    set: str | None
    changes: tuple[str, ...]
    profile: Path | None
    limit: int | None
    temperature: float
    max_tokens: int
    concurrency: int
    budget_usd: float | None
    budget_tokens: int | None
    seed: int
    out: Path | None
    inspect_log: bool = False
    judge: str | None = None
    live: LiveOptions = field(default_factory=LiveOptions)


def bench(name: str, options: BenchOptions, *, as_json: bool) -> None:
    """Run every model on a benchmark, or on all, and compare them."""
    benchmarks = _benchmarks(name)
    _check_models(benchmarks, options.models)
    plans = [_plan(one, options) for one in benchmarks]
    folder = options.out or HOME / fresh_name("bench", datetime.now())  # noqa: DTZ005
    with _tooled(plans, options.live, folder) as ready:
        _bench(ready, options, folder, as_json=as_json)


def _bench(
    plans: Sequence[Plan], options: BenchOptions, folder: Path, *, as_json: bool
) -> None:
    sections: list[list[Results]] = []
    opinions: list[Opinion] = []
    try:
        for plan in plans:
            sections += [
                [_played(plan, model, options, folder) for model in options.models]
            ]
            opinions += _judged(sections[-1], options, folder)
    except KeyboardInterrupt:
        note(f"stopped; no answer is lost. The same with --out {folder} goes on")
        sys.exit(INTERRUPTED)
    comparisons = [
        {"benchmark": results[0].plan.benchmark.name} | asdict(pair)
        for results in sections
        for pair in compare(results)
    ]
    documents = [document(result) for results in sections for result in results]
    found: dict[str, Any] = (
        documents[0]
        if len(documents) == 1
        else {"results": documents, "comparisons": comparisons}
    )
    found |= {"judge": [asdict(opinion) for opinion in opinions]} if opinions else {}
    write_atomic(folder / "report.json", json.dumps(found, indent=1) + "\n")
    if options.inspect_log:
        from evolve.bench.inspect_log import write_log

        judged = {opinion.model: opinion for opinion in opinions}
        for result in (result for results in sections for result in results):
            has_parts = result.plan.benchmark.judge is not None
            opinion = judged.get(result.model) if has_parts else None
            note(f"log: {write_log(result, folder, opinion)}")
    write_atomic(folder / "report.html", render(sections, [_command()], opinions))
    if as_json:
        print_json(found)
        return
    for results in sections:
        _show(results)
    for opinion in opinions:
        note(_opinion(opinion))
    note(f"report: {folder / 'report.html'}")


@contextmanager
def _tooled(
    plans: Sequence[Plan], options: LiveOptions, folder: Path
) -> Iterator[Sequence[Plan]]:
    """Give plans the tools that the command line wants; servers end behind it."""
    if not options.wanted:
        yield plans
        return
    with closing(open_toolbox(options, folder)) as toolbox:
        yield [with_tools(plan, toolbox) for plan in plans]


def describe(name: str, *, as_json: bool) -> None:
    """Show a benchmark, or all: sets, baselines, settings with their provenance."""
    found = _benchmarks(name)
    if as_json:
        print_json([_described(one) for one in found])
        return
    for one in found:
        print(f"{one.title} ({one.name}, version {one.version})\n\n{one.card}")
        print("sets: " + ", ".join(one.sets))
        print("baselines: " + ", ".join(f"baseline/{x}" for x in one.baselines))
        table(
            "",
            ("setting", "default", "from", "meaning"),
            [
                (key, json.dumps(x.value), x.provenance, x.doc)
                for key, x in one.profile.items()
            ],
        )


def _described(one: Benchmark) -> dict[str, Any]:
    return {
        "benchmark": one.name,
        "version": one.version,
        "title": one.title,
        "sets": {name: frozen.sha256 for name, frozen in one.sets.items()},
        "baselines": {name: x.doc for name, x in one.baselines.items()},
        "profile": {name: asdict(x) for name, x in one.profile.items()},
        "published": [asdict(figure) for figure in one.published],
    }


def _benchmarks(name: str) -> list[Benchmark]:
    names = registry.benchmark_names() if name == ALL else [name]
    return [registry.load_benchmark(one) for one in names]


def _check_models(benchmarks: Sequence[Benchmark], models: Sequence[str]) -> None:
    """Refuse what cannot be played before anything is drawn, or asked for money."""
    if not models:
        raise ConfigError(
            "no model was given; try --model baseline/random, or one of: "
            + ", ".join(f"{BASELINE}{x}" for x in benchmarks[0].baselines)
        )
    for model in models:
        if model.startswith(BASELINE):
            for one in benchmarks:
                baseline_of(one, model.removeprefix(BASELINE))


def _plan(benchmark: Benchmark, options: BenchOptions) -> Plan:
    return plan_of(
        benchmark,
        chosen=options.set,
        changes=_changes(options),
        limit=options.limit,
        seed=options.seed,
    )


def _changes(options: BenchOptions) -> Settings:
    """Read a profile file, and over it the settings of the command line."""
    changes: dict[str, Any] = {}
    if options.profile is not None:
        import tomllib

        try:
            changes |= tomllib.loads(options.profile.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{options.profile}: {error}") from error
    for text in options.changes:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text}: write NAME=VALUE")
        try:
            changes[key] = json.loads(value)
        except ValueError:
            changes[key] = value
    return changes


def _judged(
    results: Sequence[Results], options: BenchOptions, folder: Path
) -> list[Opinion]:
    """Ask the judge about each model, where one is wanted and makes sense."""
    if options.judge is None:
        return []
    caps = Caps(usd=options.budget_usd, tokens=options.budget_tokens)
    opinions = [
        judge_results(
            result,
            _settings(options.judge, options),
            caps,
            folder,
            _Progress(f"{result.plan.benchmark.name} judged", result.model),
        )
        for result in results
    ]
    return [opinion for opinion in opinions if opinion is not None]


def _opinion(one: Opinion) -> str:
    if one.agreement is None:
        return f"{one.judge} on {one.model}: nothing could be read"
    kappa = "-" if one.kappa is None else f"{one.kappa:.2f}"
    return (
        f"{one.judge} on {one.model}: {100 * (one.judged or 0):.1f} % of "
        f"{one.parts} parts done, {100 * (one.own or 0):.1f} % here; agreement "
        f"{100 * one.agreement:.1f} %, kappa {kappa}; {one.unread} unread"
    )


def _settings(model: str, options: BenchOptions) -> ModelSettings:
    return ModelSettings(
        name=model,
        base_url=options.base_url,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        concurrency=options.concurrency,
    )


def _played(plan: Plan, model: str, options: BenchOptions, folder: Path) -> Results:
    settings = _settings(model, options)
    caps = Caps(usd=options.budget_usd, tokens=options.budget_tokens)
    return play(plan, settings, caps, folder, _Progress(plan.benchmark.name, model))


class _Progress:
    """Says now and then how far a model is."""

    def __init__(self, benchmark: str, model: str) -> None:
        self._what = f"{benchmark} {model}"
        self._said = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._said >= _EVERY or done == of:
            self._said = now
            note(f"{self._what}: {done} of {of} samples")


def _show(results: Sequence[Results]) -> None:
    plan = results[0].plan
    metrics = [result.summary.metrics for result in results]
    names = dict.fromkeys(name for found in metrics for name in found)
    table(
        f"{plan.benchmark.name}, {plan.set}: metrics with 95 % intervals",
        ("metric", *(result.model for result in results)),
        [(name, *(_metric(found.get(name)) for found in metrics)) for name in names],
    )
    for pair in compare(results):
        note(_sentence(pair))
    for result in results:
        if not result.complete:
            note(
                f"{result.model}: {len(result.played)} of {len(plan.samples)} samples; "
                "the budget ended it"
            )


def _sentence(pair: Paired) -> str:
    return (
        f"{pair.first} less {pair.second}: {100 * pair.difference:+.1f} points on "
        f"{pair.samples} samples, {pair.wins} won, {pair.losses} lost, "
        f"{pair.test} p = {pair.p:.3g} (Holm)"
    )


def _metric(metric: Metric | None) -> str:
    if metric is None or metric.value is None:
        return "-"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"


def _command() -> str:
    return shlex.join(["heuresis", *sys.argv[1:]])
