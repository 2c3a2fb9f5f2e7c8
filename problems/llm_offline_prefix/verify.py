"""The trusted judgement of an order; knows nothing of the driver that made it."""

from problems.base import Json, Verdict
from problems.llm_offline_prefix.model import Batch
from problems.llm_serving.cluster import Cluster

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""


def verify(instance: Batch, _entry_point: str, answer: Json) -> Verdict:
    """Judge an order of all requests, a permutation of their numbers.

    The objective is the makespan, seconds until the last request is complete, if the
    requests wait in this order and the engine admits them as long as they fit.
    Violation codes: ``not_a_list``, ``wrong_length``, ``not_a_request:PLACE``,
    ``twice:PLACE``.
    """
    codes = _violations(instance.n, answer)
    if codes:
        return Verdict(objective=None, violations=tuple(codes[:_MAX_CODES]))
    cluster, peak = serve(instance, answer)
    ends = [one.end for one in cluster.served if one is not None]
    hits = sum(one.hit for one in cluster.served if one is not None)
    return Verdict(
        objective=cluster.now,
        features={
            "peak_kv": peak / instance.engine.blocks,
            "hit_share": hits / sum(one.prompt for one in instance.requests),
            "restarted_share": sum(
                one.restarts > 0 for one in cluster.served if one is not None
            )
            / instance.n,
            "completion_mean": sum(ends) / (instance.n * cluster.now),
            "tokens_per_s": sum(job.output for job in instance.jobs) / cluster.now,
        },
    )


def serve(instance: Batch, order: list[int]) -> tuple[Cluster, int]:
    """Run the batch in an order; gives the largest number of blocks in use, too."""
    cluster = instance.scenario(order).cluster()
    peak = 0

    def watch(seen: Cluster) -> None:
        nonlocal peak
        peak = max(peak, seen.engines[0].used)

    cluster.watch = watch
    cluster.advance()
    return cluster, peak


def _violations(n: int, answer: Json) -> list[str]:
    if type(answer) is not list:
        return ["not_a_list"]
    codes = [] if len(answer) == n else ["wrong_length"]
    seen: set[int] = set()
    for place, number in enumerate(answer[:n]):
        if len(codes) >= _MAX_CODES:
            break
        if type(number) is not int or not 0 <= number < n:
            codes.append(f"not_a_request:{place}")
        elif number in seen:
            codes.append(f"twice:{place}")
        else:
            seen.add(number)
    return codes
