"""Hooks of the pack ``llm_admission``."""

from tests.contracts.packs.records import Canary, Hooks


def _of(name, arguments):
    def canary(body, **expected):
        return Canary(
            entry_point=name,
            body=f"def {name}({arguments}):\n    {body}",
            **expected,
        )

    return canary


_admit = _of("admit", "call, state")
_victim = _of("victim", "call, state")
_pick = _of("pick", "waiting, running, state")

# Some heuristics are never asked in an instance that leaves nothing to decide: the
# batch of the tiny ones never outgrows its memory if calls are admitted in order.

HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"decisions": answer},
        "not_a_call:0": lambda answer: ["0", *answer[1:]],
        "not_a_call:1": lambda answer: [answer[0], True, *answer[2:]],
        "not_a_call:2": lambda answer: [*answer[:2], 2.0, *answer[3:]],
        "not_waiting:0": lambda answer: [99, *answer[1:]],
        "not_waiting:1": lambda answer: [answer[0], answer[0], *answer[2:]],
        "missing:": lambda answer: answer[:-1],
        "surplus:": lambda answer: [*answer, None],
        "stalled:": lambda answer: [None] * 6,
    },
    canaries={
        "not a number": _admit("return float('nan')", raises=ValueError),
        "minus infinity": _admit("return float('-inf')", raises=ValueError),
        "no value": _admit("return None", raises=ValueError),
        "a pair": _admit("return (call.wait, call.id)", raises=ValueError),
        "nothing is admitted": _admit("return 1"),
        "the output": _admit("return -call.output", raises=AttributeError),
        "the aim": _admit("return -state.aim", raises=AttributeError),
        "a shorter prompt": _admit("call.prompt = 1", raises=AttributeError),
        "a larger memory": _admit("state.free = 10**9", raises=AttributeError),
        "the clock": _admit("state.t = 0", raises=AttributeError),
        "by item": _admit("state[0] = 0", raises=TypeError),
        "object.__setattr__": _admit(
            "object.__setattr__(call, 'wait', 0)", raises=AttributeError
        ),
        "local copies": _admit("call = call._replace(prompt=1); return -1"),
        "nothing is picked": _pick("return None", code="stalled:"),
        "a call of tomorrow": _pick("return 10**6", raises=ValueError),
        "a number that is none": _pick("return True", raises=ValueError),
        "a list": _pick("return [waiting[0].id]", raises=ValueError),
        "a queue that is emptied": _pick("waiting.clear()", raises=AttributeError),
        "a batch that is emptied": _pick("running.clear()", raises=AttributeError),
        "no victim": _victim("return 0"),
    },
)
