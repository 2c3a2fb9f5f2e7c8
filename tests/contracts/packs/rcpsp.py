"""Hooks of the pack ``rcpsp``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    """Rename the resources: ties between activities go to the lower index."""
    return dataclasses.replace(
        instance,
        capacities=tuple(instance.capacities[r] for r in order),
        demands=tuple(tuple(row[r] for r in order) for row in instance.demands),
        downtime=tuple(instance.downtime[r] for r in order if instance.downtime),
    )


def _rule(name, arguments):
    def canary(body, **expected):
        return Canary(
            entry_point=name, body=f"def {name}({arguments}):\n    {body}", **expected
        )

    return canary


_priority = _rule("priority", "act, stats")
_justified = _rule("justified", "act, stats")
_dispatch = _rule("dispatch", "act, state")


def _valid(instance, answer):
    """Count what each unit of time uses of each resource."""
    n = instance.n
    if type(answer) is not list or len(answer) != n:
        return False
    if any(type(x) is not int or not 0 <= x <= 1 << 62 for x in answer):
        return False
    ends = [x + p for x, p in zip(answer, instance.durations, strict=True)]
    for k, row in enumerate(instance.successors):
        if any(answer[after] < ends[k] for after in row):
            return False
    if any(x < r for x, r in zip(answer, instance.release, strict=False)):
        return False
    for a, b in instance.disjunctive:
        if {*range(answer[a], ends[a])} & {*range(answer[b], ends[b])}:
            return False
    for r, capacity in enumerate(instance.capacities):
        used = {}
        for span in instance.downtime[r] if instance.downtime else ():
            used.update(dict.fromkeys(range(*span), capacity))
        for k in range(n):
            amount = instance.demands[k][r]
            for t in range(answer[k], ends[k]) if amount else ():
                used[t] = used.get(t, 0) + amount
        if any(amount > capacity for amount in used.values()):
            return False
    return True


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, _order: answer,
    jobs=lambda instance: instance.m,
    mutations={
        "not_a_list": lambda answer: {"starts": answer},
        "wrong_length": lambda answer: answer[:-1],
        "precedence:": lambda answer: [0] * len(answer),
        "capacity:": lambda answer: [start // 3 for start in answer],
        "not_a_start:0": lambda answer: [-1, *answer[1:]],
        "not_a_start:1": lambda answer: [answer[0], 1 << 80, *answer[2:]],
        "not_a_start:2": lambda answer: [*answer[:2], float(answer[2]), *answer[3:]],
        "not_a_start:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_a_start:4": lambda answer: [*answer[:4], None, *answer[5:]],
        "not_a_start:5": lambda answer: [*answer[:5], str(answer[5]), *answer[6:]],
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "infinity": _dispatch("return float('inf')", raises=ValueError),
        "nothing": _justified("return None", raises=ValueError),
        "a tuple": _dispatch("return (act.p, act.lft)", raises=ValueError),
        "one's own score": _priority("return {'score': 0.0}", raises=ValueError),
        "a shorter duration": _priority("act.p = 1", raises=AttributeError),
        "a smaller demand": _dispatch("act.peak = 0.0", raises=AttributeError),
        "an activity by item": _justified("act[0] = 0", raises=TypeError),
        "a shorter critical path": _priority("stats.cpm = 1", raises=AttributeError),
        "an earlier time": _dispatch("state.t = 0", raises=AttributeError),
        "object.__setattr__": _dispatch(
            "object.__setattr__(act, 'p', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _priority("del act.lst", raises=AttributeError),
        "local copies": _priority("act = stats = None; return 0"),
        "a view kept for later": _dispatch(
            "dispatch.kept = getattr(dispatch, 'kept', []) + [act]; return 0"
        ),
    },
    valid=_valid,
)
