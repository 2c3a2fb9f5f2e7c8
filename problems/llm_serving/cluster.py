"""Engines, and the calls that come to them: what happens when.

A run stops wherever something has to be decided: ``advance`` says what, ``act`` takes
the decision. What is not asked follows the rules of vLLM and a router of ours. So a
driver in the sandbox, a run in lockstep and the replay of a trace are the same loop.
Plain Python: it also runs in the sandbox.
"""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import fsum, inf
from typing import Any, NamedTuple

from problems.llm_serving.engine import PICK, VICTIM, Engine, EngineSpec, blocks_of
from problems.llm_serving.requests import Call, Request, Served

ROUTE = "route"
PLACE = "place"
TTL = "ttl"
SCALE = "scale"
DECISIONS = frozenset({ROUTE, PLACE, PICK, VICTIM, TTL, SCALE})

LONGEST = 1e9
"""Seconds that a prefix may be kept at most."""

_ARRIVAL, _EXPIRY, _READY, _TICK = range(4)


class Point(NamedTuple):
    """What has to be decided at time ``t``.

    ``route``: which calls of the queue go where, a list of ``(call, replica)``, asked
    whenever a call comes or ends while the queue is not empty; a queue is not held
    while no engine has a call. ``place``: the replica of ``call``, asked when it comes.
    ``pick``: the waiting call that ``engine`` admits next, None for none now; asked
    again until none, or one that does not fit.
    ``victim``: the running call that loses its memory. ``ttl``: seconds for which
    ``engine`` keeps the prefix of ``call``, which others wait for, unless all of these
    run before. ``scale``: replicas that should be there.
    """

    kind: str
    t: float
    engine: Engine | None = None
    call: Call | None = None


class Scaling(NamedTuple):
    """How replicas come and go.

    ``initial`` are there at first; one takes ``boot`` seconds to come; the number is
    asked every ``tick`` seconds. Of those that are too many, the ones that still boot
    go first, at once, then the youngest (of equal age the lower number), as soon as
    they have served their calls; they are not called back, so one that is wanted
    meanwhile boots, if there is another.
    """

    initial: int
    boot: float
    tick: float


class IllegalDecisionError(ValueError):
    """A decision that is not one of those asked for; its text is a violation code."""


Router = Callable[["Cluster", Call], Engine]


def fewest_in_flight(cluster: "Cluster", _call: Call) -> Engine:
    """Pick the replica with the fewest calls, waiting or running."""
    best, least = cluster.active[0], inf
    for engine in cluster.active:
        load = len(engine.running) + len(engine.waiting)
        if load < least:
            best, least = engine, load
    return best


