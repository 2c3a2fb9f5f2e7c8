"""Hooks of the pack ``revealed_flow``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    return dataclasses.replace(instance, jobs=tuple(instance.jobs[j] for j in order))


def _with(answer, place, at, value):
    pieces = [list(piece) for piece in answer]
    pieces[place][at] = value
    return pieces


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(job, state):\n    {body}",
        **expected,
    )


def _informed(body, **expected):
    return Canary(
        entry_point="informed_priority",
        body=f"def informed_priority(job, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    """Whether each unit of time serves at most one job, and each job gets its work."""
    if type(answer) is not list:
        return False
    served = [[] for _ in instance.jobs]
    horizon = sum(sum(job.sizes) for job in instance.jobs)
    horizon += max(job.release for job in instance.jobs)
    used, latest = set(), 0
    for piece in answer:
        if type(piece) is not list or [type(x) for x in piece] != [int] * 3:
            return False
        job, start, end = piece
        if not 0 <= job < instance.n or not latest <= start < end <= horizon:
            return False
        units = set(range(start, end))
        if used & units:
            return False
        used |= units
        served[job] += units
        latest = start
    return all(
        len(units) == sum(job.sizes) and min(units) >= job.release
        for units, job in zip(served, instance.jobs, strict=True)
    )


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, order: [
        [order.index(job), start, end] for job, start, end in answer
    ],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"pieces": answer},
        "not_a_piece:0": lambda answer: [None, *answer[1:]],
        "not_a_piece:1": lambda answer: [answer[0], answer[1][:2], *answer[2:]],
        "not_a_piece:2": lambda answer: _with(answer, 2, 2, float(answer[2][2])),
        "not_a_piece:3": lambda answer: _with(answer, 3, 0, True),
        "not_a_piece:4": lambda answer: _with(answer, 4, 1, str(answer[4][1])),
        "not_a_job:0": lambda answer: _with(answer, 0, 0, -1),
        "not_a_job:1": lambda answer: _with(answer, 1, 0, 10**6),
        "not_a_time:0": lambda answer: _with(answer, 0, 1, -1),
        "not_a_time:1": lambda answer: _with(answer, 1, 2, answer[1][1]),
        "not_a_time:2": lambda answer: _with(answer, 2, 2, 10**400),
        "overlap:1": lambda answer: _with(answer, 1, 1, answer[0][2] - 1),
        "before_release:0": lambda answer: _with(
            answer, 0, 0, max(job for job, *_ in answer)
        ),
        "wrong_work:": lambda answer: answer[:-1],
        "wrong_work:0": lambda answer: [one for one in answer if one[0] != 0],
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "minus infinity": _priority("return float('-inf')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "a pair": _priority("return (job.rest, job.arrival)", raises=ValueError),
        "one's own score": _informed("return {'flow': 0}", raises=ValueError),
        "a shorter job": _priority("job.rest = 1", raises=AttributeError),
        "an earlier arrival": _priority("job.arrival = 0", raises=AttributeError),
        "a job by item": _informed("job[0] = 0", raises=TypeError),
        "the clock": _priority("state.t = 0", raises=AttributeError),
        "a longer quantum": _priority("state.quantum = 10**9", raises=AttributeError),
        "a better rank": _informed("job.rank = 0", raises=AttributeError),
        "the law without leave": _priority("return job.rank", raises=AttributeError),
        "the sizes": _priority("return sum(job.sizes)", raises=AttributeError),
        "object.__setattr__": _priority(
            "object.__setattr__(job, 'rest', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _priority(
            "del job.rest", raises=AttributeError
        ),
        "local copies": _priority("job = job._replace(rest=0); return job.rest"),
    },
    valid=_valid,
)
