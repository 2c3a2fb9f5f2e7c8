"""Hooks of the pack ``k8s_pods``."""

import dataclasses

from tests.contracts.packs.records import Canary, Hooks


def _relabel(instance, order):
    columns = {
        key: tuple(getattr(instance, key)[pod] for pod in order)
        for key in ("pod_cpu", "pod_memory", "pod_priority", "pod_node")
    }
    return dataclasses.replace(instance, **columns)


def _score(body, **expected):
    return Canary(
        entry_point="score",
        body=f"def score(pod, node, state):\n    {body}",
        **expected,
    )


def _pair(body, **expected):
    return Canary(
        entry_point="pair_score",
        body=f"def pair_score(pod, node, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    if type(answer) is not list or len(answer) != instance.n:
        return False
    if not {repr(node) for node in answer} <= {
        "None",
        *map(repr, range(len(instance.cpu))),
    }:
        return False
    for node in range(len(instance.cpu)):
        there = [pod for pod, at in enumerate(answer) if at == node and at is not None]
        if sum(instance.pod_cpu[pod] for pod in there) > instance.cpu[node]:
            return False
        if sum(instance.pod_memory[pod] for pod in there) > instance.memory[node]:
            return False
    return True


HOOKS = Hooks(
    relabel=_relabel,
    relabel_answer=lambda answer, order: [answer[pod] for pod in order],
    jobs=lambda instance: instance.n,
    mutations={
        "not_a_list": lambda answer: {"nodes": answer},
        "wrong_length": lambda answer: answer[:-1],
        "no_cpu:0": lambda answer: [0] * len(answer),
        "no_memory:1": lambda answer: [1] * len(answer),
        "not_a_node:0": lambda answer: [10**6, *answer[1:]],
        "not_a_node:1": lambda answer: [answer[0], -1, *answer[2:]],
        "not_a_node:2": lambda answer: [*answer[:2], 1.0, *answer[3:]],
        "not_a_node:3": lambda answer: [*answer[:3], True, *answer[4:]],
        "not_a_node:4": lambda answer: [*answer[:4], "0", *answer[5:]],
    },
    canaries={
        "not a number": _score("return float('nan')", raises=ValueError),
        "minus infinity": _pair("return float('-inf')", raises=ValueError),
        "no value": _score("return None", raises=ValueError),
        "a tuple": _pair("return (node.cpu, node.memory)", raises=ValueError),
        "one's own score": _score("return {'score': 0.0}", raises=ValueError),
        "a smaller pod": _score("pod.cpu = 0.0", raises=AttributeError),
        "a larger node": _score("node.cpu = 9.0", raises=AttributeError),
        "a pod that runs here": _pair("node.here = 1", raises=AttributeError),
        "a node by item": _score("node[0] = 1.0", raises=TypeError),
        "less to place": _score("state.left = 0", raises=AttributeError),
        "object.__setattr__": _score(
            "object.__setattr__(node, 'here', 1)", raises=AttributeError
        ),
        "an attribute that is deleted": _pair("del pod.rank", raises=AttributeError),
        "local copies": _score("pod = node = state = None; return 0"),
    },
    valid=_valid,
)
