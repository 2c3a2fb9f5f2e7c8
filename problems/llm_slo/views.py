"""What a policy may see: calls with targets, the engine, the moment. Plain Python.

Nothing of it tells how long a call's output will be, but a prediction with an error.
"""

from typing import NamedTuple

from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import BLOCK, Engine, blocks_of
from problems.llm_serving.forecast import History
from problems.llm_serving.hosting import Scene
from problems.llm_serving.requests import Call
from problems.llm_slo.targets import Kind, Plan, Targets, plan

_new = tuple.__new__
_PROBE = 1024


class Waiting(NamedTuple):
    """A call that waits for the engine.

    ``id`` is its number, ``kind`` 0 for a chat, 1 for a deadline, 2 for a call of a
    program, which has ``calls`` of them (1 if there is none), ``stage`` before this
    one. It came ``wait`` seconds ago with ``prompt`` tokens. It has made ``done``
    tokens and lost its memory ``restarts`` times; so ``tokens`` are to be computed,
    and take ``blocks`` blocks. A predictor says that its whole output will be about
    ``predicted`` tokens, of which ``left`` are to come, at least 1. In ``due`` seconds
    (negative if that is over) its target is due: of a chat the first token or, if that
    has come, the last by prediction; of a deadline its end, of a program the end of
    the last call. ``need`` is what it takes until then if it is admitted now, by the
    present pace (of a program, this call alone), ``slack`` is ``due - need``.
    """

    id: int
    kind: int
    calls: int
    stage: int
    wait: float
    prompt: int
    done: int
    restarts: int
    tokens: int
    blocks: int
    predicted: int
    left: int
    due: float
    need: float
    slack: float


class Running(NamedTuple):
    """A call in the batch.

    As one that waits; ``uncomputed`` tokens of its context are not computed, 0 once it
    decodes; ``tokens`` are in memory or will be, and it holds ``blocks``.
    """

    id: int
    kind: int
    calls: int
    stage: int
    wait: float
    prompt: int
    done: int
    restarts: int
    tokens: int
    blocks: int
    predicted: int
    left: int
    due: float
    uncomputed: int


class State(NamedTuple):
    """The moment of a decision.

    ``t`` seconds since the start; ``waiting`` calls wait, with ``waiting_tokens`` to be
    computed; ``running`` are in the batch, ``decoding`` of them decode, the others have
    ``prefill`` tokens to compute; ``slots`` may run, and ``room`` tokens are left of
    this step's budget. Of ``blocks`` of memory ``used`` are taken, ``free`` are open to
    a call that is admitted now. A step takes ``pace`` seconds if it only decodes, a
    token of a prompt ``prefill_pace``. ``finished`` calls are complete, with
    ``mean_output`` tokens and ``mean_response`` seconds on average (0 as long as there
    are none). Targets in seconds: ``ttft`` to the first token of a chat, ``tpot`` a
    token after it.
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
    pace: float
    prefill_pace: float
    finished: int
    mean_output: float
    mean_response: float
    ttft: float
    tpot: float


class _Desk:
    """What the views of a run have in common."""

    __slots__ = ("history", "plan", "targets", "unit")

    def __init__(self, cluster: Cluster) -> None:
        self.targets = Targets(*cluster.memory["limits"])
        self.plan: Plan = plan(cluster.requests, self.targets)
        self.history = History()
        cost = cluster.engines[0].spec.cost
        self.unit = cost.step(0, 0, [(_PROBE, 0)]) / _PROBE

    def due(self, call: Call, now: float) -> float:
        """Seconds until the target of a call is due."""
        seconds = self.plan.due[call.id] - now
        if call.client == Kind.CHAT and call.first >= 0:
            return seconds + self.targets.tpot * call.predicted
        return seconds


def observe_waiting(cluster: Cluster, point: Point) -> Scene:
    """Show the calls that wait, the restarted first, and the moment."""
    engine, desk = _present(cluster, point)
    state = _state(cluster, engine, desk)
    return Scene(_waiting(engine, desk, state), [], state)


def observe_all(cluster: Cluster, point: Point) -> Scene:
    """Show the calls that wait, the batch in order of admission, and the moment."""
    engine, desk = _present(cluster, point)
    state = _state(cluster, engine, desk)
    return Scene(_waiting(engine, desk, state), _running(engine, desk, state), state)


def _present(cluster: Cluster, point: Point) -> tuple[Engine, _Desk]:
    memory = cluster.memory
    if "desk" not in memory:
        memory["desk"] = _Desk(cluster)
    desk: _Desk = memory["desk"]
    desk.history.follow(cluster.ended)
    assert point.engine is not None
    return point.engine, desk


def _waiting(engine: Engine, desk: _Desk, state: State) -> list[Waiting]:
    now, pace, unit = state.t, state.pace, desk.unit
    calls, stage = desk.plan.calls, desk.plan.stage
    rows = []
    for call in engine.waiting.values():
        number, kind, tokens = call.id, call.client, call.context
        left = max(1, call.predicted - call.done)
        due = desk.due(call, now)
        need = tokens * unit
        if kind or call.first >= 0:
            need += left * pace
        view = (
            number,
            kind,
            calls[number],
            stage[number],
            now - call.arrival,
            call.prompt,
            call.done,
            call.restarts,
            tokens,
            -(-tokens // BLOCK),
            call.predicted,
            left,
            due,
            need,
            due - need,
        )
        rows.append(_new(Waiting, view))
    return rows


def _running(engine: Engine, desk: _Desk, state: State) -> list[Running]:
    now = state.t
    rows = []
    for call in engine.running.values():
        done, tokens, uncomputed = call.done, call.context, call.left
        if call.finish >= 0:
            done, tokens = engine.done_of(call, now), engine.kv_of(call, now)
            uncomputed = 0
        view = (
            call.id,
            call.client,
            desk.plan.calls[call.id],
            desk.plan.stage[call.id],
            now - call.arrival,
            call.prompt,
            done,
            call.restarts,
            tokens,
            blocks_of(tokens),
            call.predicted,
            max(1, call.predicted - done),
            desk.due(call, now),
            uncomputed,
        )
        rows.append(_new(Running, view))
    return rows


def _state(cluster: Cluster, engine: Engine, desk: _Desk) -> State:
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
        cost.decode(max(1, engine.n)) + cost.b * engine.kv,
        desk.unit,
        finished,
        desk.history.total / some,
        desk.history.responses / some,
        desk.targets.ttft,
        desk.targets.tpot,
    )
    return _new(State, view)
