"""Ground truth: the packing that was there first meets the live-set bound.

Both are recomputed by ``solve_references``; what the pack ships is a digest of each
instance with the proved optimum, so that nothing else passes for it.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from problems import stored
from problems.base import Json, Reference, Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.mem_alloc.instances import planted
from problems.mem_alloc.model import MemInstance, live_bound
from problems.mem_alloc.verify import verify

FILE = Path(__file__).parent / "data" / "references.json"

METHOD = "planted packing, judged by the verifier, equal to the live-set bound"
SOURCE = "problems.mem_alloc.instances"


def reference(instance: MemInstance) -> Reference:
    """Look up the proved optimum.

    Raises
    ------
    ReferenceMissingError
        If the file has none for exactly this instance.
    """
    entry = _load(FILE).get(instance.id)
    if entry is None or entry[0] != digest(instance):
        raise ReferenceMissingError(
            f"mem_alloc has no reference for the data of {instance.id}; recompute them "
            "with `heuresis problems mem_alloc --solve-references`"
        )
    value = float(entry[1])
    return Reference(lower=value, best=value, proved=True, method=METHOD, source=SOURCE)


def bounded(instance: MemInstance, source: str) -> Reference:
    """Bound any instance at once by its live sets; no packing is known."""
    return Reference(
        lower=float(live_bound(instance)),
        best=None,
        proved=False,
        method="live-set bound",
        source=source,
    )


def optimum(instance: MemInstance) -> Json | None:
    """Offsets with the proved peak; None for instances that were not drawn here."""
    for split in Split:
        for one in planted(split):
            if one.instance == instance:
                return list(one.offsets)
    return None


def solve_references(log: Callable[[str], None], path: Path = FILE) -> None:
    """Prove all optima anew and write them to ``path``.

    Raises
    ------
    InfrastructureError
        If a packing does not meet its bound, or the file cannot be written.
    """
    rows = []
    for one in (one for split in Split for one in planted(split)):
        instance, bound = one.instance, live_bound(one.instance)
        verdict = verify(instance, "", list(one.offsets))
        if verdict.objective != bound:
            raise InfrastructureError(
                f"the packing of {instance.id} has {verdict.objective}, its bound is "
                f"{bound}: this version of numpy draws other instances"
            )
        rows.append((instance.id, digest(instance), bound))
        log(f"{instance.id}: {bound}, proved")
    stored.write(path, rows)
    _load.cache_clear()


def digest(instance: MemInstance) -> str:
    """Tell instances apart by their data."""
    data = json.dumps([instance.lower, instance.upper, instance.size])
    return sha256(data.encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _load(file: Path) -> Mapping[str, tuple[str, int]]:
    rows: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({name: (row[0], row[1]) for name, row in rows.items()})
