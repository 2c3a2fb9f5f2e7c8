"""Ground truth: requests served alone are a bound; a router that knows the outputs.

The bound is proved, since no step gets faster by more tokens or calls, but nobody
attains it under load. Best known is the best of all baselines and of a clairvoyant
router of ours: head-room admission with true lengths, least work first.
"""

from collections.abc import Callable
from pathlib import Path

from problems.base import Reference, Split
from problems.llm_router import simulate
from problems.llm_router.baselines import baselines
from problems.llm_router.instances import instances
from problems.llm_router.rules import RULES
from problems.llm_router.verify import verify
from problems.llm_serving import grounding
from problems.llm_serving.cluster import Cluster
from problems.llm_serving.engine import Engine, blocks_of
from problems.llm_serving.grounding import Ground
from problems.llm_serving.judging import mean, responses
from problems.llm_serving.requests import Call
from problems.llm_serving.scenario import Scenario

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_router.reference"

_GROWTHS = (0.0, 0.25, 0.5)
_MARGIN = 0.03
_SEED = 3


def reference(instance: Scenario) -> Reference:
    """Look up bound and best known value.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    return grounding.reference(FILE, "llm_router", instance, SOURCE)


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all references anew; raises InfrastructureError as ``stored.write``."""
    every = [one for split in Split for one in instances(split)]
    grounding.solve(path, every, ground, log)


def ground(instance: Scenario) -> Ground:
    """Compute bound and best known value of an instance."""
    found = {
        f"clairvoyant, growth {growth:g}": clairvoyant(instance, growth)
        for growth in _GROWTHS
    }
    for name, rule in baselines().items():
        names: dict[str, object] = {"__name__": "heuristic"}
        exec(compile(rule.source, f"{name}.py", "exec"), names)  # noqa: S102 (ours)
        heuristic: Callable[..., object] = names[rule.entry_point]  # type: ignore[assignment]
        answer = simulate.run(rule.entry_point, heuristic, instance, _SEED)
        objective = verify(instance, rule.entry_point, answer).objective
        if objective is not None:
            found[name] = objective
    best = min(found, key=lambda name: found[name])
    return Ground(lower=bound(instance), best=found[best], method=best)


def bound(instance: Scenario) -> float:
    """Mean response if each request had a replica of its own, seconds."""
    return mean(responses(grounding.isolated(instance.requests, instance.engines[0])))


def clairvoyant(instance: Scenario, growth: float) -> float:
    """Mean response of head-room admission that knows the outputs, seconds.

    A replica has room for a request if 3 % of its memory stays free of what is taken,
    what those that wait there will take at last, and ``growth`` of what those that run
    will take yet. The request with the least prompt and output comes first.
    """
    cluster = RULES.start(instance)
    while (point := RULES.next(cluster)) is not None:
        cluster.act(point, _sent(cluster, growth))
    return mean(responses([one for one in cluster.served if one is not None]))


def _sent(cluster: Cluster, growth: float) -> list[list[int]]:
    planned = [_planned(engine, cluster.now, growth) for engine in cluster.engines]
    pairs = []
    for call in sorted(cluster.queue.values(), key=lambda one: (_peak(one), one.id)):
        best = min(range(len(planned)), key=lambda i: planned[i])
        room = (1 - _MARGIN) * cluster.engines[best].blocks
        if planned[best] and planned[best] + _peak(call) > room:
            break
        planned[best] += _peak(call)
        pairs.append([call.id, best])
    return pairs


def _planned(engine: Engine, now: float, growth: float) -> float:
    """Blocks that are taken or will be."""
    used = engine.used_at(now)
    later = sum(_peak(call) for call in engine.running.values()) - used
    return used + growth * later + sum(_peak(call) for call in engine.waiting.values())


def _peak(call: Call) -> int:
    return blocks_of(call.prompt + call.output)
