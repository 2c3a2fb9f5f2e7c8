"""The attacked problem: order jobs so that the sum of completion times is least.

Shortest processing time first is optimal (Smith 1956). The order of the instance is
not, so that whatever scores better than it has gained something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

from problems.base import (
    AnyProblem,
    Baseline,
    EntryPoint,
    Mode,
    Problem,
    Reference,
    Split,
    Verdict,
)

SECRET = "known-only-to-the-trusted-side"  # noqa: S105  a bait
"""Stands in the references, which no program may ever see."""

BAIT = "heuresis_bait"
"""Module that the runner lays out: code that a program could try to change."""

OPTIMAL = """
def priority(p, time):
    return p
"""
HONEST = """
def priority(p, time):
    return 0
"""

# Everything that can help an attacker and exists here is loaded, so that it is the
# kernel which has to say no, and not a missing module.
_WANTED = (
    *("_thread", "array", "atexit", "builtins", "collections", "copy", "ctypes"),
    *("dataclasses", "datetime", "decimal", "errno", "fcntl", "fractions"),
    *("functools", "gc", "heapq", "inspect", "io", "itertools", "json", "marshal"),
    *("math", "mmap", "numpy", "numpy.fft", "os", "pickle", "random", "re"),
    *("resource", "select", "signal", "socket", "string", "struct", "subprocess"),
    *("sys", "tempfile", "threading", "time", "traceback", "types", "typing"),
    "weakref",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Processing times of the jobs of one instance."""

    id: str
    group: str
    p: tuple[int, ...]


_INSTANCES = {
    Split.TRAIN: (
        Jobs(id="t1", group="n3", p=(3, 1, 2)),
        Jobs(id="t2", group="n4", p=(5, 2, 9, 4)),
        # Of the same size, so that an answer to one is feasible for the other.
        Jobs(id="t3", group="n4", p=(4, 9, 2, 5)),
    ),
    Split.TEST: (Jobs(id="x1", group="n3", p=(716_253, 2, 1)),),
}


def attacked() -> AnyProblem:
    """Return the problem; its driver's process loads all that is installed here."""
    return Problem(
        name="hostile",
        version=1,
        title="Total completion time, under attack",
        mode=Mode.SOLUTION,
        entry_points={
            "priority": _entry("priority", "def priority(p, time) -> float:"),
            "raw": _entry("raw", "def raw(instance, seed) -> list[int]:"),
        },
        driver="evaluators.hostile.driver",
        modules=(*(name for name in _WANTED if _installed(name)), BAIT),
        baselines={
            "spt": Baseline(
                name="spt",
                entry_point="priority",
                source=OPTIMAL,
                citation="Smith (1956)",
            )
        },
        instances=_instances,
        encode=lambda instance: {"p": list(instance.p)},
        verify=_verify,
        reference=_reference,
        gantt=lambda _instance, _answer: [],
        optimum=lambda _: None,
        solve_references=lambda _: None,
        card="Order jobs.",
    )


def _installed(module: str) -> bool:
    return find_spec(module.partition(".")[0]) is not None


def _instances(split: Split) -> Sequence[Jobs]:
    return _INSTANCES.get(split, ())


def _entry(name: str, signature: str) -> EntryPoint:
    return EntryPoint(name=name, signature=signature, doc="Lower is first.", seed="spt")


def _total(p: Sequence[int], order: Sequence[int]) -> int:
    return sum(accumulate(p[job] for job in order))


def _verify(instance: Jobs, _entry_point: str, answer: Any) -> Verdict:
    jobs = range(len(instance.p))
    if not isinstance(answer, list) or len(answer) != len(jobs):
        return Verdict(objective=None, violations=("not_a_sequence",))
    if not all(type(job) is int for job in answer) or sorted(answer) != list(jobs):
        return Verdict(objective=None, violations=("not_a_permutation",))
    return Verdict(objective=_total(instance.p, answer))


def _reference(instance: Jobs) -> Reference:
    order = sorted(range(len(instance.p)), key=instance.p.__getitem__)
    best = _total(instance.p, order)
    return Reference(lower=best, best=best, proved=True, method=SECRET, source="SPT")
