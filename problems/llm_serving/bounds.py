"""Bounds that no schedule of one engine can pass, by the time its steps must take.

Every step is charged to the tokens in it. A step costs at least ``fixed + slope
tokens`` for any line below the dense part, and the calls in it hold at most the memory
``M``, so a call that holds ``k`` tokens may be charged ``fixed k / M``. What a request
is charged over its life is its work; works are served one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from problems.llm_serving.engine import BLOCK, EngineSpec

_MIX = 4
"""Lines between two edges of the dense part that are tried, less one."""

_SLACK = 1e-6


class Work(NamedTuple):
    """Seconds of the engine that a request needs: for its first token, and in all."""

    first: float
    whole: float


Charge = Callable[[int, int], Work]
"""Work by prompt and output, tokens."""


def charges(spec: EngineSpec) -> Iterator[Charge]:
    """Give several ways to charge the steps of an engine, each of them valid."""
    edges = _edges(spec)
    lines = [edges[0]]
    for (a, b), (c, d) in pairwise(edges):
        lines += [
            (a + (c - a) * k / _MIX, b + (d - b) * k / _MIX) for k in range(1, _MIX + 1)
        ]
    for level, slope in lines:
        yield _charge(spec, level, slope)


def _edges(spec: EngineSpec) -> list[tuple[float, float]]:
    """Lines (level at 0, slope) that touch the dense part from below, by slope."""
    most = max(spec.budget, spec.slots)
    marks = sorted({1, most, *(x for x, _ in spec.cost.dense if 1 <= x <= most)})
    hull: list[tuple[int, float]] = []
    for x in marks:
        y = spec.cost.tokens(x)
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2:]
            if (y1 - y0) * (x - x0) < (y - y0) * (x1 - x0):
                break
            hull.pop()
        hull.append((x, y))
    lines = []
    for (x0, y0), (x1, y1) in pairwise(hull):
        slope = max(0.0, (y1 - y0) / (x1 - x0))
        lines.append((max(0.0, y0 - slope * x0), slope))
    least = min(y / x for x, y in hull)
    return [*lines, (0.0, least)]


def _charge(spec: EngineSpec, level: float, slope: float) -> Charge:
    cost = spec.cost
    share = (cost.over + cost.h0 + level) / (BLOCK * spec.blocks)
    token = share + cost.b
    made = slope + cost.h1 + cost.a1
    mix = min(1.0, cost.mix)

    def charge(prompt: int, output: int) -> Work:
        more = output - 1
        attention = mix * (prompt * cost.p1 + cost.p2 * prompt * prompt / 2)
        first = prompt * (slope + share) + attention
        held = more * prompt + more * (more - 1) / 2
        return Work(first, first + mix * (more * made + held * token))

    return charge


def least_flow(jobs: Sequence[tuple[float, float]]) -> float:
    """Least sum of flow times of jobs ``(arrival, work)`` on one machine.

    Shortest remaining work first, with preemption (Schrage 1968).
    """
    coming = sorted(jobs)
    there: list[tuple[float, float]] = []
    now, flow, k = 0.0, 0.0, 0
    while there or k < len(coming):
        if not there:
            now = max(now, coming[k][0])
        while k < len(coming) and coming[k][0] <= now:
            heappush(there, (coming[k][1], coming[k][0]))
            k += 1
        rest, arrival = heappop(there)
        until = now + rest
        if k < len(coming) and coming[k][0] < until:
            heappush(there, (rest - (coming[k][0] - now), arrival))
            now = coming[k][0]
        else:
            now = until
            flow += now - arrival
    return flow


class Demand(NamedTuple):
    """What has to be served between ``arrival`` and ``due`` to be in time."""

    arrival: float
    due: float
    work: float


def least_missed(
    wants: Sequence[Sequence[Demand]], weights: Sequence[float], most: int = 48
) -> float:
    """Least weight of requests that cannot all be in time; a linear relaxation.

    Parameters
    ----------
    wants
        Of each request; all are to be met for it to be in time. An empty row is a
        request that cannot be.
    weights
        At least 0 each.
    most
        Beginnings, and ends, of the intervals whose capacity is regarded.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    starts = _some(sorted({one.arrival for row in wants for one in row}), most)
    ends = _some(sorted({one.due for row in wants for one in row}), most)
    rows, sizes = [], []
    for start in starts:
        inside = np.array(
            [
                [
                    sum(d.work for d in row if d.arrival >= start and d.due <= end)
                    for row in wants
                ]
                for end in ends
                if end > start
            ]
        )
        lengths = [end - start for end in ends if end > start]
        keep = [k for k, length in enumerate(lengths) if inside[k].sum() > length]
        rows += [inside[k] for k in keep]
        sizes += [lengths[k] for k in keep]
    cap = [(0.0, 1.0 if row else 0.0) for row in wants]
    never = sum(w for w, row in zip(weights, wants, strict=True) if not row)
    if not rows:
        return never
    found = linprog(
        [-weight for weight in weights],
        A_ub=csr_matrix(np.array(rows)),
        b_ub=sizes,
        bounds=cap,
        method="highs",
    )
    if found.status:
        raise ValueError(f"the bound was not found: {found.message}")
    return max(never, sum(weights) + float(found.fun) - _SLACK * max(1, sum(weights)))


def _some(values: Sequence[float], most: int) -> Sequence[float]:
    return values[:: -(-len(values) // most)]
