"""Ground truth: bounds that no schedule beats, for either aim.

Response: all cores as one, shortest remaining work first. Fairness: every job in time.
What the pack ships is a digest of each instance with its bound, so that nothing else
passes for it; ``solve_references`` recomputes both.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import ReferenceMissingError
from problems.fair_cluster.instances import instances
from problems.fair_cluster.model import (
    Aim,
    ClusterInstance,
    encode,
    fairness_bound,
    response_bound,
)

FILE = Path(__file__).parent / "data" / "references.json"

_METHODS = {
    Aim.RESPONSE: "shortest remaining work first on all cores as one, or jobs alone",
    Aim.FAIRNESS: "every job by the end that a fluid shared by users gives it",
}
_BOUNDS = {Aim.RESPONSE: response_bound, Aim.FAIRNESS: fairness_bound}


def reference(instance: ClusterInstance) -> Reference:
    """Look up the bound; no best schedule is known.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    entry = _load(FILE).get(instance.id)
    if entry is None or entry[0] != digest(instance):
        raise ReferenceMissingError(
            f"fair_cluster has no reference for the data of {instance.id}; recompute "
            "them with `heuresis problems fair_cluster --solve-references`"
        )
    return Reference(
        lower=float(entry[1]),
        best=None,
        proved=False,
        method=_METHODS[instance.aim],
        source="problems.fair_cluster.model",
    )


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Compute all bounds anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in (one for split in Split for one in instances(split)):
        bound = _BOUNDS[one.aim](one)
        rows.append((one.id, digest(one), bound))
        log(f"{one.id}: at least {bound}")
    stored.write(path, rows)
    _load.cache_clear()


def digest(instance: ClusterInstance) -> str:
    """Tell instances apart by their data."""
    return sha256(json.dumps(encode(instance)).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _load(file: Path) -> Mapping[str, tuple[str, int]]:
    rows: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({name: (row[0], row[1]) for name, row in rows.items()})
