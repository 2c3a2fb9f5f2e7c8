"""The driver: run a shared cluster with a heuristic. Runs in the sandbox."""

import random
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from problems.fair_cluster.cluster import (
    MAX_TASKS,
    Cluster,
    Job,
    Stage,
    State,
    User,
)
from problems.values import first_unusable, usable

Row = tuple[Job, User, Stage]


class Workload(NamedTuple):
    """An instance: cores, time that a task takes beside its work, and the jobs."""

    cores: int
    overhead: int
    jobs: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...]


def decode(payload: Any) -> Workload:
    """Rebuild an instance from plain data."""
    jobs = tuple(
        (arrival, user, tuple((work, tasks) for work, tasks in stages))
        for arrival, user, stages in payload["jobs"]
    )
    return Workload(payload["cores"], payload["overhead"], jobs)


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Workload, seed: int
) -> list[list[list[int]]]:
    """Give the starts of all tasks by job and stage.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number, or no number of tasks; the text says
        where.
    """
    random.seed(seed)
    line = Line(entry_point, instance)
    while (asked := line.asked()) is not None:
        rows, state = asked
        line.go(_decision(entry_point, heuristic, rows, state))
    return line.answer()


def decide(entry_point: str, heuristic: Callable[..., Any], observation: Any) -> int:
    """Give the decision for one observation; raises as ``run``."""
    rows = [
        (Job._make(job), User._make(user), Stage._make(stage))
        for job, user, stage in observation["jobs"]
    ]
    state = State._make(observation["state"])
    return _decision(entry_point, heuristic, rows, state)


class Line:
    """A cluster that stops wherever a heuristic has to decide.

    ``priority`` is asked which of several jobs gets a core, ``partition`` into how many
    tasks a stage is cut; there the order of jobs is by ``user_tag``.
    """

    def __init__(self, entry_point: str, instance: Workload) -> None:
        if entry_point not in {"priority", "partition"}:
            raise ValueError(f"no entry point {entry_point!r}")
        self._cutting = entry_point == "partition"
        self._cluster = Cluster(instance.cores, instance.overhead, instance.jobs)
        self._open: list[int] = []
        self._cut: set[tuple[int, int]] = set()
        self._asked = self._next()

    def asked(self) -> tuple[list[Row], State] | None:
        """Give what must be decided now; None at the end."""
        return self._asked

    def go(self, decision: int) -> None:
        """Carry out a decision that ``legal`` accepts and go on to the next."""
        if self._cutting:
            self._cluster.cut(self._open[0], decision)
        else:
            self._cluster.start(self._open[decision])
        self._asked = self._next()

    def legal(self, decision: Any) -> bool:
        """Whether ``go`` can carry it out."""
        if type(decision) is not int or self._asked is None:
            return False
        if self._cutting:
            return 1 <= decision <= MAX_TASKS
        return 0 <= decision < len(self._open)

    def answer(self) -> list[list[list[int]]]:
        """Give the starts of tasks by job and stage, as far as they are known."""
        return self._cluster.answer()

    def _next(self) -> tuple[list[Row], State] | None:
        cluster = self._cluster
        while ready := cluster.advance():
            if self._cutting:
                # One at a time: those behind it are offered next.
                self._open = list(islice(filter(self._uncut, ready), 1))
                if self._open:
                    return cluster.offer(self._open)
                rows, _ = cluster.offer(ready)
                tags = [job.user_tag for job, _, _ in rows]
                cluster.start(ready[tags.index(min(tags))])
            elif len(ready) == 1:
                cluster.start(ready[0])
            else:
                self._open = ready
                return cluster.offer(ready)
        return None

    def _uncut(self, index: int) -> bool:
        """Whether the present stage of a job was not offered yet; notes that it is."""
        if not self._cluster.fresh(index):
            return False
        stage = index, self._cluster.stage(index)
        if stage in self._cut:
            return False
        self._cut.add(stage)
        return True


def _decision(
    entry_point: str, heuristic: Callable[..., Any], rows: Sequence[Row], state: State
) -> int:
    if entry_point == "partition":
        return _tasks(heuristic, *rows[0], state)
    values = [heuristic(job, user, stage, state) for job, user, stage in rows]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"priority of the job that arrived at {rows[at][0].arrival} at time "
            f"{state.t} is {shown}, not a finite number"
        )
    return values.index(min(values))


def _tasks(
    partition: Callable[..., Any], job: Job, user: User, stage: Stage, state: State
) -> int:
    """Round a number of tasks to one that is possible."""
    value: float = partition(job, user, stage, state)
    if not usable([value]):
        raise ValueError(
            f"partition at time {state.t} is {first_unusable([value])[1]}, "
            "not a finite number"
        )
    return round(max(1, min(MAX_TASKS, value)))
