"""Where a campaign stands: everything that its next step depends on.

All of it can be rebuilt from the population, so nothing of it is stored twice.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from evolve.ports import RECENT, Population, View
from evolve.records import (
    Order,
    OrderKind,
    Placement,
    Program,
    ProgramId,
    Reason,
    Spent,
)


@dataclass(slots=True)
class Progress:
    """What changes while the loop runs.

    Attributes
    ----------
    hopeless
        Programs that were not judged to the end: they count against the budget.
    orders
        Number of the next order to carry out.
    pinned, banned
        Programs that never leave their islands, and that never enter one.
    wanted
        Sources that a person asked to have judged.
    fatal
        The first failure of ours, raised once the steps under way are done.
    """

    spent: Spent
    step: int
    islands: dict[int, list[Program]]
    children: dict[ProgramId, int]
    judged: dict[int, int]
    recent: deque[Program]
    best: Program | None
    hopeless: int
    orders: int = 0
    pinned: set[ProgramId] = field(default_factory=set)
    banned: set[ProgramId] = field(default_factory=set)
    wanted: deque[str] = field(default_factory=deque)
    in_flight: int = 0
    rejected_in_a_row: int = 0
    failed_in_a_row: int = 0
    end: str = ""
    fatal: Exception | None = None
    stopped: bool = False

    @classmethod
    def of(cls, population: Population, islands: int) -> "Progress":
        """Rebuild it from the durable facts."""
        return cls(
            spent=population.spent(),
            step=population.next_step(),
            islands={i: list(population.living(i)) for i in range(islands)},
            children=population.children(),
            judged=population.judged(),
            recent=deque(population.latest(RECENT), maxlen=RECENT),
            best=next(iter(population.best(1)), None),
            hopeless=population.rejections().get(Reason.HOPELESS, 0),
        )

    @property
    def used(self) -> int:
        """Programs that count against the budget."""
        return self.spent.candidates + self.hopeless

    def view(self, step: int, budget: int | None) -> View:
        """Show the campaign as ``step`` sees it."""
        return View(
            step=step,
            islands=self.islands,
            children=self.children,
            recent=self.recent,
            judged=self.judged,
            best=self.best,
            budget=budget,
        )

    def take_step(self) -> int:
        """Give out the next step."""
        step = self.step
        self.step += 1
        return step

    def finish(self, why: str) -> None:
        """Begin nothing new; the first reason stands."""
        if not self.end:
            self.end = why

    def remember(self, program: Program, moves: Sequence[Placement]) -> None:
        """Take note of a judged program and of what it changed."""
        candidate = program.candidate
        self.recent.append(program)
        self.judged[candidate.island] = self.judged.get(candidate.island, 0) + 1
        for parent in candidate.parents[:1]:
            self.children[parent] = self.children.get(parent, 0) + 1
        if program.score is not None:
            self.best = min(filter(None, (self.best, program)), key=rank)
        self.apply(moves, program)

    def apply(self, moves: Sequence[Placement], program: Program | None = None) -> None:
        """Move programs between islands."""
        everyone = {p.id: p for island in self.islands.values() for p in island}
        if program is not None:
            everyone[program.id] = program
        for move in moves:
            island = self.islands[move.island]
            if move.living:
                island.append(everyone[move.program])
            else:
                island[:] = [p for p in island if p.id != move.program]

    def allowed(self, moves: Sequence[Placement]) -> Sequence[Placement]:
        """Leave out what a person has forbidden."""
        if not (self.pinned or self.banned):
            return moves
        return [
            move
            for move in moves
            if move.program not in (self.banned if move.living else self.pinned)
        ]

    def heed(self, order: Order) -> None:
        """Take note of an order."""
        self.orders = order.number + 1
        program = ProgramId(order.text)
        match order.kind:
            case OrderKind.SEED:
                self.wanted.append(order.text)
            case OrderKind.PIN:
                self.pinned.add(program)
                self.banned.discard(program)
            case OrderKind.BAN:
                self.banned.add(program)
                self.pinned.discard(program)

    def forbidden(self) -> Sequence[Placement]:
        """Return what has to leave since it was banned."""
        return [
            Placement(program=program.id, island=island, living=False)
            for island, living in self.islands.items()
            for program in living
            if program.id in self.banned
        ]

    def missing(self) -> Sequence[ProgramId]:
        """Return what was pinned and does not live."""
        living = {p.id for island in self.islands.values() for p in island}
        return sorted(self.pinned - living)


def rank(program: Program) -> tuple[float, int, int]:
    """Order programs: by score, then the shorter, then the older; failed ones last."""
    score = float("inf") if program.score is None else program.score
    return score, len(program.candidate.source), program.candidate.step
