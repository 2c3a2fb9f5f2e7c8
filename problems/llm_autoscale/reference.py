"""Ground truth: what replicas must work at least, and the best plan that is known.

The bound is proved and loose: it says how long replicas are busy at least, whatever
is decided, and knows nothing of when. The plan is one of a dynamic programme that is
told all requests and their lengths, improved by a search of its neighbours; every plan
is run and judged as an answer is, so its value is attained, but not proved optimal.
"""

from collections.abc import Callable
from pathlib import Path

from problems.base import Json, Reference, Split
from problems.llm_autoscale.instances import instances
from problems.llm_autoscale.planning import best_plan
from problems.llm_autoscale.rules import RULES, Terms, count_late
from problems.llm_serving import grounding
from problems.llm_serving.bounding import busy_seconds, work_of
from problems.llm_serving.grounding import Ground, isolated
from problems.llm_serving.scenario import Scenario

FILE = Path(__file__).parent / "data" / "references.json"

METHOD = (
    "bound: least busy time (linear programme, HiGHS); best known: clairvoyant dynamic "
    "programme over replica counts, improved by 250 neighbours, judged by replay"
)
SOURCE = "problems.llm_autoscale.reference"


def reference(instance: Scenario) -> Reference:
    """Look up what is known of an instance.

    Raises
    ------
    ReferenceMissingError
        If the file has nothing of exactly this instance.
    """
    return grounding.reference(FILE, "llm_autoscale", instance, SOURCE)


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all references anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    every = (one for split in Split for one in instances(split))
    grounding.solve(path, every, ground, log)


def ground(instance: Scenario) -> Ground:
    """Bound an instance and plan it."""
    plan = best_plan(instance, lambda told: hours(instance, told))
    return Ground(lower_bound(instance), plan.hours, METHOD)


def lower_bound(instance: Scenario) -> float:
    """GPU-hours that any decisions cost.

    Replicas work for all requests together as long as they must at least; and one of
    them is there until the last request is complete.
    """
    spec = instance.engines[0]
    alone = isolated(instance.requests, spec)
    pairs = zip(instance.requests, alone, strict=True)
    last = max(one.arrival + served.end for one, served in pairs)
    busy = busy_seconds(work_of(instance.requests, spec.cost), spec)
    return max(last, busy) / 3600


def optimum(_instance: Scenario) -> Json | None:
    """None: no instance has a proved optimum."""
    return None


def hours(instance: Scenario, told: list[int]) -> float:
    """GPU-hours, prices counted, of decisions; the last one holds to the end."""
    cluster = RULES.start(instance)
    place = 0
    while (point := RULES.next(cluster)) is not None:
        cluster.act(point, told[min(place, len(told) - 1)])
        place += 1
    terms = Terms(*instance.limits)
    served = [one for one in cluster.served if one is not None]
    late = count_late(terms, instance.requests, served)
    return terms.hours(cluster.replica_seconds, late, instance.n)
