"""Hooks of the pack ``jssp_lns``; an answer is one of ``jssp``."""

from tests.contracts.packs import jssp
from tests.contracts.packs.records import Canary, Hooks


def _free(body, **expected):
    return Canary(
        entry_point="free", body=f"def free(op, state):\n    {body}", **expected
    )


def _select(body, **expected):
    return Canary(
        entry_point="select_neighbourhood",
        body=f"def select_neighbourhood(schedule, rng):\n    {body}",
        **expected,
    )


HOOKS = Hooks(
    relabel=jssp.HOOKS.relabel,
    relabel_answer=jssp.HOOKS.relabel_answer,
    jobs=jssp.HOOKS.jobs,
    mutations={
        **jssp.HOOKS.mutations,
        "refused": lambda _: {"refused": -1},
        "refused:3": lambda _: {"refused": 3},
        "not_a_list": lambda answer: {"refused": 3, "starts": answer},
    },
    canaries={
        "not a number": _free("return float('nan')", raises=ValueError),
        "minus infinity": _free("return float('-inf')", raises=ValueError),
        "no value": _free("return None", raises=ValueError),
        "a pair": _free("return (op.slack, op.luck)", raises=ValueError),
        "a comparison of its own": _free(
            "return type('F', (float,), {'__lt__': lambda a, b: True})(0)",
            raises=ValueError,
        ),
        "a shorter operation": _free("op.p = 0", raises=AttributeError),
        "an earlier start": _free("op[4] = 0", raises=TypeError),
        "another makespan": _free(
            "object.__setattr__(state, 'makespan', 0)", raises=AttributeError
        ),
        "more rounds": _free("state.rounds = 99", raises=AttributeError),
        "local copies": _free("op = op._replace(slack=0); return op.slack"),
        "no neighbourhood": _select("return None", raises=ValueError),
        "a number": _select("return 7", raises=ValueError),
        "no operation": _select("return [(0, 99)]", raises=ValueError),
        "an operation from behind": _select("return [(-1, 0)]", raises=ValueError),
        "truths": _select("return [(True, False)]", raises=ValueError),
        "half a pair": _select("return [(0,)]", raises=ValueError),
        "words": _select("return ['ab']", raises=ValueError),
        "nothing": _select("return []"),
        "everything": _select("return [op for job in schedule.jobs for op in job]"),
        "one for all": _select("return [(0, 0)] * 1000"),
        "more time": _select("schedule.state.budget = 1.0", raises=AttributeError),
    },
    valid=jssp.HOOKS.valid,
)
