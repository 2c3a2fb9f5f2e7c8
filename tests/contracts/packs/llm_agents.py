"""Hooks of the pack ``llm_agents``."""

from tests.contracts.packs.records import Canary, Hooks


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(call, program, state):\n    {body}",
        **expected,
    )


def _ttl(body, **expected):
    return Canary(
        entry_point="ttl",
        body=f"def ttl(call, program, engine, state):\n    {body}",
        **expected,
    )


def _at(place, value):
    return lambda answer: [*answer[:place], value, *answer[place + 1 :]]


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"decisions": answer},
        "not_a_call:0": _at(0, [0]),
        "not_a_call:1": _at(1, True),
        "not_a_call:2": _at(2, 2.0),
        "not_a_call:3": _at(3, "3"),
        "not_waiting:0": _at(0, 10**6),
        "not_waiting:1": lambda answer: [answer[0], answer[0], *answer[2:]],
        "not_waiting:2": _at(2, -1),
        "missing:": lambda answer: answer[:-1],
        "surplus:": lambda answer: [*answer, 0],
        # One question for each of the eight programs, and nothing ever runs.
        "stalled:": lambda _: [None] * 8,
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "minus infinity": _priority("return float('-inf')", raises=ValueError),
        "no value": _priority("return None", raises=ValueError),
        "one's own score": _priority("return {'completion': 0}", raises=ValueError),
        "a number in words": _priority("return '1'", raises=ValueError),
        "the output": _priority("return call.output", raises=AttributeError),
        "calls to come": _priority("return program.calls", raises=AttributeError),
        "a shorter wait": _priority("call.wait = 10**9", raises=AttributeError),
        "a larger memory": _priority("state.free = 10**9", raises=AttributeError),
        "an older program": _priority("program.age = 10**9", raises=AttributeError),
        "a call by item": _priority("call[6] = 1", raises=TypeError),
        "object.__setattr__": _priority(
            "object.__setattr__(call, 'fresh', 0)", raises=AttributeError
        ),
        "local copies": _priority("call = call._replace(fresh=0); return call.fresh"),
        "the tool of tomorrow": _ttl("return call.delay", raises=AttributeError),
        "a time that is none": _ttl("return float('inf')", raises=ValueError),
        "no time": _ttl("return None", raises=ValueError),
        "a list of times": _ttl("return [1.0]", raises=ValueError),
        "for ever": _ttl("return 10**400"),
        "less than nothing": _ttl("return -10**400"),
        "all memory": _ttl("engine.blocks = 10**9", raises=AttributeError),
        "a finished tool": _ttl("call.seen = 0", raises=AttributeError),
        "the clock": _ttl("state.t = 0", raises=AttributeError),
    },
)
