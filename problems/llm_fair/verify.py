"""The trusted judgement of admissions; knows nothing of who decided them."""

from math import fsum

from problems.base import Json, Verdict
from problems.llm_fair.gaps import Gaps
from problems.llm_fair.rules import RULES
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.judging import (
    common,
    mean,
    quantile,
    replay,
    responses,
)
from problems.llm_serving.scenario import Scenario


def verify(instance: Scenario, _entry_point: str, answer: Json) -> Verdict:
    """Judge admissions, the number of a request or None for each decision.

    The objective is the mean response time (s), times the largest service gap over the
    bound of the instance where it is above the bound. Violation codes: those of
    ``judging.replay``, among them ``not_a_call``, ``not_waiting``.
    """
    gaps = Gaps(clients(instance))

    def watch(cluster: Cluster, point: Point) -> None:
        gaps.follow(cluster, point.t)

    run = replay(instance, RULES, answer, watch)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    times = responses(run.served)
    excess = gaps.largest / instance.limits[0]
    by_client: dict[int, list[float]] = {}
    for request, time in zip(instance.requests, times, strict=True):
        by_client.setdefault(request.client, []).append(time)
    means = [mean(values) for values in by_client.values()]
    prompts = sum(one.prompt for one in instance.requests)
    span = max(one.end for one in run.served)
    tokens = sum(one.prompt + one.output for one in instance.requests)
    return Verdict(
        objective=mean(times) * max(1.0, excess),
        features={
            **common(run.served),
            "gap": float(gaps.largest),
            "gap_over_bound": excess,
            "client_mean_worst": max(means),
            "client_mean_median": quantile(means, 0.5),
            "client_jain": fsum(means) ** 2 / (len(means) * fsum(x * x for x in means)),
            "hit_share": sum(one.hit for one in run.served) / prompts,
            "tokens_per_s": tokens / span,
        },
    )


def clients(instance: Scenario) -> int:
    """Count the clients."""
    return 1 + max(one.client for one in instance.requests)
