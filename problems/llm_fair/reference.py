"""Ground truth: a bound, and the best that a rule finds which knows all lengths.

The bound lets each request run alone, with all that it may share cached, and asks for
no fairness. The best value comes from serving the least work first, with what a client
is ahead of the others weighted in several ways.
"""

from collections.abc import Callable
from pathlib import Path

from problems.base import Json, Reference, Split
from problems.llm_fair.instances import instances
from problems.llm_fair.rules import INPUT, OUTPUT, RULES
from problems.llm_fair.verify import verify
from problems.llm_fair.views import observe
from problems.llm_serving import grounding
from problems.llm_serving.cached import least
from problems.llm_serving.grounding import Ground
from problems.llm_serving.judging import mean
from problems.llm_serving.scenario import Scenario

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_fair.reference"
_LEADS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_WAITS = (0.0, 5.0, 20.0, 60.0)
_BOUND = "bound: each request alone, all that it may share cached"


def bound(instance: Scenario) -> float:
    """Objective of which no schedule has less."""
    return mean([one.end for one in least(instance.requests, instance.engines[0])])


def reference(instance: Scenario) -> Reference:
    """Look up the reference.

    Raises
    ------
    ReferenceMissingError
        If there is none for exactly this instance.
    """
    return grounding.reference(FILE, "llm_fair", instance, SOURCE)


def at_once(instance: Scenario) -> Reference:
    """Give what is known of an instance without a search: the bound."""
    return Reference(
        lower=bound(instance), best=None, proved=False, method=_BOUND, source=SOURCE
    )


def optimum(_instance: Scenario) -> Json | None:
    """Give None: no schedule is known to attain the bound."""
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
    """Bound an instance and try clairvoyant rules."""
    found = [
        (_value(instance, lead, wait), lead, wait) for lead in _LEADS for wait in _WAITS
    ]
    value, lead, wait = min(found)
    method = (
        f"{_BOUND}; best: clairvoyant, least work first, {lead:g} of a client's lead "
        f"on it and {wait:g} tokens a second of waiting off it"
    )
    return Ground(bound(instance), value, method)


def _value(instance: Scenario, lead: float, wait: float) -> float:
    cluster = RULES.start(instance)
    requests = instance.requests
    decisions = []
    while (point := RULES.next(cluster)) is not None:
        scene = observe(cluster, point)
        leads = {client.number: client.lead for client in scene.columns}
        choice = min(
            (
                INPUT * row.fresh
                + OUTPUT * requests[row.id].output
                + lead * leads[row.client]
                - wait * row.wait,
                row.id,
            )
            for row in scene.rows
        )[1]
        cluster.act(point, choice)
        decisions.append(choice)
    value = verify(instance, "", decisions).objective
    assert value is not None
    return value
