"""What a router may see: the request, the replicas, and the moment. Plain Python.

How much of a prompt each replica remembers is known at once; loads are as they were
when they were last read. Nothing tells how long an output will be.
"""

from typing import NamedTuple

from problems.llm_prefix_router.rules import INPUT, OUTPUT
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import Engine
from problems.llm_serving.hosting import Scene
from problems.llm_serving.requests import Call

_new = tuple.__new__


class Request(NamedTuple):
    """The request that has come.

    ``id`` is its number; ``client`` asks, with ``prompt`` tokens, of which the replica
    that knows most of them has ``known`` in its cache.
    """

    id: int
    client: int
    prompt: int
    known: int


class Replica(NamedTuple):
    """A replica, from number 0.

    Its cache has ``match`` tokens of the prompt, so that ``fresh`` are to be computed.
    ``turn`` is how many places it is away from the next one in turn. As the loads were
    last read: ``running`` requests are in its batch, ``waiting`` ones are not yet,
    ``in_flight`` are both; ``used`` is the share of its memory that requests hold;
    ``backlog`` tokens of prompts are to be computed, cached ones of those that wait
    included. Since then, ``recent`` requests were sent there, with ``recent_fresh``
    tokens to compute; ``likely`` is ``in_flight`` and these, ``pending`` is ``backlog``
    and theirs. ``deficit`` tokens are left of the client's quantum there.
    """

    number: int
    match: int
    fresh: int
    turn: int
    running: int
    waiting: int
    in_flight: int
    used: float
    backlog: int
    recent: int
    recent_fresh: int
    likely: int
    pending: int
    deficit: int


class State(NamedTuple):
    """The moment of a decision.

    ``t`` seconds since the start; loads are ``age`` seconds old; there are
    ``replicas``, on which ``waiting_most`` and ``waiting_least`` requests waited;
    ``placed`` requests came before, ``finished`` are complete, with ``mean_output``
    tokens and ``mean_response`` seconds on average (0 as long as there are none).
    """

    t: float
    age: float
    replicas: int
    waiting_most: int
    waiting_least: int
    placed: int
    finished: int
    mean_output: float
    mean_response: float


class _Notes:
    """What the router knows from before: loads, what it sent, quanta, outputs."""

    def __init__(self, cluster: Cluster) -> None:
        count = len(cluster.engines)
        self.stale, self.quantum = cluster.memory["limits"]
        self.read = -1.0
        self.loads: list[tuple[int, int, int, float, int]] = []
        self.recent = [0] * count
        self.recent_fresh = [0] * count
        self.deficits: dict[int, list[int]] = {}
        self.last: tuple[Call, list[int]] | None = None
        self.seen = 0
        self.outputs = 0
        self.responses = 0.0

    def follow(self, cluster: Cluster, now: float) -> None:
        """Take in what has happened since the request before."""
        if self.last is not None:
            call, matches = self.last
            place = call.replica
            fresh = call.prompt - matches[place]
            self.recent[place] += 1
            self.recent_fresh[place] += fresh
            self.deficits[call.client][place] -= INPUT * fresh
        ended = cluster.ended
        while self.seen < len(ended):
            call = ended[self.seen]
            self.seen += 1
            self.deficits[call.client][call.replica] -= OUTPUT * call.output
            self.outputs += call.output
            self.responses += call.end - call.arrival
        if self.read < 0 or now - self.read >= self.stale:
            self.read = now
            self.loads = [_load(engine, now) for engine in cluster.engines]
            self.recent = [0] * len(self.loads)
            self.recent_fresh = [0] * len(self.loads)

    def quanta(self, client: int) -> list[int]:
        """Give what a client has left, refilled if nothing is left anywhere."""
        left = self.deficits.get(client)
        if left is None:
            left = self.deficits[client] = [self.quantum] * len(self.loads)
        while max(left) <= 0:
            left[:] = [one + self.quantum for one in left]
        return left


def _load(engine: Engine, now: float) -> tuple[int, int, int, float, int]:
    running, waiting = len(engine.running), len(engine.waiting)
    used = engine.used_at(now) / engine.blocks
    backlog = engine.waiting_tokens + engine.prefill_left
    return running, waiting, running + waiting, used, backlog


def observe(cluster: Cluster, point: Point) -> Scene:
    """Show a request; loads are read again once they are too old.

    The limits of the scenario are the seconds for which loads are not read again, and
    the tokens of a quantum.
    """
    call, now = point.call, point.t
    assert call is not None
    notes = cluster.memory.get("notes")
    if notes is None:
        notes = cluster.memory["notes"] = _Notes(cluster)
    notes.follow(cluster, now)
    matches = [engine.match(call, now) for engine in cluster.engines]
    notes.last = (call, matches)
    left = notes.quanta(call.client)
    loads = notes.loads
    count, placed, prompt = len(loads), cluster.routed, call.prompt
    replicas = [
        _new(
            Replica,
            (
                i,
                match,
                prompt - match,
                (i - placed) % count,
                *loads[i],
                notes.recent[i],
                notes.recent_fresh[i],
                loads[i][2] + notes.recent[i],
                loads[i][4] + notes.recent_fresh[i],
                left[i],
            ),
        )
        for i, match in enumerate(matches)
    ]
    waiting = [load[1] for load in loads]
    finished = notes.seen
    some = max(1, finished)
    state = State(
        now,
        now - notes.read,
        count,
        max(waiting),
        min(waiting),
        placed,
        finished,
        notes.outputs / some,
        notes.responses / some,
    )
    request = Request(call.id, call.client, prompt, max(matches))
    return Scene([request], replicas, state)
