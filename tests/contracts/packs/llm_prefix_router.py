"""Hooks of the pack ``llm_prefix_router``."""

from tests.contracts.packs.records import Canary, Hooks


def _cost(body, **expected):
    return Canary(
        entry_point="cost",
        body=f"def cost(request, replica, state):\n    {body}",
        **expected,
    )


def _place(body, **expected):
    return Canary(
        entry_point="place",
        body=f"def place(request, replicas, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    """Whether each request has a replica."""
    return (
        type(answer) is list
        and len(answer) == instance.n
        and all(type(one) is int and one in range(4) for one in answer)
    )


def _with(answer, place, value):
    return [*answer[:place], value, *answer[place + 1 :]]


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"places": answer},
        "not_a_replica:0": lambda answer: _with(answer, 0, -1),
        "not_a_replica:1": lambda answer: _with(answer, 1, 4),
        "not_a_replica:2": lambda answer: _with(answer, 2, float(answer[2])),
        "not_a_replica:3": lambda answer: _with(answer, 3, True),
        "not_a_replica:4": lambda answer: _with(answer, 4, [answer[4]]),
        "not_a_replica:5": lambda answer: _with(answer, 5, 10**400),
        "missing:39": lambda answer: answer[:-1],
        "missing:0": lambda _: [],
        "surplus:40": lambda answer: [*answer, 0],
    },
    canaries={
        "not a number": _cost("return float('nan')", raises=ValueError),
        "no cost": _cost("return None", raises=ValueError),
        "one's own score": _cost("return {'objective': 0}", raises=ValueError),
        "no such replica": _place("return 4", raises=ValueError),
        "a negative replica": _place("return -1", raises=ValueError),
        "a replica that is none": _place("return True", raises=ValueError),
        "a longer match": _cost("replica.match = 9", raises=AttributeError),
        "the clock": _cost("state.t = 0", raises=AttributeError),
        "a quantum": _place("replicas[0].deficit = 9", raises=AttributeError),
        "other replicas": _place("replicas[0] = 1", raises=TypeError),
        "the output": _cost("return request.output", raises=AttributeError),
        "the prefix": _cost("return len(request.prefix)", raises=AttributeError),
        "local copies": _cost("return request._replace(prompt=1).prompt"),
    },
    valid=_valid,
)
