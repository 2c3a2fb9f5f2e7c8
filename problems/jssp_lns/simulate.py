"""The driver: asks a heuristic which operations to free.

The incumbent and its solver stay on the trusted side (``desk.py``).
"""

import random
from collections.abc import Callable
from typing import Any

from problems.jssp_lns.views import Op, Schedule, State
from problems.values import first_unusable, usable

FREE, SELECT = "free", "select_neighbourhood"


def decode(payload: Any) -> Any:
    """Take the instance as it is: in the sandbox there never is one."""
    return payload


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Any, seed: int
) -> Any:
    """Search beside the heuristic; give start times. For trusted programs.

    ``seed`` sets the generator of the ``random`` module.

    Raises
    ------
    ValueError
        If a decision is none; the text says where.
    """
    # The sandbox decides only, and has neither solver nor incumbent.
    from problems.jssp_lns.desk import Desk, shop

    random.seed(seed)
    desk = Desk(shop(instance))
    while (seen := desk.observe()) is not None:
        desk.act(decide(entry_point, heuristic, seen))
    return desk.trace()


def decide(
    entry_point: str, heuristic: Callable[..., Any], observation: Any
) -> list[int]:
    """Give the places of the operations to free, counted job by job.

    Raises
    ------
    ValueError
        If what the heuristic returns is of another kind; the text says where.
    """
    state = State._make(observation["state"])
    ops = [Op._make(numbers) for numbers in observation["ops"]]
    if entry_point == SELECT:
        m = state.m
        jobs = tuple(tuple(ops[at : at + m]) for at in range(0, len(ops), m))
        rng = random.Random(observation["seed"])
        return _named(heuristic(Schedule(jobs, state), rng), state)
    values = [heuristic(op, state) for op in ops]
    if not usable(values):
        at, shown = first_unusable(values)
        raise ValueError(
            f"free of operation {ops[at].k} of job {ops[at].job}, in round "
            f"{state.round}, is {shown}, not a finite number"
        )
    return sorted(range(len(ops)), key=values.__getitem__)[: state.most]


def _named(chosen: Any, state: State) -> list[int]:
    """Read pairs of job and operation; those behind the largest number are left."""
    if type(chosen) not in (list, tuple):
        raise ValueError(f"select_neighbourhood in round {state.round} gave no list")
    places: dict[int, None] = {}
    for pair in chosen:
        if not _names(pair, state):
            raise ValueError(
                f"select_neighbourhood in round {state.round} named what is no pair of "
                "a job and the number of one of its operations, both from 0"
            )
        places[pair[0] * state.m + pair[1]] = None
    return list(places)[: state.most]


def _names(pair: Any, state: State) -> bool:
    if type(pair) not in (list, tuple, Op) or len(pair) < 2:
        return False
    job, k = pair[:2]
    if type(job) is not int or type(k) is not int:
        return False
    return 0 <= job < state.n and 0 <= k < state.m
