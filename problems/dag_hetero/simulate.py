"""The drivers: schedule a workflow with a heuristic. Run in the sandbox, plain Python.

Every task goes into the earliest gap of its machine that is long enough, once all that
it needs is scheduled (insertion, as in HEFT).
"""

import random
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from problems.dag_hetero.dag import Graph, Stats, Task, graph
from problems.dag_hetero.exact import PartSearch
from problems.dag_hetero.plan import Plan
from problems.values import first_unusable, usable

MAX_PART = 4
"""Tasks of a part of a ``split``, at most: such parts are scheduled exactly."""


class Ready(NamedTuple):
    """A ``Task`` whose parents are all scheduled, with what it could have now.

    ``ready`` is the end of its last parent; ``best`` and ``second`` are its two
    earliest ends over the machines (``best`` twice if there is one machine), and
    ``best_oct`` the smallest sum of an end and what must follow on that machine.
    """

    mean: float
    fastest: int
    slowest: int
    up: float
    down: float
    level: float
    oct: float
    data_in: int
    data_out: int
    parents: int
    children: int
    followers: int
    critical: int
    ready: int
    best: int
    second: int
    best_oct: int


class Option(NamedTuple):
    """A machine for a task: it would start at ``est`` and end at ``eft``.

    ``cost`` is its time there, ``data`` when all it needs is there, ``free`` the end of
    what the machine has so far, ``oct`` what must follow it from there at least,
    ``pinned`` 1 if the machine is the fastest for the critical path, else 0. ``delay``
    is by how much it would end later than on its best machine, ``delay_oct`` the same
    with what must follow.
    """

    cost: int
    est: int
    eft: int
    data: int
    free: int
    oct: int
    pinned: int
    delay: int
    delay_oct: int


class Choice(NamedTuple):
    """An ``Option`` with ``ahead``: the latest of the earliest ends of its children.

    Parents of a child that are not scheduled yet are left out of it; without children
    it is ``eft``.
    """

    cost: int
    est: int
    eft: int
    data: int
    free: int
    oct: int
    pinned: int
    delay: int
    delay_oct: int
    ahead: int


class State(NamedTuple):
    """The moment of a decision.

    ``left`` tasks to schedule, of which ``waiting`` could be now; ``makespan`` of what
    is scheduled; ``free_min`` the earliest end of a machine; the rest as in ``Stats``.
    """

    n: int
    m: int
    span: float
    work: float
    mean: float
    comm: float
    left: int
    waiting: int
    makespan: int
    free_min: int


class Workflow(NamedTuple):
    """What ``split`` sees: tasks by index, and pairs (task, transfer) of their links.

    ``cost`` holds times by task and machine, ``order`` each task behind its parents.
    """

    cost: tuple[tuple[int, ...], ...]
    parents: tuple[tuple[tuple[int, int], ...], ...]
    children: tuple[tuple[tuple[int, int], ...], ...]
    order: tuple[int, ...]
    tasks: tuple[Task, ...]
    stats: Stats


def decode(payload: Any) -> Graph:
    """Rebuild an instance from plain data."""
    return graph(payload["cost"], [(i, j, c) for i, j, c in payload["edges"]])


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Graph, seed: int
) -> list[list[int]]:
    """Give machine and start of each task, in the order of the instance.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a value is not a finite real number, or a split is none; the text says where.
    """
    random.seed(seed)
    driver = _DRIVERS.get(entry_point)
    if driver is None:
        raise ValueError(f"no entry point {entry_point!r}")
    plan = Plan(instance)
    driver(heuristic, plan)
    return plan.answer()


def _by_rank(rank: Callable[[Task, Stats], Any], plan: Plan) -> None:
    """Schedule the ready task of the smallest rank, where it ends first."""
    dag = plan.dag
    values = [rank(task, dag.stats) for task in dag.tasks]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(f"rank of task {at} is {shown}, not a finite number")
    missing = [len(row) for row in dag.parents]
    ready = [(values[i], i) for i, count in enumerate(missing) if count == 0]
    heapify(ready)
    while ready:
        _, i = heappop(ready)
        _, k, t = plan.soonest(i)
        plan.place(i, k, t)
        for j, _ in dag.children[i]:
            missing[j] -= 1
            if missing[j] == 0:
                heappush(ready, (values[j], j))


def _by_machine(choose: Callable[[Task, Choice, Stats], Any], plan: Plan) -> None:
    """Schedule in the order of upward ranks on the machine of the smallest value."""
    dag = plan.dag
    for i in sorted(range(dag.stats.n), key=lambda i: (-dag.tasks[i].up, i)):
        options = [
            Choice(*option, _ahead(plan, i, k, option))
            for k, option in enumerate(_Waiting(plan, i).options)
        ]
        values = [choose(dag.tasks[i], option, dag.stats) for option in options]
        if not usable(values):
            at, shown = first_unusable(values)
            raise ValueError(
                f"choose_machine of task {i} on machine {at} is {shown}, "
                "not a finite number"
            )
        k = values.index(min(values))
        plan.place(i, k, options[k].est)


