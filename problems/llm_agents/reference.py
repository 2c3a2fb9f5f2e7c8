"""Ground truth: a bound that is proved, and the best that is known.

The bound: each program alone on its engine, with all units of memory in the cache that
any call before can have put there (``isolated``). The best known value: the least of
the baselines and of rules that are told everything: the program with the least work
left, or the shortest rest of its longest chain, goes first; a prefix is kept until its
last child comes, never, or where that is worth it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

from problems.base import Json, Reference, Split
from problems.llm_agents.alone import decode, prefill
from problems.llm_agents.baselines import baselines
from problems.llm_agents.instances import instances
from problems.llm_agents.rules import at_home
from problems.llm_agents.simulate import run
from problems.llm_agents.verify import completions, verify
from problems.llm_serving import grounding
from problems.llm_serving.cluster import TTL, Cluster, Point
from problems.llm_serving.engine import BLOCK, PICK, EngineSpec
from problems.llm_serving.grounding import Ground
from problems.llm_serving.hosting import Fixed, Rules
from problems.llm_serving.judging import mean
from problems.llm_serving.requests import Call, Request
from problems.llm_serving.scenario import Scenario

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_agents.reference"

_ROUNDING = 1 - 1e-9
"""Sums of a run may round differently."""


def isolated(scenario: Scenario) -> float:
    """Mean completion time of programs that no schedule is below, seconds.

    A call has to compute each token of its prompt that no call before it can have put
    into the cache, and to make its output token by token. A step that gives it less
    than it could take is full, so it takes no less time than a full chunk; other calls
    in a step only add. A call that lost its memory makes a token in a step of its
    prompt, so the cheaper of the two kinds of steps counts, but for the first token.
    """
    (spec,) = set(scenario.engines)
    cached = _cached_tokens(scenario, spec.unit)
    ends: list[float] = []
    for one, hit in zip(scenario.requests, cached, strict=True):
        start = max([ends[parent] for parent in one.parents], default=one.arrival)
        fresh = prefill(spec, one.prompt - hit, hit)
        ends.append(start + one.delay + fresh + _least_decode(spec, one))
    times: dict[int, float] = {}
    for one, end in zip(scenario.requests, ends, strict=True):
        seconds = end - one.arrival
        times[one.program] = max(times.get(one.program, 0.0), seconds)
    return mean(list(times.values())) * _ROUNDING


def _cached_tokens(scenario: Scenario, unit: int) -> list[int]:
    """Count tokens at the head of each prompt that a call before it may have had.

    Only those behind it in its program cannot come before it.
    """
    above: list[set[int]] = []
    holders: dict[int, list[int]] = {}
    for i, one in enumerate(scenario.requests):
        above.append({i}.union(*[above[parent] for parent in one.parents]))
        for number in one.prefix:
            holders.setdefault(number, []).append(i)
    found = []
    for i, one in enumerate(scenario.requests):
        units = 0
        for number in one.prefix[: (one.prompt - 1) // unit]:
            if all(i in above[holder] for holder in holders[number]):
                break
            units += 1
        found.append(units * unit)
    return found


def _shared_tokens(scenario: Scenario, unit: int) -> list[int]:
    """Count tokens at the head of each prompt that any other call has, too."""
    seen = Counter(number for one in scenario.requests for number in one.prefix)
    found = []
    for one in scenario.requests:
        limit = (one.prompt - 1) // unit
        units = sum(1 for number in one.prefix[:limit] if seen[number] > 1)
        found.append(units * unit)
    return found


def _least_decode(spec: EngineSpec, one: Request) -> float:
    cost = spec.cost
    step = cost.decode(1) - cost.a0 - cost.a1
    seconds = 0.0
    for kv in range(one.prompt, one.prompt + one.output - 1):
        decoded = cost.a0 + cost.a1 + cost.b * kv
        seconds += step + min(decoded, cost.p1 + cost.p2 * kv)
    return seconds


class Oracle:
    """What someone knows who is told everything; for one run.

    Of each call ``alone`` are the seconds on an engine of its own with all in the cache
    that any other call has, later ones included: about those to decode; ``tails`` those
    of the longest chain from it, tools included; ``delays`` those to its last child.
    """

    def __init__(self, scenario: Scenario) -> None:
        (self._spec,) = set(scenario.engines)
        cached = _shared_tokens(scenario, self._spec.unit)
        self.alone = [
            prefill(self._spec, one.prompt - hit, hit)
            + decode(self._spec, one.prompt, one.output)
            for one, hit in zip(scenario.requests, cached, strict=True)
        ]
        self.delays = [0.0] * scenario.n
        self.tails = list(self.alone)
        for i in reversed(range(scenario.n)):
            one = scenario.requests[i]
            for parent in one.parents:
                tail = self.alone[parent] + one.delay + self.tails[i]
                self.tails[parent] = max(self.tails[parent], tail)
                self.delays[parent] = max(self.delays[parent], one.delay)
        self._work: dict[int, float] = {}
        for one, seconds in zip(scenario.requests, self.alone, strict=True):
            self._work[one.program] = self._work.get(one.program, 0.0) + seconds
        self._all = sum(self._work.values())
        self._seen = 0

    def least_work(self, cluster: Cluster, point: Point) -> int:
        """Pick the call whose program has the least left in calls that are not over."""
        for call in cluster.ended[self._seen :]:
            self._work[call.program] -= self.alone[call.id]
        self._seen = len(cluster.ended)
        return _least(point, lambda call: self._work[call.program])

    def shortest_tail(self, _cluster: Cluster, point: Point) -> int:
        """Pick the call with the shortest chain to the end of its program."""
        return _least(point, lambda call: self.tails[call.id])

    def kept_least_work(self, cluster: Cluster, point: Point) -> int:
        """Pick as ``least_work``, but those first for which memory is kept."""
        self.least_work(cluster, point)
        assert point.engine is not None
        pins = point.engine.pins

        def rank(call: Call) -> float:
            kept = any(one in pins for one in call.parents)
            return self._work[call.program] - (self._all if kept else 0.0)

        return _least(point, rank)

    def always(self, _cluster: Cluster, point: Point) -> float:
        """Keep until the last child comes, and a little longer."""
        assert point.call is not None
        return self.delays[point.call.id] + 1.0

    def if_worth(self, _cluster: Cluster, point: Point) -> float:
        """Keep if the share of memory x time is less than what reloading takes."""
        call, engine = point.call, point.engine
        assert call is not None
        assert engine is not None
        tokens = call.prompt + call.output
        cost = self.delays[call.id] * tokens / (engine.blocks * BLOCK)
        worth = cost < prefill(self._spec, tokens)
        return self.always(_cluster, point) if worth else 0.0


def _least(point: Point, value: Callable[[Call], float]) -> int:
    assert point.engine is not None
    calls = point.engine.waiting.values()
    return min(calls, key=lambda call: (value(call), call.began, call.id)).id


def _never(_cluster: Cluster, _point: Point) -> float:
    return 0.0


def informed(scenario: Scenario) -> Iterator[tuple[str, float]]:
    """Run the rules that are told everything: name and mean completion time."""
    for order, keep in product(
        ("least_work", "kept_least_work", "shortest_tail"),
        ("never", "always", "if_worth"),
    ):
        told = Oracle(scenario)
        picks: Fixed = getattr(told, order)
        keeps: Fixed = _never if keep == "never" else getattr(told, keep)
        rules = Rules(
            asks=frozenset(),
            fixed=MappingProxyType({PICK: picks, TTL: keeps}),
            router=at_home,
        )
        cluster = rules.start(scenario)
        if rules.next(cluster) is None and cluster.complete:
            served = [one for one in cluster.served if one is not None]
            times = completions(scenario.requests, served).values()
            yield f"clairvoyant {order}, keep {keep}", mean(list(times))


def judged(scenario: Scenario) -> Iterator[tuple[str, float]]:
    """Run the baselines: name and mean completion time."""
    for name, rule in baselines().items():
        names: dict[str, Any] = {}
        exec(rule.source, names)  # noqa: S102 - programs of ours
        answer = run(rule.entry_point, names[rule.entry_point], scenario, 0)
        verdict = verify(scenario, rule.entry_point, answer)
        assert verdict.objective is not None, verdict.violations
        yield f"baseline {name}", verdict.objective


def ground(scenario: Scenario) -> Ground:
    """Find the bound and the best value that is known."""
    found = [*informed(scenario), *judged(scenario)]
    name, best = min(found, key=lambda one: one[1])
    return Ground(isolated(scenario), best, f"bound: alone, all cached; best: {name}")


def reference(scenario: Scenario) -> Reference:
    """Look up the bounds of exactly this instance.

    Raises
    ------
    ReferenceMissingError
        If the file has none.
    """
    return grounding.reference(FILE, "llm_agents", scenario, SOURCE)


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all references anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    every = (one for split in Split for one in instances(split))
    grounding.solve(path, every, ground, log)


def optimum(_scenario: Scenario) -> Json | None:
    """No answer attains the bound."""
    return None
