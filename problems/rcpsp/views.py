"""What a heuristic sees of a project. Loaded in the sandbox, plain Python."""

from collections.abc import Iterable, Sequence
from math import fsum
from typing import Any, NamedTuple


class Activity(NamedTuple):
    """An activity before anything is placed; times of the instance.

    ``p`` is its duration. ``est, eft, lst, lft``: earliest and latest start and finish
    of the critical path method, resources left aside; ``slack`` is lst - est, ``tail``
    the longest chain from its start to the end of the project. ``preds`` and ``succs``
    count its direct neighbours, ``after`` all activities that must come after it.
    ``rank`` is p and the durations of the direct successors, ``all_rank`` of all.
    ``peak`` is the largest share of a capacity that it uses, ``work`` its duration
    times the sum of those shares, ``work_after`` the work of all that come after it;
    ``scarce`` like ``work`` with each resource weighted by its load over the critical
    path. ``need`` bounds the time from its start to the end of the project from below,
    by chains and by the work behind them.
    """

    p: int
    est: int
    eft: int
    lst: int
    lft: int
    slack: int
    tail: int
    preds: int
    succs: int
    after: int
    rank: int
    all_rank: int
    peak: float
    work: float
    work_after: float
    scarce: float
    need: float


class Startable(NamedTuple):
    """An activity that could start now: an ``Activity``, and what it would mean.

    ``wait`` is the time since it could have started but for resources. ``worst`` is the
    slack that it keeps if the worst of the others starts first, ``harm`` by how much
    another would miss its latest start, at worst, if this one starts first; both look
    at what runs now and at one pair at a time. ``fit`` is the largest share of what is
    free that it would use.
    """

    p: int
    est: int
    eft: int
    lst: int
    lft: int
    slack: int
    tail: int
    preds: int
    succs: int
    after: int
    rank: int
    all_rank: int
    peak: float
    work: float
    work_after: float
    scarce: float
    need: float
    wait: int
    worst: int
    harm: int
    fit: float


class Stats(NamedTuple):
    """The project in numbers.

    ``n`` activities and ``m`` resources; ``cpm`` is the length of the critical path,
    ``load`` the largest work of a resource over its capacity, ``work`` the sum of the
    activities' work.
    """

    n: int
    m: int
    cpm: int
    load: float
    work: float
    p_max: int
    p_mean: float


class State(NamedTuple):
    """The moment of a decision.

    It is time ``t``; ``left`` activities have not started, ``running`` run, ``n`` could
    start now; ``free`` is the mean share of the capacities that is free. ``work_left``
    is the work of those that have not started. The rest is as in ``Stats``.
    """

    t: int
    n: int
    left: int
    running: int
    free: float
    work_left: float
    cpm: int
    load: float
    work: float
    p_max: int
    p_mean: float


class Project(NamedTuple):
    """A decoded instance.

    ``needs`` are by activity the pairs of resource and amount that it uses, ``apart``
    the activities that may not run beside it, ``due`` its latest end or None;
    ``order`` has all activities, each before its successors.
    """

    p: tuple[int, ...]
    needs: tuple[tuple[tuple[int, int], ...], ...]
    capacities: tuple[int, ...]
    succs: tuple[tuple[int, ...], ...]
    preds: tuple[tuple[int, ...], ...]
    downtime: tuple[tuple[tuple[int, int], ...], ...]
    release: tuple[int, ...]
    due: tuple[int | None, ...]
    apart: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]
    activities: tuple[Activity, ...]
    stats: Stats


