"""Hooks of the pack ``fjsp``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    return dataclasses.replace(instance, jobs=tuple(instance.jobs[j] for j in order))


def _with(answer, job, k, pair):
    rows = [list(row) for row in answer]
    rows[job][k] = pair
    return rows


def _start(answer, job, k, start):
    return _with(answer, job, k, [answer[job][k][0], start])


def _machine(answer, job, k, machine):
    return _with(answer, job, k, [machine, answer[job][k][1]])


def _second_at_once(answer):
    """Let every job start its second operation together with its first."""
    return [[row[0], [row[1][0], row[0][1]], *row[2:]] for row in answer]


def _in_step(answer):
    """Let all jobs keep step, in steps longer than any time: some share a machine."""
    return [[[pair[0], 100 * k] for k, pair in enumerate(row)] for row in answer]


def _valid(instance, answer):
    """Whether no unit of time is used twice by a machine or by a job."""
    horizon = sum(max(p for _, p in op) for job in instance.jobs for op in job)
    if type(answer) is not list or len(answer) != instance.n:
        return False
    used = set()
    for j, (job, row) in enumerate(zip(instance.jobs, answer, strict=True)):
        if type(row) is not list or len(row) != len(job):
            return False
        before = 0
        for op, pair in zip(job, row, strict=True):
            if type(pair) is not list or [type(x) for x in pair] != [int, int]:
                return False
            machine, start = pair
            if machine not in dict(op) or not before <= start <= horizon:
                return False
            before = start
            span = range(start, start + dict(op)[machine])
            units = {(who, x) for x in span for who in (f"m{machine}", f"j{j}")}
            if used & units:
                return False
            used |= units
    return True


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(op, machine, state):\n    {body}",
        **expected,
    )


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, order: [answer[job] for job in order],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"starts": answer},
        "wrong_length": lambda answer: answer[:-1],
        "not_a_list:1": lambda answer: [answer[0], None, *answer[2:]],
        "wrong_length:0": lambda answer: [answer[0][1:], *answer[1:]],
        "wrong_length:2": lambda answer: [
            *answer[:2],
            [*answer[2], [0, 9]],
            *answer[3:],
        ],
        "not_a_pair:0:1": lambda answer: _with(answer, 0, 1, 5),
        "not_a_pair:1:0": lambda answer: _with(answer, 1, 0, [0]),
        "not_a_pair:1:1": lambda answer: _with(answer, 1, 1, {"machine": 0}),
        "not_a_machine:0:0": lambda answer: _machine(answer, 0, 0, -1),
        "not_a_machine:0:2": lambda answer: _machine(answer, 0, 2, 3),
        "not_a_machine:1:2": lambda answer: _machine(
            answer, 1, 2, float(answer[1][2][0])
        ),
        "not_a_machine:2:0": lambda answer: _machine(answer, 2, 0, [0]),
        "not_a_time:0:0": lambda answer: _start(answer, 0, 0, -1),
        "not_a_time:0:1": lambda answer: _start(answer, 0, 1, float(answer[0][1][1])),
        "not_a_time:1:0": lambda answer: _start(answer, 1, 0, False),
        "not_a_time:2:2": lambda answer: _start(answer, 2, 2, str(answer[2][2][1])),
        "not_a_time:2:1": lambda answer: _start(answer, 2, 1, 10**6),
        "precedence:0:1": _second_at_once,
        "precedence:": lambda answer: [
            [[pair[0], 100 * (9 - k)] for k, pair in enumerate(row)] for row in answer
        ],
        "overlap:": _in_step,
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "minus infinity": _priority("return float('-inf')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "a pair": _priority("return (machine.end, op.rest)", raises=ValueError),
        "one's own score": _priority("return {'makespan': 0}", raises=ValueError),
        "a shorter operation": _priority("machine.p = 0", raises=AttributeError),
        "a shorter chain": _priority("op.left = 1", raises=AttributeError),
        "an operation by item": _priority("op[0] = 0", raises=TypeError),
        "an idle machine": _priority("machine.wait = 0", raises=AttributeError),
        "the clock": _priority("state.t = 0", raises=AttributeError),
        "object.__setattr__": _priority(
            "object.__setattr__(machine, 'p', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _priority("del op.rest", raises=AttributeError),
        "local copies": _priority("machine = machine._replace(p=0); return machine.p"),
        "a comparison of its own": _priority(
            "return type('F', (float,), {'__lt__': lambda a, b: True})(0)",
            raises=ValueError,
        ),
    },
    valid=_valid,
)
