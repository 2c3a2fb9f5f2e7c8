"""A problem small enough to see through: order jobs, minimise total completion time."""

from dataclasses import dataclass

from problems.base import (
    Bar,
    Baseline,
    EntryPoint,
    Mode,
    Problem,
    Reference,
    Split,
    Verdict,
)

SPT = """# EVOLVE-BLOCK-START
def priority(p, time):
    return p
# EVOLVE-BLOCK-END
"""
SECRET = "known-only-to-the-judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    id: str
    group: str
    p: tuple[int, ...]


INSTANCES = {
    Split.SMOKE: (Jobs(id="s1", group="n3", p=(3, 1, 2)),),
    Split.TRAIN: (
        Jobs(id="t1", group="n3", p=(3, 1, 2)),
        Jobs(id="t2", group="n4", p=(5, 2, 9, 4)),
    ),
    Split.VALID: (Jobs(id="v1", group="n2", p=(8, 7)),),
    Split.TEST: (
        Jobs(id="x1", group="n3", p=(716_253, 2, 1)),
        Jobs(id="x2", group="n2", p=(2, 1)),
    ),
    Split.OOD: (Jobs(id="o1", group="n5", p=(5, 4, 3, 2, 1)),),
}


def total_completion(p, order):
    time = total = 0
    for job in order:
        time += p[job]
        total += time
    return total


def verify(instance, entry_point, answer):
    expected = set(range(len(instance.p)))
    if not isinstance(answer, list) or not all(type(j) is int for j in answer):
        return Verdict(objective=None, violations=("not_a_sequence",))
    if len(answer) != len(expected) or set(answer) != expected:
        return Verdict(objective=None, violations=("not_a_permutation",))
    total = total_completion(instance.p, answer)
    return Verdict(objective=total, features={"first": float(answer[0])})


def reference(instance):
    order = sorted(range(len(instance.p)), key=instance.p.__getitem__)
    best = total_completion(instance.p, order)
    return Reference(lower=best, best=best, proved=True, method=SECRET, source="SPT")


def gantt(instance, answer):
    return [Bar(row="m", start=0, end=instance.p[j], label=str(j)) for j in answer]


def _entry(name, signature):
    return EntryPoint(name=name, signature=signature, doc="Lower is first.", seed="spt")


TINY = Problem(
    name="tiny",
    version=1,
    title="Total completion time",
    mode=Mode.SOLUTION,
    entry_points={
        "priority": _entry("priority", "def priority(p, time) -> float:"),
        "raw": _entry("raw", "def raw(instance, seed) -> list[int]:"),
    },
    driver="tests.fakes.tiny_driver",
    modules=("math", "random", "os", "sys", "json", "gc", "time", "signal"),
    baselines={
        "spt": Baseline(
            name="spt", entry_point="priority", source=SPT, citation="Smith (1956)"
        )
    },
    instances=INSTANCES.__getitem__,
    encode=lambda instance: {"p": list(instance.p)},
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=lambda _: None,
    solve_references=lambda _: None,
    card="Order jobs.",
)
