"""What a scheduler may see: requests that wait, clients, the moment. Plain Python.

Nothing of it tells how long a request's output will be.
"""

from typing import NamedTuple

from problems.llm_fair.ledger import Ledger
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import blocks_of
from problems.llm_serving.hosting import Scene
from problems.llm_serving.requests import Call

_new = tuple.__new__
_MINUTE = 60.0


class Request(NamedTuple):
    """A request that waits.

    ``id`` is its number, ``client`` who asks; it came ``wait`` seconds ago with
    ``prompt`` tokens, of which the cache has ``match``; ``fresh`` tokens are to be
    computed, those of its output after a loss of memory included; they and what is
    cached take ``blocks`` blocks of memory. ``restarts`` counts the losses.
    """

    id: int
    client: int
    wait: float
    prompt: int
    match: int
    fresh: int
    blocks: int
    restarts: int


class Client(NamedTuple):
    """The client of a request.

    It has ``waiting`` and ``running`` requests; ``admitted`` were admitted so far,
    ``minute`` of them within the present minute. ``served`` is the service that it got,
    in tokens; ``counter`` is the same, lifted to the least counter of all that wait
    whenever it comes back. ``deficit`` is what is left of its quantum. ``lead`` is
    how much ``counter`` is above the least one of all that wait.
    """

    number: int
    waiting: int
    running: int
    admitted: int
    minute: int
    served: int
    counter: int
    deficit: int
    lead: int


class State(NamedTuple):
    """The moment of a decision.

    ``t`` seconds since the start; ``queue`` requests of ``clients`` clients wait,
    ``running`` are in the batch; of ``blocks`` of memory, ``free`` are not held by
    requests. ``bound`` is the largest gap of service that costs nothing. ``finished``
    requests are complete, with ``mean_output`` tokens on average (0 if there are none).
    """

    t: float
    queue: int
    clients: int
    running: int
    blocks: int
    free: int
    bound: float
    finished: int
    mean_output: float


class Books:
    """Service, counters and quanta of all clients, up to the present decision."""

    def __init__(self, cluster: Cluster) -> None:
        count = 1 + max(one.client for one in cluster.requests)
        self.bound, self.quantum = cluster.memory["limits"]
        self.ledger = Ledger(count)
        self.lifts = [0] * count
        self.granted = [int(self.quantum)] * count
        self.minute = 0
        self.before = [0] * count
        self.outputs = 0
        self._ended = 0

    def follow(self, cluster: Cluster, now: float) -> None:
        """Bring all up to date."""
        ledger = self.ledger
        ledger.follow(cluster, now)
        minute = int(now // _MINUTE)
        if minute != self.minute:
            self.minute = minute
            self.before = list(ledger.admitted)
        self.outputs += sum([call.output for call in cluster.ended[self._ended :]])
        self._ended = len(cluster.ended)
        if ledger.returned:
            self._lift()
        served, granted = ledger.served, self.granted
        while all(granted[one] <= served[one] for one in ledger.waiting):
            for one in ledger.waiting:
                granted[one] += int(self.quantum)

    def counter(self, client: int) -> int:
        """Give the virtual token counter."""
        return self.ledger.served[client] + self.lifts[client]

    def _lift(self) -> None:
        ledger = self.ledger
        stayed = [one for one in ledger.waiting if one not in ledger.returned]
        if stayed:
            least = min([self.counter(one) for one in stayed])
        elif ledger.last_left >= 0:
            least = self.counter(ledger.last_left)
        else:
            return
        for one in ledger.returned:
            self.lifts[one] += max(0, least - self.counter(one))


def observe(cluster: Cluster, point: Point) -> Scene:
    """Show what waits, in the order in which the engine has it, and all its clients.

    The limits of the scenario are the largest gap that costs nothing and the tokens of
    a quantum.
    """
    now, engine = point.t, cluster.engines[0]
    books = cluster.memory.get("books")
    if books is None:
        books = cluster.memory["books"] = Books(cluster)
    books.follow(cluster, now)
    unit = engine.spec.unit
    rows = [
        _request(call, now, engine.match(call, now) if unit and call.prefix else 0)
        for call in engine.waiting.values()
    ]
    clients = _clients(books, list(engine.running.values()))
    finished = len(cluster.ended)
    used = engine.used_at(now)
    state = State(
        now,
        len(rows),
        len(clients),
        len(engine.running),
        engine.blocks,
        engine.blocks - used,
        books.bound,
        finished,
        books.outputs / max(1, finished),
    )
    return Scene(rows, clients, state)


def _request(call: Call, now: float, match: int) -> Request:
    context = call.context
    return _new(
        Request,
        (
            call.id,
            call.client,
            now - call.arrival,
            call.prompt,
            match,
            context - match,
            blocks_of(context),
            call.restarts,
        ),
    )


def _clients(books: Books, running: list[Call]) -> list[Client]:
    ledger = books.ledger
    served, admitted = ledger.served, ledger.admitted
    batch = [0] * len(served)
    for call in running:
        batch[call.client] += 1
    counters = {one: books.counter(one) for one in ledger.waiting}
    least = min(counters.values())
    return [
        _new(
            Client,
            (
                one,
                waiting,
                batch[one],
                admitted[one],
                admitted[one] - books.before[one],
                served[one],
                counters[one],
                books.granted[one] - served[one],
                counters[one] - least,
            ),
        )
        for one, waiting in ledger.waiting.items()
    ]
