"""Pictures of a run: requests in time, memory, latencies."""

from collections.abc import Sequence

from problems.base import Bar, Chart, Curve, Json, Picture
from problems.llm_serving.cluster import Cluster, IllegalDecisionError
from problems.llm_serving.hosting import Rules
from problems.llm_serving.requests import Served
from problems.llm_serving.scenario import Scenario

ROWS = 25
"""Requests in a picture, those that took longest: a report has no room for more."""

_POINTS = 200

PICTURE = Picture(along="time (s)", marked="lost its memory and was computed again")


def gantt(scenario: Scenario, rules: Sequence[Rules], answer: Json) -> list[Bar]:
    """Draw the requests with the longest response: wait, prefill, decode.

    ``rules`` are those that the answer may have been made under, the first that it fits
    counts.
    """
    cluster = _watched(scenario, rules, answer, [])
    served = [(i, one) for i, one in enumerate(cluster.served) if one is not None]
    slowest = sorted(served, key=lambda pair: pair[1].arrival - pair[1].end)[:ROWS]
    bars = []
    for i, one in sorted(slowest):
        bars += _bars(f"request {i}", one)
    return bars


def _bars(row: str, one: Served) -> list[Bar]:
    late = one.restarts > 0
    return [
        Bar(row=row, start=start, end=end, label=label, late=late)
        for start, end, label in (
            (one.arrival, one.admitted, "wait"),
            (one.admitted, one.first, f"prefill on {one.replica}"),
            (one.first, one.end, f"decode on {one.replica}"),
        )
        if end > start
    ]


def charts(
    scenario: Scenario, rules: Sequence[Rules], answer: Json
) -> tuple[Chart, ...]:
    """Draw memory in use by replica, and the distribution of latencies."""
    samples: list[tuple[float, tuple[int, ...]]] = []
    cluster = _watched(scenario, rules, answer, samples)
    served = [one for one in cluster.served if one is not None]
    stride = max(1, len(samples) // _POINTS)
    memory = [
        Curve(
            name=f"replica {engine.number}",
            points=tuple((t, used[k] / engine.blocks) for t, used in samples[::stride]),
        )
        for k, engine in enumerate(cluster.engines)
    ]
    latencies = [
        _distribution("first token", [one.first - one.arrival for one in served]),
        _distribution("last token", [one.end - one.arrival for one in served]),
    ]
    return (
        Chart(
            title="memory in use",
            along="time (s)",
            up="share of blocks",
            curves=tuple(memory),
        ),
        Chart(
            title="latency from arrival",
            along="latency (s)",
            up="share of requests",
            curves=tuple(latencies),
        ),
    )


def _distribution(name: str, values: Sequence[float]) -> Curve:
    """Give the empirical distribution function."""
    ranked = sorted(values)
    stride = max(1, len(ranked) // _POINTS)
    points = [(ranked[i], (i + 1) / len(ranked)) for i in range(0, len(ranked), stride)]
    return Curve(name=name, points=(*points, (ranked[-1], 1.0)) if ranked else ())


def _watched(
    scenario: Scenario,
    rules: Sequence[Rules],
    answer: Json,
    samples: list[tuple[float, tuple[int, ...]]],
) -> Cluster:
    """Run by the decisions of an answer, and sample the memory in use."""

    def watch(cluster: Cluster) -> None:
        t = cluster.now
        samples.append((t, tuple(one.used_at(t) for one in cluster.engines)))

    for one in rules:
        samples.clear()
        cluster = one.start(scenario)
        cluster.watch = watch
        if _follow(cluster, one, list(answer)):
            return cluster
    raise ValueError("the answer fits none of the rules")


def _follow(cluster: Cluster, rules: Rules, decisions: list[Json]) -> bool:
    for decision in decisions:
        point = rules.next(cluster)
        if point is None:
            return False
        try:
            cluster.act(point, decision)
        except IllegalDecisionError:
            return False
    return rules.next(cluster) is None and cluster.complete
