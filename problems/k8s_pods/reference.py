"""Ground truth: lexicographic CP-SAT from the best of the classical rules.

Only ``solve`` needs OR-Tools; what it found is kept in ``data/references.json``.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib import import_module, metadata
from pathlib import Path
from types import MappingProxyType

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ConfigError, ReferenceMissingError
from problems.k8s_pods import simulate
from problems.k8s_pods.baselines import baselines
from problems.k8s_pods.cpsat import Found, Solver
from problems.k8s_pods.instances import instances
from problems.k8s_pods.model import PodsInstance, cost, encode, weights
from problems.k8s_pods.verify import verify

FILE = Path(__file__).parent / "data" / "references.json"

_LARGE = 250
_LIMITS = (1.0, 4.0)
"""Deterministic time of one maximisation, for up to 250 pairs of pod and node, and for
more. A unit takes about one second of CPU time."""

_MODEL = (
    "counts by class of pods and node, one maximisation for each priority and one for "
    f"the pods that stay, 1 worker, deterministic time {_LIMITS[0]:g} or "
    f"{_LIMITS[1]:g} each"
)


def solve(instance: PodsInstance) -> Found:
    """Run CP-SAT in one thread, once for each priority and once more.

    The result depends on the version of OR-Tools and on nothing else.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ConfigError(
            "solving references needs OR-Tools; install it with: "
            "pip install 'heuresis[solvers]'"
        ) from error
    limit = _LIMITS[instance.n * len(instance.cpu) > _LARGE]
    found = Solver(cp_model, instance, limit).run(best_rule(instance))
    verdict = verify(instance, "", found.nodes)
    assert verdict.objective == found.best, verdict.violations
    return found


def best_rule(instance: PodsInstance) -> list[int | None]:
    """Placement of the classical rule that is best on this instance."""
    cluster = simulate.decode(encode(instance))
    placements = []
    for name, rule in baselines().items():
        module = import_module(f"problems.k8s_pods.heuristics.{name}")
        heuristic = getattr(module, rule.entry_point)
        placements.append(simulate.run(rule.entry_point, heuristic, cluster, seed=0))
    return min(placements, key=lambda nodes: cost(instance, nodes))


def reference(instance: PodsInstance) -> Reference:
    """Look up the bounds.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    method, rows = _load(FILE)
    entry = rows.get(instance.id)
    if entry is None or entry[0] != digest(instance):
        raise ReferenceMissingError(
            f"k8s_pods has no reference for the data of {instance.id}; recompute them "
            "with `heuresis problems k8s_pods --solve-references`"
        )
    _, lower, nodes = entry
    best = cost(instance, nodes)
    return Reference(
        lower=float(lower),
        best=float(best),
        proved=lower == best,
        method=method,
        source="problems.k8s_pods.reference",
    )


def bounded(instance: PodsInstance, source: str) -> Reference:
    """Bound any instance at once by sums: what cannot fit altogether stays pending.

    Of each priority, the fewest pods that have to go so that the rest of it and of all
    higher ones fit into the sum of the capacities, while higher ones go first.
    """
    lower = instance.n
    for priority, weight in weights(instance).items():
        short = _short(instance, priority)
        if short:
            # Whatever is pending above costs more than all of this priority.
            lower += short * weight
            break
    return Reference(
        lower=float(lower),
        best=None,
        proved=False,
        method="sums of requests and of capacities",
        source=source,
    )


def _short(instance: PodsInstance, priority: int) -> int:
    """Fewest pods of this priority or above that the sums leave pending."""
    chosen = [k for k, p in enumerate(instance.pod_priority) if p >= priority]
    most = 0
    for capacity, requests in (
        (instance.cpu, instance.pod_cpu),
        (instance.memory, instance.pod_memory),
    ):
        excess = sum(requests[k] for k in chosen) - sum(capacity)
        count = 0
        for request in sorted((requests[k] for k in chosen), reverse=True):
            if excess <= 0:
                break
            excess -= request
            count += 1
        most = max(most, count)
    return most


def optimum(instance: PodsInstance) -> Json | None:
    """Nodes with the best known cost; None for instances that were not drawn here."""
    entry = _load(FILE)[1].get(instance.id)
    if entry is None or entry[0] != digest(instance):
        return None
    return list(entry[2])


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[PodsInstance] | None = None,
) -> None:
    """Bound all instances anew and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in _all() if chosen is None else chosen:
        begin = time.process_time()
        found = solve(one)
        rows.append((one.id, digest(one), found.lower, found.nodes))
        seconds = time.process_time() - begin
        log(f"{one.id}: {found.lower} to {found.best}, {seconds:.1f} CPU-seconds")
    method = f"CP-SAT {metadata.version('ortools')}: {_MODEL}"
    stored.write(path, rows, {"method": method})
    _load.cache_clear()


def digest(instance: PodsInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps(encode(instance), sort_keys=True)
    return sha256(data.encode()).hexdigest()[:16]


_Row = tuple[str, int, list[int | None]]


@lru_cache(maxsize=2)
def _load(file: Path) -> tuple[str, Mapping[str, _Row]]:
    data: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return data["method"], MappingProxyType(data["instances"])


def _all() -> list[PodsInstance]:
    return [one for split in Split for one in instances(split)]
