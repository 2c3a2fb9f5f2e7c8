"""Ground truth: how long the engine works at least, and the best order that is known.

Batches of up to seven requests: all orders are run, so the best one is optimal among
all answers that there are. Larger ones: the bound counts every token of a prompt once
where requests share it, every output, and what calls hold in the KV memory besides;
and no request is faster than alone behind a context that costs nothing. The best known
order is that of the best baseline, told the true outputs, improved by moving pieces.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from itertools import permutations
from math import fsum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ReferenceMissingError
from problems.llm_offline_prefix import simulate
from problems.llm_offline_prefix.baselines import baselines
from problems.llm_offline_prefix.instances import instances
from problems.llm_offline_prefix.model import Batch, encode, unit_paths, users
from problems.llm_offline_prefix.verify import serve
from problems.llm_serving.bounding import Work, busy_seconds, kv_steps
from problems.llm_serving.grounding import isolated
from problems.llm_serving.requests import Request

FILE = Path(__file__).parent / "data" / "references.json"
SOURCE = "problems.llm_offline_prefix.reference"

ENUMERATED = "all orders, each run by the verifier's engine"
SEARCHED = (
    "bound: least busy time (linear programme, HiGHS); best known: best baseline told "
    "the true outputs, improved by 1000 moves of pieces, run by the verifier's engine"
)

SMALL = 7
"""Requests of which all orders are tried."""

_MOVES, _PIECE, _WHOLE = 1000, 24, 0.4


class Found(NamedTuple):
    """What is known of a batch: a bound, a makespan in seconds and its order."""

    lower: float
    best: float
    method: str
    order: list[int]


def reference(instance: Batch) -> Reference:
    """Look up what is known of a batch.

    Raises
    ------
    ReferenceMissingError
        If the file has nothing of exactly this batch.
    """
    found = _find(instance)
    if found is None:
        raise ReferenceMissingError(
            f"llm_offline_prefix has no reference for the data of {instance.id}; "
            "recompute them with `heuresis problems llm_offline_prefix "
            "--solve-references`"
        )
    return Reference(
        lower=found.lower,
        best=found.best,
        proved=found.best <= found.lower,
        method=found.method,
        source=SOURCE,
    )


def optimum(instance: Batch) -> Json | None:
    """Give the order that attains the reference; None for other batches."""
    found = _find(instance)
    return None if found is None else list(found.order)


def bounded(instance: Batch) -> Reference:
    """Bound any batch at once; no order is known."""
    return Reference(
        lower=lower_bound(instance),
        best=None,
        proved=False,
        method="least busy time (linear programme, HiGHS)",
        source=SOURCE,
    )


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all references anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in (one for split in Split for one in instances(split)):
        found = solve(one)
        rows.append((one.id, digest(one), *found))
        proved = ", proved" if found.best <= found.lower else ""
        log(f"{one.id}: {found.lower:.4f} to {found.best:.4f}{proved}")
    stored.write(path, rows)
    _load.cache_clear()


def solve(instance: Batch) -> Found:
    """Try all orders of a small batch; bound and search another one."""
    if instance.n <= SMALL:
        every = map(list, permutations(range(instance.n)))
        best, order = min((makespan(instance, one), one) for one in every)
        return Found(best, best, ENUMERATED, order)
    best, order = _improved(instance, *_best_baseline(instance))
    return Found(lower_bound(instance), best, SEARCHED, order)


def makespan(instance: Batch, order: list[int]) -> float:
    """Seconds until the last request is complete."""
    cluster, _ = serve(instance, order)
    return cluster.now


def lower_bound(instance: Batch) -> float:
    """Seconds that no order goes below."""
    spec = instance.engine
    alone = isolated(
        [
            Request(arrival=0.0, prompt=job.own, output=job.output)
            for job in instance.jobs
        ],
        replace(spec, unit=0),
    )
    longest = max(one.end for one in alone)
    return max(longest, busy_seconds(work(instance), spec))


def work(instance: Batch) -> Work:
    """Add up what a batch needs if all that requests share is computed once."""
    cost, unit = instance.engine.cost, instance.engine.unit
    count = users(instance)
    paths = unit_paths(instance.nodes)
    pieces = [
        (unit * node.units, unit * (len(path) - node.units))
        for node, path, used in zip(instance.nodes, paths, count, strict=True)
        if used
    ]
    contexts = [
        unit * len(paths[job.node]) if job.node >= 0 else 0 for job in instance.jobs
    ]
    pieces += [(job.own, at) for job, at in zip(instance.jobs, contexts, strict=True)]
    computed = fsum(
        cost.p1 * size + cost.p2 * size * (start + size / 2) for size, start in pieces
    )
    read = sum(
        kv_steps(at + job.own, job.output)
        for job, at in zip(instance.jobs, contexts, strict=True)
    )
    return Work(
        prompt=sum(size for size, _ in pieces),
        steps=sum(job.output - 1 for job in instance.jobs),
        memory=sum(kv_steps(job.own, job.output) for job in instance.jobs),
        prompts=instance.n,
        own=min(job.own for job in instance.jobs),
        shared=max(contexts),
        attention=computed + cost.b * read,
    )


def digest(instance: Batch) -> str:
    """Tell batches apart by their data."""
    data = asdict(instance)
    del data["id"], data["group"]
    text = json.dumps(data, sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def _best_baseline(instance: Batch) -> tuple[float, list[int]]:
    jobs = tuple(replace(job, predicted=job.output) for job in instance.jobs)
    told = simulate.decode(encode(replace(instance, jobs=jobs)))
    orders = []
    for rule in baselines().values():
        module = import_module(f"problems.llm_offline_prefix.heuristics.{rule.name}")
        heuristic = getattr(module, rule.entry_point)
        orders.append(simulate.run(rule.entry_point, heuristic, told, seed=0))
    return min((makespan(instance, order), order) for order in orders)


def _improved(
    instance: Batch, best: float, order: list[int]
) -> tuple[float, list[int]]:
    """Move pieces of the order elsewhere, and keep what is no worse."""
    rng = np.random.default_rng(instance.n)
    for _ in range(_MOVES):
        start, stop = _piece(instance, order, rng)
        rest = order[:start] + order[stop:]
        to = int(rng.integers(len(rest) + 1))
        tried = rest[:to] + order[start:stop] + rest[to:]
        value = makespan(instance, tried)
        if value <= best:
            best, order = value, tried
    return best, order


def _piece(
    instance: Batch, order: list[int], rng: np.random.Generator
) -> tuple[int, int]:
    """Choose where a piece begins and ends; two in five times all of one context."""
    at = int(rng.integers(len(order)))
    if rng.random() >= _WHOLE:
        size = 1 + int(rng.integers(_PIECE) * rng.random())
        start = min(at, len(order) - size)
        return start, start + size
    node, start, stop = instance.jobs[order[at]].node, at, at + 1
    while start and instance.jobs[order[start - 1]].node == node:
        start -= 1
    while stop < len(order) and instance.jobs[order[stop]].node == node:
        stop += 1
    return start, stop


def _find(instance: Batch) -> Found | None:
    row = _load(FILE).get(instance.id)
    if row is None or row[0] != digest(instance):
        return None
    return Found(*row[1:])


@lru_cache(maxsize=2)
def _load(file: Path) -> Mapping[str, tuple[str, float, float, str, list[int]]]:
    rows: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({name: tuple(row) for name, row in rows.items()})
