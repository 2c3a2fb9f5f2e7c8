"""Hooks of the pack ``smtt``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel_smtt(instance, order):
    columns = {
        key: tuple(getattr(instance, key)[job] for job in order) for key in "pdw"
    }
    return dataclasses.replace(instance, **columns)


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(job, state):\n    {body}",
        **expected,
    )


def _sequence(body, **expected):
    return Canary(
        entry_point="sequence", body=f"def sequence(p, d, w):\n    {body}", **expected
    )


def _valid_smtt(instance, answer):
    wanted = [repr(job) for job in range(instance.n)]
    return type(answer) is list and sorted(map(repr, answer)) == sorted(wanted)


HOOKS = Hooks(
    relabel=_relabel_smtt,
    relabel_answer=lambda answer, order: [order.index(job) for job in answer],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"sequence": answer},
        "wrong_length": lambda answer: answer[:-1],
        "missing_job:": lambda answer: answer[1:],
        "duplicate_job:": lambda answer: [answer[1], *answer[1:]],
        "not_an_index:0": lambda answer: [len(answer), *answer[1:]],
        "not_an_index:1": lambda answer: [answer[0], -1, *answer[2:]],
        "not_an_index:2": lambda answer: [*answer[:2], float(answer[2]), *answer[3:]],
        "not_an_index:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_an_index:4": lambda answer: [*answer[:4], None, *answer[5:]],
        "not_an_index:5": lambda answer: [*answer[:5], str(answer[5]), *answer[6:]],
    },
    canaries={
        "nothing scheduled": _sequence("return []", code="wrong_length"),
        "short jobs only": _sequence(
            "return [j for j in range(len(p)) if p[j] < 40]", code="missing_job:"
        ),
        "one job again and again": _sequence(
            "return [p.index(min(p))] * len(p)", code="duplicate_job:"
        ),
        "jobs that do not exist": _sequence(
            "return [j + 1 for j in range(len(p))]", code="not_an_index:"
        ),
        "counted from the end": _sequence(
            "return [j - len(p) for j in range(len(p))]", code="not_an_index:"
        ),
        "one's own score": _sequence(
            "return {'objective': 0, 'score': 0.0}", code="wrong_length"
        ),
        "a text": _sequence("return 'optimal'", code="not_an_index:"),
        "a number": _sequence("return 0.0", raises=TypeError),
        "no list": _sequence("return None", raises=TypeError),
        "not a number": _priority("return float('nan')", raises=ValueError),
        "minus infinity": _priority("return float('-inf')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "shorter processing times": _sequence("p[0] = 0", raises=TypeError),
        "a shorter job": _priority("job.p = 0", raises=AttributeError),
        "a later due date": _priority("job.d += 1000", raises=AttributeError),
        "a job by item": _priority("job[0] = 0", raises=TypeError),
        "the clock": _priority("state.t = 0", raises=AttributeError),
        "a new attribute": _priority("state.score = 0", raises=AttributeError),
        "object.__setattr__": _priority(
            "object.__setattr__(job, 'p', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _priority("del job.d", raises=AttributeError),
        "local copies": _sequence(
            "p = [0] * len(p); d = [10**9] * len(d); return sorted(range(len(p)))"
        ),
    },
    valid=_valid_smtt,
)
