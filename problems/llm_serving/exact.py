"""The best decisions for a handful of requests, found by trying all of them.

Sequences of decisions are extended one by one; those that cannot lead to less than what
is known are dropped. The run is simulated anew for each.
"""

from collections.abc import Callable, Sequence

from problems.base import Json
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import VICTIM
from problems.llm_serving.hosting import Rules
from problems.llm_serving.requests import Call
from problems.llm_serving.scenario import Scenario

_SLACK = 1e-9


class TooManyError(ValueError):
    """There are more sequences of decisions than one may try."""


def search(
    scenario: Scenario,
    rules: Rules,
    value: Callable[[Cluster], float],
    floor: Callable[[Cluster], float],
    limit: int = 1_000_000,
) -> tuple[float, list[Json]]:
    """Give the least value of a run, and the decisions that lead to it.

    Parameters
    ----------
    rules
        What is decided: admission, or who loses its memory, or both.
    value
        Of a complete run.
    floor
        At most the value of any run that goes on from here.
    limit
        Runs at most.

    Raises
    ------
    TooManyError
        If that many do not suffice.
    """
    best, answer = float("inf"), list[Json]()
    stack: list[list[Json]] = [[]]
    runs = 0
    while stack:
        decisions = stack.pop()
        runs += 1
        if runs > limit:
            raise TooManyError(f"more than {limit} runs")
        cluster, point = _run(scenario, rules, decisions)
        if point is None:
            if cluster.complete and value(cluster) < best - _SLACK:
                best, answer = value(cluster), decisions
        elif floor(cluster) < best - _SLACK:
            stack += [[*decisions, one] for one in _options(point)]
    return best, answer


def _run(
    scenario: Scenario, rules: Rules, decisions: Sequence[Json]
) -> tuple[Cluster, Point | None]:
    cluster = rules.start(scenario)
    point = rules.next(cluster)
    for decision in decisions:
        assert point is not None
        cluster.act(point, decision)
        point = rules.next(cluster)
    return cluster, point


def _options(point: Point) -> list[Json]:
    """Decisions that differ in effect, the most promising last."""
    engine = point.engine
    assert engine is not None

    def size(call: Call) -> int:
        return call.context + 10 * (call.output - call.done)

    if point.kind == VICTIM:
        return [call.id for call in sorted(engine.running.values(), key=size)]
    fit = [call for call in engine.waiting.values() if engine.fits(call)]
    return [None, *(call.id for call in sorted(fit, key=size, reverse=True))]


def earliest_ends(cluster: Cluster) -> list[float]:
    """Give for each request when it ends, or could at the earliest."""
    engine, now = cluster.engines[0], cluster.now
    cost = engine.spec.cost
    ends = []
    for number, request in enumerate(cluster.requests):
        served = cluster.served[number]
        if served is not None:
            ends.append(served.end)
            continue
        call = engine.running.get(number) or engine.waiting.get(number)
        start = max(now, request.arrival)
        if call is None:
            left, made = request.prompt, 0
        elif call.finish >= 0:
            left, made = 0, engine.done_of(call, now)
        else:
            left, made = call.left, call.done
        if left:
            before = (call.context - left) if call is not None else 0
            start += cost.step(0, 0, [(left, before)])
            made += 1
        more = request.output - made
        kv = request.prompt + made - 1
        start += more * (cost.decode(1) + cost.b * kv)
        ends.append(start)
    return ends
