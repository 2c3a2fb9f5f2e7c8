"""The replay of decisions on the trusted side; knows nothing of who made them."""

from collections.abc import Callable, Sequence
from math import ceil, fsum
from typing import NamedTuple

from problems.base import Json
from problems.llm_serving.cluster import Cluster, IllegalDecisionError, Point
from problems.llm_serving.hosting import Rules
from problems.llm_serving.requests import Served
from problems.llm_serving.scenario import Scenario


class Replay(NamedTuple):
    """A run by decisions that were made; ``violations`` if it is not a whole one."""

    cluster: Cluster
    violations: tuple[str, ...]

    @property
    def served(self) -> list[Served]:
        """What became of all requests, in their order."""
        return [one for one in self.cluster.served if one is not None]


def replay(
    scenario: Scenario,
    rules: Rules,
    answer: Json,
    watch: Callable[[Cluster, Point], None] | None = None,
) -> Replay:
    """Run a scenario by the decisions of ``answer``; ``watch`` sees all before them.

    Violation codes: ``not_a_list``; ``missing:PLACE`` where the decisions end before
    the run; ``surplus:PLACE`` where the run ends before them; ``stalled:N`` where
    nothing can happen any more and N requests were not served; and those of
    ``Cluster.act`` with the place of the decision.
    """
    cluster = rules.start(scenario)
    if type(answer) is not list:
        return Replay(cluster, ("not_a_list",))
    place = 0
    while (point := rules.next(cluster)) is not None:
        if place == len(answer):
            return Replay(cluster, (f"missing:{place}",))
        if watch is not None:
            watch(cluster, point)
        try:
            cluster.act(point, answer[place])
        except IllegalDecisionError as error:
            return Replay(cluster, (f"{error}:{place}",))
        place += 1
    if place < len(answer):
        return Replay(cluster, (f"surplus:{place}",))
    left = scenario.n - len(cluster.ended)
    return Replay(cluster, (f"stalled:{left}",) if left else ())


def mean(values: Sequence[float]) -> float:
    """Mean, rounded the same on every machine."""
    return fsum(values) / len(values)


def quantile(values: Sequence[float], share: float) -> float:
    """Smallest value that at least ``share`` of the values do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def responses(served: Sequence[Served]) -> list[float]:
    """Seconds from arrival to the last token."""
    return [one.end - one.arrival for one in served]


def waits(served: Sequence[Served]) -> list[float]:
    """Seconds from arrival to the first token (TTFT)."""
    return [one.first - one.arrival for one in served]


def paces(served: Sequence[Served], outputs: Sequence[int]) -> list[float]:
    """Seconds a token after the first one (TPOT); 0 where there is only one."""
    return [
        (one.end - one.first) / (output - 1) if output > 1 else 0.0
        for one, output in zip(served, outputs, strict=True)
    ]


def common(served: Sequence[Served]) -> dict[str, float]:
    """Features of any run: latencies in seconds, restarts and cache hits."""
    times = responses(served)
    return {
        "response_mean": mean(times),
        "response_p99": quantile(times, 0.99),
        "ttft_mean": mean(waits(served)),
        "restarted_share": sum(one.restarts > 0 for one in served) / len(served),
    }
