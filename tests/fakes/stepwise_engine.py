"""An engine that does one step after the other, as plainly as the rules are told.

It shares nothing with the engine of the product but the cost of a step, so that the
two can be compared: no closed form, no counters, no heap, blocks counted call by call.
First come, first served, no prefix cache.
"""

from dataclasses import dataclass, field


@dataclass
class _Call:
    number: int
    arrival: float
    prompt: int
    output: int
    made: int = 0
    in_memory: int = 0
    blocks: int = 0
    restarts: int = 0
    decodes: bool = False
    first: float = -1.0
    end: float = -1.0

    @property
    def wanted(self):
        return self.prompt + self.made


@dataclass
class StepwiseEngine:
    """One engine; ``serve`` gives first token, end and restarts of every request."""

    spec: object
    waiting: list = field(default_factory=list)
    running: list = field(default_factory=list)
    now: float = 0.0
    peak: int = 0

    def serve(self, requests):
        calls = [
            _Call(i, one.arrival, one.prompt, one.output)
            for i, one in enumerate(requests)
        ]
        coming = sorted(calls, key=lambda call: call.arrival)
        while coming or self.waiting or self.running:
            if not self.waiting and not self.running:
                self.now = max(self.now, coming[0].arrival)
            while coming and coming[0].arrival < self.now:
                self.waiting.append(coming.pop(0))
            if not self.waiting and not self.running:
                self.waiting.append(coming.pop(0))
            self._step()
        return [(call.first, call.end, call.restarts) for call in calls]

    def _used(self):
        return sum(call.blocks for call in self.running)

    def _step(self):
        preempted = self._grow()
        decoding = [call for call in self.running if call.decodes]
        budget = self.spec.budget - len(decoding)
        chunks = []
        for call in self.running:
            if not call.decodes:
                size = min(call.wanted - call.in_memory, budget)
                if size > 0:
                    chunks.append((call, size))
                    budget -= size
        reserve = int(self.spec.watermark * self.spec.blocks)
        while self.waiting and not preempted:
            call = self.waiting[0]
            need = -(-call.wanted // 16)
            free = self.spec.blocks - self._used() - (reserve if self.running else 0)
            full = len(self.running) >= self.spec.slots
            if full or budget <= 0 or need > free:
                break
            self.waiting.pop(0)
            self.running.append(call)
            call.blocks = need
            size = min(call.wanted, budget)
            chunks.append((call, size))
            budget -= size
        kv = sum(call.in_memory for call in decoding)
        sizes = [(size, call.in_memory) for call, size in chunks]
        if not decoding and not chunks:
            return
        self.now += self.spec.cost.step(len(decoding), kv, sizes)
        self.peak = max(self.peak, self._used())
        for call in decoding:
            call.in_memory += 1
            call.made += 1
        for call, size in chunks:
            call.in_memory += size
            if call.in_memory == call.wanted:
                call.made += 1
                call.decodes = True
                if call.first < 0:
                    call.first = self.now
        for call in [call for call in self.running if call.made == call.output]:
            self.running.remove(call)
            call.end = self.now

    def _grow(self):
        """Give a block to each that needs one; the youngest lose theirs."""
        preempted = False
        while True:
            short = [
                call
                for call in self.running
                if call.decodes and call.in_memory == 16 * call.blocks
            ]
            if len(short) <= self.spec.blocks - self._used():
                break
            call = self.running.pop()
            call.blocks = call.in_memory = 0
            call.restarts += 1
            call.decodes = False
            self.waiting.insert(0, call)
            preempted = True
        for call in short:
            call.blocks += 1
        return preempted
