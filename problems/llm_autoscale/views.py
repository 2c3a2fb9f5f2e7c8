"""What an autoscaler may see, every tick: a summary, replicas, the past. Plain Python.

Nothing of it tells how long the outputs of calls will be that are not complete.
"""

from math import fsum
from typing import NamedTuple

from problems.llm_autoscale.rules import Terms
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import Engine, blocks_of
from problems.llm_serving.hosting import Scene
from problems.llm_serving.requests import Call

PAST = 40
"""Ticks that are shown: ten minutes of 15 seconds."""

_RECENT, _LONG = 4, 20
_FAST, _SLOW = 0.5, 0.1


class Replica(NamedTuple):
    """A replica.

    ``number`` from 0; ``state`` 0 boots, 1 takes calls, 2 only ends those that it has;
    ``age`` seconds since its boot began. It has ``running`` and ``waiting`` calls,
    ``kv`` is the share of its KV memory in use, ``prefill`` tokens are to be computed.
    """

    number: int
    state: int
    age: float
    running: int
    waiting: int
    kv: float
    prefill: int


class Tick(NamedTuple):
    """What happened between two decisions, the latter at ``t`` seconds.

    ``arrived`` requests with ``prompt`` tokens; ``load`` replicas' worth of work (see
    ``Stats``); ``ended`` requests, ``late`` of them; ``replicas`` took calls at the
    end, ``in_flight`` calls were there.
    """

    t: float
    arrived: int
    prompt: int
    load: float
    ended: int
    late: int
    replicas: int
    in_flight: int


class Stats(NamedTuple):
    """The moment of a decision; seconds, and requests or tokens a second.

    ``replicas`` take calls, ``booting`` ones will, ``draining`` ones only end what they
    have; there can be ``most``; one boots for ``boot``, the number is asked every
    ``tick``. Of the first, ``kv`` is the share of the KV memory in use, ``wanted`` that
    share with the prompts that wait, ``slots`` the share of the slots of the batches.
    Of all, ``running`` and ``waiting`` calls, ``in_flight`` both, ``prefill`` tokens to
    be computed; ``backlog`` seconds of a replica that takes; the call without a first
    token that came first waits for ``wait``.

    ``rate`` is that of requests since the last decision, ``rate_fast`` and
    ``rate_slow`` are exponential means of it (weight 0.5 and 0.1 on the last one).
    ``load`` is the work that came a second, in seconds of a replica with a full batch
    (for outputs, the mean so far is expected): so many replicas would be busy all the
    time. ``load_fast``, ``load_slow`` are means of it as above, ``load_recent`` the
    plain one of 4 ticks, ``load_before`` that of the 4 ticks before, ``load_most`` the
    largest ``load_fast`` of 20 ticks.

    ``arrived`` requests came so far with ``mean_prompt`` tokens, ``finished`` are
    complete with ``mean_output`` tokens, ``late`` of these or overdue, a share of
    ``late_share`` of those that came; ``late_recent`` is the share of late ones among
    those that ended in the last 4 ticks; a share ``free`` may be late at no price,
    ``price`` is that of another one in seconds of a replica.
    """

    t: float
    replicas: int
    booting: int
    draining: int
    most: int
    boot: float
    tick: float
    kv: float
    wanted: float
    slots: float
    running: int
    waiting: int
    in_flight: int
    prefill: int
    backlog: float
    wait: float
    rate: float
    rate_fast: float
    rate_slow: float
    load: float
    load_fast: float
    load_slow: float
    load_recent: float
    load_before: float
    load_most: float
    arrived: int
    finished: int
    mean_prompt: float
    mean_output: float
    late: int
    late_share: float
    late_recent: float
    free: float
    price: float


