"""Bounds: those of ``jssp`` where it has the instance, else its method on ours.

A bound on the makespan bounds any schedule, whatever found it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from problems.base import Reference, Split
from problems.jssp import reference as shops
from problems.jssp.instances import own as drawn
from problems.jssp.model import JsspInstance
from problems.jssp.taillard import taillard
from problems.jssp_lns.instances import instances

FILE = Path(__file__).parent / "data" / "references.json"


def reference(instance: JsspInstance) -> Reference:
    """Look up the bounds.

    Raises
    ------
    ReferenceMissingError
        If no file has bounds for exactly this instance.
    """
    return shops.look_up(instance, (shops.PUBLISHED, shops.FILE, FILE), "jssp_lns")


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[JsspInstance] | None = None,
) -> None:
    """Bound the instances that ``jssp`` does not have and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written.
    """
    shops.solve_references(log, path, own() if chosen is None else chosen)


def own() -> tuple[JsspInstance, ...]:
    """Instances that are not among those of ``jssp``."""
    known = {*drawn(), *taillard()}
    ours = (one for split in Split for one in instances(split))
    return tuple(one for one in ours if one not in known)
