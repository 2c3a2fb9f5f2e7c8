"""The trusted judgement of decisions; knows nothing of who made them."""

from collections.abc import Sequence

from problems.base import Json, Verdict
from problems.llm_serving.judging import common, replay
from problems.llm_serving.requests import Served
from problems.llm_serving.scenario import Scenario
from problems.llm_slo.rules import RULES
from problems.llm_slo.targets import Kind, Targets, plan

PLACES = 6
"""Decimals of an objective: millionths of a share."""


def verify(instance: Scenario, _entry_point: str, answer: Json) -> Verdict:
    """Judge decisions, a list of numbers of calls (None where none was admitted).

    The objective is 1 plus the share of output tokens whose target was missed.
    Violation codes: those of ``judging.replay``, among them ``not_a_call`` and
    ``not_waiting``.
    """
    run = replay(instance, RULES, answer)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    missed = late(instance, run.served)
    pairs = list(zip(missed, instance.requests, strict=True))
    shares = {
        f"missed_{kind.name.lower()}": _share(
            instance, [m and r.client == kind for m, r in pairs]
        )
        for kind in Kind
    }
    return Verdict(
        objective=objective(instance, missed),
        features={**common(run.served), **shares},
    )


def objective(instance: Scenario, missed: Sequence[bool]) -> float:
    """1 plus the share of output tokens of the requests that missed."""
    return round(1 + _share(instance, missed), PLACES)


def late(instance: Scenario, served: Sequence[Served]) -> list[bool]:
    """Tell of each request whether its target was missed."""
    targets = Targets(*instance.limits)
    due = plan(instance.requests, targets).due
    ends: dict[int, float] = {}
    for one, got in zip(instance.requests, served, strict=True):
        ends[one.program] = max(ends.get(one.program, 0.0), got.end)
    missed = []
    for one, got, until in zip(instance.requests, served, due, strict=True):
        if one.client == Kind.CHAT:
            pace = (got.end - got.first) / max(1, one.output - 1)
            missed.append(got.first > until or pace > targets.tpot)
        elif one.client == Kind.DEADLINE:
            missed.append(got.end > until)
        else:
            missed.append(ends[one.program] > until)
    return missed


def _share(instance: Scenario, chosen: Sequence[bool]) -> float:
    total = sum(one.output for one in instance.requests)
    pairs = zip(chosen, instance.requests, strict=True)
    return sum(one.output for is_so, one in pairs if is_so) / total
