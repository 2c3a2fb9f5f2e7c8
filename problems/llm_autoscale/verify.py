"""The trusted judgement of numbers of replicas; knows nothing of who decided them."""

from itertools import pairwise

from problems.base import Json, Verdict
from problems.llm_autoscale.rules import RULES, Terms, count_late
from problems.llm_serving.judging import common, replay
from problems.llm_serving.scenario import Scenario


def verify(instance: Scenario, _entry_point: str, answer: Json) -> Verdict:
    """Judge how many replicas should have been there, an integer for each tick.

    The objective is GPU-hours, from the start of a replica's boot until it is gone, and
    the price of requests that are late beyond the share that may be. Violation codes:
    those of ``judging.replay``, among them ``not_a_number_of_replicas``.
    """
    run = replay(instance, RULES, answer)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    terms = Terms(*instance.limits)
    late = count_late(terms, instance.requests, run.served)
    seconds = run.cluster.replica_seconds
    changes = sum(a != b for a, b in pairwise(answer))
    return Verdict(
        objective=terms.hours(seconds, late, instance.n),
        features={
            **common(run.served),
            "gpu_hours": seconds / 3600,
            "attained": 1 - late / instance.n,
            "replicas_mean": seconds / run.cluster.now,
            "changes": changes / max(1, len(answer)),
        },
    )
