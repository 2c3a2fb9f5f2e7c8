"""An instance of a pack: requests and the engines that serve them. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from problems.llm_serving.cluster import Cluster, Router, Scaling, fewest_in_flight
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Requests and engines.

    Attributes
    ----------
    id, group
        Name and the group it is aggregated in; empty in the sandbox.
    requests
        By time of arrival, those with parents behind these.
    engines
        The replicas.
    scaling
        How replicas come and go; None if all are there all the time.
    limits
        What the objective of the pack depends on besides, in an order that the pack
        tells, such as targets of latency in seconds.
    """

    id: str
    group: str
    requests: tuple[Request, ...]
    engines: tuple[EngineSpec, ...]
    scaling: Scaling | None = None
    limits: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        """Number of requests."""
        return len(self.requests)

    def cluster(
        self,
        asks: frozenset[str] = frozenset(),
        router: Router = fewest_in_flight,
    ) -> Cluster:
        """Start a run."""
        return Cluster(
            self.requests,
            self.engines,
            asks=asks,
            router=router,
            scaling=self.scaling,
            limits=self.limits,
        )


_PLAIN = ("arrival", "prompt", "output")
_EMPTY: Mapping[str, Any] = {
    "client": 0,
    "prefix": (),
    "program": -1,
    "parents": (),
    "delay": 0.0,
}


def encode(scenario: Scenario) -> dict[str, Any]:
    """Give a scenario as plain data, without its name: columns of requests, engines.

    The driver needs what is in it to simulate; a heuristic is shown views alone.
    """
    columns: dict[str, Any] = {
        name: [_plain(getattr(one, name)) for one in scenario.requests]
        for name in (*_PLAIN, *_EMPTY)
    }
    for name, empty in _EMPTY.items():
        if all(value == _plain(empty) for value in columns[name]):
            del columns[name]
    kinds = list(dict.fromkeys(scenario.engines))
    return {
        "requests": columns,
        "kinds": [_spec(kind) for kind in kinds],
        "engines": [kinds.index(one) for one in scenario.engines],
        "scaling": None if scenario.scaling is None else list(scenario.scaling),
        "limits": list(scenario.limits),
    }


def decode(payload: Any) -> Scenario:
    """Rebuild a scenario from plain data."""
    columns = payload["requests"]
    n = len(columns["arrival"])
    full = {
        name: columns.get(name, [empty] * n)
        for name, empty in (*dict.fromkeys(_PLAIN).items(), *_EMPTY.items())
    }
    requests = tuple(
        Request(
            arrival=full["arrival"][i],
            prompt=full["prompt"][i],
            output=full["output"][i],
            client=full["client"][i],
            prefix=tuple(full["prefix"][i]),
            program=full["program"][i],
            parents=tuple(full["parents"][i]),
            delay=full["delay"][i],
        )
        for i in range(n)
    )
    kinds = [_engine(kind) for kind in payload["kinds"]]
    scaling = payload["scaling"]
    return Scenario(
        id="",
        group="",
        requests=requests,
        engines=tuple(kinds[i] for i in payload["engines"]),
        scaling=None if scaling is None else Scaling(*scaling),
        limits=tuple(payload["limits"]),
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _spec(spec: EngineSpec) -> dict[str, Any]:
    data = asdict(spec)
    data["cost"]["dense"] = [list(knot) for knot in spec.cost.dense]
    return data


def _engine(data: Mapping[str, Any]) -> EngineSpec:
    cost = dict(data["cost"])
    knots: Sequence[Sequence[Any]] = cost["dense"]
    cost["dense"] = tuple((tokens, seconds) for tokens, seconds in knots)
    return EngineSpec(**{**data, "cost": CostModel(**cost)})


def describe(scenario: Scenario) -> dict[str, float]:
    """Tell what kind of scenario it is in a few numbers, averages only."""
    requests = scenario.requests
    span = max(one.arrival for one in requests) - requests[0].arrival
    return {
        "requests": scenario.n,
        "requests_per_s": scenario.n / span if span > 0 else float(scenario.n),
        "prompt_mean": sum(one.prompt for one in requests) / scenario.n,
        "output_mean": sum(one.output for one in requests) / scenario.n,
        "replicas": len(scenario.engines),
        "kv_blocks": scenario.engines[0].blocks,
    }
