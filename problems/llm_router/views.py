"""What a router may see: requests that wait, replicas, and the moment. Plain Python.

Nothing of it tells how long a request's output will be.
"""

from typing import NamedTuple

from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import BLOCK, Engine, blocks_of
from problems.llm_serving.hosting import Scene
from problems.llm_serving.requests import Call

_EDGES = (128, 512)
_new = tuple.__new__


class Request(NamedTuple):
    """A request that waits for a replica.

    ``id`` is its number; it came ``wait`` seconds ago with ``prompt`` tokens, which
    take ``blocks`` blocks of KV memory. ``expected`` is the mean output, tokens, of the
    complete requests of its class of prompts (below 128 tokens, below 512, others), 0
    as long as there are none.
    """

    id: int
    wait: float
    prompt: int
    blocks: int
    expected: float


class Replica(NamedTuple):
    """A replica.

    ``number`` from 0; ``running`` requests are in its batch, ``waiting`` ones are not
    yet, ``in_flight`` are both. Of ``blocks`` of KV memory, ``used`` are taken and
    ``free`` are not. Requests that wait there have ``waiting_prompt`` tokens of prompt
    (and of output, after a restart), which take ``waiting_blocks`` at least; ``room``
    are the free blocks less these, negative if they do not suffice. Those in the batch
    have ``prefill`` tokens to compute before they decode.
    """

    number: int
    running: int
    waiting: int
    in_flight: int
    blocks: int
    used: int
    free: int
    waiting_prompt: int
    waiting_blocks: int
    room: int
    prefill: int


class State(NamedTuple):
    """The moment of a decision.

    ``t`` seconds since the start; ``queue`` requests wait for a replica, with
    ``queue_prompt`` tokens; there are ``replicas``; ``routed`` requests were sent so
    far, ``finished`` are complete, with ``mean_output`` tokens and ``mean_response``
    seconds on average (0 as long as there are none).
    """

    t: float
    queue: int
    queue_prompt: int
    replicas: int
    routed: int
    finished: int
    mean_output: float
    mean_response: float


class Tally:
    """What complete requests tell: sums of outputs by class of prompts."""

    __slots__ = ("_counts", "_seen", "_sums", "responses", "total")

    def __init__(self) -> None:
        self._counts = [0] * (len(_EDGES) + 1)
        self._sums = [0] * (len(_EDGES) + 1)
        self._seen = 0
        self.total = 0
        self.responses = 0.0

    def follow(self, ended: list[Call]) -> None:
        """Take in the calls that are new in the list."""
        while self._seen < len(ended):
            call = ended[self._seen]
            self._seen += 1
            kind = _kind(call.prompt)
            self._counts[kind] += 1
            self._sums[kind] += call.output
            self.total += call.output
            self.responses += call.end - call.arrival

    def expected(self) -> list[float]:
        """Mean output of complete requests by class of prompts; 0 if none."""
        pairs = zip(self._sums, self._counts, strict=True)
        return [total / max(1, count) for total, count in pairs]


def _kind(prompt: int) -> int:
    return (prompt >= _EDGES[0]) + (prompt >= _EDGES[1])


def observe(cluster: Cluster, point: Point) -> Scene:
    """Show the queue, in order of arrival, the replicas and the moment."""
    now = point.t
    tally = cluster.memory.setdefault("tally", Tally())
    tally.follow(cluster.ended)
    queue = cluster.queue.values()
    expected, (short, middle) = tally.expected(), _EDGES
    rows = [
        _new(
            Request,
            (
                call.id,
                now - call.arrival,
                (prompt := call.prompt),
                -(-prompt // BLOCK),
                expected[(prompt >= short) + (prompt >= middle)],
            ),
        )
        for call in queue
    ]
    finished = len(cluster.ended)
    some = max(1, finished)
    state = State(
        now,
        len(rows),
        sum([call.prompt for call in queue]),
        len(cluster.active),
        cluster.routed,
        finished,
        tally.total / some,
        tally.responses / some,
    )
    return Scene(rows, [replica(engine, now) for engine in cluster.active], state)


def replica(engine: Engine, now: float) -> Replica:
    """Show a replica."""
    running, waiting = len(engine.running), len(engine.waiting)
    used = engine.used_at(now)
    tokens = engine.waiting_tokens
    wanted = blocks_of(tokens)
    view = (
        engine.number,
        running,
        waiting,
        running + waiting,
        engine.blocks,
        used,
        engine.blocks - used,
        tokens,
        wanted,
        engine.blocks - used - wanted,
        engine.prefill_left,
    )
    return _new(Replica, view)


def sent(view: Replica, request: Request) -> Replica:
    """Show a replica once a request was sent to it."""
    tokens = view.waiting_prompt + request.prompt
    wanted = blocks_of(tokens)
    return view._replace(
        waiting=view.waiting + 1,
        in_flight=view.in_flight + 1,
        waiting_prompt=tokens,
        waiting_blocks=wanted,
        room=view.free - wanted,
    )
