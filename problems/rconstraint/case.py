"""What a scheduling task of the benchmark is, read from the data of a sample.

Times are integers, intervals half-open. A resource has its capacity except while it is
down, when it has none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from problems.base import Json

Interval = tuple[int, int]
Starts = Mapping[str, int]
"""Start time by task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task; ``release`` and ``deadline`` are None where there is no window."""

    id: str
    duration: int
    demand: Mapping[str, int]
    release: int | None = None
    deadline: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A renewable resource and when it is down."""

    id: str
    capacity: int
    downtime: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a schedule has to respect.

    Attributes
    ----------
    precedence
        Pairs (before, after): the second starts when the first has ended, or later.
    disjunctive
        Pairs that must not overlap.
    horizon
        Latest end of every task; None if there is none.
    """

    tasks: Mapping[str, Task]
    resources: Mapping[str, Resource]
    precedence: tuple[tuple[str, str], ...]
    disjunctive: tuple[tuple[str, str], ...]
    horizon: int | None

    def predecessors(self) -> dict[str, list[str]]:
        """Tasks that come directly before each task."""
        found: dict[str, list[str]] = {task: [] for task in self.tasks}
        for before, after in self.precedence:
            found[after].append(before)
        return found

    def end(self, task: str, start: int) -> int:
        """When a task ends that starts then."""
        return start + self.tasks[task].duration


def read_case(data: Json) -> Case:
    """Read the data of a sample, which we made ourselves."""
    tasks = {
        row["id"]: Task(
            id=row["id"],
            duration=row["duration"],
            demand=row["demand"],
            release=row.get("release"),
            deadline=row.get("deadline"),
        )
        for row in data["tasks"]
    }
    resources = {
        row["id"]: Resource(
            id=row["id"],
            capacity=row["capacity"],
            downtime=tuple((a, b) for a, b in row["downtime"]),
        )
        for row in data["resources"]
    }
    return Case(
        tasks=tasks,
        resources=resources,
        precedence=tuple((a, b) for a, b in data["precedence"]),
        disjunctive=tuple((a, b) for a, b in data["disjunctive"]),
        horizon=data["horizon"],
    )


def topological(tasks: Iterable[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Order tasks so that every edge goes forward; ties in the given order."""
    order, edges = list(tasks), list(edges)
    waiting = dict.fromkeys(order, 0)
    after: dict[str, list[str]] = {task: [] for task in order}
    for a, b in edges:
        waiting[b] += 1
        after[a].append(b)
    found: list[str] = []
    while order:
        task = next(task for task in order if not waiting[task])
        order.remove(task)
        found.append(task)
        for other in after[task]:
            waiting[other] -= 1
    return found
