"""Read a published trace as an instance of the pack.

A trace has far more requests than one instance can hold, so every ``k``-th one is
taken, ``k`` such that about two replicas are busy: the curve of the load stays.
"""

from dataclasses import replace
from math import ceil
from pathlib import Path

from problems.base import Imported, Reference
from problems.llm_autoscale.instances import (
    BLOCKS,
    BUDGET,
    COST,
    LONGEST,
    OUTPUT,
    SHORTEST,
    SLOTS,
    TICK,
    scenario,
    work,
)
from problems.llm_autoscale.reference import lower_bound
from problems.llm_serving.cluster import Scaling
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario
from problems.llm_serving.traces import requests

_LOAD, _BOOT, _MOST = 2.0, 90.0, 8
_SPAN, _COUNT = 3600.0, 1500


def read(path: Path) -> tuple[Imported[Scenario], ...]:
    """Read the first hour of a trace, thinned; prompts and outputs are cut as here.

    No plan of an imported instance is known, its bound is the pack's.

    Raises
    ------
    ConfigError
        If it is no trace in a known format, or faulty; names file and line.
    """
    rows = requests(path)
    start = rows[0].arrival
    rows = tuple(_cut(one, start) for one in rows if one.arrival - start <= _SPAN)
    span = max(rows[-1].arrival, TICK)
    each = work([one.prompt for one in rows], [one.output for one in rows])
    most = min(_COUNT, max(1, int(_LOAD * span / each)))
    kept = rows[:: ceil(len(rows) / most)]
    one = scenario(
        path.stem,
        "trace",
        kept,
        Scaling(initial=ceil(_LOAD), boot=_BOOT, tick=TICK),
        EngineSpec(cost=COST, blocks=BLOCKS, slots=SLOTS, budget=BUDGET),
        _MOST,
    )
    bound = Reference(
        lower=lower_bound(one),
        best=None,
        proved=False,
        method="least busy time (linear programme, HiGHS)",
        source="problems.llm_autoscale.reference",
    )
    return (Imported(instance=one, reference=bound),)


def _cut(one: Request, start: float) -> Request:
    return replace(
        one,
        arrival=round(one.arrival - start, 3),
        prompt=min(max(one.prompt, SHORTEST), LONGEST),
        output=min(one.output, OUTPUT),
        prefix=(),
        client=0,
    )
