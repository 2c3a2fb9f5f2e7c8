"""One engine: continuous batching with paged KV memory and chunked prefill.

The rules of a step, those of vLLM and of Sarathi: every decoding call makes a token,
then unfinished prompts go on, then waiting calls are admitted in order until one does
not fit, within the budget of tokens; the last chunk of a prompt makes the first token.
A decoding call takes a block whenever its blocks are full; where none is free, the call
that was admitted last loses its memory and waits, in front of all others, to compute
prompt and output so far again.

While the batch only decodes, nothing is decided, so any number of steps is one event:
``k`` steps from ``n`` calls with ``s`` tokens in the KV memory take ``k (a + b s) + b n
k (k - 1) / 2`` seconds. Plain Python: it also runs in the sandbox.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, sqrt

from problems.llm_serving.cost import CostModel
from problems.llm_serving.prefix import PrefixCache
from problems.llm_serving.requests import Call

BLOCK = 16
"""Tokens of a block of KV memory."""

PICK = "pick"
VICTIM = "victim"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """What an engine is.

    Attributes
    ----------
    cost
        How long a step takes.
    blocks
        KV memory, in blocks of 16 tokens.
    slots
        Calls that may run at the same time.
    budget
        Tokens of a step at most, decoding and prefill.
    watermark
        Share of the blocks that an admission leaves free; an empty engine ignores it.
    unit
        Tokens of a unit of the prefix cache, a multiple of 16; 0 for no cache.
    """

    cost: CostModel
    blocks: int
    slots: int = 128
    budget: int = 2048
    watermark: float = 0.01
    unit: int = 0


def blocks_of(tokens: int) -> int:
    """Blocks that hold ``tokens``."""
    return -(-tokens // BLOCK)


class Engine:
    """The state of an engine; ``end`` is when its present step or segment ends.

    ``running`` and ``waiting`` are calls by id in the order of admission and of
    waiting. ``used`` are blocks that calls hold.
    """

    __slots__ = (
        "_again",
        "_budget",
        "_chunks",
        "_claimed",
        "_counts",
        "_finish",
        "_half",
        "_heap",
        "_open",
        "_prefilling",
        "_rate",
        "_rates",
        "_reserve",
        "_spec",
        "_start",
        "_steps",
        "asks",
        "blocks",
        "cache",
        "changed",
        "clock",
        "end",
        "kv",
        "n",
        "number",
        "pins",
        "running",
        "spec",
        "used",
        "waiting",
        "waiting_tokens",
    )

    def __init__(self, number: int, spec: EngineSpec, asks: frozenset[str]) -> None:
        self.number = number
        self.spec = spec
        self.asks = asks
        self.blocks = spec.blocks
        self.used = 0
        self.running: dict[int, Call] = {}
        self.waiting: dict[int, Call] = {}
        self.waiting_tokens = 0
        self.cache = PrefixCache()
        self.pins: dict[int, tuple[Call, int]] = {}
        self.n = 0
        self.kv = 0
        self.clock = 0
        self.end = inf
        self.changed = False
        self._counts = [0] * BLOCK
        self._heap: list[tuple[int, int, int, Call]] = []
        self._prefilling: dict[int, Call] = {}
        self._chunks: list[tuple[Call, int]] = []
        self._rates: dict[int, float] = {}
        self._reserve = int(spec.watermark * spec.blocks)
        self._start = 0.0
        self._rate = self._half = 0.0
        self._steps = self._claimed = 0
        self._budget = 0
        self._open = False
        self._again = False

    # What can be seen of it

    def steps(self, now: float) -> int:
        """Count the steps of the present segment that are complete."""
        if self._chunks or not self._steps:
            return 0
        x = now - self._start
        rate, half = self._rate, self._half
        slope = rate - half
        root = sqrt(slope * slope + 4.0 * half * x) if half else 0.0
        done = int((root - slope) / (2.0 * half) if half else x / rate)
        done = min(max(done, 0), self._steps)
        while done and done * rate + half * done * (done - 1) > x:
            done -= 1
        while done < self._steps and (done + 1) * rate + half * done * (done + 1) <= x:
            done += 1
        return done

    def used_at(self, now: float) -> int:
        """Blocks that calls hold, complete steps counted."""
        return self.used + self._need(self.steps(now))

    def kv_of(self, call: Call, now: float) -> int:
        """Tokens of a call in the KV memory."""
        if call.id in self._prefilling:
            return call.context - call.left
        if call.finish < 0:
            return 0
        return call.kv + self.clock + self.steps(now) - call.since

    def done_of(self, call: Call, now: float) -> int:
        """Tokens that a call has made."""
        if call.finish < 0:
            return call.done
        return call.done + self.clock + self.steps(now) - call.since

    def match(self, call: Call, now: float) -> int:
        """Tokens of a call's context that the prefix cache holds."""
        unit = self.spec.unit
        if not unit:
            return 0
        free = self.blocks - self.used_at(now)
        self.cache.shrink(self.cache.held + free // (unit // BLOCK))
        return unit * self.cache.match(call.prefix, (call.context - 1) // unit)

    @property
    def prefill_left(self) -> int:
        """Tokens of admitted prompts that are not computed."""
        return sum([call.left for call in self._prefilling.values()])

    def prefilling(self) -> Iterator[Call]:
        """Give the calls whose prompts are not complete."""
        return iter(self._prefilling.values())

    @property
    def has_room(self) -> bool:
        """Whether there is a slot and budget for another call."""
        return len(self.running) < self.spec.slots and self._budget > 0

    def fits(self, call: Call) -> bool:
        """Whether the memory has room for a waiting call now."""
        free = self.blocks - self.used - self._claimed
        if self.running:
            free -= self._reserve
        if not self.spec.unit:
            return blocks_of(call.context) <= free
        _, need = self._demand(call)
        return need <= free

    # What happens to it

    def enqueue(self, call: Call, now: float) -> bool:
        """Take a call; True if the engine is idle and must begin a step now."""
        alone = not self.waiting
        call.replica = self.number
        call.routed = now
        self.waiting[call.id] = call
        self.waiting_tokens += call.context
        self.changed = True
        if self.end == inf:
            return True
        if not self._chunks and (alone or PICK in self.asks):
            self._cut(now)
        return False

    def finish(self, now: float) -> list[Call]:
        """End the present step or segment; returns the calls that are complete."""
        done: list[Call] = []
        if self.n:
            self._advance(now, done)
        for call, size in self._chunks:
            call.left -= size
            if not call.left:
                self._first_token(call, now, done)
        self._chunks = []
        self._steps = self._claimed = 0
        self.end = inf
        if done:
            self.changed = True
        return done

    def begin(self, now: float) -> str:
        """Begin the next step; returns what has to be asked before, empty if nothing.

        Once that is answered by ``pick`` or ``preempt``, call ``proceed``.
        """
        self._budget = -1
        self._open = True
        self._again = False
        return self.proceed(now)

    def proceed(self, now: float) -> str:
        """Go on with what ``begin`` began."""
        if self._budget < 0:
            if not self._make_room():
                return VICTIM
            self._go_on()
        if self._open and self.waiting and self.has_room and PICK in self.asks:
            if self.changed:
                return PICK
        elif self._open:
            self._admit_in_order(now)
        self._launch(now)
        return ""

    def pick(self, number: int | None, now: float) -> None:
        """Admit a waiting call if it fits; otherwise no more calls in this step."""
        call = None if number is None else self.waiting[number]
        if call is None or not self._fits_somehow(call):
            self._open = False
            self.changed = False
        else:
            self._admit(call, now)

    def preempt(self, number: int) -> None:
        """Take the memory of a running call away; it waits in front of all others."""
        call = self.running.pop(number)
        if number in self._prefilling:
            del self._prefilling[number]
        else:
            steps = self.clock - call.since
            call.kv += steps
            call.done += steps
            self.n -= 1
            self.kv -= call.kv
            self._counts[(call.since + steps - call.kv) % BLOCK] -= 1
            call.finish = -1
        self._free(call, blocks_of(max(call.kv, call.context)))
        call.restarts += 1
        call.context = call.left = call.prompt + call.done
        call.kv = 0
        self.waiting = {number: call, **self.waiting}
        self.waiting_tokens += call.context
        self._open = False
        self._again = True
        self.changed = True

    def pin(self, call: Call) -> None:
        """Hold what the cache has of a complete call for its program."""
        self.unpin(call.program)
        stop = self.cache.match(call.prefix, len(call.prefix))
        self._hold(call.prefix, 0, stop)
        self.pins[call.program] = (call, stop)

    def unpin(self, program: int) -> bool:
        """No longer hold for a program; returns whether it did."""
        if program not in self.pins:
            return False
        call, stop = self.pins.pop(program)
        self._release(call, stop)
        self.changed = True
        return True

    def nudge(self, now: float) -> bool:
        """Memory became free: let the next step come soon; True if idle."""
        if self.end == inf:
            return bool(self.waiting)
        if self.waiting and not self._chunks:
            self._cut(now)
        return False

    # Steps

    def _advance(self, now: float, done: list[Call]) -> None:
        steps = self._steps
        self._take(self._need(steps))
        self.clock += steps
        self.kv += self.n * steps
        heap = self._heap
        while heap and heap[0][0] <= self.clock:
            finish, _, _, call = heappop(heap)
            if call.finish != finish:
                continue
            length = call.prompt + call.output - 1
            self.n -= 1
            self.kv -= length
            self._counts[(finish - length) % BLOCK] -= 1
            self._complete(call, length, now, done)

    def _first_token(self, call: Call, now: float, done: list[Call]) -> None:
        del self._prefilling[call.id]
        if call.first < 0:
            call.first = now
        call.done += 1
        if self.spec.unit:
            self._share(call, call.context)
        if call.done == call.output:
            self._complete(call, call.context, now, done)
            return
        call.kv = call.context
        call.since = self.clock
        call.finish = self.clock + call.output - call.done
        self.n += 1
        self.kv += call.kv
        self._counts[(call.since - call.kv) % BLOCK] += 1
        heappush(self._heap, (call.finish, call.id, call.restarts, call))

    def _complete(self, call: Call, length: int, now: float, done: list[Call]) -> None:
        del self.running[call.id]
        call.end = now
        call.finish = -1
        if self.spec.unit:
            self._share(call, length)
        self._free(call, blocks_of(length))
        done.append(call)

    def _make_room(self) -> bool:
        """Preempt until all that decode can make a token; False if one has to ask."""
        while self.n and self._counts[self.clock % BLOCK] > self.blocks - self.used:
            if self.pins and len(self.running) == 1:
                self.unpin(max(self.pins, key=lambda one: self.pins[one][0].arrival))
            elif VICTIM in self.asks and len(self.running) > 1:
                return False
            else:
                self.preempt(next(reversed(self.running)))
        return True

    def _go_on(self) -> None:
        """Give the budget to those that decode, then to unfinished prompts."""
        self._claimed = self._counts[self.clock % BLOCK]
        budget = self.spec.budget - self.n
        for call in self._prefilling.values():
            if budget <= 0:
                break
            size = min(call.left, budget)
            self._chunks.append((call, size))
            budget -= size
        self._budget = max(budget, 0)

    def _admit_in_order(self, now: float) -> None:
        while self.waiting and self.has_room:
            call = next(iter(self.waiting.values()))
            if not self._fits_somehow(call):
                return
            self._admit(call, now)

    def _fits_somehow(self, call: Call) -> bool:
        """Whether it fits; an engine without work gives up what is only pinned."""
        while not self.fits(call):
            if self.running or not self.pins:
                return False
            self.unpin(max(self.pins, key=lambda one: self.pins[one][0].arrival))
        return True

    def _admit(self, call: Call, now: float) -> None:
        del self.waiting[call.id]
        self.waiting_tokens -= call.context
        fresh = call.admitted < 0
        if fresh:
            call.admitted = now
        self.running[call.id] = self._prefilling[call.id] = call
        if self.spec.unit:
            units, _ = self._demand(call)
            self._hold(call.prefix, 0, units)
            call.held = units
            call.left = call.context - units * self.spec.unit
            if fresh:
                call.hit = units * self.spec.unit
            self.unpin(call.program)
        self._take(blocks_of(call.context) - self._shared(call))
        size = min(call.left, self._budget)
        self._chunks.append((call, size))
        self._budget -= size

    def _launch(self, now: float) -> None:
        """Start a step, or as many as nothing interrupts."""
        self._start = now
        if self._chunks:
            self._steps = 1
            cost = self.spec.cost
            chunks = [(size, call.context - call.left) for call, size in self._chunks]
            self.end = now + cost.step(self.n, self.kv, chunks)
        elif self.n:
            self._steps = 1 if self._again else self._longest()
            cost = self.spec.cost
            base = self._rates.get(self.n)
            if base is None:
                base = self._rates[self.n] = cost.decode(self.n)
            self._rate = base + cost.b * self.kv
            self._half = cost.b * self.n / 2.0
            self.end = now + self._seconds(self._steps)
        else:
            self._steps = 0
            self.end = inf

    def _seconds(self, steps: int) -> float:
        return steps * self._rate + self._half * steps * (steps - 1)

    def _longest(self) -> int:
        """Count steps until a call is complete or the memory is full."""
        heap = self._heap
        while heap[0][3].finish != heap[0][0]:
            heappop(heap)
        steps = heap[0][0] - self.clock
        n = self.n
        free = self.blocks - self.used
        if (steps // BLOCK + 1) * n <= free:
            return steps
        full, free = divmod(free, n)
        most = BLOCK * full
        for ahead in range(BLOCK):
            free -= self._counts[(self.clock + ahead) % BLOCK]
            if free < 0:
                break
            most += 1
        return min(steps, most)

    def _cut(self, now: float) -> None:
        """End the segment after the step under way if a call could be admitted."""
        if len(self.running) >= self.spec.slots:
            return
        steps = self.steps(now) + 1
        if steps < self._steps:
            self._steps = steps
            self.end = self._start + self._seconds(steps)

    # Memory

    def _need(self, steps: int) -> int:
        """Blocks that the next steps take."""
        if not steps:
            return 0
        full, rest = divmod(steps, BLOCK)
        need = full * self.n
        counts, clock = self._counts, self.clock
        for ahead in range(rest):
            need += counts[(clock + ahead) % BLOCK]
        return need

    def _shared(self, call: Call) -> int:
        """Blocks of a call that belong to the cache."""
        return call.held * (self.spec.unit // BLOCK)

    def _demand(self, call: Call) -> tuple[int, int]:
        """Units of a waiting call that are cached, and blocks that it would take."""
        unit = self.spec.unit
        units = self.cache.match(call.prefix, (call.context - 1) // unit)
        size = unit // BLOCK
        fresh = self.cache.unheld(call.prefix, units)
        return units, blocks_of(call.context) - (units - fresh) * size

    def _take(self, blocks: int) -> None:
        self.used += blocks
        if self.spec.unit:
            size = self.spec.unit // BLOCK
            free = self.blocks - self.used
            self.cache.shrink(self.cache.held + free // size)

    def _free(self, call: Call, blocks: int) -> None:
        """Give back the blocks of a call, its own and those it holds in the cache."""
        self.used -= blocks - self._shared(call)
        if call.held:
            self._release(call, call.held)
            call.held = 0

    def _hold(self, prefix: tuple[int, ...], start: int, stop: int) -> None:
        before = self.cache.held
        self.cache.hold(prefix, start, stop)
        self.used += (self.cache.held - before) * (self.spec.unit // BLOCK)

    def _release(self, call: Call, stop: int) -> None:
        before = self.cache.held
        self.cache.release(call.prefix, stop)
        self.used += (self.cache.held - before) * (self.spec.unit // BLOCK)

    def _share(self, call: Call, length: int) -> None:
        """Put the whole units of a call into the cache; others may have them, too."""
        stop = min(len(call.prefix), length // self.spec.unit)
        if stop > call.held:
            self.used -= (stop - call.held) * (self.spec.unit // BLOCK)
            self._hold(call.prefix, call.held, stop)
            call.held = stop
