"""Hooks of the pack ``jssp``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel_jssp(instance, order):
    return dataclasses.replace(
        instance,
        machines=tuple(instance.machines[job] for job in order),
        times=tuple(instance.times[job] for job in order),
    )


def _with(answer, job, k, start):
    rows = [list(row) for row in answer]
    rows[job][k] = start
    return rows


def _second_at_once(answer):
    """Let every job start its second operation together with its first."""
    return [[row[0], row[0], *row[2:]] for row in answer]


def _one_by_one(answer):
    """Let all jobs keep step, in steps longer than any time: some share a machine."""
    return [[100 * k for k, _ in enumerate(row)] for row in answer]


def _valid_jssp(instance, answer):
    """Whether no unit of time is used twice by a machine or by a job."""
    n, m = instance.n, instance.m
    horizon = sum(map(sum, instance.times))
    if type(answer) is not list or len(answer) != n:
        return False
    used = set()
    for job, row in enumerate(answer):
        if type(row) is not list or [type(x) for x in row] != [int] * m:
            return False
        if row != sorted(row) or not all(0 <= x <= horizon for x in row):
            return False
        for x, k, p in zip(
            row, instance.machines[job], instance.times[job], strict=True
        ):
            units = {(who, x + d) for d in range(p) for who in (f"m{k}", f"j{job}")}
            if used & units:
                return False
            used |= units
    return True


def _rule(name):
    def canary(body, **expected):
        return Canary(
            entry_point=name, body=f"def {name}(op, state):\n    {body}", **expected
        )

    return canary


_priority, _active = _rule("priority"), _rule("active_priority")

HOOKS = Hooks(
    relabel=_relabel_jssp,
    relabel_answer=lambda answer, order: [answer[job] for job in order],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"starts": answer},
        "wrong_length": lambda answer: answer[:-1],
        "not_a_list:1": lambda answer: [answer[0], None, *answer[2:]],
        "wrong_length:0": lambda answer: [answer[0][1:], *answer[1:]],
        "wrong_length:2": lambda answer: [
            *answer[:2],
            [*answer[2], answer[2][-1] + 100],
            *answer[3:],
        ],
        "not_a_time:0:0": lambda answer: _with(answer, 0, 0, -1),
        "not_a_time:0:1": lambda answer: _with(answer, 0, 1, float(answer[0][1])),
        "not_a_time:1:0": lambda answer: _with(answer, 1, 0, False),
        "not_a_time:1:1": lambda answer: _with(answer, 1, 1, None),
        "not_a_time:2:2": lambda answer: _with(answer, 2, 2, str(answer[2][2])),
        "not_a_time:2:3": lambda answer: _with(answer, 2, 3, 10**6),
        "not_a_time:3:4": lambda answer: _with(answer, 3, 4, [0]),
        "precedence:0:1": _second_at_once,
        "precedence:": lambda answer: [row[::-1] for row in answer],
        "overlap:": _one_by_one,
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "minus infinity": _priority("return float('-inf')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "a text": _active("return 'first'", raises=ValueError),
        "one's own score": _active("return {'makespan': 0}", raises=ValueError),
        "a shorter operation": _priority("op.p = 0", raises=AttributeError),
        "an operation by item": _priority("op[0] = 0", raises=TypeError),
        "an earlier arrival": _active("op.ready -= 50", raises=AttributeError),
        "the clock": _priority("state.t = 0", raises=AttributeError),
        "less load": _priority("state.machine_load[0] = 0", raises=TypeError),
        "a new attribute": _priority("state.score = 0", raises=AttributeError),
        "object.__setattr__": _priority(
            "object.__setattr__(op, 'p', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _priority("del op.p", raises=AttributeError),
        "local copies": _priority("op = op._replace(p=0, rest=0); return op.p"),
        "a comparison of its own": _priority(
            "return type('F', (float,), {'__lt__': lambda a, b: True})(0)",
            raises=ValueError,
        ),
    },
    valid=_valid_jssp,
)
