"""What an admission policy may see: calls, the engine, the moment. Plain Python.

Nothing of it tells how long a call's output will be, but a prediction with an error.
"""

from typing import NamedTuple

from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import BLOCK, Engine, blocks_of
from problems.llm_serving.forecast import History, Peak
from problems.llm_serving.hosting import Scene

_new = tuple.__new__


class Waiting(NamedTuple):
    """A call that waits for the engine.

    ``id`` is its number; it came ``wait`` seconds ago with ``prompt`` tokens. It has
    made ``done`` tokens and lost its memory ``restarts`` times; so ``tokens``, prompt
    and output so far, are to be computed, and take ``blocks`` blocks of KV memory. A
    predictor said that its whole output will be about ``predicted`` tokens; ``rest`` is
    the mean of what complete calls made after as many tokens. ``peak`` is the most
    memory in blocks that the batch with it will need, if all go on by their ``rest``.
    """

    id: int
    wait: float
    prompt: int
    done: int
    restarts: int
    tokens: int
    blocks: int
    predicted: int
    rest: float
    peak: float


class Running(NamedTuple):
    """A call in the batch.

    ``id`` is its number; it came ``wait`` seconds ago and was first admitted ``age``
    seconds ago. It has made ``done`` tokens; ``left`` tokens of its context are not
    computed (0 once it decodes); it holds ``blocks``. ``place`` is its place in the
    order of admission, from 0. The others as for a call that waits.
    """

    id: int
    wait: float
    age: float
    place: int
    prompt: int
    done: int
    left: int
    restarts: int
    tokens: int
    blocks: int
    predicted: int
    rest: float


class State(NamedTuple):
    """The moment of a decision.

    ``t`` seconds since the start; ``waiting`` calls wait, with ``waiting_tokens`` to be
    computed; ``running`` are in the batch, ``decoding`` of them decode, the others have
    ``prefill`` tokens to compute; ``slots`` may run, and ``room`` tokens are left of
    this step's budget. Of ``blocks`` of memory ``used`` are taken, ``free`` are open to
    a call that is admitted now; ``peak`` is the most that the batch will need, by what
    remains of each. A step takes ``pace`` seconds if it only decodes. ``finished``
    calls are complete, with ``mean_output`` tokens and ``mean_response`` seconds on
    average (0 as long as there are none). ``ttft`` and ``tpot`` are the targets:
    seconds to the first token, seconds a token after it.
    """

    t: float
    waiting: int
    waiting_tokens: int
    running: int
    decoding: int
    prefill: int
    slots: int
    room: int
    blocks: int
    used: int
    free: int
    peak: float
    pace: float
    finished: int
    mean_output: float
    mean_response: float
    ttft: float
    tpot: float


def observe_waiting(cluster: Cluster, point: Point) -> Scene:
    """Show the calls that wait, the restarted first, and the moment."""
    engine, history = _present(cluster, point)
    peak = _peak(engine, history)
    return Scene(
        _waiting(engine, history, peak, point.t), [], _state(cluster, engine, peak)
    )


def observe_batch(cluster: Cluster, point: Point) -> Scene:
    """Show the batch in order of admission, and the moment."""
    engine, history = _present(cluster, point)
    peak = _peak(engine, history)
    return Scene(_running(engine, history, point.t), [], _state(cluster, engine, peak))


def observe_all(cluster: Cluster, point: Point) -> Scene:
    """Show the calls that wait, the batch, and the moment."""
    engine, history = _present(cluster, point)
    peak = _peak(engine, history)
    return Scene(
        _waiting(engine, history, peak, point.t),
        _running(engine, history, point.t),
        _state(cluster, engine, peak),
    )


def _present(cluster: Cluster, point: Point) -> tuple[Engine, History]:
    memory = cluster.memory
    if "history" not in memory:
        memory["history"] = History()
    history: History = memory["history"]
    history.follow(cluster.ended)
    assert point.engine is not None
    return point.engine, history


def _peak(engine: Engine, history: History) -> Peak:
    """Forecast the memory of the batch."""
    clock, rest = engine.clock, history.rest
    return Peak(
        [
            (rest(call.done), call.context)
            if call.finish < 0
            else (rest(call.done + clock - call.since), call.kv + clock - call.since)
            for call in engine.running.values()
        ]
    )


def _waiting(engine: Engine, history: History, peak: Peak, now: float) -> list[Waiting]:
    fresh = history.rest(0)
    least, more = peak.joining(fresh)
    rows = []
    for call in engine.waiting.values():
        tokens, done = call.context, call.done
        if done:
            rest = history.rest(done)
            most = peak.joined(rest, tokens)
        else:
            rest, most = fresh, more + tokens
            most = (max(least, most)) / BLOCK
        view = (
            call.id,
            now - call.arrival,
            call.prompt,
            done,
            call.restarts,
            tokens,
            -(-tokens // BLOCK),
            call.predicted,
            rest,
            most,
        )
        rows.append(_new(Waiting, view))
    return rows


def _running(engine: Engine, history: History, now: float) -> list[Running]:
    rows = []
    for place, call in enumerate(engine.running.values()):
        done, tokens = engine.done_of(call, now), engine.kv_of(call, now)
        left = 0
        if call.finish < 0:
            tokens, left = call.context, call.left
        view = (
            call.id,
            now - call.arrival,
            now - call.admitted,
            place,
            call.prompt,
            done,
            left,
            call.restarts,
            tokens,
            blocks_of(tokens),
            call.predicted,
            history.rest(done),
        )
        rows.append(_new(Running, view))
    return rows


def _state(cluster: Cluster, engine: Engine, peak: Peak) -> State:
    history: History = cluster.memory["history"]
    ttft, tpot, *_ = cluster.memory["limits"]
    cost, finished = engine.spec.cost, len(cluster.ended)
    some = max(1, finished)
    view = (
        cluster.now,
        len(engine.waiting),
        engine.waiting_tokens,
        len(engine.running),
        engine.n,
        engine.prefill_left,
        engine.spec.slots,
        engine.room,
        engine.blocks,
        engine.used,
        engine.free,
        peak.blocks,
        cost.decode(engine.n) + cost.b * engine.kv,
        finished,
        history.total / some,
        history.responses / some,
        ttft,
        tpot,
    )
    return _new(State, view)
