"""Players without a model: the oracle, chance, and list scheduling of several kinds."""

import json
import random
from collections.abc import Callable
from types import MappingProxyType

from problems.benchmark import Baseline, Question, Reply, Sample
from problems.rconstraint.case import Case, Starts, read_case, topological

Rule = Callable[[Case, Sample, random.Random], Starts]


def limit_of(sample: Sample) -> int:
    """Horizon of the reference run: 1.5 times the makespan of the witness, plus 4."""
    return int(1.5 * sample.secret["makespan"]) + 4


def oracle(_case: Case, sample: Sample, _rng: random.Random) -> Starts:
    """Give the hidden witness."""
    witness: Starts = sample.secret["witness"]
    return witness


def uniform(case: Case, sample: Sample, rng: random.Random) -> Starts:
    """Draw every start uniformly so that the task ends within the horizon."""
    last = limit_of(sample) if case.horizon is None else case.horizon
    return {
        name: rng.randint(0, max(0, last - task.duration))
        for name, task in case.tasks.items()
    }


def serial(case: Case, _sample: Sample, _rng: random.Random) -> Starts:
    """Do one task after the other in an order that the edges allow."""
    starts, now = {}, 0
    for task in topological(case.tasks, case.precedence):
        starts[task] = now
        now = case.end(task, now)
    return starts


def serial_around(case: Case, _sample: Sample, _rng: random.Random) -> Starts:
    """As ``serial``, but wait where a resource that is needed is down."""
    starts: dict[str, int] = {}
    now = 0
    for task in topological(case.tasks, case.precedence):
        while not _up(case, task, now):
            now += 1
        starts[task] = now
        now = case.end(task, now)
    return starts


def all_at_once(case: Case, _sample: Sample, _rng: random.Random) -> Starts:
    """Start every task as soon as its predecessors have ended; ignore resources."""
    starts: dict[str, int] = {}
    before = case.predecessors()
    for task in topological(case.tasks, case.precedence):
        starts[task] = max((case.end(p, starts[p]) for p in before[task]), default=0)
    return starts


def naive(case: Case, _sample: Sample, _rng: random.Random) -> Starts:
    """Place the task with most successors first; see edges and capacities only."""
    after = _successors(case)
    return _generate(case, lambda task: -len(after[task]), _fits_capacity)


def deadline(case: Case, _sample: Sample, _rng: random.Random) -> Starts:
    """Place the task of least deadline - duration first; respect every constraint."""

    def latest(task: str) -> float:
        due = case.tasks[task].deadline
        return float("inf") if due is None else due - case.tasks[task].duration

    return _generate(case, latest, _fits_all)


Fits = Callable[[Case, dict[str, int], str, int], bool]


def _generate(case: Case, key: Callable[[str], float], fits: Fits) -> Starts:
    """Place the eligible task of least key at the first start that fits."""
    starts: dict[str, int] = {}
    before = case.predecessors()
    last = 4 * sum(task.duration for task in case.tasks.values()) + 100
    while len(starts) < len(case.tasks):
        eligible = [
            task
            for task in case.tasks
            if task not in starts and all(p in starts for p in before[task])
        ]
        task = min(eligible, key=key)
        start = max((case.end(p, starts[p]) for p in before[task]), default=0)
        while start < last and not fits(case, starts, task, start):
            start += 1
        starts[task] = start
    return starts


def _successors(case: Case) -> dict[str, set[str]]:
    """All tasks that come after each task, directly or not."""
    found: dict[str, set[str]] = {task: set() for task in case.tasks}
    for task in reversed(topological(case.tasks, case.precedence)):
        for before, after in case.precedence:
            if before == task:
                found[task] |= {after} | found[after]
    return found


def _fits_capacity(case: Case, starts: dict[str, int], task: str, start: int) -> bool:
    one = case.tasks[task]
    for resource, demand in one.demand.items():
        users = [
            (s, case.end(other, s), case.tasks[other].demand[resource])
            for other, s in starts.items()
            if resource in case.tasks[other].demand
        ]
        for t in range(start, start + one.duration):
            used = sum(d for s, e, d in users if s <= t < e)
            if used + demand > case.resources[resource].capacity:
                return False
    return True


def _fits_all(case: Case, starts: dict[str, int], task: str, start: int) -> bool:
    one = case.tasks[task]
    if one.release is not None and start < one.release:
        return False
    for pair in case.disjunctive:
        if task in pair:
            other = pair[0] if pair[1] == task else pair[1]
            apart = (
                other not in starts
                or starts[other] >= start + one.duration
                or case.end(other, starts[other]) <= start
            )
            if not apart:
                return False
    return _up(case, task, start) and _fits_capacity(case, starts, task, start)


def _up(case: Case, task: str, start: int) -> bool:
    end = case.end(task, start)
    return not any(
        low < end and start < high
        for resource in case.tasks[task].demand
        for low, high in case.resources[resource].downtime
    )


def _player(rule: Rule) -> Baseline:
    def play(sample: Sample, seed: int) -> Callable[[Question], Reply]:
        rng = random.Random(f"{sample.id}-{seed}")

        def reply(question: Question) -> Reply:
            starts = rule(read_case(sample.data), sample, rng)
            rows = [{"task": task, "start": start} for task, start in starts.items()]
            text = json.dumps({"schedule": rows})
            if question.values.get("mode") == "solver":
                text = f"def solve(case):\n    return {text}\n"
            return Reply(text=text)

        return reply

    assert rule.__doc__
    return Baseline(doc=rule.__doc__, play=play)


BASELINES = MappingProxyType(
    {
        "oracle": _player(oracle),
        "random": _player(uniform),
        "serial": _player(serial),
        "serial_around": _player(serial_around),
        "all_at_once": _player(all_at_once),
        "naive": _player(naive),
        "deadline": _player(deadline),
    }
)
"""All baselines by name."""