def _by_pair(select: Callable[[Ready, Option, State], Any], plan: Plan) -> None:
    """Schedule the pair of ready task and machine with the smallest value."""
    dag = plan.dag
    missing = [len(row) for row in dag.parents]
    ready = {i: _Waiting(plan, i) for i, count in enumerate(missing) if count == 0}
    for left in range(dag.stats.n, 0, -1):
        frees = [plan.free(k) for k in range(dag.stats.m)]
        state = State(*dag.stats, left, len(ready), max(frees), min(frees))
        names = sorted(ready)
        values = []
        for i in names:
            task = ready[i].task
            values += [select(task, option, state) for option in ready[i].options]
        if not usable(values):
            at, shown = first_unusable(values)
            raise ValueError(
                f"select of task {names[at // dag.stats.m]} on machine "
                f"{at % dag.stats.m} is {shown}, not a finite number"
            )
        at, k = divmod(values.index(min(values)), dag.stats.m)
        chosen = names[at]
        plan.place(chosen, k, ready.pop(chosen).rows[k][1])
        for one in ready.values():
            one.move(plan, k)
        for j, _ in dag.children[chosen]:
            missing[j] -= 1
            if missing[j] == 0:
                ready[j] = _Waiting(plan, j)


def _by_parts(split: Callable[[Workflow, int], Any], plan: Plan) -> None:
    """Schedule one part after the other, each in the best way there is."""
    dag = plan.dag
    view = Workflow(
        dag.cost, dag.parents, dag.children, dag.order, dag.tasks, dag.stats
    )
    for part in _checked(split(view, MAX_PART), dag):
        PartSearch(plan, part).run()


_DRIVERS: dict[str, Callable[[Callable[..., Any], Plan], None]] = {
    "rank": _by_rank,
    "choose_machine": _by_machine,
    "select": _by_pair,
    "split": _by_parts,
}


_Fields = tuple[int, int, int, int, int, int, int]
"""Those of an option that other machines do not change."""


class _Waiting:
    """A task that could be scheduled now: its view, and one for each machine.

    ``rows`` holds the fields of the options but for the delays; both views are made
    again only when they change.
    """

    def __init__(self, plan: Plan, i: int) -> None:
        dag = plan.dag
        self.rows: list[_Fields] = []
        for k, (since, w) in enumerate(zip(plan.arrivals(i), dag.cost[i], strict=True)):
            t = plan.gap(k, since, w)
            follows, pinned = dag.optimistic[i][k], int(k == dag.pinned)
            self.rows.append((w, t, t + w, since, plan.free(k), follows, pinned))
        ends = [plan.finish[j] for j, _ in dag.parents[i]]
        self._fixed = (*dag.tasks[i], max(ends, default=0))
        self._best = self._least()
        self._view()

    def move(self, plan: Plan, k: int) -> None:
        """Follow when a machine gets one task more."""
        cost, _, _, since, _, follows, pinned = self.rows[k]
        t = plan.gap(k, since, cost)
        self.rows[k] = (cost, t, t + cost, since, plan.free(k), follows, pinned)
        best = self._least()
        if best == self._best:
            self.options[k] = self._option(self.rows[k])
        else:
            self._best = best
            self._view()

    def _least(self) -> tuple[int, int, int]:
        ends = sorted([row[2] for row in self.rows])
        return (
            ends[0],
            ends[min(1, len(ends) - 1)],
            min([row[2] + row[5] for row in self.rows]),
        )

    def _view(self) -> None:
        self.task = Ready(*self._fixed, *self._best)
        self.options = [self._option(row) for row in self.rows]

    def _option(self, row: _Fields) -> Option:
        best, _, best_oct = self._best
        return Option(*row, row[2] - best, row[2] + row[5] - best_oct)


def _ahead(plan: Plan, i: int, k: int, option: Option) -> int:
    children = plan.dag.children[i]
    if not children:
        return option.eft
    plan.place(i, k, option.est)
    latest = max([plan.soonest(j)[0] for j, _ in children])
    plan.remove(i)
    return latest


def _checked(parts: Any, dag: Graph) -> list[list[int]]:
    """Copy a split, or say what is wrong with it."""
    if type(parts) not in (list, tuple):
        raise ValueError(f"split gave {type(parts).__name__}, not a list of parts")
    done: set[int] = set()
    checked = []
    for at, part in enumerate(parts):
        if type(part) not in (list, tuple) or not 1 <= len(part) <= MAX_PART:
            raise ValueError(f"part {at} is no list of 1 to {MAX_PART} tasks")
        copy = list(part)
        for i in copy:
            if type(i) is not int or not 0 <= i < dag.stats.n or i in done:
                raise ValueError(f"part {at} holds what is no task, or one again")
            done.add(i)
        for i in copy:
            if any(j not in done for j, _ in dag.parents[i]):
                raise ValueError(f"part {at} holds task {i} before what it needs")
        checked.append(copy)
    if len(done) < dag.stats.n:
        raise ValueError(f"{dag.stats.n - len(done)} tasks are in no part")
    return checked
