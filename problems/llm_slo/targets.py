"""When a call or a program is due. Plain Python: it also runs in the sandbox."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from problems.llm_serving.requests import Request


class Kind(IntEnum):
    """What a request wants; its ``client``."""

    CHAT = 0
    """The first token soon, later ones fast enough to read."""
    DEADLINE = 1
    """All of it within a time."""
    COMPOUND = 2
    """The last call of its program within a time for each of the calls."""


class Targets(NamedTuple):
    """Targets in seconds: the limits of a scenario.

    ``ttft`` to the first token of a chat, ``tpot`` a token after it; ``whole`` to the
    end of a call with a deadline; ``call`` for each call of a program, to its end.
    """

    ttft: float
    tpot: float
    whole: float
    call: float


class Plan(NamedTuple):
    """What the requests of a run are for, by number.

    ``calls`` is how many calls the program has (1 where there is none), ``stage`` how
    many of them are before, ``due`` the time of the deadline, for a chat that of the
    first token.
    """

    calls: tuple[int, ...]
    stage: tuple[int, ...]
    due: tuple[float, ...]


def plan(requests: Sequence[Request], targets: Targets) -> Plan:
    """Tell programs and deadlines of requests."""
    members: dict[int, int] = {}
    for one in requests:
        members[one.program] = members.get(one.program, 0) + 1
    stage: list[int] = []
    for one in requests:
        stage.append(1 + max((stage[parent] for parent in one.parents), default=-1))
    calls = tuple(1 if one.program < 0 else members[one.program] for one in requests)
    within = {
        Kind.CHAT: targets.ttft,
        Kind.DEADLINE: targets.whole,
        Kind.COMPOUND: targets.call,
    }
    due = tuple(
        one.arrival + within[Kind(one.client)] * count
        for one, count in zip(requests, calls, strict=True)
    )
    return Plan(calls, tuple(stage), due)
