"""Ground truth: optima of tiny instances, bounds and clairvoyant runs of others."""

from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import product
from math import ceil, floor
from pathlib import Path

from problems.base import Reference, Split
from problems.llm_admission import simulate
from problems.llm_admission.baselines import baselines
from problems.llm_admission.instances import instances
from problems.llm_admission.rules import ADMISSION
from problems.llm_admission.verify import PLACES, value, verify
from problems.llm_serving import bounds, exact, grounding
from problems.llm_serving.bounds import Demand
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import PICK, VICTIM, Engine
from problems.llm_serving.forecast import Peak
from problems.llm_serving.grounding import Ground
from problems.llm_serving.hosting import Rules
from problems.llm_serving.judging import mean, responses
from problems.llm_serving.requests import Call, Served
from problems.llm_serving.scenario import Scenario

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_admission.reference"

TINY = 8
"""Requests of the largest instance whose optimum is sought."""

BOTH = Rules(asks=frozenset({PICK, VICTIM}))

_WEIGHTS = (0.0, 0.1, 0.5, 2.0, 1e4)
_MARGINS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 9.0)


def reference(instance: Scenario) -> Reference:
    """Look up the reference; raises as ``grounding.reference``."""
    return grounding.reference(FILE, "llm_admission", instance, SOURCE)


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all references anew and write them; raises as ``grounding.solve``."""
    found = (one for split in Split for one in instances(split))
    grounding.solve(path, found, ground, log)


def ground(instance: Scenario) -> Ground:
    """Find what is known of an instance."""
    if instance.n <= TINY:
        best, _ = optimal(instance)
        return Ground(best, best, "all sequences of decisions")
    best, name = min([*clairvoyant(instance), *_classical(instance)])
    return Ground(lower(instance), best, name)


def optimal(instance: Scenario) -> tuple[float, list[int | None]]:
    """Least objective over who is admitted when and who loses its memory.

    Either entry point decides one of the two, so neither can do better.
    """
    return exact.search(
        instance,
        BOTH,
        lambda cluster: value(instance, _served(cluster)),
        lambda cluster: _floor(instance, cluster),
    )


def _served(cluster: Cluster) -> list[Served]:
    return [one for one in cluster.served if one is not None]


def _floor(instance: Scenario, cluster: Cluster) -> float:
    """Objective that no end of this run is below."""
    if not instance.limits[2]:
        ends = exact.earliest_ends(cluster)
        pairs = zip(ends, instance.requests, strict=True)
        return sum(end - one.arrival for end, one in pairs) / instance.n
    ttft, tpot, _ = instance.limits
    late = 0
    for number, one in enumerate(instance.requests):
        served = cluster.served[number]
        if served is not None:
            pace = (served.end - served.first) / max(1, one.output - 1)
            late += served.first - one.arrival > ttft or pace > tpot
        else:
            call = cluster.engines[0].waiting.get(number)
            fresh = call is not None and call.first < 0
            late += fresh and cluster.now - one.arrival > ttft
    return 1 + late / instance.n


def lower(instance: Scenario) -> float:
    """Bound on the objective of any run; see ``llm_serving.bounds``."""
    if instance.limits[2]:
        missed = max(_least_missed(instance, one) for one in _charges(instance))
        return 1 + ceil(missed) / instance.n
    flow = max(_least_flow(instance, one) for one in _charges(instance))
    return max(_down(flow / instance.n), alone(instance))


def alone(instance: Scenario) -> float:
    """Objective if each request had an engine of its own, a bound for any run."""
    served = grounding.isolated(instance.requests, instance.engines[0])
    if instance.limits[2]:
        return value(instance, served)
    return _down(mean(responses(served)))


def _down(seconds: float) -> float:
    scale = float(10**PLACES)
    return floor(seconds * scale * (1 - 1e-12)) / scale


def _charges(instance: Scenario) -> Iterator[bounds.Charge]:
    return bounds.charges(instance.engines[0])


def _least_flow(instance: Scenario, charge: bounds.Charge) -> float:
    return bounds.least_flow(
        [
            (one.arrival, charge(one.prompt, one.output).whole)
            for one in instance.requests
        ]
    )


def _least_missed(instance: Scenario, charge: bounds.Charge) -> float:
    """Count the requests that must miss a target, at least."""
    ttft, tpot, _ = instance.limits
    served = grounding.isolated(instance.requests, instance.engines[0])
    wants = []
    for one, best in zip(instance.requests, served, strict=True):
        work = charge(one.prompt, one.output)
        first = one.arrival + ttft
        end = first + tpot * (one.output - 1)
        pace = (best.end - best.first) / max(1, one.output - 1)
        possible = best.first <= ttft and pace <= tpot
        wants.append(
            [
                Demand(one.arrival, first, work.first),
                Demand(one.arrival, end, work.whole - work.first),
            ]
            if possible
            else []
        )
    return bounds.least_missed(wants, [1.0] * instance.n)


def _classical(instance: Scenario) -> Iterator[tuple[float, str]]:
    for name, rule in baselines().items():
        module = import_module(f"problems.llm_admission.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        answer = simulate.run(rule.entry_point, heuristic, instance, 0)
        found = verify(instance, rule.entry_point, answer).objective
        assert found is not None, name
        yield found, f"baseline {name}"


def clairvoyant(instance: Scenario) -> Iterator[tuple[float, str]]:
    """Run policies that know all outputs: several orders, with and without holding."""
    for weight, margin, triage in product(_WEIGHTS, _MARGINS, (False, True)):
        policy = _Oracle(weight, margin, triage=triage)
        rules = ADMISSION._replace(asks=frozenset(), fixed={PICK: policy})
        cluster = rules.start(instance)
        rules.next(cluster)
        name = f"clairvoyant, {weight:g} per token of prompt, memory {margin:g}"
        yield (
            value(instance, _served(cluster)),
            f"{name}, hopeless last" if triage else name,
        )


class _Oracle:
    """Least true work first, held while memory would run out by true outputs.

    Work is ``weight`` per token to be computed and 1 per token to be made. With
    ``triage`` calls that can no longer meet the target of TTFT are last.
    """

    def __init__(self, weight: float, margin: float, *, triage: bool) -> None:
        self._weight = weight
        self._margin = margin
        self._triage = triage

    def __call__(self, cluster: Cluster, point: Point) -> int | None:
        engine = point.engine
        assert engine is not None
        ttft = cluster.memory["limits"][0]

        def key(call: Call) -> tuple[bool, float]:
            late = call.first < 0 and point.t - call.arrival > ttft
            work = self._weight * call.context + call.output - call.done
            return (late and self._triage, work)

        call = min(engine.waiting.values(), key=key)
        return call.id if self._fits(engine, call, point.t) else None

    def _fits(self, engine: Engine, call: Call, now: float) -> bool:
        if not engine.running:
            return True
        batch = Peak(
            (
                one.output - engine.done_of(one, now),
                max(one.context, engine.kv_of(one, now)),
            )
            for one in engine.running.values()
        )
        peak = batch.joined(call.output - call.done, call.context)
        return peak <= self._margin * engine.blocks
