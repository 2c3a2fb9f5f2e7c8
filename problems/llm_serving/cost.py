"""How long one step of an engine takes. Plain Python: it also runs in the sandbox.

Continuous batching with chunked prefill: a step makes one token for each of ``n``
decoding calls, whose KV lengths sum to ``s``, and processes chunks of prompts.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """Seconds of a step, linear in the KV lengths.

    ``over + dense(n + sum c) + h0 + h1 (n + chunks) + mix (a0 + a1 n + b s + sum_i [p1
    c_i + p2 c_i (k_i + c_i / 2)])``, where chunk ``i`` has ``c_i`` new tokens behind
    ``k_i`` that are in the KV memory. The terms ``a0 + a1 n + b s`` are there only if
    ``n > 0``, ``mix`` counts only in steps that decode and prefill.

    Attributes
    ----------
    dense
        Knots ``(tokens, seconds)`` of the part that depends on the number of tokens
        alone, by ascending tokens; linear between them, level before the first one,
        and beyond the last one with the slope of the last two.
    a0, a1, b
        Attention of decoding: seconds a step, a call, a token in the KV memory.
    p1, p2
        Attention of prefill: seconds a token, a pair of tokens.
    h0, h1
        Head and sampling: seconds a step, a sequence.
    over
        Overhead of the scheduler, seconds a step.
    mix
        Factor on attention in steps that both decode and prefill.
    """

    dense: tuple[tuple[int, float], ...]
    a0: float = 0.0
    a1: float = 0.0
    b: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    h0: float = 0.0
    h1: float = 0.0
    over: float = 0.0
    mix: float = 1.0

    def tokens(self, count: int) -> float:
        """Seconds of the part that depends on the number of tokens alone."""
        knots = self.dense
        if count <= knots[0][0] or len(knots) == 1:
            return knots[0][1]
        at = min(bisect_right(knots, (count, float("inf"))), len(knots) - 1)
        (x0, y0), (x1, y1) = knots[at - 1], knots[at]
        return y0 + (y1 - y0) * (count - x0) / (x1 - x0)

    def decode(self, n: int) -> float:
        """Seconds of a step that only decodes ``n`` calls, without ``b s``."""
        base = self.over + self.tokens(n) + self.h0 + self.h1 * n
        return base + self.a0 + self.a1 * n

    def step(self, n: int, s: int, chunks: Iterable[tuple[int, int]]) -> float:
        """Seconds of a step; ``chunks`` are ``(new tokens, tokens before)``."""
        count, fresh, attention = 0, 0, 0.0
        for new, before in chunks:
            count += 1
            fresh += new
            attention += new * (self.p1 + self.p2 * (before + new / 2))
        if n:
            attention += self.a0 + self.a1 * n + self.b * s
            if count:
                attention *= self.mix
        base = self.over + self.tokens(n + fresh) + self.h0
        return base + self.h1 * (n + count) + attention
