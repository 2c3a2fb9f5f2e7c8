"""Hooks of the pack ``llm_autoscale``."""

from tests.contracts.packs.records import Canary, Hooks


def _target(body, **expected):
    return Canary(
        entry_point="target", body=f"def target(stats):\n    {body}", **expected
    )


def _replicas(body, **expected):
    return Canary(
        entry_point="replicas",
        body=f"def replicas(stats, there, past):\n    {body}",
        **expected,
    )


def _with(answer, place, value):
    return [*answer[:place], value, *answer[place + 1 :]]


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"decisions": answer},
        "not_a_number_of_replicas:0": lambda answer: _with(answer, 0, 0),
        "not_a_number_of_replicas:1": lambda answer: _with(answer, 1, 99),
        "not_a_number_of_replicas:2": lambda answer: _with(answer, 2, True),
        "not_a_number_of_replicas:3": lambda answer: _with(answer, 3, 2.0),
        "not_a_number_of_replicas:4": lambda answer: _with(answer, 4, None),
        "not_a_number_of_replicas:5": lambda answer: _with(answer, 5, [1]),
        "missing:": lambda answer: answer[:-1],
        "surplus:": lambda answer: [*answer, 1, 1],
    },
    canaries={
        "not a number": _target("return float('nan')", raises=ValueError),
        "minus infinity": _target("return float('-inf')", raises=ValueError),
        "no value": _target("return None", raises=ValueError),
        "one's own score": _target("return {'hours': 0}", raises=ValueError),
        "a number in words": _target("return '3'", raises=ValueError),
        "the outputs": _target("return stats.outputs", raises=AttributeError),
        "less than one": _target("return -10**400"),
        "more than there can be": _target("return 10**400"),
        "no price": _target("stats.price = 0", raises=AttributeError),
        "the clock": _target("stats.t = 0", raises=AttributeError),
        "object.__setattr__": _target(
            "object.__setattr__(stats, 'late', 0)", raises=AttributeError
        ),
        "local copies": _target("stats = stats._replace(most=99); return stats.most"),
        "none at all": _replicas("return 0", raises=ValueError),
        "one too many": _replicas("return stats.most + 1", raises=ValueError),
        "half a replica": _replicas("return 1.5", raises=ValueError),
        "a truth": _replicas("return True", raises=ValueError),
        "a past that is emptied": _replicas("past.clear()", raises=AttributeError),
        "a replica that is ready": _replicas(
            "there[0].state = 1", raises=AttributeError
        ),
    },
)
