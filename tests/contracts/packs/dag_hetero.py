"""Hooks of the pack ``dag_hetero``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    new = {old: k for k, old in enumerate(order)}
    return dataclasses.replace(
        instance,
        cost=tuple(instance.cost[k] for k in order),
        edges=tuple((new[i], new[j], c) for i, j, c in instance.edges),
    )


def _rule(name, arguments):
    def canary(body, **expected):
        return Canary(
            entry_point=name,
            body=f"def {name}({arguments}):\n    {body}",
            **expected,
        )

    return canary


_select = _rule("select", "task, option, state")
_rank = _rule("rank", "task, dag")
_choose = _rule("choose_machine", "task, option, dag")
_split = _rule("split", "dag, max_size")


def _with(answer, i, machine, start):
    rows = [list(row) for row in answer]
    rows[i] = [machine, start]
    return rows


def _valid(instance, answer):
    """Whether no unit of time of a machine is used twice, and all data are there."""
    if type(answer) is not list or len(answer) != instance.n:
        return False
    for pair in answer:
        if type(pair) is not list or [type(x) for x in pair] != [int, int]:
            return False
        if not (0 <= pair[0] < instance.m and 0 <= pair[1] <= 1 << 62):
            return False
    used = set()
    for i, (k, start) in enumerate(answer):
        units = {(k, start + d) for d in range(instance.cost[i][k])}
        if used & units:
            return False
        used |= units
    return all(
        answer[j][1]
        >= answer[i][1]
        + instance.cost[i][answer[i][0]]
        + c * (answer[i][0] != answer[j][0])
        for i, j, c in instance.edges
    )


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, order: [answer[k] for k in order],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"schedule": answer},
        "wrong_length": lambda answer: answer[:-1],
        "overlap:": lambda answer: [[0, start] for _, start in answer],
        "too_early:": lambda answer: [[k, 0] for k, _ in answer],
        "not_a_pair:0": lambda answer: [answer[0][:1], *answer[1:]],
        "not_a_pair:1": lambda answer: [answer[0], [*answer[1], 0], *answer[2:]],
        "no_machine:0": lambda answer: _with(answer, 0, 99, answer[0][1]),
        "no_machine:1": lambda answer: _with(answer, 1, -1, answer[1][1]),
        "no_machine:2": lambda answer: _with(answer, 2, True, answer[2][1]),
        "not_a_start:0": lambda answer: _with(answer, 0, answer[0][0], -1),
        "not_a_start:1": lambda answer: _with(answer, 1, answer[1][0], 1 << 80),
        "not_a_start:2": lambda answer: _with(answer, 2, answer[2][0], 0.5),
        "not_a_start:3": lambda answer: _with(answer, 3, answer[3][0], None),
    },
    canaries={
        "not a number": _select("return float('nan')", raises=ValueError),
        "minus infinity": _rank("return float('-inf')", raises=ValueError),
        "no value": _choose("return None", raises=ValueError),
        "a tuple": _select("return (option.eft, task.up)", raises=ValueError),
        "one's own score": _rank("return {'score': 0.0}", raises=ValueError),
        "a faster machine": _select("option.cost = 1", raises=AttributeError),
        "an earlier start": _choose("option.est = 0", raises=AttributeError),
        "a shorter task": _rank("task.mean = 0", raises=AttributeError),
        "a task by item": _rank("task[0] = 0", raises=TypeError),
        "a shorter path": _choose("dag.span = 0", raises=AttributeError),
        "an earlier makespan": _select("state.makespan = 0", raises=AttributeError),
        "object.__setattr__": _select(
            "object.__setattr__(option, 'eft', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _rank("del task.up", raises=AttributeError),
        "local copies": _select("task = option = state = None; return 0"),
        "a time of a workflow": _split("dag.cost[0][0] = 1", raises=TypeError),
        "a link less": _split("dag.parents[1] = ()", raises=TypeError),
        "no parts": _split("return None", raises=ValueError),
        "a task left out": _split(
            "return [[i] for i in dag.order][:-1]", raises=ValueError
        ),
        "a task twice": _split("return [[0], [0]]", raises=ValueError),
        "too large a part": _split("return [list(dag.order)]", raises=ValueError),
        "children first": _split(
            "return [[i] for i in reversed(dag.order)]", raises=ValueError
        ),
        "indices that lie": _split(
            "return [[type('I', (int,), {})(i)] for i in dag.order]", raises=ValueError
        ),
    },
    valid=_valid,
)
