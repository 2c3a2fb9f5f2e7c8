"""Hooks of the pack ``llm_fair``."""

from tests.contracts.packs.records import Canary, Hooks


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(request, client, state):\n    {body}",
        **expected,
    )


def _pick(body, **expected):
    return Canary(
        entry_point="pick",
        body=f"def pick(waiting, clients, state):\n    {body}",
        **expected,
    )


def _with(answer, place, value):
    return [*answer[:place], value, *answer[place + 1 :]]


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"order": answer},
        "not_a_call:0": lambda answer: _with(answer, 0, float(answer[0])),
        "not_a_call:1": lambda answer: _with(answer, 1, True),
        "not_a_call:2": lambda answer: _with(answer, 2, [answer[2]]),
        "not_a_call:3": lambda answer: _with(answer, 3, str(answer[3])),
        "not_waiting:0": lambda answer: _with(answer, 0, -1),
        "not_waiting:1": lambda answer: _with(answer, 1, 10**400),
        "not_waiting:2": lambda answer: _with(answer, 2, answer[0]),
        "missing:0": lambda _: [],
        "missing:": lambda answer: answer[:-1],
        "surplus:": lambda answer: [*answer, 0],
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "one's own score": _priority("return {'objective': 0}", raises=ValueError),
        "a request that is not there": _pick("return -1", raises=ValueError),
        "a request by its view": _pick("return waiting[0]", raises=ValueError),
        "nobody ever": _pick("return None", code="stalled:"),
        "a longer match": _priority("request.match = 9", raises=AttributeError),
        "less service": _priority("client.served = 0", raises=AttributeError),
        "a larger bound": _priority("state.bound = 10**9", raises=AttributeError),
        "other requests": _pick("waiting[0] = 1", raises=TypeError),
        "the output": _priority("return request.output", raises=AttributeError),
        "local copies": _priority("return request._replace(prompt=1).prompt"),
    },
)
