"""Hooks of the pack ``llm_offline_prefix``."""

from tests.contracts.packs.records import Canary, Hooks


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(request, tree, state):\n    {body}",
        **expected,
    )


def _order(body, **expected):
    return Canary(
        entry_point="order",
        body=f"def order(requests, tree, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    if type(answer) is not list or any(type(k) is not int for k in answer):
        return False
    return sorted(answer) == list(range(instance.n))


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"order": answer},
        "wrong_length": lambda answer: answer[:-1],
        "not_a_request:0": lambda answer: [-1, *answer[1:]],
        "not_a_request:1": lambda answer: [answer[0], 10**6, *answer[2:]],
        "not_a_request:2": lambda answer: [*answer[:2], float(answer[2]), *answer[3:]],
        "not_a_request:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_a_request:4": lambda answer: [*answer[:4], None, *answer[5:]],
        "twice:1": lambda answer: [answer[0], answer[0], *answer[2:]],
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "minus infinity": _priority("return float('-inf')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "a pair": _priority("return (tree.place, request.own)", raises=ValueError),
        "one's own score": _priority("return {'makespan': 0}", raises=ValueError),
        "a shorter prompt": _priority("request.own = 1", raises=AttributeError),
        "a better place": _priority("tree.place = 0", raises=AttributeError),
        "more memory": _priority("state.kv = 10**9", raises=AttributeError),
        "the true output": _priority("return request.true", raises=AttributeError),
        "object.__setattr__": _priority(
            "object.__setattr__(request, 'own', 0)", raises=AttributeError
        ),
        "local copies": _priority("request = request._replace(own=0); return 0"),
        "one request less": _order(
            "return [r.id for r in requests[1:]]", raises=ValueError
        ),
        "one request twice": _order("return [0] * len(requests)", raises=ValueError),
        "a request of others": _order(
            "return [r.id + 1 for r in requests]", raises=ValueError
        ),
        "truths": _order("return [True for r in requests]", raises=ValueError),
        "no list": _order("return None", raises=ValueError),
        "requests that are emptied": _order("requests.clear()", raises=AttributeError),
    },
    valid=_valid,
)
