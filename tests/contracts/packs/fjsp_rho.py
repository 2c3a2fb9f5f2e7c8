"""Hooks of the pack ``fjsp_rho``; an answer is one of ``fjsp``."""

from tests.contracts.packs import fjsp
from tests.contracts.packs.records import Canary, Hooks


def _fix(body, **expected):
    return Canary(
        entry_point="fix", body=f"def fix(op, state):\n    {body}", **expected
    )


def _window(body, **expected):
    return Canary(
        entry_point="next_window",
        body=f"def next_window(state):\n    {body}",
        **expected,
    )


HOOKS = Hooks(
    relabel=fjsp.HOOKS.relabel,
    relabel_answer=fjsp.HOOKS.relabel_answer,
    jobs=fjsp.HOOKS.jobs,
    mutations={
        **fjsp.HOOKS.mutations,
        "not_a_pair:0:2": lambda answer: [
            [*row[:2], *[None for _ in row[2:]]] for row in answer
        ],
        "refused": lambda _: {"refused": "soon"},
        "refused:3": lambda _: {"refused": 3},
        "not_a_list": lambda answer: {"refused": 3, "schedule": answer},
    },
    canaries={
        "not a number": _fix("return float('nan')", raises=ValueError),
        "minus infinity": _fix("return float('-inf')", raises=ValueError),
        "no value": _fix("return None", raises=ValueError),
        "words": _fix("return 'yes'", raises=ValueError),
        "a number of its own": _fix(
            "return type('F', (float,), {'__gt__': lambda a, b: []})(0)",
            raises=ValueError,
        ),
        "a shorter operation": _fix("op.p = 0", raises=AttributeError),
        "an operation by item": _fix("op[0] = 0", raises=TypeError),
        "more solver time": _fix("state.budget = 9.0", raises=AttributeError),
        "the clock": _fix("object.__setattr__(state, 't', 0)", raises=AttributeError),
        "the machine": _fix("return op.machine", raises=AttributeError),
        "what comes next": _fix("return state.plan", raises=AttributeError),
        "local copies": _fix("op = op._replace(p=0); return op.p"),
        "one number": _window("return 12", raises=ValueError),
        "three numbers": _window("return 12, 6, 0", raises=ValueError),
        "fractions": _window("return 12.0, 6.0", raises=ValueError),
        "truths": _window("return True, True", raises=ValueError),
        "everything at once": _window("return 10**400, 10**400"),
        "nothing at all": _window("return -(10**400), 0"),
        "steps beyond the window": _window("return 4, 10**9"),
        "a fresh budget": _window("state.budget = 1.0", raises=AttributeError),
    },
    valid=fjsp.HOOKS.valid,
)
