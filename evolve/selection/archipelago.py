"""Islands with a rule each for who breeds and who lives, and migration between them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from evolve.ports import View
from evolve.records import Placement, Program
from evolve.selection.ranking import able, rank


class Pool(Protocol):
    """The rule of one island; pure functions of their arguments."""

    def draw(
        self,
        view: View,
        living: Sequence[Program],
        count: int,
        rng: np.random.Generator,
    ) -> Sequence[Program]:
        """Draw at most ``count`` different parents from programs that have scores."""

    def leaving(
        self, living: Sequence[Program], program: Program
    ) -> Sequence[Program] | None:
        """Say who leaves if a program with a score enters; None if it may not."""

    def hopeless_above(self, living: Sequence[Program], source: str) -> float | None:
        """Return the score above which ``leaving`` certainly refuses a program."""


class Archipelago:
    """A selector made of pools, one for each island.

    Parameters
    ----------
    pools
        By island.
    migration_interval
        Steps between migrations of each island's best to its neighbour.
    """

    def __init__(self, pools: Sequence[Pool], migration_interval: int) -> None:
        self._pools = tuple(pools)
        self._interval = migration_interval

    @property
    def islands(self) -> int:
        """Number of islands."""
        return len(self._pools)

    def island(self, view: View, rng: np.random.Generator) -> int:  # noqa: ARG002
        """Visit the islands in turn."""
        return view.step % len(self._pools)

    def parents(
        self, view: View, island: int, count: int, rng: np.random.Generator
    ) -> Sequence[Program]:
        """Draw different parents, fewer than ``count`` if there are not enough."""
        living = able(view.islands[island])
        if not living:
            return []
        return self._pools[island].draw(view, living, count, rng)

    def admit(self, view: View, program: Program) -> Sequence[Placement]:
        """Let a program live if it has a score and its island's rule allows it."""
        return self._enter(view, program, program.candidate.island)

    def migrate(self, view: View) -> Sequence[Placement]:
        """Let each island's best program also live on the next island of the ring."""
        count = len(self._pools)
        if count < 2 or (view.step + 1) % self._interval:
            return ()
        placements: list[Placement] = []
        for home in range(count):
            emigrants = able(view.islands[home])
            if emigrants:
                guest = min(emigrants, key=rank)
                placements += self._enter(view, guest, (home + 1) % count)
        return placements

    def hopeless_above(self, view: View, island: int, source: str) -> float | None:
        """Return the score above which ``admit`` is certain to refuse a program."""
        return self._pools[island].hopeless_above(view.islands[island], source)

    def _enter(self, view: View, program: Program, island: int) -> list[Placement]:
        living = view.islands[island]
        if program.score is None or any(other.id == program.id for other in living):
            return []
        leaving = self._pools[island].leaving(living, program)
        if leaving is None:
            return []
        return [
            *(Placement(program=p.id, island=island, living=False) for p in leaving),
            Placement(program=program.id, island=island, living=True),
        ]
