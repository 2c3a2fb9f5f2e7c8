"""What a benchmark run is, and what it found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from evolve.bench.toolbox import Toolbox
from problems.benchmark import (
    Benchmark,
    Metric,
    Outcome,
    Sample,
    Settings,
    Summary,
    digest,
    settings_of,
)
from problems.errors import ConfigError

CUSTOM = "custom"
"""Name of a set whose settings are not those of a frozen one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Samples to put to a model, and how.

    Attributes
    ----------
    set
        Name of the frozen set that the samples are from, or ``CUSTOM``.
    digest
        SHA-256 of the whole set, whatever ``limit`` leaves of it.
    samples
        In order; with a limit, spread evenly over the set.
    seed
        Of the models' sampling, and of baselines that draw.
    toolbox
        What makes the calls that a live benchmark asks for.
    """

    benchmark: Benchmark
    set: str
    digest: str
    settings: Settings
    samples: tuple[Sample, ...]
    seed: int
    toolbox: Toolbox | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One sample with what it used.

    Attributes
    ----------
    cost_usd
        None if any call had no price.
    seconds
        Summed over its calls.
    """

    outcome: Outcome
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All samples of a plan that one model, or baseline, has been through."""

    plan: Plan
    model: str
    played: tuple[Played, ...]

    @property
    def complete(self) -> bool:
        """Whether no sample is missing."""
        return len(self.played) == len(self.plan.samples)

    @property
    def summary(self) -> Summary:
        """Sum up the outcomes; without any there is nothing to say."""
        if not self.played:
            return Summary(metrics={})
        return self.plan.benchmark.summarise([one.outcome for one in self.played])

    @property
    def errors(self) -> dict[str, int]:
        """Count the errors of all samples by kind, the most frequent first."""
        found: dict[str, int] = {}
        for one in self.played:
            for code, number in one.outcome.errors.items():
                found[code] = found.get(code, 0) + number
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def tokens(self) -> int:
        """Tokens of all calls, as reported."""
        return sum(one.prompt_tokens + one.completion_tokens for one in self.played)

    @property
    def cost_usd(self) -> float | None:
        """Dollars of all calls; None if any has no price."""
        costs = [one.cost_usd for one in self.played]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None


def plan_of(
    benchmark: Benchmark,
    *,
    chosen: str | None = None,
    changes: Settings | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Plan:
    """Make the samples of a frozen set, or of changed settings.

    Parameters
    ----------
    chosen
        Name of a frozen set; the first one by default.
    changes
        Settings that differ from those of the set.
    limit
        How many samples to take, spread evenly.

    Raises
    ------
    ConfigError
        If a name or a value does not fit, or a frozen set is not what it was.
    """
    name = chosen or next(iter(benchmark.sets))
    if name not in benchmark.sets:
        known = ", ".join(benchmark.sets)
        raise ConfigError(f"{benchmark.name} has no set {name!r}; known: {known}")
    frozen = benchmark.sets[name]
    settings = settings_of(benchmark.profile, {**frozen.changes, **(changes or {})})
    samples = tuple(benchmark.samples(settings))
    found = digest(samples)
    if found != frozen.sha256:
        if not changes:
            raise ConfigError(
                f"the samples of {name} are not those that were frozen (digest "
                f"{found[:12]}, not {frozen.sha256[:12]}); nothing measured on them "
                "could be compared"
            )
        name = CUSTOM
    return Plan(
        benchmark=benchmark,
        set=name,
        digest=found,
        settings=settings,
        samples=_spread(samples, limit),
        seed=seed,
    )


def _spread(samples: tuple[Sample, ...], limit: int | None) -> tuple[Sample, ...]:
    if limit is None or limit >= len(samples):
        return samples
    bounds = [k * len(samples) // limit for k in range(limit + 1)]
    # From the middle of each part, so that easy and hard ones are among them.
    return tuple(samples[(a + b) // 2] for a, b in pairwise(bounds))


def document(results: Results) -> dict[str, Any]:
    """Return what ``bench --json`` prints of one model."""
    summary = results.summary
    return {
        "benchmark": results.plan.benchmark.name,
        "version": results.plan.benchmark.version,
        "set": results.plan.set,
        "digest": results.plan.digest,
        "settings": dict(results.plan.settings),
        "model": results.model,
        "samples": len(results.played),
        "missing": len(results.plan.samples) - len(results.played),
        "metrics": _metrics(summary.metrics),
        "by_level": [
            {
                "group": row.group,
                "level": row.level,
                "samples": row.samples,
                "metrics": _metrics(row.metrics),
            }
            for row in summary.levels
        ],
        "errors": results.errors,
        "calls": sum(one.calls for one in results.played),
        "tokens": results.tokens,
        "cost_usd": results.cost_usd,
    }


def rows(results: Results) -> str:
    """Return all samples as JSON lines: outcome, what was understood, usage."""
    lines = [
        json.dumps(asdict(one), ensure_ascii=False, sort_keys=True)
        for one in results.played
    ]
    return "".join(f"{line}\n" for line in lines)


def _metrics(metrics: Mapping[str, Metric]) -> dict[str, Any]:
    return {name: asdict(metric) for name, metric in metrics.items()}


def common(results: Sequence[Results]) -> list[str]:
    """Ids of the samples that all of them have been through, in order."""
    seen = [{one.outcome.sample for one in result.played} for result in results]
    return [
        one.outcome.sample
        for one in results[0].played
        if all(one.outcome.sample in ids for ids in seen)
    ]
