"""Write our own runs as logs of inspect_ai, for its viewer and its tools.

What is shown of a sample is its last conversation: everything that was said before the
last answer, and the answer. The extra ``inspect`` is needed.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evolve.bench.judging import Opinion
from evolve.bench.opening import STORE_FILE, place_of
from evolve.bench.records import Played, Results
from evolve.population import open_campaign, sqlite_url
from evolve.records import Proposal
from problems.errors import ConfigError


def write_log(results: Results, folder: Path, opinion: Opinion | None = None) -> Path:
    """Write one model's results beside them, and return the file.

    With an ``opinion`` the judge is a second scorer, whose metrics are shares and
    agreement.

    Raises
    ------
    ConfigError
        If inspect_ai is not installed.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        raise ConfigError(
            "logs of inspect need the package inspect-ai; install it with: "
            "pip install 'heuresis[inspect]'"
        ) from error
    place = place_of(results.plan, results.model, folder)
    path = place / f"{results.plan.benchmark.name}.eval"
    log = _log(results, _dialogues(results, place))
    if opinion is not None:
        log.results.scores.append(_judge_score(opinion))
    write_eval_log(log, str(path))
    return path


def _dialogues(results: Results, place: Path) -> dict[str, Sequence[Proposal]]:
    """Read the calls of each sample; baselines have none."""
    if not (place / STORE_FILE).exists():
        return {}
    population = open_campaign(sqlite_url(place / STORE_FILE))
    try:
        return {
            sample.id: population.dialogue(number)
            for number, sample in enumerate(results.plan.samples)
        }
    finally:
        population.close()


def _log(results: Results, dialogues: dict[str, Sequence[Proposal]]) -> Any:
    from inspect_ai.log import (
        EvalConfig,
        EvalDataset,
        EvalLog,
        EvalMetric,
        EvalResults,
        EvalScore,
        EvalSpec,
    )

    plan = results.plan
    metrics = {
        name: EvalMetric(name=name, value=metric.value)
        for name, metric in results.summary.metrics.items()
        if metric.value is not None
    }
    return EvalLog(
        status="success" if results.complete else "cancelled",
        eval=EvalSpec(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            task=plan.benchmark.name,
            task_version=plan.benchmark.version,
            dataset=EvalDataset(name=plan.set, samples=len(plan.samples)),
            model=results.model,
            config=EvalConfig(),
            metadata={
                "sha256": plan.digest,
                "settings": dict(plan.settings),
                "reimplementation": True,
                "harness": "heuresis bench",
            },
        ),
        results=EvalResults(
            total_samples=len(plan.samples),
            completed_samples=len(results.played),
            scores=[EvalScore(name="outcome", scorer="outcome", metrics=metrics)],
        ),
        samples=[
            _sample(one, dialogues.get(one.outcome.sample, ()))
            for one in results.played
        ],
    )


def _judge_score(opinion: Opinion) -> Any:
    from inspect_ai.log import EvalMetric, EvalScore

    figures = {
        "mean": opinion.judged,
        "agreement": opinion.agreement,
        "kappa": opinion.kappa,
    }
    return EvalScore(
        name="judge",
        scorer="judge",
        scored_samples=opinion.samples,
        unscored_samples=opinion.unread,
        metadata={"model": opinion.judge, "parts": opinion.parts, "own": opinion.own},
        metrics={
            name: EvalMetric(name=name, value=value)
            for name, value in figures.items()
            if value is not None
        },
    )


def _sample(played: Played, said: Sequence[Proposal]) -> Any:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageAssistant, ModelOutput
    from inspect_ai.scorer import Score

    from evolve.bench.inspecting import messages_of

    outcome = played.outcome
    ended = [one for one in said if one.response is not None]
    messages: list[Any] = []
    output = ModelOutput()
    if ended:
        last = ended[-1]
        assert last.response is not None
        answer = ChatMessageAssistant(
            content=last.response.text, model=last.response.model, source="generate"
        )
        messages = [*messages_of(last.call.prompt), answer]
        output = ModelOutput.from_content(last.response.model, last.response.text)
    return EvalSample(
        id=outcome.sample,
        epoch=1,
        input=outcome.sample,
        target="",
        messages=messages,
        output=output,
        scores={
            "outcome": Score(
                value=outcome.correct,
                answer=json.dumps(outcome.parsed)[:2000],
                explanation=", ".join(f"{k}: {n}" for k, n in outcome.errors.items()),
                metadata={
                    "measures": dict(outcome.measures),
                    "errors": dict(outcome.errors),
                },
            )
        },
        metadata={
            "group": outcome.group,
            "level": outcome.level,
            "calls": played.calls,
            "prompt_tokens": played.prompt_tokens,
            "completion_tokens": played.completion_tokens,
            "cost_usd": played.cost_usd,
            "seconds": played.seconds,
        },
    )
