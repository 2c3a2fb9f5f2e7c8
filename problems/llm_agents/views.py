"""What a policy may see: calls, their programs, engines, the moment. Plain Python.

Nothing of it tells how long an output or a tool will be, or how many calls will come.
"""

from math import fsum
from typing import NamedTuple

from problems.llm_agents.alone import prefill
from problems.llm_agents.ledger import Ledger, ledger
from problems.llm_serving.cluster import Cluster, Point
from problems.llm_serving.engine import BLOCK, Engine, blocks_of
from problems.llm_serving.hosting import Scene
from problems.llm_serving.requests import Call

_new = tuple.__new__


class Waiting(NamedTuple):
    """A call that waits.

    ``id`` is its number; it came ``wait`` seconds ago. Its context are ``prompt``
    tokens, and the ``made`` ones that it had made before it lost its memory, which it
    did ``restarts`` times; the memory has ``cached`` of them, ``fresh`` are to be
    computed. It would take ``need`` blocks that are free now. ``pinned`` is 1 if a pin
    keeps memory for it, else 0. ``path``: seconds in a batch on the longest chain of
    calls in front of it.
    """

    id: int
    wait: float
    prompt: int
    made: int
    restarts: int
    cached: int
    fresh: int
    need: int
    pinned: int
    path: float


class Turn(NamedTuple):
    """A complete call that others wait for.

    ``id`` is its number; it had ``prompt`` and ``output`` tokens, and ``children`` come
    after the tool. A pin would keep ``kept`` blocks; without them ``reload`` seconds
    are needed, on an engine without other work, to compute the context again. ``tool``
    is the kind of the tool; ``seen`` of that kind have ended, after ``mean`` seconds on
    average; ``d1`` to ``d10`` are the deciles of their durations, the last one their
    longest; all 0 as long as there are none.
    """

    id: int
    prompt: int
    output: int
    children: int
    kept: int
    reload: float
    tool: int
    seen: int
    mean: float
    d1: float
    d2: float
    d3: float
    d4: float
    d5: float
    d6: float
    d7: float
    d8: float
    d9: float
    d10: float


class Program(NamedTuple):
    """A program, as far as it has come.

    It came ``age`` seconds ago. Of its calls ``done`` are complete and ``there`` wait
    or run. The complete ones were ``served`` seconds in a batch, all together, and made
    ``tokens``; its tools took ``tools`` seconds. ``left`` calls and ``rest`` seconds in
    a batch were behind so many complete calls on average, in finished programs that had
    more; 0 if none had.
    """

    age: float
    done: int
    there: int
    served: float
    tokens: int
    tools: float
    left: float
    rest: float


class Node(NamedTuple):
    """An engine.

    ``running`` calls are in its batch, with ``prefill`` tokens to compute before they
    decode; ``waiting`` ones are not yet, with contexts of ``waiting_blocks``. Of
    ``blocks`` of memory ``used`` are taken, ``pinned`` of them by pins, and ``free``
    are not.
    """

    running: int
    waiting: int
    waiting_blocks: int
    prefill: int
    blocks: int
    used: int
    pinned: int
    free: int


class Moment(NamedTuple):
    """The moment of a decision.

    ``t`` seconds since the start; ``programs`` have come and are not complete,
    ``finished`` are. A call waited ``mean_wait`` seconds for its engine and was
    ``mean_span`` seconds in a batch on average, and made ``mean_output`` tokens.
    ``eta``: minus the correlation of calls done and calls left, over finished programs:
    1 if all had equally many; 0 as long as that is unknown.
    """

    t: float
    programs: int
    finished: int
    mean_wait: float
    mean_span: float
    mean_output: float
    eta: float


class State(NamedTuple):
    """An engine and the moment of a decision: all that is in both."""

    running: int
    waiting: int
    waiting_blocks: int
    prefill: int
    blocks: int
    used: int
    pinned: int
    free: int
    t: float
    programs: int
    finished: int
    mean_wait: float
    mean_span: float
    mean_output: float
    eta: float

    @property
    def node(self) -> Node:
        """The engine."""
        return Node._make(self[:8])

    @property
    def moment(self) -> Moment:
        """The moment."""
        return Moment._make(self[8:])


def waiting(cluster: Cluster, point: Point) -> Scene:
    """Show the calls that wait at an engine, in their order, and their programs."""
    book, now, engine = ledger(cluster), point.t, point.engine
    assert engine is not None
    calls = engine.waiting.values()
    programs = {call.program: program(call, book, now) for call in calls}
    return Scene(
        [_waiting(call, book, engine, now) for call in calls],
        [programs[call.program] for call in calls],
        state(book, engine, now),
    )


def turn(cluster: Cluster, point: Point) -> Scene:
    """Show a complete call, its program and its engine."""
    book, now, engine, call = ledger(cluster), point.t, point.engine, point.call
    assert engine is not None
    assert call is not None
    return Scene(
        [complete(call, book, engine)],
        [program(call, book, now)],
        state(book, engine, now),
    )


def _waiting(call: Call, book: Ledger, engine: Engine, now: float) -> Waiting:
    units, need = engine.demand(call)
    cached = units * engine.spec.unit
    pins = engine.pins
    view = (
        call.id,
        now - call.arrival,
        call.prompt,
        call.done,
        call.restarts,
        cached,
        call.context - cached,
        need,
        int(any(one in pins for one in call.parents)) if pins else 0,
        book.path(call),
    )
    return _new(Waiting, view)


def complete(call: Call, book: Ledger, engine: Engine) -> Turn:
    """Show a complete call."""
    spec = engine.spec
    size = spec.unit // BLOCK
    tool = book.next_tool[call.id]
    past = book.durations.get(tool, [])
    view = (
        call.id,
        call.prompt,
        call.output,
        book.fanout[call.id],
        size * engine.cache.match(call.prefix, len(call.prefix)),
        prefill(spec, call.prompt + call.output),
        tool,
        len(past),
        fsum(past) / max(1, len(past)),
        *book.deciles(tool),
    )
    return _new(Turn, view)


def program(call: Call, book: Ledger, now: float) -> Program:
    """Show the program of a call."""
    track = book.tracks[call.program]
    done = track.done
    view = (
        now - track.began,
        done,
        track.came - done,
        track.served,
        track.tokens,
        track.tools,
        *book.behind(done),
    )
    return _new(Program, view)


def state(book: Ledger, engine: Engine, now: float) -> State:
    """Show an engine and the moment."""
    used = engine.used_at(now)
    some = max(1, book.calls)
    view = (
        len(engine.running),
        len(engine.waiting),
        blocks_of(engine.waiting_tokens),
        engine.prefill_left,
        engine.blocks,
        used,
        engine.pinned,
        engine.blocks - used,
        now,
        len(book.tracks) - book.finished,
        book.finished,
        book.waited / some,
        book.spent / some,
        book.tokens / some,
        book.eta,
    )
    return _new(State, view)
