"""Samples: a ramp of precedence edges, with further constraints around a witness.

A hidden schedule, the witness, is drawn first. Downtime, windows and disjunctive pairs
are then placed where it does not violate them, so every sample can be solved. Samples
of one level and seed have the same tasks and edges in all phases, which differ in the
constraints alone.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from problems.base import Json
from problems.benchmark import Sample, Settings
from problems.errors import ConfigError
from problems.rconstraint.case import topological
from problems.rconstraint.texts import DCM, Names, plain

PHASES = ("precedence", "downtime", "windows", "disjunctive", "all")
"""What is added to precedence and capacity."""

_TRIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Tasks, edges and the witness of a level and seed."""

    durations: tuple[int, ...]
    demands: tuple[tuple[int, ...], ...]
    capacities: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    witness: tuple[int, ...]

    @property
    def makespan(self) -> int:
        return max(s + p for s, p in zip(self.witness, self.durations, strict=True))


def samples(settings: Settings) -> tuple[Sample, ...]:
    """All samples under these settings: by suite, phase, level and seed.

    Raises
    ------
    ConfigError
        If the settings contradict each other.
    """
    _check(settings)
    found: list[Sample] = []
    for suite in settings["suites"]:
        bases = {
            (level, seed): _draw(suite, level, seed, settings)
            for level in _levels(settings)
            for seed in range(settings["seeds"])
        }
        found.extend(
            _sample(suite, phase, level, seed, base, settings)
            for phase in settings["phases"]
            for (level, seed), base in bases.items()
        )
    return tuple(found)


def _check(settings: Settings) -> None:
    if settings["mode"] not in ("direct", "solver"):
        raise ConfigError(f"mode: {settings['mode']!r}; choose from: direct, solver")
    for name, known in (("suites", ("ramp", "dcm")), ("phases", PHASES)):
        unknown = [x for x in settings[name] if x not in known]
        if unknown or not settings[name]:
            shown = unknown[0] if unknown else "an empty list"
            raise ConfigError(f"{name}: {shown!r}; choose from: {', '.join(known)}")
    if not 1 <= settings["layers"] <= settings["tasks"]:
        raise ConfigError("layers must be at least 1 and at most the number of tasks")
    size = len(DCM.tasks), len(DCM.resources)
    if "dcm" in settings["suites"] and size != (
        settings["tasks"],
        settings["resources"],
    ):
        raise ConfigError(
            f"the suite dcm has {size[0]} tasks and {size[1]} resources; leave tasks "
            "and resources as they are, or take suites=['ramp']"
        )
    if settings["levels_from"] < 0 or settings["levels_to"] < settings["levels_from"]:
        raise ConfigError("levels_from must be at least 0, levels_to not below it")


def _levels(settings: Settings) -> range:
    low, high, step = (settings[f"levels_{k}"] for k in ("from", "to", "step"))
    return range(low, high + 1, step)


def _draw(suite: str, level: int, seed: int, settings: Settings) -> _Base:
    rng = random.Random(f"{suite}-{level}-{seed}-{settings['seed']}")
    n = settings["tasks"]
    durations = tuple(rng.randint(1, settings["max_duration"]) for _ in range(n))
    low, high = settings["capacities"]
    capacities = tuple(rng.randint(low, high) for _ in range(settings["resources"]))
    uses = DCM.uses if suite == "dcm" and DCM.uses else [None] * n
    demands = tuple(_demand(rng, capacities, used) for used in uses)
    for _ in range(_TRIES):
        edges = _edges(rng, level, settings)
        if edges is not None:
            break
    else:
        raise ConfigError(
            f"level {level} does not fit: no {level} edges that are not redundant "
            f"between {n} tasks in {settings['layers']} layers were found"
        )
    witness = _witness(rng, durations, demands, capacities, edges)
    return _Base(
        durations=durations,
        demands=demands,
        capacities=capacities,
        edges=edges,
        witness=witness,
    )


def _demand(
    rng: random.Random, capacities: Sequence[int], uses: Sequence[int] | None
) -> tuple[int, ...]:
    if uses is None:
        drawn = [rng.choice((0, 0, 1, 2, 3)) for _ in capacities]
    else:
        drawn = [rng.randint(1, 3) if r in uses else 0 for r in range(len(capacities))]
    if not any(drawn):
        drawn[rng.randrange(len(drawn))] = 1
    return tuple(min(x, c) for x, c in zip(drawn, capacities, strict=True))


def _edges(
    rng: random.Random, level: int, settings: Settings
) -> tuple[tuple[int, int], ...] | None:
    """Draw edges between layers, none implied by the others; None if stuck."""
    n, layers, strict = settings["tasks"], settings["layers"], settings["strict"]
    pairs = [
        (i, j) for i in range(n) for j in range(n) if layers * i // n < layers * j // n
    ]
    rng.shuffle(pairs)
    reach = [{i} for i in range(n)]
    chosen: list[tuple[int, int]] = []
    for i, j in pairs:
        if len(chosen) == level:
            break
        if j in reach[i]:
            continue
        if strict and any(i in reach[a] and b in reach[j] for a, b in chosen):
            continue
        chosen.append((i, j))
        for a in range(n):
            if i in reach[a]:
                reach[a] |= reach[j]
    return tuple(sorted(chosen)) if len(chosen) == level else None


