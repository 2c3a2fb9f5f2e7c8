"""Parameters that the strategies share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IslandSettings:
    """How a population is kept and drawn from.

    Attributes
    ----------
    islands
        Number of islands; steps visit them in turn.
    island_size
        Most programs that live on one island.
    tournament
        Programs drawn per parent, the best of which is taken.
    migration_interval
        Steps between migrations of each island's best to its neighbour.
    """

    islands: int = 4
    island_size: int = 60
    tournament: int = 3
    migration_interval: int = 100

    def __post_init__(self) -> None:
        for name in ("islands", "island_size", "tournament", "migration_interval"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