def decode(payload: Any) -> Project:
    """Rebuild an instance from plain data."""
    p, capacities = tuple(payload["durations"]), tuple(payload["capacities"])
    succs = tuple(map(tuple, payload["successors"]))
    n = len(p)
    preds: list[list[int]] = [[] for _ in p]
    for k, row in enumerate(succs):
        for after in row:
            preds[after].append(k)
    apart: list[list[int]] = [[] for _ in p]
    for a, b in payload["disjunctive"]:
        apart[a].append(b)
        apart[b].append(a)
    needs = tuple(
        tuple((r, q) for r, q in enumerate(row) if q and p[k])
        for k, row in enumerate(payload["demands"])
    )
    release, due = tuple(payload["release"]), tuple(payload["due"])
    bare = Project(
        p,
        needs,
        capacities,
        succs,
        tuple(map(tuple, preds)),
        tuple(tuple(map(tuple, spans)) for spans in payload["downtime"]),
        release,
        due,
        tuple(map(tuple, apart)),
        tuple(_ordered(succs, preds)),
        (),
        Stats(n, len(capacities), 0, 0.0, 0.0, max(p), sum(p) / n),
    )
    return _described(bare)


def _ordered(
    succs: Sequence[Sequence[int]], preds: Sequence[Sequence[int]]
) -> list[int]:
    waiting = [len(row) for row in preds]
    order = [k for k, count in enumerate(waiting) if count == 0]
    for k in order:  # grows while it is read
        for after in succs[k]:
            waiting[after] -= 1
            if waiting[after] == 0:
                order.append(after)
    return order


def _described(project: Project) -> Project:
    """Fill in the activities and the numbers of the project."""
    p, succs, order = project.p, project.succs, project.order
    stats = project.stats
    est = list(project.release)
    for k in order:
        for after in succs[k]:
            est[after] = max(est[after], est[k] + p[k])
    cpm = max(map(int.__add__, est, p))
    lft, tail = [0] * stats.n, list(p)
    behind: list[set[int]] = [set() for _ in p]
    for k in reversed(order):
        due = project.due[k]
        limits = [cpm if due is None else min(due, cpm)]
        lft[k] = min(limits + [lft[after] - p[after] for after in succs[k]])
        tail[k] += max((tail[after] for after in succs[k]), default=0)
        for after in succs[k]:
            behind[k] |= {after} | behind[after]
    used = [
        [p[k] * q / project.capacities[r] for r, q in project.needs[k]]
        for k in range(stats.n)
    ]
    energies = _energies(project)
    loads = _loads(project, energies)
    need = _needs(project, energies, behind)
    work = [fsum(row) for row in used]
    activities = tuple(
        Activity(
            p[k],
            est[k],
            est[k] + p[k],
            lft[k] - p[k],
            lft[k],
            lft[k] - p[k] - est[k],
            tail[k],
            len(project.preds[k]),
            len(succs[k]),
            len(behind[k]),
            p[k] + sum(p[after] for after in succs[k]),
            p[k] + sum(p[after] for after in behind[k]),
            max((q / project.capacities[r] for r, q in project.needs[k]), default=0.0),
            work[k],
            fsum(work[after] for after in behind[k]),
            fsum(
                x * loads[r] / max(1, cpm)
                for x, (r, _) in zip(used[k], project.needs[k], strict=True)
            ),
            need[k],
        )
        for k in range(stats.n)
    )
    told = stats._replace(cpm=cpm, load=max(loads, default=0.0), work=fsum(work))
    return project._replace(activities=activities, stats=told)


def _energies(project: Project) -> list[list[int]]:
    """By activity, its duration times its demand for each resource."""
    rows = [[0] * len(project.capacities) for _ in project.p]
    for row, p, needs in zip(rows, project.p, project.needs, strict=True):
        for r, amount in needs:
            row[r] = p * amount
    return rows


def _loads(project: Project, rows: Iterable[Sequence[int]]) -> list[float]:
    """Time that each resource needs at least for what the rows ask of it."""
    return [
        used / capacity if used else 0.0
        for used, capacity in zip(
            map(sum, zip(*rows, strict=True)), project.capacities, strict=False
        )
    ]


def _needs(
    project: Project, energies: Sequence[Sequence[int]], behind: Sequence[set[int]]
) -> list[float]:
    need = [0.0] * len(project.p)
    for k in reversed(project.order):
        chain = max((need[after] for after in project.succs[k]), default=0.0)
        loads = _loads(project, [energies[after] for after in behind[k]])
        need[k] = project.p[k] + max(chain, *loads, 0.0)
    return need