def _witness(
    rng: random.Random,
    durations: Sequence[int],
    demands: Sequence[Sequence[int]],
    capacities: Sequence[int],
    edges: Sequence[tuple[int, int]],
) -> tuple[int, ...]:
    """Schedule serially, in a random order that the edges allow."""
    n = len(durations)
    order = list(map(str, range(n)))
    rng.shuffle(order)
    names = [(str(a), str(b)) for a, b in edges]
    starts = [0] * n
    used = [[0] * (sum(durations) + 1) for _ in capacities]
    for task in map(int, topological(order, names)):
        ready = [starts[a] + durations[a] for a, b in edges if b == task]
        start = max(ready, default=0)
        while not all(
            used[r][t] + demands[task][r] <= capacity
            for r, capacity in enumerate(capacities)
            for t in range(start, start + durations[task])
        ):
            start += 1
        starts[task] = start
        for r in range(len(capacities)):
            for t in range(start, start + durations[task]):
                used[r][t] += demands[task][r]
    return tuple(starts)


def _sample(
    suite: str, phase: str, level: int, seed: int, base: _Base, settings: Settings
) -> Sample:
    names = DCM if suite == "dcm" else plain(settings["tasks"], settings["resources"])
    number = PHASES.index(phase) + 1
    rng = random.Random(f"{suite}-{level}-{seed}-{settings['seed']}-{phase}")
    share = settings["share"]
    several = phase == "all"
    downtime = (
        _downtime(rng, base, share, settings["max_downtime"])
        if several or phase == "downtime"
        else {}
    )
    windows = (
        _windows(rng, base, share, settings["window_slack"])
        if several or phase == "windows"
        else {}
    )
    pairs = _disjunctive(rng, base, share) if several or phase == "disjunctive" else []
    slack = settings["horizon_slack"]
    extra = settings["horizon_extra"]
    horizon = None if slack is None else int(slack * base.makespan) + extra
    ids = [names.task_id(k) for k in range(len(base.durations))]
    resources = [names.resource_id(k) for k in range(len(base.capacities))]
    return Sample(
        id=f"{suite[0]}{number}-L{level:02d}-s{seed:04d}",
        group=f"{suite}/{phase}",
        level=level,
        data={
            "suite": suite,
            "tasks": _tasks(base, names, ids, resources, windows),
            "resources": [
                {
                    "id": resources[r],
                    "name": names.resources[r],
                    "capacity": capacity,
                    "downtime": [list(x) for x in downtime.get(r, ())],
                }
                for r, capacity in enumerate(base.capacities)
            ],
            "precedence": [[ids[a], ids[b]] for a, b in base.edges],
            "disjunctive": [[ids[a], ids[b]] for a, b in pairs],
            "horizon": horizon,
        },
        secret={
            "witness": dict(zip(ids, base.witness, strict=True)),
            "makespan": base.makespan,
        },
    )


def _tasks(
    base: _Base,
    names: Names,
    ids: Sequence[str],
    resources: Sequence[str],
    windows: Mapping[int, tuple[int, int]],
) -> list[Json]:
    rows: list[Json] = []
    for k, duration in enumerate(base.durations):
        demand = {r: x for r, x in zip(resources, base.demands[k], strict=True) if x}
        row: dict[str, Json] = {
            "id": ids[k],
            "name": names.tasks[k],
            "duration": duration,
            "demand": demand,
        }
        if k in windows:
            row["release"], row["deadline"] = windows[k]
        rows.append(row)
    return rows


def _downtime(
    rng: random.Random, base: _Base, share: float, longest: int
) -> dict[int, list[tuple[int, int]]]:
    """Take resources out of service for a while in which the witness spares them."""
    found: dict[int, list[tuple[int, int]]] = {}
    for r in range(len(base.capacities)):
        if rng.random() >= share:
            continue
        length = rng.randint(1, longest)
        busy = {
            t
            for k, start in enumerate(base.witness)
            if base.demands[k][r]
            for t in range(start, start + base.durations[k])
        }
        places = [
            t
            for t in range(base.makespan - length + 1)
            if busy.isdisjoint(range(t, t + length))
        ]
        if places:
            start = rng.choice(places)
            found[r] = [(start, start + length)]
    return found


def _windows(
    rng: random.Random, base: _Base, share: float, slack: int
) -> dict[int, tuple[int, int]]:
    found = {}
    for k, start in enumerate(base.witness):
        if rng.random() < share:
            early, late = rng.randint(0, slack), rng.randint(0, slack)
            end = start + base.durations[k]
            found[k] = (max(0, start - early), end + late)
    return found


def _disjunctive(
    rng: random.Random, base: _Base, share: float
) -> list[tuple[int, int]]:
    n = len(base.witness)
    ends = [s + p for s, p in zip(base.witness, base.durations, strict=True)]
    edges = set(base.edges)
    apart = [
        (a, b)
        for a in range(n)
        for b in range(a + 1, n)
        if ends[a] <= base.witness[b] or ends[b] <= base.witness[a]
    ]
    apart = [pair for pair in apart if pair not in edges and pair[::-1] not in edges]
    rng.shuffle(apart)
    return sorted(pair for pair in apart[: n // 2] if rng.random() < share)
