"""Hooks of the pack ``llm_router``."""

from tests.contracts.packs.records import Canary, Hooks


def _first(answer, pairs):
    return [pairs, *answer[1:]]


def _match(body, **expected):
    return Canary(
        entry_point="match",
        body=f"def match(request, replica, state):\n    {body}",
        **expected,
    )


def _route(body, **expected):
    return Canary(
        entry_point="route",
        body=f"def route(queue, replicas, state):\n    {body}",
        **expected,
    )


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"decisions": answer},
        "not_a_list:0": lambda answer: _first(answer, None),
        "not_a_pair:0": lambda answer: _first(answer, [[0]]),
        "not_a_pair:1": lambda answer: [answer[0], [[1, True]], *answer[2:]],
        "not_a_pair:2": lambda answer: [*answer[:2], [[2, 0.0]], *answer[3:]],
        "not_in_queue:0": lambda answer: _first(answer, [[1, 0]]),
        "not_in_queue:1": lambda answer: [answer[0], answer[0], *answer[2:]],
        "not_a_replica:0": lambda answer: _first(answer, [[0, 99]]),
        "not_a_replica:1": lambda answer: [answer[0], [[1, -1]], *answer[2:]],
        "missing:": lambda answer: answer[:-1],
        "surplus:": lambda answer: [*answer, []],
        "idle:0": lambda answer: _first(answer, []),
    },
    canaries={
        "not a number": _match("return float('nan')", raises=ValueError),
        "minus infinity": _match("return float('-inf')", raises=ValueError),
        "no value": _match("return None", raises=ValueError),
        "one's own score": _match("return {'response': 0}", raises=ValueError),
        "nothing is routed": _match("return 1", raises=ValueError),
        "the output": _match("return -request.output", raises=AttributeError),
        "a shorter prompt": _match("request.prompt = 1", raises=AttributeError),
        "a larger memory": _match("replica.free = 10**9", raises=AttributeError),
        "the clock": _match("state.t = 0", raises=AttributeError),
        "object.__setattr__": _match(
            "object.__setattr__(request, 'wait', 0)", raises=AttributeError
        ),
        "local copies": _match("request = request._replace(prompt=1); return -1"),
        "a request twice": _route(
            "return [(r.id, 0) for r in queue] * 2", raises=ValueError
        ),
        "a request of tomorrow": _route("return [(10**6, 0)]", raises=ValueError),
        "a replica more": _route("return [(queue[0].id, 99)]", raises=ValueError),
        "numbers that are none": _route("return [(True, False)]", raises=ValueError),
        "no list": _route("return None", raises=ValueError),
        "a queue that is emptied": _route("queue.clear()", raises=AttributeError),
    },
)
