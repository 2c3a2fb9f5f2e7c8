"""Bounds: those of ``fjsp`` where it has the instance, else its method on ours.

A bound on the makespan bounds any schedule, whatever found it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from problems.base import Reference, Split
from problems.fjsp import instances as shop
from problems.fjsp import reference as shops
from problems.fjsp.model import FjspInstance
from problems.fjsp_rho.instances import instances

FILE = Path(__file__).parent / "data" / "references.json"


def reference(instance: FjspInstance) -> Reference:
    """Look up the bounds.

    Raises
    ------
    ReferenceMissingError
        If no file has bounds for exactly this instance.
    """
    return shops.look_up(instance, (shops.FILE, FILE, shops.PUBLISHED), "fjsp_rho")


def solve_references(
    log: Callable[[str], None],
    path: Path = FILE,
    chosen: Iterable[FjspInstance] | None = None,
) -> None:
    """Bound the instances that ``fjsp`` does not have and write that to ``path``.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    InfrastructureError
        If the file cannot be written.
    """
    shops.solve_references(log, path, own() if chosen is None else chosen)


def own() -> tuple[FjspInstance, ...]:
    """Instances that are not among those of ``fjsp``."""
    known = {one for split in Split for one in shop.instances(split)}
    ours = (one for split in Split for one in instances(split))
    return tuple(one for one in ours if one not in known)
