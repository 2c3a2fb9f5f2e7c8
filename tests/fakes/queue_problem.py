"""A tiny online problem: choose the next waiting job, the arrivals are hidden.

Total completion time on one machine with release dates, not preemptive. Waiting for a
short job that is about to arrive pays, but only somebody who looks ahead knows of it.
"""

from dataclasses import dataclass
from itertools import permutations

from problems.base import (
    Baseline,
    EntryPoint,
    Mode,
    Problem,
    Reference,
    Split,
    Verdict,
)
from tests.fakes.queue_line import IDLE, Line

SHORTEST = """# EVOLVE-BLOCK-START
def choose(time, waiting):
    return min(waiting, key=lambda job: (job[1], job[0]))[0]
# EVOLVE-BLOCK-END
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    id: str
    group: str
    jobs: tuple[tuple[int, int], ...]


def _case(name, *jobs):
    return Arrivals(id=name, group="g", jobs=jobs)


TRAP = ((0, 90), (1, 1), (2, 1), (3, 1))
"""Who starts the long job at once makes three short ones wait."""

INSTANCES = {
    Split.SMOKE: (_case("s1", (0, 3), (1, 1)), _case("s2", *TRAP[:3])),
    Split.TRAIN: (_case("t1", *TRAP), _case("t2", (0, 5), (1, 2), (1, 9))),
    Split.VALID: (_case("v1", (0, 80), (2, 1), (2, 3)), _case("v2", (0, 70), (1, 2))),
    Split.TEST: (
        _case("x1", (0, 60), (1, 1), (4, 1)),
        _case("x2", (0, 50), (3, 1), (3, 2)),
        _case("x3", (1, 40), (2, 4)),
    ),
    Split.OOD: (_case("o1", (0, 99), (1, 1), (1, 2), (1, 3)),),
}


def verify(instance, _entry_point, answer):
    """Replay the decisions without a look at ``Line``."""
    if type(answer) is not list:
        return Verdict(objective=None, violations=("not_a_list",))
    left, time, total = dict(enumerate(instance.jobs)), 0, 0
    for at, decision in enumerate(answer):
        if not left:
            return Verdict(objective=None, violations=(f"after_the_end:{at}",))
        time = max(time, min(release for release, _ in left.values()))
        if type(decision) is not int:
            return Verdict(objective=None, violations=(f"not_an_index:{at}",))
        if decision == IDLE:
            later = [release for release, _ in left.values() if release > time]
            if not later:
                return Verdict(objective=None, violations=(f"idle_for_ever:{at}",))
            time = min(later)
            continue
        if decision not in left:
            return Verdict(objective=None, violations=(f"not_waiting:{at}",))
        release, p = left.pop(decision)
        if release > time:
            return Verdict(objective=None, violations=(f"not_released:{at}",))
        time += p
        total += time
    if left:
        return Verdict(objective=None, violations=("jobs_left",))
    return Verdict(objective=float(total))


def reference(instance):
    """Best order of all, with a look ahead: no online rule need reach it."""
    best = min(_total(order) for order in permutations(instance.jobs))
    return Reference(
        lower=best, best=best, proved=True, method="enumeration", source="offline"
    )


def _total(order):
    time = total = 0
    for release, p in order:
        time = max(time, release) + p
        total += time
    return total


def queue(mode):
    """The pack in one of the online modes."""
    return Problem(
        name="queue",
        version=1,
        title="Single-server queue",
        mode=mode,
        entry_points={
            "choose": EntryPoint(
                name="choose",
                signature="def choose(time, waiting) -> int:",
                doc="waiting: (index, processing time). Return an index or -1 to wait.",
                seed="shortest",
            )
        },
        driver="tests.fakes.queue_driver",
        modules=("gc", "os", "random", "sys"),
        baselines={
            "shortest": Baseline(
                name="shortest",
                entry_point="choose",
                source=SHORTEST,
                citation="Smith (1956)",
            )
        },
        instances=INSTANCES.__getitem__,
        encode=lambda instance: {"jobs": [list(job) for job in instance.jobs]},
        verify=verify,
        reference=reference,
        gantt=lambda instance, answer: [],
        optimum=lambda instance: None,
        solve_references=lambda sink: None,
        card="Choose the next job.",
        simulator=lambda instance, entry_point: Line(instance.jobs),
    )


TRACED, STEPPED = queue(Mode.TRACE), queue(Mode.LOCKSTEP)
