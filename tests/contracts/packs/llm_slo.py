"""Hooks of the pack ``llm_slo``."""

from tests.contracts.packs.records import Canary, Hooks


def _of(name, arguments):
    def canary(body, **expected):
        return Canary(
            entry_point=name,
            body=f"def {name}({arguments}):\n    {body}",
            **expected,
        )

    return canary


_priority = _of("priority", "call, state")
_pick = _of("pick", "waiting, running, state")

HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"decisions": answer},
        "not_a_call:0": lambda answer: ["0", *answer[1:]],
        "not_a_call:1": lambda answer: [answer[0], False, *answer[2:]],
        "not_waiting:0": lambda answer: [99, *answer[1:]],
        "not_waiting:1": lambda answer: [answer[0], answer[0], *answer[2:]],
        "missing:": lambda answer: answer[:-1],
        "surplus:": lambda answer: [*answer, None],
        "stalled:": lambda answer: [None] * 5,
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "infinity": _priority("return float('inf')", raises=ValueError),
        "no value": _priority("return None", raises=ValueError),
        "a number in words": _priority("return '3'", raises=ValueError),
        "nothing is admitted": _priority("return 1"),
        "the output": _priority("return -call.output", raises=AttributeError),
        "a later target": _priority("call.due = 10**6", raises=AttributeError),
        "another class": _priority("call.kind = 1", raises=AttributeError),
        "a larger memory": _priority("state.free = 10**9", raises=AttributeError),
        "the clock": _priority("state.t = 0", raises=AttributeError),
        "by item": _priority("call[0] = 0", raises=TypeError),
        "object.__setattr__": _priority(
            "object.__setattr__(call, 'due', 0)", raises=AttributeError
        ),
        "local copies": _priority("call = call._replace(due=1e9); return -1"),
        "nothing is picked": _pick("return None", code="stalled:"),
        "a call of tomorrow": _pick("return 10**6", raises=ValueError),
        "a number that is none": _pick("return True", raises=ValueError),
        "a queue that is emptied": _pick("waiting.clear()", raises=AttributeError),
        "a batch that is emptied": _pick("running.clear()", raises=AttributeError),
    },
)
