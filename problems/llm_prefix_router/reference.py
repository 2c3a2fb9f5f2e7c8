"""Ground truth: a bound, and the best placement that a search with all lengths finds.

The bound lets each request run alone, with all that it may share cached: an infinite
cache and an engine of its own. The best value comes from greedy rules that know all
lengths and present loads, and from changing one place at a time.
"""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from problems.base import Json, Reference, Split
from problems.llm_prefix_router.instances import instances
from problems.llm_prefix_router.verify import SHARE, verify
from problems.llm_serving import grounding
from problems.llm_serving.cached import least
from problems.llm_serving.cluster import Cluster
from problems.llm_serving.engine import Engine
from problems.llm_serving.grounding import Ground
from problems.llm_serving.judging import mean, quantile
from problems.llm_serving.requests import Call
from problems.llm_serving.scenario import Scenario

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_prefix_router.reference"
_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_CHANGES = 200
_BOUND = "bound: each request alone, all that it may share cached"


def bound(instance: Scenario) -> float:
    """Objective of which no placement has less."""
    alone = least(instance.requests, instance.engines[0])
    late = quantile([one.end for one in alone], SHARE)
    return 0.5 * mean([one.first for one in alone]) + 0.5 * late


def reference(instance: Scenario) -> Reference:
    """Look up the reference.

    Raises
    ------
    ReferenceMissingError
        If there is none for exactly this instance.
    """
    return grounding.reference(FILE, "llm_prefix_router", instance, SOURCE)


def at_once(instance: Scenario) -> Reference:
    """Give what is known of an instance without a search: the bound."""
    return Reference(
        lower=bound(instance), best=None, proved=False, method=_BOUND, source=SOURCE
    )


def optimum(_instance: Scenario) -> Json | None:
    """Give None: no placement is known to attain the bound."""
    return None


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all references anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    every = [one for split in Split for one in instances(split)]
    grounding.solve(path, every, ground, log)


def ground(instance: Scenario) -> Ground:
    """Bound an instance and search for a good placement."""
    value, places = min(_greedy(instance, weight) for weight in _WEIGHTS)
    value = improve(instance, value, places, _CHANGES)
    method = f"{_BOUND}; best: clairvoyant least work, {_CHANGES} single changes"
    return Ground(bound(instance), value, method)


def improve(instance: Scenario, value: float, places: list[int], changes: int) -> float:
    """Change one place at a time, keep what is better; returns the best value."""
    rng = random.Random(0)
    for _ in range(changes):
        at = rng.randrange(len(places))
        before = places[at]
        places[at] = rng.randrange(len(instance.engines))
        fresh = verify(instance, "", list(places)).objective
        if fresh is not None and fresh < value:
            value = fresh
        else:
            places[at] = before
    return value


def _greedy(instance: Scenario, weight: float) -> tuple[float, list[int]]:
    cluster = instance.cluster(router=partial(_least_work, weight))
    cluster.advance()
    served = [one for one in cluster.served if one is not None]
    places = [one.replica for one in served]
    value = verify(instance, "", places).objective
    assert value is not None
    return value, places


def _least_work(weight: float, cluster: Cluster, call: Call) -> Engine:
    """Pick the replica with the least to do: tokens to compute, and outputs."""
    now = cluster.now

    def work(engine: Engine) -> float:
        waiting = list(engine.waiting.values())
        tokens = call.prompt - engine.match(call, now) + engine.prefill_left
        tokens += sum(one.context - engine.match(one, now) for one in waiting)
        outputs = sum(
            one.output - engine.done_of(one, now) for one in engine.running.values()
        )
        outputs += sum(one.output - one.done for one in waiting)
        return tokens + weight * outputs

    return min(cluster.engines, key=work)
