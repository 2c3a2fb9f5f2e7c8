"""The trusted judgement of decisions; knows nothing of who made them."""

from problems.base import Json, Verdict
from problems.llm_admission.rules import RULES
from problems.llm_serving.judging import (
    common,
    mean,
    paces,
    quantile,
    replay,
    responses,
    waits,
)
from problems.llm_serving.requests import Served
from problems.llm_serving.scenario import Scenario

PLACES = 6
"""Decimals of an objective: microseconds, or millionths of a share."""


def verify(instance: Scenario, entry_point: str, answer: Json) -> Verdict:
    """Judge decisions, a list of numbers of calls (None where none was admitted).

    The objective is the mean response time in seconds, or 1 plus the share of requests
    that missed a target, by the aim of the instance. Violation codes: those of
    ``judging.replay``, among them ``not_a_call``, ``not_waiting``, ``not_running``.
    """
    run = replay(instance, RULES[entry_point], answer)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    outputs = [one.output for one in instance.requests]
    missed = share_missed(instance, run.served)
    return Verdict(
        objective=value(instance, run.served),
        features={
            **common(run.served),
            "tpot_p90": quantile(paces(run.served, outputs), 0.9),
            "missed_share": missed,
        },
    )


def value(instance: Scenario, served: list[Served]) -> float:
    """Objective of a complete run."""
    if instance.limits[2]:
        return round(1 + share_missed(instance, served), PLACES)
    return round(mean(responses(served)), PLACES)


def share_missed(instance: Scenario, served: list[Served]) -> float:
    """Share of the requests that missed the target of TTFT or of TPOT."""
    ttft, tpot, _ = instance.limits
    outputs = [one.output for one in instance.requests]
    pairs = zip(waits(served), paces(served, outputs), strict=True)
    return sum(wait > ttft or pace > tpot for wait, pace in pairs) / len(served)
