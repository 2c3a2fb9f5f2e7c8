"""A bound for engines with a prefix cache: each request alone, all it may share cached.

No schedule is faster. A step never takes less time for more tokens or calls; a chunk
that is not the last one of a prompt is cut only where the step's budget is full; and a
token that is cached is not computed. The cache can hold no more of a prompt than some
other request has of it; what only a later one has is not there before that one comes.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request


class Least(NamedTuple):
    """Least seconds from arrival to the first and to the last token."""

    first: float
    end: float


def alone(prompt: int, output: int, hit: int, spec: EngineSpec) -> Least:
    """Serve a request on an engine of its own that has ``hit`` tokens of its prompt."""
    seconds, done = 0.0, hit
    while done < prompt:
        size = min(prompt - done, spec.budget)
        seconds += spec.cost.step(0, 0, [(size, done)])
        done += size
    steps = output - 1
    rate = spec.cost.decode(1) + spec.cost.b * prompt
    decode = steps * rate + spec.cost.b * steps * (steps - 1) / 2
    return Least(seconds, seconds + decode)


def least(requests: Sequence[Request], spec: EngineSpec) -> list[Least]:
    """Bound each of the requests, which are in order of arrival."""
    unit = spec.unit
    found = []
    before: set[int] = set()
    latest = _latest(requests)
    for i, one in enumerate(requests):
        usable = one.prefix[: (one.prompt - 1) // unit]
        known = sum(1 for _ in takewhile(before.__contains__, usable))
        best = alone(one.prompt, one.output, known * unit, spec)
        if known < len(usable) and latest[usable[known]] > i:
            wait = _next_arrival(requests, i, usable[known]) - one.arrival
            later = (latest[one] > i for one in usable[known:])
            shared = sum(takewhile(bool, later))
            other = alone(one.prompt, one.output, (known + shared) * unit, spec)
            best = Least(
                min(best.first, wait + other.first), min(best.end, wait + other.end)
            )
        found.append(best)
        before.update(one.prefix)
    return found


def _latest(requests: Sequence[Request]) -> dict[int, int]:
    return {unit: i for i, one in enumerate(requests) for unit in one.prefix}


def _next_arrival(requests: Sequence[Request], i: int, unit: int) -> float:
    later = (one.arrival for one in requests[i + 1 :] if unit in one.prefix)
    return next(later)