class Cluster:
    """A run of requests on engines.

    ``queue`` are calls that no engine has, ``served`` what became of each request,
    ``ended`` the complete calls in the order of their ends. ``limits`` are those of the
    scenario; ``memory`` is for those who make views and count along; ``watch`` is
    called after every event.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        specs: Sequence[EngineSpec],
        *,
        asks: frozenset[str] = frozenset(),
        router: Router = fewest_in_flight,
        scaling: Scaling | None = None,
        limits: tuple[float, ...] = (),
    ) -> None:
        self.requests = requests
        self.engines = [Engine(i, spec, asks) for i, spec in enumerate(specs)]
        self.asks = asks
        self.now = 0.0
        self.queue: dict[int, Call] = {}
        self.served: list[Served | None] = [None] * len(requests)
        self.ended: list[Call] = []
        self.memory: dict[str, Any] = {}
        self.watch: Callable[[Cluster], None] | None = None
        self.routed = 0
        self._router = router
        self.scaling = scaling
        self.limits = limits
        self._ends = [inf] * len(specs)
        self._timers: list[tuple[float, int, int, int]] = []
        self._order = 0
        self._todo: list[Point] = []
        self._coming = [i for i, one in enumerate(requests) if not one.parents]
        self._coming.sort(key=lambda i: requests[i].arrival)
        self._next = 0
        self._children: dict[int, list[int]] = {}
        self._missing = [len(one.parents) for one in requests]
        for i, one in enumerate(requests):
            for parent in one.parents:
                self._children.setdefault(parent, []).append(i)
        self.started = [-1.0] * len(specs)
        self._boots = [-1] * len(specs)
        self.ready = [False] * len(specs)
        self._seconds: list[float] = []
        first = len(specs) if scaling is None else scaling.initial
        for i in range(first):
            self.started[i], self.ready[i] = 0.0, True
        self.active = self.engines[:first]
        if scaling is not None:
            self._later(scaling.tick, _TICK, 0)

    @property
    def complete(self) -> bool:
        """Whether all requests were served."""
        return len(self.ended) == len(self.requests)

    @property
    def replica_seconds(self) -> float:
        """Seconds that replicas were there or came, those that are left included."""
        left = [self.now - start for start in self.started if start >= 0]
        return fsum([*self._seconds, *left])

    @property
    def booting(self) -> int:
        """Number of replicas that are to come."""
        return sum([start >= 0 for start in self.started]) - sum(self.ready)

    @property
    def draining(self) -> int:
        """Number of replicas that go as soon as they have served their calls."""
        return sum(self.ready) - len(self.active)

    def advance(self) -> Point | None:
        """Go on to the next decision; None at the end of the run.

        A run ends when all requests were served, or nothing can happen any more.
        """
        ends, requests = self._ends, self.requests
        while True:
            while self._todo:
                point = self._resume()
                if point is not None:
                    return point
            if self.watch is not None:
                self.watch(self)
            at = min(ends)
            coming = (
                requests[self._coming[self._next]].arrival
                if self._next < len(self._coming)
                else inf
            )
            timer = self._timers[0][0] if self._timers else inf
            if at <= coming and at <= timer:
                if at == inf or self.complete:
                    return None
                self.now = at
                self._boundary(self.engines[ends.index(at)])
            elif timer <= coming:
                if self.complete or (at == coming == inf and not self._waits()):
                    return None
                self.now = timer
                _, order, kind, number = heappop(self._timers)
                self._ring(kind, number, order)
            else:
                self.now = coming
                number = self._coming[self._next]
                self._next += 1
                self._arrive(number)

    def act(self, point: Point, decision: Any) -> None:
        """Take the decision for the point that ``advance`` gave.

        Raises
        ------
        IllegalDecisionError
            If it is not one; the run cannot go on then.
        """
        if self._todo[-1] is not point:
            raise ValueError("not the point that was asked")
        if point.kind == ROUTE:
            self._route(decision)
        elif point.kind == PLACE:
            self._place(point, decision)
        elif point.kind == TTL:
            self._keep(point, decision)
        elif point.kind == SCALE:
            self._scale(decision)
        else:
            self._in_engine(point, decision)

    # Decisions

    def _route(self, decision: Any) -> None:
        if type(decision) is not list:
            raise IllegalDecisionError("not_a_list")
        self._todo.pop()
        for pair in decision:
            if type(pair) is not list or [type(x) for x in pair] != [int, int]:
                raise IllegalDecisionError("not_a_pair")
            number, replica = pair
            if number not in self.queue:
                raise IllegalDecisionError("not_in_queue")
            self._send(self.queue.pop(number), self._replica(replica))
        if self.queue and not any(one.running or one.waiting for one in self.engines):
            raise IllegalDecisionError("idle")

    def _place(self, point: Point, decision: Any) -> None:
        engine = self._replica(decision)
        call = point.call
        assert call is not None
        self._todo.pop()
        self._send(call, engine)

    def _replica(self, number: Any) -> Engine:
        if type(number) is not int or not 0 <= number < len(self.engines):
            raise IllegalDecisionError("not_a_replica")
        engine = self.engines[number]
        if engine not in self.active:
            raise IllegalDecisionError("not_active")
        return engine

    def _keep(self, point: Point, decision: Any) -> None:
        if type(decision) not in (int, float) or not 0 <= decision <= LONGEST:
            raise IllegalDecisionError("not_seconds")
        self._todo.pop()
        call, engine = point.call, point.engine
        assert call is not None
        assert engine is not None
        if decision > 0:
            engine.pin(call, len(self._children[call.id]))
            self._later(self.now + decision, _EXPIRY, call.id)

    def _in_engine(self, point: Point, decision: Any) -> None:
        engine = point.engine
        assert engine is not None
        if point.kind == PICK:
            if decision is not None and type(decision) is not int:
                raise IllegalDecisionError("not_a_call")
            if decision is not None and decision not in engine.waiting:
                raise IllegalDecisionError("not_waiting")
            engine.pick(decision, self.now)
        else:
            if type(decision) is not int or decision not in engine.running:
                raise IllegalDecisionError("not_running")
            engine.preempt(decision)
        self._todo.pop()
        self._ask_or_go(engine, engine.proceed(self.now))

    def _scale(self, decision: Any) -> None:
        if type(decision) is not int or not 1 <= decision <= len(self.engines):
            raise IllegalDecisionError("not_a_number_of_replicas")
        scaling = self.scaling
        assert scaling is not None
        self._todo.pop()
        there = [i for i, start in enumerate(self.started) if start >= 0]
        kept = [i for i in there if not self.ready[i] or self.engines[i] in self.active]
        for i in range(len(self.engines)):
            if len(kept) >= decision:
                break
            if self.started[i] < 0:
                self.engines[i] = Engine(i, self.engines[i].spec, self.asks)
                self.started[i], self._boots[i] = self.now, self._order
                self._later(self.now + scaling.boot, _READY, i)
                kept.append(i)
        kept.sort(key=lambda i: (self.ready[i], -self.started[i]))
        for i in kept[: max(0, len(kept) - decision)]:
            self._dismiss(i)

    def _dismiss(self, number: int) -> None:
        """Send no more calls to a replica; it goes when it has none."""
        if not self.ready[number]:
            self._go(number)
        elif len(self.active) > 1:
            engine = self.engines[number]
            self.active.remove(engine)
            if not engine.running and not engine.waiting:
                self._go(number)

    def _go(self, number: int) -> None:
        self._seconds.append(self.now - self.started[number])
        self.started[number], self.ready[number] = -1.0, False
        self._boots[number] = -1

    # Events

    def _later(self, t: float, kind: int, number: int) -> None:
        heappush(self._timers, (t, self._order, kind, number))
        self._order += 1

    def _waits(self) -> bool:
        """Whether a timer will bring or free something: ticks and boots alone do not.

        Asked when no engine works and no call is to come by itself.
        """
        return any(kind in (_ARRIVAL, _EXPIRY) for _, _, kind, _ in self._timers)

    def _ring(self, kind: int, number: int, order: int) -> None:
        if kind == _ARRIVAL:
            self._arrive(number)
        elif kind == _TICK:
            assert self.scaling is not None
            self._later(self.now + self.scaling.tick, _TICK, 0)
            self._todo.append(Point(SCALE, self.now))
        elif kind == _READY:
            if self._boots[number] == order:
                self.ready[number] = True
                self.active.append(self.engines[number])
                self.active.sort(key=lambda engine: engine.number)
        else:
            self._expire(number)

    def _arrive(self, number: int) -> None:
        call = Call(number, self.requests[number], self.now)
        if ROUTE in self.asks:
            self.queue[number] = call
            self._todo.append(Point(ROUTE, self.now))
        elif PLACE in self.asks:
            self._todo.append(Point(PLACE, self.now, None, call))
        else:
            self._send(call, self._router(self, call))

    def _send(self, call: Call, engine: Engine) -> None:
        self.routed += 1
        if engine.enqueue(call, self.now):
            self._todo.insert(0, Point("", self.now, engine))
        else:
            self._ends[engine.number] = engine.end

    def _boundary(self, engine: Engine) -> None:
        done = engine.finish(self.now)
        if not done:
            self._ask_or_go(engine, engine.begin(self.now))
            return
        self._todo.append(Point("", self.now, engine))
        self._ends[engine.number] = inf
        if ROUTE in self.asks and self.queue:
            self._todo.append(Point(ROUTE, self.now))
        for call in done:
            self._end(call, engine)
        if engine not in self.active and not engine.running and not engine.waiting:
            self._go(engine.number)

    def _end(self, call: Call, engine: Engine) -> None:
        self.ended.append(call)
        self.served[call.id] = call.served()
        for child in self._children.get(call.id, ()):
            self._missing[child] -= 1
            if not self._missing[child]:
                self._later(self.now + self.requests[child].delay, _ARRIVAL, child)
        if TTL in self.asks and call.id in self._children:
            self._todo.append(Point(TTL, self.now, engine, call))

    def _expire(self, number: int) -> None:
        """End a pin, unless its children or a want of memory ended it before."""
        served = self.served[number]
        assert served is not None
        engine = self.engines[served.replica]
        if not engine.unpin(number):
            return
        if engine.nudge(self.now):
            self._todo.append(Point("", self.now, engine))
        else:
            self._ends[engine.number] = engine.end

    # What is to be done now, last first

    def _resume(self) -> Point | None:
        point = self._todo[-1]
        if point.kind == ROUTE and not self.queue:
            self._todo.pop()
            return None
        if point.kind:
            return point
        self._todo.pop()
        engine = point.engine
        assert engine is not None
        if engine.end == inf:
            self._ask_or_go(engine, engine.begin(self.now))
        return None

    def _ask_or_go(self, engine: Engine, asked: str) -> None:
        self._ends[engine.number] = engine.end
        if asked:
            self._todo.append(Point(asked, self.now, engine))


def check(requests: Sequence[Request], specs: Sequence[EngineSpec]) -> None:
    """Refuse, with ValueError, requests that could never be served."""
    least = min(spec.blocks for spec in specs)
    for i, one in enumerate(requests):
        if one.prompt < 1 or one.output < 1:
            raise ValueError(f"request {i} has no prompt or no output")
        if blocks_of(one.prompt + one.output) > least:
            raise ValueError(f"request {i} does not fit into the memory of an engine")
        if any(parent >= i for parent in one.parents):
            raise ValueError(f"request {i} has a parent that is not before it")
