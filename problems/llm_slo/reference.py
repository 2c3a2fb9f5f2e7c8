"""Ground truth: optima of tiny instances, bounds and clairvoyant runs of others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import product
from math import floor
from pathlib import Path
from types import MappingProxyType

from problems.base import Reference, Split
from problems.llm_serving import bounds, exact, grounding
from problems.llm_serving.bounds import Demand
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import PICK, Engine
from problems.llm_serving.forecast import Peak
from problems.llm_serving.grounding import Ground
from problems.llm_serving.requests import Call, Served
from problems.llm_serving.scenario import Scenario
from problems.llm_slo import simulate
from problems.llm_slo.baselines import baselines
from problems.llm_slo.instances import instances
from problems.llm_slo.rules import RULES
from problems.llm_slo.targets import Kind, Targets, plan
from problems.llm_slo.verify import PLACES, late, objective, verify

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_slo.reference"

TINY = 8
"""Requests of the largest instance whose optimum is sought."""

_MARGINS = (0.6, 0.8, 0.9, 1.0, 9.0)


def reference(instance: Scenario) -> Reference:
    """Look up the reference; raises as ``grounding.reference``."""
    return grounding.reference(FILE, "llm_slo", instance, SOURCE)


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


def value(instance: Scenario, cluster: Cluster) -> float:
    """Objective of a complete run."""
    return objective(instance, late(instance, _served(cluster)))


def _served(cluster: Cluster) -> list[Served]:
    return [one for one in cluster.served if one is not None]


def optimal(instance: Scenario) -> tuple[float, list[int | None]]:
    """Least objective over who is admitted when, and the decisions."""
    return exact.search(
        instance,
        RULES,
        lambda cluster: value(instance, cluster),
        lambda cluster: _floor(instance, cluster),
    )


def _floor(instance: Scenario, cluster: Cluster) -> float:
    """Objective that no end of this run is below."""
    targets = Targets(*instance.limits)
    due = plan(instance.requests, targets).due
    engine, now = cluster.engines[0], cluster.now
    missed, over = [], set[int]()
    for number, (one, until) in enumerate(zip(instance.requests, due, strict=True)):
        got = cluster.served[number]
        end, first = (now, now) if got is None else (got.end, got.first)
        call = engine.running.get(number) or engine.waiting.get(number)
        if got is None and call is not None and call.first >= 0:
            first = call.first
        if one.client == Kind.CHAT:
            pace = (end - first) / max(1, one.output - 1)
            missed.append(first > until or pace > targets.tpot)
        else:
            missed.append(end > until)
        if one.client == Kind.COMPOUND and missed[-1]:
            over.add(one.program)
    pairs = zip(missed, instance.requests, strict=True)
    return objective(instance, [is_so or one.program in over for is_so, one in pairs])


def lower(instance: Scenario) -> float:
    """Bound on the objective of any run: capacity in every interval of time."""
    total = sum(one.output for one in instance.requests)
    missed = max(
        _least_missed(instance, one) for one in bounds.charges(instance.engines[0])
    )
    scale = float(10**PLACES)
    return max(floor((1 + missed / total) * scale) / scale, alone(instance))


def alone(instance: Scenario) -> float:
    """Objective if each request had an engine of its own, a bound for any run."""
    return objective(instance, late(instance, _isolated(instance)))


def _isolated(instance: Scenario) -> list[Served]:
    """Serve each call alone, calls of a program one after the other."""
    found = grounding.isolated(instance.requests, instance.engines[0])
    served: list[Served] = []
    for one, got in zip(instance.requests, found, strict=True):
        ends = [served[parent].end for parent in one.parents]
        start = max(ends) + one.delay if ends else one.arrival
        moved = got._replace(
            arrival=start, first=start + got.first, end=start + got.end
        )
        served.append(moved)
    return served


def _least_missed(instance: Scenario, charge: bounds.Charge) -> float:
    """Tokens of output that must miss, at least."""
    targets = Targets(*instance.limits)
    due = plan(instance.requests, targets).due
    served = _isolated(instance)
    hopeless = late(instance, served)
    wants: dict[int, list[Demand]] = {}
    weights: dict[int, float] = {}
    for number, one in enumerate(instance.requests):
        # A program is one: all of its calls are in time, or none is.
        key = number if one.program < 0 else -1 - one.program
        weights[key] = weights.get(key, 0.0) + one.output
        row = wants.setdefault(key, [])
        work = charge(one.prompt, one.output)
        start, until = served[number].arrival, due[number]
        if hopeless[number]:
            continue
        if one.client == Kind.CHAT:
            end = until + targets.tpot * (one.output - 1)
            row += [
                Demand(start, until, work.first),
                Demand(start, end, work.whole - work.first),
            ]
        else:
            row.append(Demand(start, until, work.whole))
    return bounds.least_missed(list(wants.values()), list(weights.values()))


def _classical(instance: Scenario) -> Iterator[tuple[float, str]]:
    for name, rule in baselines().items():
        module = import_module(f"problems.llm_slo.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        answer = simulate.run(rule.entry_point, heuristic, instance, 0)
        found = verify(instance, rule.entry_point, answer).objective
        assert found is not None, name
        yield found, f"baseline {name}"


class _Outlook:
    """What who knows all outputs can tell of a waiting call, in seconds."""

    def __init__(self, instance: Scenario) -> None:
        self.targets = Targets(*instance.limits)
        self.due = plan(instance.requests, self.targets).due
        cost = instance.engines[0].cost
        self.unit = cost.step(0, 0, [(1024, 0)]) / 1024
        self.cost = cost
        self.rest = _to_come(instance)

    def work(self, engine: Engine, call: Call) -> float:
        """Time until the target, at the present pace."""
        pace = self.cost.decode(max(1, engine.n)) + self.cost.b * engine.kv
        seconds = call.context * self.unit
        if call.client != Kind.CHAT:
            seconds += (call.output - call.done + self.rest[call.id]) * pace
        return seconds


def _to_come(instance: Scenario) -> Sequence[int]:
    """Tokens of output of the calls of a program behind each call."""
    found = [0] * instance.n
    for number in range(instance.n - 1, -1, -1):
        one = instance.requests[number]
        for parent in one.parents:
            found[parent] = max(found[parent], one.output + found[number])
    return found


def _due(outlook: _Outlook, _engine: Engine, call: Call) -> float:
    return outlook.due[call.id]


def _laxity(outlook: _Outlook, engine: Engine, call: Call) -> float:
    return outlook.due[call.id] - outlook.work(engine, call)


def _work(outlook: _Outlook, engine: Engine, call: Call) -> float:
    return outlook.work(engine, call)


def _prompt(_outlook: _Outlook, _engine: Engine, call: Call) -> float:
    return call.context


def _work_a_token(outlook: _Outlook, _engine: Engine, call: Call) -> float:
    seconds = call.context * outlook.unit + 1e-3 * call.output
    return seconds / (call.output + outlook.rest[call.id])


Order = Callable[[_Outlook, Engine, Call], float]

_ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "due date": _due,
        "laxity": _laxity,
        "work": _work,
        "prompt": _prompt,
        "work a token": _work_a_token,
    }
)


def clairvoyant(instance: Scenario) -> Iterator[tuple[float, str]]:
    """Run policies that know all outputs: several orders, with and without holding."""
    outlook = _Outlook(instance)
    for name, margin in product(_ORDERS, _MARGINS):
        policy = _Oracle(outlook, _ORDERS[name], margin)
        rules = RULES._replace(asks=frozenset(), fixed={PICK: policy})
        cluster = rules.start(instance)
        rules.next(cluster)
        text = f"clairvoyant, least {name}, memory {margin:g}, hopeless last"
        yield value(instance, cluster), text


class _Oracle:
    """Least value first, held while memory would run out by true outputs.

    Calls that cannot meet their target any more are last.
    """

    def __init__(self, outlook: _Outlook, order: Order, margin: float) -> None:
        self._outlook = outlook
        self._order = order
        self._margin = margin

    def __call__(self, _cluster: Cluster, point: Point) -> int | None:
        engine = point.engine
        assert engine is not None
        now, outlook = point.t, self._outlook

        def key(call: Call) -> tuple[bool, float]:
            seconds = outlook.due[call.id] - now - outlook.work(engine, call)
            hopeless = seconds < 0 and call.first < 0
            return hopeless, self._order(outlook, engine, call)

        call = min(engine.waiting.values(), key=key)
        return call.id if self._fits(engine, call, now) else None

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
