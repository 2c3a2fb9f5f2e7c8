"""Hooks of the pack ``vm_resched``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    columns = {
        key: tuple(getattr(instance, key)[k] for k in order)
        for key in ("vm_cores", "vm_memory", "vm_width", "vm_service", "vm_node")
    }
    return dataclasses.replace(instance, **columns)


def _score(body, **expected):
    return Canary(
        entry_point="score", body=f"def score(move, state):\n    {body}", **expected
    )


def _staged(body, **expected):
    return Canary(
        entry_point="two_stage",
        body=f"def two_stage(vm, side, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    if type(answer) is not dict or list(answer) != ["migrations"]:
        return False
    answer = answer["migrations"]
    if type(answer) is not list or len(answer) > instance.limit:
        return False
    at = list(instance.vm_node)
    for row in answer:
        if type(row) is not list or len(row) != 2 or {*map(type, row)} != {int}:
            return False
        vm, node = row
        if not (0 <= vm < instance.n and 0 <= node < len(instance.host)):
            return False
        if at[vm] == node:
            return False
        at[vm] = node
        if not _fits(instance, at):
            return False
    return True


def _fits(instance, at):
    """Whether the whole cluster is as it may be."""
    cores, memory = list(instance.cores), list(instance.memory)
    seen = set()
    for vm, node in enumerate(at):
        width, host = instance.vm_width[vm], instance.host[node]
        if width == 2 and instance.host[node : node + 2] != (host, host):
            return False
        for k in range(node, node + width):
            cores[k] -= instance.vm_cores[vm] / width
            memory[k] -= instance.vm_memory[vm] / width
        service = instance.vm_service[vm]
        if service is not None and (service, host) in seen:
            return False
        seen.add((service, host))
    return min(cores) >= 0 and min(memory) >= 0


def _spoilt(change):
    return lambda answer: {"migrations": change(answer["migrations"])}


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, order: _spoilt(
        lambda rows: [[order.index(vm), node] for vm, node in rows]
    )(answer),
    jobs=lambda instance: instance.n,
    mutations={
        "no_migrations": lambda answer: answer["migrations"],
        "not_a_list": lambda answer: {"migrations": {"0": [0, 1]}},
        "too_many_migrations": _spoilt(lambda rows: rows * 4),
        "not_moved:1": _spoilt(lambda rows: [rows[0], rows[0]]),
        "not_a_migration:0": _spoilt(lambda rows: [[-1, 0], *rows[1:]]),
        "not_a_migration:1": _spoilt(lambda rows: [rows[0], [0, 10**9]]),
        "not_a_migration:2": _spoilt(lambda rows: [*rows[:1] * 2, [True, 0]]),
    },
    canaries={
        "not a number": _score("return float('nan')", raises=ValueError),
        "minus infinity": _score("return float('-inf')", raises=ValueError),
        "no value": _score("return None", raises=ValueError),
        "a tuple": _staged("return (side.after, side.rest)", raises=ValueError),
        "one's own score": _staged("return {'score': 0.0}", raises=ValueError),
        "a larger gain": _score("move.gain = 99", raises=AttributeError),
        "a smaller VM": _staged("vm.cores = 1", raises=AttributeError),
        "more room": _staged("side.free = 10**9", raises=AttributeError),
        "a move by item": _score("move[0] = 0", raises=TypeError),
        "more migrations": _score("state.left = 10**9", raises=AttributeError),
        "no fragments": _staged("state.rest = 0", raises=AttributeError),
        "object.__setattr__": _score(
            "object.__setattr__(move, 'gain', 9)", raises=AttributeError
        ),
        "an attribute that is deleted": _score("del move.gain", raises=AttributeError),
        "local copies": _score("move = state = None; return 0"),
    },
    valid=_valid,
)
