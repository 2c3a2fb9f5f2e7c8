"""Hooks of the pack ``stoch_single``; the order of the types settles ties."""

from tests.contracts.packs.records import Canary, Hooks


def _rule(name):
    def canary(body, **expected):
        return Canary(
            entry_point=name, body=f"def {name}(kind, state):\n    {body}", **expected
        )

    return canary


_choose, _preempt = _rule("choose"), _rule("preempt")

HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"types": answer},
        "incomplete": lambda answer: answer[:-1],
        "no_job_left:": lambda answer: [answer[0]] * 5,
        "no_choice_left:": lambda answer: [*answer, *answer],
        "not_a_type:0": lambda answer: [-1, *answer[1:]],
        "not_a_type:1": lambda answer: [answer[0], 99, *answer[2:]],
        "not_a_type:2": lambda answer: [*answer[:2], float(answer[2]), *answer[3:]],
        "not_a_type:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_a_type:4": lambda answer: [*answer[:4], None],
    },
    canaries={
        "not a number": _choose("return float('nan')", raises=ValueError),
        "minus infinity": _preempt("return float('-inf')", raises=ValueError),
        "nothing": _choose("return None", raises=ValueError),
        "a tuple": _preempt("return (kind.low, kind.done)", raises=ValueError),
        "one's own score": _choose("return {'score': 0.0}", raises=ValueError),
        "a shorter mean": _choose("kind.mean = 0", raises=AttributeError),
        "a type by item": _preempt("kind[0] = 0", raises=TypeError),
        "an earlier time": _choose("state.t = 0", raises=AttributeError),
        "object.__setattr__": _preempt(
            "object.__setattr__(kind, 'left', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _choose("del kind.low", raises=AttributeError),
        "local copies": _preempt("kind = state = None; return 0"),
    },
)
