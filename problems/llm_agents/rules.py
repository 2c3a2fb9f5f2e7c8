"""What is decided by a heuristic and what by rules of ours. Plain Python."""

from types import MappingProxyType

from problems.llm_agents.ledger import ledger
from problems.llm_agents.views import complete
from problems.llm_serving.cluster import TTL, Cluster, Point, fewest_in_flight
from problems.llm_serving.engine import PICK, Engine
from problems.llm_serving.hosting import Rules
from problems.llm_serving.requests import Call


def at_home(cluster: Cluster, call: Call) -> Engine:
    """Send a program to the replica with the fewest calls, and all its calls there."""
    book = ledger(cluster)
    track = book.tracks.get(call.program)
    home = fewest_in_flight(cluster, call).number if track is None else track.home
    book.arrive(call, cluster, home)
    return cluster.engines[home]


def program_first(_cluster: Cluster, point: Point) -> int:
    """Pick as Continuum: lost its memory, has a pin, program came first."""
    engine = point.engine
    assert engine is not None

    def rank(call: Call) -> tuple[bool, bool, float, int]:
        kept = any(one in engine.pins for one in call.parents)
        return not call.restarts, not kept, call.began, call.id

    return min(engine.waiting.values(), key=rank).id


def continuum(cluster: Cluster, point: Point) -> float:
    """Keep for the decile that is worth most: chance x what is saved, less the time."""
    call, engine, book = point.call, point.engine, ledger(cluster)
    assert call is not None
    assert engine is not None
    view = complete(call, book, engine)
    saved = book.waited / max(1, book.calls) * book.eta + view.reload
    best, seconds = 0.0, 0.0
    for tenths, decile in enumerate(view[-10:] if view.seen else (), 1):
        worth = tenths / 10 * saved - decile
        if worth > best:
            best, seconds = worth, decile
    return seconds


RULES = MappingProxyType(
    {
        "priority": Rules(
            asks=frozenset({PICK}),
            fixed=MappingProxyType({TTL: continuum}),
            router=at_home,
        ),
        "ttl": Rules(
            asks=frozenset({TTL}),
            fixed=MappingProxyType({PICK: program_first}),
            router=at_home,
        ),
    }
)
"""By entry point: one decision is asked, the other follows a rule of ours."""
