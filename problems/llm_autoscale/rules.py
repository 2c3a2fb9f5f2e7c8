"""What is decided by a heuristic, and what a run costs. Plain Python."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from problems.llm_serving.cluster import SCALE
from problems.llm_serving.hosting import Rules
from problems.llm_serving.requests import Request, Served

RULES = Rules(asks=frozenset({SCALE}))
"""Scaling is asked; a call goes to the replica with the fewest calls in flight."""

_HOUR = 3600.0


class Terms(NamedTuple):
    """What is agreed with the users: ``Scenario.limits``.

    The first token is due ``first`` seconds after the arrival, each later one ``pace``
    seconds after the one before was due. A request is in time if its first and its last
    token are. ``share`` of the requests have to be; each one that is late beyond that
    costs as much as ``price`` seconds of a replica.
    """

    first: float
    pace: float
    share: float
    price: float

    def late(self, request: Request, served: Served) -> bool:
        """Whether a request was served too late."""
        due = served.arrival + self.first
        return served.first > due or served.end > due + self.pace * (request.output - 1)

    def allowed(self, requests: int) -> int:
        """Count the requests that may be late without a price."""
        return requests - ceil(self.share * requests - 1e-9)

    def hours(self, seconds: float, late: int, requests: int) -> float:
        """GPU-hours with the price of those that are late; lower is better."""
        beyond = max(0, late - self.allowed(requests))
        return (seconds + self.price * beyond) / _HOUR


def count_late(
    terms: Terms, requests: Sequence[Request], served: Sequence[Served]
) -> int:
    """Count the requests that were served too late."""
    pairs = zip(requests, served, strict=True)
    return sum(terms.late(one, made) for one, made in pairs)
