"""The trusted judgement of places; knows nothing of who chose them."""

from problems.base import Json, Verdict
from problems.llm_prefix_router.rules import RULES
from problems.llm_serving.judging import (
    common,
    mean,
    quantile,
    replay,
    responses,
    waits,
)
from problems.llm_serving.scenario import Scenario

SHARE = 0.95


def verify(instance: Scenario, _entry_point: str, answer: Json) -> Verdict:
    """Judge places, the number of a replica for each request in order of arrival.

    The objective is half the mean time to the first token plus half the 95th percentile
    of the response time, seconds. Violation codes: those of ``judging.replay``, among
    them ``not_a_replica``.
    """
    run = replay(instance, RULES, answer)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    served = run.served
    late = quantile(responses(served), SHARE)
    prompts = sum(one.prompt for one in instance.requests)
    counts = [0] * len(instance.engines)
    for one in served:
        counts[one.replica] += 1
    return Verdict(
        objective=0.5 * mean(waits(served)) + 0.5 * late,
        features={
            **common(served),
            "response_p95": late,
            "hit_share": sum(one.hit for one in served) / prompts,
            "largest_share": max(counts) / len(served),
        },
    )
