"""What a batch will need: outputs by the past, memory by the outputs. Plain Python.

The forecast of memory is that of Past-Future (LightLLM): calls end in the order of
what remains of them, and whoever is there when the next one ends has grown by as much.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from itertools import accumulate
from math import inf
from operator import itemgetter

from problems.llm_serving.engine import BLOCK
from problems.llm_serving.requests import Call


class History:
    """Outputs of the complete calls, and what they tell about others."""

    __slots__ = ("_known", "_outputs", "_seen", "_tails", "responses", "total")

    def __init__(self) -> None:
        self._outputs: list[int] = []
        self._tails: list[int] = []
        self._known: dict[int, float] = {}
        self._seen = 0
        self.total = 0
        self.responses = 0.0

    def follow(self, ended: list[Call]) -> None:
        """Take in the calls that are new in the list."""
        if self._seen == len(ended):
            return
        for call in ended[self._seen :]:
            insort(self._outputs, call.output)
            self.total += call.output
            self.responses += call.end - call.arrival
        self._seen = len(ended)
        self._tails = list(accumulate(reversed(self._outputs), initial=0))
        self._known.clear()

    def rest(self, done: int) -> float:
        """Mean of what complete calls made after ``done`` tokens, of those that did.

        Where none did, as much again as was made, and at least 1.
        """
        known = self._known.get(done)
        if known is None:
            known = self._known[done] = self._rest(done)
        return known

    def _rest(self, done: int) -> float:
        outputs = self._outputs
        more = len(outputs) - bisect_right(outputs, done)
        if not more:
            return max(1, done)
        return self._tails[more] / more - done


class Peak:
    """The most memory that a batch will need, in blocks.

    ``calls`` are ``(rest, tokens)``: tokens of output to come, tokens in the memory now
    or to be computed.
    """

    __slots__ = ("_above", "_below", "_keys", "_sums", "blocks")

    def __init__(self, calls: Iterable[tuple[float, int]]) -> None:
        ranked = sorted(calls, key=itemgetter(0), reverse=True)
        self._keys = [-rest for rest, _ in ranked]
        self._sums = list(accumulate((tokens for _, tokens in ranked), initial=0))
        needs = [
            held + i * rest
            for i, ((rest, _), held) in enumerate(
                zip(ranked, self._sums[1:], strict=True), start=1
            )
        ]
        self._above = list(accumulate(needs, max, initial=0.0))
        # Those with less to come are one more with whoever joins.
        later = [need - key for need, key in zip(needs, self._keys, strict=True)]
        self._below = [*accumulate(reversed(later), max, initial=-inf)][::-1]
        self.blocks = self._above[-1] / BLOCK

    def joining(self, rest: float) -> tuple[float, float]:
        """Tell what a call with so much to come does to the peak, in tokens.

        If it holds ``tokens``, the peak is the larger of the first number and the
        second plus ``tokens``.
        """
        at = bisect_right(self._keys, -rest)
        own = self._sums[at] + (at + 1) * rest
        return self._above[at], max(own, self._below[at])

    def joined(self, rest: float, tokens: int) -> float:
        """Give the peak once such a call has joined, in blocks."""
        least, more = self.joining(rest)
        return max(least, more + tokens) / BLOCK
