"""What each client got, at the moments of decisions. Plain Python: also in the sandbox.

Service is a token for each token of a prompt that the cache did not hold, counted when
the request is admitted, and two for each token of output. What is computed again after
a loss of memory counts once. A client is backlogged while a request of it waits.
"""

from problems.llm_fair.rules import INPUT, OUTPUT
from problems.llm_serving.cluster import Cluster
from problems.llm_serving.requests import Call


class Ledger:
    """Service by client, and who is backlogged.

    ``waiting`` are the waiting requests by client, as of the last ``follow``.
    ``returned`` are the clients that became backlogged with it.
    """

    __slots__ = (
        "_ended",
        "_last",
        "_made",
        "_running",
        "admitted",
        "last_left",
        "returned",
        "served",
        "waiting",
    )

    def __init__(self, clients: int) -> None:
        self.served = [0] * clients
        self.admitted = [0] * clients
        self.waiting: dict[int, int] = {}
        self.returned: list[int] = []
        self.last_left = -1
        self._made: dict[int, int] = {}
        self._running: dict[int, Call] = {}
        self._ended = 0
        self._last: frozenset[int] = frozenset()

    def follow(self, cluster: Cluster, now: float) -> None:
        """Take in what has happened up to a decision."""
        engine = cluster.engines[0]
        served, made = self.served, self._made
        for call in cluster.ended[self._ended :]:
            self._enter(call)
            served[call.client] += OUTPUT * (call.output - made.pop(call.id))
        self._ended = len(cluster.ended)
        done_of = engine.done_of
        for number, call in engine.running.items():
            if number not in made:
                self._enter(call)
            done = done_of(call, now)
            if done != made[number]:
                served[call.client] += OUTPUT * (done - made[number])
                made[number] = done
        self._queue(engine.waiting)

    def _enter(self, call: Call) -> None:
        if call.id not in self._made:
            self._made[call.id] = 0
            self.served[call.client] += INPUT * (call.prompt - call.hit)
            self.admitted[call.client] += 1

    def _queue(self, waiting: dict[int, Call]) -> None:
        counts: dict[int, int] = {}
        stayed: set[int] = set()
        last = self._last
        for number, call in waiting.items():
            client = call.client
            counts[client] = counts.get(client, 0) + 1
            if number in last:
                stayed.add(client)
        for client in self.waiting:
            if client not in stayed:
                self.last_left = client
        self.returned = [client for client in counts if client not in stayed]
        self.waiting = counts
        self._last = frozenset(waiting)
