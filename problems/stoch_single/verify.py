"""The trusted judgement of decisions; knows nothing of the machine that made them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from problems.base import Json, Verdict
from problems.stoch_single.model import StochInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""

_FIRST = 20
"""Age in ticks at which a job can be interrupted first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Work on one job without a break; ``complete`` if the job ends with it."""

    kind: int
    start: int
    end: int
    complete: bool


def verify(instance: StochInstance, entry_point: str, answer: Json) -> Verdict:
    """Judge the types chosen, one for each decision.

    The objective is the expected sum of completion times that belongs to the order of
    completions, in ticks: the i-th of n completions counts n - i + 1 times the mean of
    its type. Over all durations its mean is that of the sum itself, for any rule that
    knows no more than it should, and no order has less than the shortest expected
    processing time first. Violation codes: ``not_a_list``, ``not_a_type:POSITION``,
    ``no_job_left:POSITION``, ``incomplete``, ``no_choice_left:POSITION``. Features: the
    sum of completion times that came about over the objective, and the number of
    interruptions by job.
    """
    if type(answer) is not list:
        return Verdict(objective=None, violations=("not_a_list",))
    kinds = len(instance.means)
    wrong = [
        f"not_a_type:{at}"
        for at, kind in enumerate(answer[: 64 * instance.n])
        if type(kind) is not int or not 0 <= kind < kinds
    ]
    if wrong:
        return Verdict(objective=None, violations=tuple(wrong[:_MAX_CODES]))
    found = list(replay(instance, entry_point, answer))
    codes = [one for one in found if isinstance(one, str)]
    if codes:
        return Verdict(objective=None, violations=tuple(codes))
    pieces = [one for one in found if isinstance(one, Piece)]
    ends = [one for one in pieces if one.complete]
    expected = sum(
        instance.means[one.kind] * (instance.n - at) for at, one in enumerate(ends)
    )
    return Verdict(
        objective=float(expected),
        features={
            "realised": sum(one.end for one in ends) / expected,
            "interruptions": (len(pieces) - len(ends)) / instance.n,
        },
    )


def replay(
    instance: StochInstance, entry_point: str, answer: list[int]
) -> Iterator[Piece | str]:
    """Give what happens, piece by piece; a violation ends it.

    Decisions that go on with a job make one piece.
    """
    waiting = [list(row) for row in instance.durations]
    age = [0] * len(waiting)
    now, open_kind, since = 0, -1, 0
    for at, kind in enumerate(_and_the_rest(answer, waiting)):
        if kind < 0 or (at < len(answer) and sum(map(bool, waiting)) < 2):
            yield "incomplete" if kind < 0 else f"no_choice_left:{at}"
            return
        if not waiting[kind]:
            yield f"no_job_left:{at}"
            return
        if open_kind != kind:
            if open_kind >= 0:
                yield Piece(kind=open_kind, start=since, end=now, complete=False)
            open_kind, since = kind, now
        until = waiting[kind][0]
        if entry_point == "preempt" and at < len(answer):
            until = min(until, age[kind] + max(_FIRST, age[kind]))
        now += until - age[kind]
        age[kind] = until
        if until == waiting[kind][0]:
            waiting[kind].pop(0)
            age[kind] = 0
            yield Piece(kind=kind, start=since, end=now, complete=True)
            open_kind = -1


def _and_the_rest(answer: list[int], waiting: list[list[int]]) -> Iterator[int]:
    """Give the decisions, then the one type that is left for each of its jobs.

    -1 says that more than one type is left then. ``waiting`` changes meanwhile.
    """
    yield from answer
    last = [kind for kind, row in enumerate(waiting) if row]
    if len(last) > 1:
        yield -1
    elif last:
        yield from repeat(last[0], len(waiting[last[0]]))
