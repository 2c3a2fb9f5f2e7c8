"""Which programs live, and which become parents."""

from evolve.selection.islands import IslandSelector, IslandSettings

__all__ = ["IslandSelector", "IslandSettings"]