class Log:
    """What was seen so far, a row each tick."""

    __slots__ = (
        "_arrived",
        "_ended",
        "_outputs",
        "fast",
        "late",
        "per_output",
        "per_prompt",
        "prompts",
        "rates",
        "slow",
        "ticks",
        "tops",
    )

    def __init__(self, cluster: Cluster) -> None:
        spec = cluster.engines[0].spec
        self.per_prompt = spec.cost.tokens(spec.budget) / spec.budget
        self.per_output = spec.cost.decode(spec.slots) / spec.slots
        self.ticks: list[Tick] = []
        self.tops: list[float] = []
        self.rates = (0.0, 0.0)
        self.fast = self.slow = 0.0
        self.late = self.prompts = 0
        self._arrived = self._ended = self._outputs = 0

    @property
    def mean_output(self) -> float:
        """Tokens of the complete requests on average, 0 if none."""
        return self._outputs / max(1, self._ended)

    def follow(self, cluster: Cluster, terms: Terms, in_flight: int) -> Tick:
        """Take in what happened since the last tick."""
        span = cluster.now - (self.ticks[-1].t if self.ticks else 0.0)
        came = cluster.requests[self._arrived : cluster.routed]
        ended = cluster.ended[self._ended :]
        self._arrived, self._ended = cluster.routed, len(cluster.ended)
        self._outputs += sum([call.output for call in ended])
        late = sum([_late(terms, cluster, call) for call in ended])
        prompt = sum([one.prompt for one in came])
        self.late += late
        self.prompts += prompt
        work = self.per_prompt * prompt
        work += self.per_output * self.mean_output * len(came)
        row = Tick(
            cluster.now,
            len(came),
            prompt,
            work / span,
            len(ended),
            late,
            len(cluster.active),
            in_flight,
        )
        self._average(row, len(came) / span)
        self.ticks.append(row)
        self.tops.append(self.fast)
        return row

    def load(self, first: int, last: int) -> float:
        """Mean load of the ticks from ``first`` back to before ``last``; 0 if none."""
        rows = self.ticks[-last : len(self.ticks) - first]
        return fsum([row.load for row in rows]) / max(1, len(rows))

    def _average(self, row: Tick, rate: float) -> None:
        if not self.ticks:
            self.fast = self.slow = row.load
            self.rates = (rate, rate)
            return
        self.fast += _FAST * (row.load - self.fast)
        self.slow += _SLOW * (row.load - self.slow)
        fast, slow = self.rates
        self.rates = (fast + _FAST * (rate - fast), slow + _SLOW * (rate - slow))


def observe(cluster: Cluster, point: Point) -> Scene:
    """Show the replicas in the order of their numbers, the past, and the moment."""
    now = point.t
    terms = Terms(*cluster.limits)
    log: Log = cluster.memory.setdefault("log", Log(cluster))
    there = [
        engine for engine in cluster.engines if cluster.started[engine.number] >= 0
    ]
    rows = [_replica(cluster, engine, now) for engine in there]
    running = sum([row.running for row in rows])
    waiting = sum([row.waiting for row in rows])
    last = log.follow(cluster, terms, running + waiting)
    waits = [
        now - call.arrival
        for engine in there
        for calls in (engine.running, engine.waiting)
        for call in calls.values()
        if call.first < 0
    ]
    late = log.late + sum([wait > terms.first for wait in waits])
    prefill = sum([row.prefill for row in rows])
    recent = log.ticks[-_RECENT:]
    size = sum([engine.blocks for engine in cluster.active])
    used = sum([engine.used_at(now) for engine in cluster.active])
    queued = sum([blocks_of(engine.waiting_tokens) for engine in cluster.active])
    busy = sum([len(engine.running) for engine in cluster.active])
    slots = sum([engine.spec.slots for engine in cluster.active])
    scaling = cluster.scaling
    assert scaling is not None
    n = cluster.routed
    stats = Stats(
        t=now,
        replicas=len(cluster.active),
        booting=cluster.booting,
        draining=cluster.draining,
        most=len(cluster.engines),
        boot=scaling.boot,
        tick=scaling.tick,
        kv=used / size,
        wanted=(used + queued) / size,
        slots=busy / slots,
        running=running,
        waiting=waiting,
        in_flight=running + waiting,
        prefill=prefill,
        backlog=log.per_prompt * prefill + log.per_output * log.mean_output * waiting,
        wait=max(waits, default=0.0),
        rate=last.arrived / scaling.tick,
        rate_fast=log.rates[0],
        rate_slow=log.rates[1],
        load=last.load,
        load_fast=log.fast,
        load_slow=log.slow,
        load_recent=log.load(0, _RECENT),
        load_before=log.load(_RECENT, 2 * _RECENT),
        load_most=max(log.tops[-_LONG:]),
        arrived=n,
        finished=len(cluster.ended),
        mean_prompt=log.prompts / max(1, n),
        mean_output=log.mean_output,
        late=late,
        late_share=late / max(1, n),
        late_recent=sum([row.late for row in recent])
        / max(1, sum([row.ended for row in recent])),
        free=1 - terms.share,
        price=terms.price,
    )
    return Scene(rows, log.ticks[-PAST:], stats)


def _late(terms: Terms, cluster: Cluster, call: Call) -> bool:
    return terms.late(cluster.requests[call.id], call.served())


def _replica(cluster: Cluster, engine: Engine, now: float) -> Replica:
    number = engine.number
    state = 0 if not cluster.ready[number] else 1 if engine in cluster.active else 2
    return Replica(
        number,
        state,
        now - cluster.started[number],
        len(engine.running),
        len(engine.waiting),
        engine.used_at(now) / engine.blocks,
        engine.waiting_tokens + engine.prefill_left,
    )
