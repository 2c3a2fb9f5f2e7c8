"""Names of tasks and resources: plain ones, and those of a data-centre migration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names by index, in the order of layers.

    Attributes
    ----------
    uses
        Resources that each task needs; None where that is drawn.
    """

    tasks: tuple[str, ...]
    resources: tuple[str, ...]
    uses: tuple[tuple[int, ...], ...] | None = None

    def task_id(self, k: int) -> str:
        """Identify a task: ``T1`` is the first one."""
        return f"T{k + 1}"

    def resource_id(self, k: int) -> str:
        """Identify a resource: ``R1`` is the first one."""
        return f"R{k + 1}"


def plain(tasks: int, resources: int) -> Names:
    """Names that say nothing."""
    return Names(
        tasks=tuple(f"Task {k + 1}" for k in range(tasks)),
        resources=tuple(f"Resource {k + 1}" for k in range(resources)),
    )


_CREW, _ADMINS, _LIFTS = range(3)

_MIGRATION = (
    ("Inventory of racks, row A", (_CREW,)),
    ("Inventory of racks, row B", (_CREW,)),
    ("Map of service dependencies", (_ADMINS,)),
    ("Backup of the mail cluster", (_ADMINS,)),
    ("Backup of the order database", (_ADMINS,)),
    ("Replicate storage array 1", (_ADMINS,)),
    ("Replicate storage array 2", (_ADMINS,)),
    ("Cable the new core switch", (_CREW,)),
    ("Configure firewalls", (_CREW, _ADMINS)),
    ("Network cut-over, row A", (_CREW, _ADMINS)),
    ("Network cut-over, row B", (_CREW, _ADMINS)),
    ("Crate racks, row A", (_CREW, _LIFTS)),
    ("Crate racks, row B", (_CREW, _LIFTS)),
    ("Move crates to the new hall", (_LIFTS,)),
    ("Mount racks, row A", (_CREW, _LIFTS)),
    ("Mount racks, row B", (_CREW, _LIFTS)),
    ("Start the order database", (_ADMINS,)),
    ("Start the mail cluster", (_ADMINS,)),
    ("Smoke test of all services", (_ADMINS,)),
    ("Clear the old hall", (_LIFTS,)),
)
"""Tasks in five layers of four, and the resources that each needs."""

DCM = Names(
    tasks=tuple(name for name, _ in _MIGRATION),
    resources=("Network crew", "System administrators", "Forklifts"),
    uses=tuple(uses for _, uses in _MIGRATION),
)
"""A migration of a data centre."""
