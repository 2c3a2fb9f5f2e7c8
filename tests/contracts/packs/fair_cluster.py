"""Hooks of the pack ``fair_cluster``."""

from tests.contracts.packs.records import Canary, Hooks


def _rule(name):
    def canary(body, **expected):
        return Canary(
            entry_point=name,
            body=f"def {name}(job, user, stage, state):\n    {body}",
            **expected,
        )

    return canary


_priority = _rule("priority")
_partition = _rule("partition")


def _shifted(answer, change):
    """Change the starts of the first stage of the first job."""
    return [[change(answer[0][0]), *answer[0][1:]], *answer[1:]]


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"starts": answer},
        "wrong_length": lambda answer: answer[:-1],
        "wrong_stages:0": lambda answer: [answer[0][:-1], *answer[1:]],
        "wrong_tasks:0:0": lambda answer: _shifted(answer, lambda s: [*s, s[-1]]),
        "not_a_start:0:0": lambda answer: _shifted(answer, lambda s: [0.5, *s[1:]]),
        "too_early:1:0": lambda answer: [
            answer[0],
            [[0] * len(answer[1][0]), *answer[1][1:]],
            *answer[2:],
        ],
        "overload:": lambda answer: [
            [[10**6 * (at + 1)] * len(starts) for at, starts in enumerate(stages)]
            for stages in answer
        ],
    },
    canaries={
        "not a number": _priority("return float('nan')", raises=ValueError),
        "infinity": _partition("return float('inf')", raises=ValueError),
        "no priority": _priority("return None", raises=ValueError),
        "a number in words": _partition("return '3'", raises=ValueError),
        "an earlier arrival": _priority("job.arrival = 0", raises=AttributeError),
        "a smaller job": _priority("job.left = 0", raises=AttributeError),
        "a user without tasks": _priority("user.running = 0", raises=AttributeError),
        "a shorter task": _partition("stage.length = 1", raises=AttributeError),
        "more cores": _partition("state.cores = 99", raises=AttributeError),
        "an item": _priority("state[0] = 0", raises=TypeError),
        "an attribute that is deleted": _partition(
            "del job.tag", raises=AttributeError
        ),
        "local copies": _priority("job = user = stage = None; return 0"),
        "no tasks at all": _partition("return -5"),
        "too many tasks": _partition("return 10**9"),
    },
)
