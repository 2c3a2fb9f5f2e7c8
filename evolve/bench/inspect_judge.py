"""A model as the second scorer of a task of inspect_ai, as ``bench --judge`` has it.

Its score of a sample is the share of the parts that it takes for done; the metrics say
how far it agrees with the benchmark's own verdicts, which stand beside its own in the
log. A sample whose opinion cannot be read has no score.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    mean,
    metric,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from evolve.bench.inspecting import OUTCOME, messages_of, reply_of
from evolve.bench.judging import agreement
from evolve.bench.records import Plan
from evolve.bench.talking import Talk
from problems.benchmark import Outcome
from problems.errors import ConfigError

NAME = "judge"


@metric(name="agreement")
def share() -> Metric:
    """Share of all parts on which both agree."""

    def compute(scores: list[SampleScore]) -> float:
        found, _ = agreement(_pairs(scores))
        return float("nan") if found is None else found

    return compute


@metric(name="kappa")
def kappa() -> Metric:
    """Cohen's kappa of both over all parts; NaN where one always says the same."""

    def compute(scores: list[SampleScore]) -> float:
        _, found = agreement(_pairs(scores))
        return float("nan") if found is None else found

    return compute


@scorer(name=NAME, metrics=[mean(), stderr(), share(), kappa()])
def judged_by(plan: Plan, model: str, base_url: str | None) -> Scorer:
    """Ask a model about every outcome.

    Raises
    ------
    ConfigError
        If the benchmark has no judge.
    """
    judge = plan.benchmark.judge
    if judge is None:
        raise ConfigError(
            f"{plan.benchmark.name} has no parts that a model could judge"
        )
    samples = {sample.id: sample for sample in plan.samples}
    asked = get_model(model, base_url=base_url, config=GenerateConfig(temperature=0.0))

    async def score(state: TaskState, target: Target) -> Score:
        del target
        sample = samples[str(state.sample_id)]
        outcome = _outcome(sample.id, sample.group, sample.level, state)
        own = judge.own(sample, outcome)
        prompt = Talk().prompt(judge.ask(sample, outcome))
        output = await asked.generate(messages_of(prompt))
        reply = reply_of(output)
        verdicts = None if reply.failure else judge.read(sample, reply)
        if verdicts is None:
            return Score.unscored(
                reason="unreadable", answer=reply.text, metadata={"own": list(own)}
            )
        return Score(
            value=sum(verdicts) / len(verdicts),
            answer=reply.text,
            explanation=f"{sum(own)} of {len(own)} parts are done by our own verdict",
            metadata={"own": list(own), "judged": list(verdicts)},
        )

    return score


def _outcome(name: str, group: str, level: int, state: TaskState) -> Outcome:
    kept: Mapping[str, Any] = state.store.get(OUTCOME)
    return Outcome(sample=name, group=group, level=level, **kept)


def _pairs(scores: Sequence[SampleScore]) -> list[tuple[bool, bool]]:
    """Verdicts of both on all parts that the judge said something about."""
    return [
        pair
        for one in scores
        for pair in zip(
            (one.score.metadata or {}).get("own", ()),
            (one.score.metadata or {}).get("judged", ()),
            strict=False,
        )
    ]
