"""Hooks of the pack ``obp``; the order of the items is part of an instance."""

from tests.contracts.packs.records import Canary, Hooks


def _cost(body, **expected):
    return Canary(
        entry_point="cost", body=f"def cost(bin, item, state):\n    {body}", **expected
    )


def _priority(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(item, bins):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    names = {repr(k): k for k in range(instance.n)}
    if type(answer) is not list or len(answer) != instance.n:
        return False
    if any(type(x) is not int or repr(x) not in names for x in answer):
        return False
    return all(
        sum(s for s, b in zip(instance.items, answer, strict=True) if b == k)
        <= instance.capacity
        for k in names.values()
    )


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"bins": answer},
        "wrong_length": lambda answer: answer[:-1],
        "overfull:0": lambda answer: [0] * len(answer),
        "not_a_bin:0": lambda answer: [len(answer), *answer[1:]],
        "not_a_bin:1": lambda answer: [answer[0], -1, *answer[2:]],
        "not_a_bin:2": lambda answer: [*answer[:2], float(answer[2]), *answer[3:]],
        "not_a_bin:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_a_bin:4": lambda answer: [*answer[:4], None, *answer[5:]],
        "not_a_bin:5": lambda answer: [*answer[:5], str(answer[5]), *answer[6:]],
    },
    canaries={
        "nothing ranked": _priority("return []", raises=ValueError),
        "a bin too many": _priority("return [0] * (len(bins) + 1)", raises=ValueError),
        "one number": _priority("return 0.0", raises=ValueError),
        "one's own score": _priority("return {'score': 0.0}", raises=ValueError),
        "numbers as text": _priority("return ['1'] * len(bins)", raises=ValueError),
        "not a number": _cost("return float('nan')", raises=ValueError),
        "minus infinity": _cost("return float('-inf')", raises=ValueError),
        "an infinite bin": _priority(
            "return [float('inf')] * len(bins)", raises=ValueError
        ),
        "no cost": _cost("return None", raises=ValueError),
        "a smaller item": _cost("item -= 100; return bin.order"),
        "a larger bin": _cost("bin.free = 10**9", raises=AttributeError),
        "a larger capacity": _cost("state.capacity *= 2", raises=AttributeError),
        "a bin by item": _cost("bin[0] = 0", raises=TypeError),
        "object.__setattr__": _cost(
            "object.__setattr__(bin, 'free', 9**9)", raises=AttributeError
        ),
        "bins emptied in place": _priority("bins += 10**6; return bins"),
        "bins filled in place": _priority("bins[:] = 0; return bins"),
        "local copies": _cost("bin = state = None; return 0"),
    },
    valid=_valid,
)
