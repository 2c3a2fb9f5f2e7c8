"""How unequal service was: the largest gap between clients that waited all the while.

For two clients, over any span of decisions at which both had requests waiting, the gap
is how much more service one of them got than the other. Definition and bound are those
of Y. Sheng et al., Fairness in serving large language models, OSDI (2024).
"""

from problems.llm_fair.ledger import Ledger
from problems.llm_serving.cluster import Cluster

Pair = tuple[int, int]


class Gaps:
    """Follows a run; ``largest`` is the gap so far, in tokens of service.

    ``curve`` has a point ``(time, largest gap so far)`` for each time it grew.
    """

    def __init__(self, clients: int) -> None:
        self.ledger = Ledger(clients)
        self.largest = 0
        self.curve: list[tuple[float, float]] = [(0.0, 0.0)]
        self._spans: dict[Pair, tuple[int, int]] = {}

    def follow(self, cluster: Cluster, now: float) -> None:
        """Take in a decision."""
        ledger = self.ledger
        ledger.follow(cluster, now)
        clients = sorted(ledger.waiting)
        returned = set(ledger.returned)
        served, before = ledger.served, self._spans
        spans: dict[Pair, tuple[int, int]] = {}
        for k, one in enumerate(clients):
            for other in clients[k + 1 :]:
                lead = served[one] - served[other]
                pair = (one, other)
                low = high = lead
                if pair in before and one not in returned and other not in returned:
                    low, high = before[pair]
                    low, high = min(low, lead), max(high, lead)
                spans[pair] = (low, high)
                if high - low > self.largest:
                    self.largest = high - low
                    self.curve.append((now, float(self.largest)))
        self._spans = spans


def ceiling(prompt: int, memory: int, weights: tuple[int, int]) -> int:
    """Bound the gap that virtual token counters allow, in tokens of service.

    ``prompt`` is the longest prompt and ``memory`` the KV memory, in tokens;
    ``weights`` are those of tokens of prompts and of outputs. Proved for engines that
    never preempt.
    """
    return 2 * max(weights[0] * prompt, weights[1] * memory)
