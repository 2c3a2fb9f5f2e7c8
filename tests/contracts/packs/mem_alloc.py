"""Hooks of the pack ``mem_alloc``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    columns = {
        key: tuple(getattr(instance, key)[k] for k in order)
        for key in ("lower", "upper", "size")
    }
    return dataclasses.replace(instance, **columns)


def _key(body, **expected):
    return Canary(
        entry_point="key", body=f"def key(buf, stats):\n    {body}", **expected
    )


def _next(body, **expected):
    return Canary(
        entry_point="next_buffer",
        body=f"def next_buffer(buf, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    n = instance.n
    if type(answer) is not list or len(answer) != n:
        return False
    if any(type(x) is not int or x < 0 or x > 1 << 62 for x in answer):
        return False
    for a in range(n):
        for b in range(a):
            apart = (
                instance.upper[a] <= instance.lower[b]
                or instance.upper[b] <= instance.lower[a]
                or answer[a] + instance.size[a] <= answer[b]
                or answer[b] + instance.size[b] <= answer[a]
            )
            if not apart:
                return False
    return True


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, order: [answer[k] for k in order],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"offsets": answer},
        "wrong_length": lambda answer: answer[:-1],
        "overlap:": lambda answer: [0] * len(answer),
        "not_an_offset:0": lambda answer: [-1, *answer[1:]],
        "not_an_offset:1": lambda answer: [answer[0], 1 << 80, *answer[2:]],
        "not_an_offset:2": lambda answer: [*answer[:2], float(answer[2]), *answer[3:]],
        "not_an_offset:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_an_offset:4": lambda answer: [*answer[:4], None, *answer[5:]],
        "not_an_offset:5": lambda answer: [*answer[:5], str(answer[5]), *answer[6:]],
    },
    canaries={
        "not a number": _key("return float('nan')", raises=ValueError),
        "minus infinity": _key("return float('-inf')", raises=ValueError),
        "no key": _key("return None", raises=ValueError),
        "a tuple": _key("return (buf.size, buf.life)", raises=ValueError),
        "one's own score": _next("return {'score': 0.0}", raises=ValueError),
        "a smaller buffer": _key("buf.size = 1", raises=AttributeError),
        "a shorter life": _next("buf.upper = buf.lower + 1", raises=AttributeError),
        "a lower place": _next("buf.offset = 0", raises=AttributeError),
        "a buffer by item": _key("buf[0] = 0", raises=TypeError),
        "a lower bound": _key("stats.bound = 10**12", raises=AttributeError),
        "a lower peak": _next("state.peak = 0", raises=AttributeError),
        "object.__setattr__": _next(
            "object.__setattr__(buf, 'offset', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _key("del buf.life", raises=AttributeError),
        "local copies": _next("buf = state = None; return 0"),
    },
    valid=_valid,
)
