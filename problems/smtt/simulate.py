"""The driver: build a sequence with a heuristic. Runs in the sandbox, plain Python."""

import random
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from problems.values import first_unusable, usable


class Job(NamedTuple):
    """An unscheduled job: processing time, due date, weight."""

    p: int
    d: int
    w: int


class State(NamedTuple):
    """The moment of a decision.

    ``t`` is the time at which the next job starts; ``n``, ``remaining``, ``p_max`` and
    ``p_mean`` are the number, total, longest and mean processing time of the
    unscheduled jobs.
    """

    t: int
    n: int
    remaining: int
    p_max: int
    p_mean: float


Jobs = tuple[Job, ...]


def decode(payload: Any) -> Jobs:
    """Rebuild an instance from plain data."""
    return tuple(map(Job, payload["p"], payload["d"], payload["w"]))


def run(
    entry_point: str, heuristic: Callable[..., Any], instance: Jobs, seed: int
) -> list[Any]:
    """Give the sequence that ``heuristic`` makes: job indices, first job first.

    ``seed`` sets the generator of the ``random`` module, so that a heuristic that
    draws from it repeats itself.

    Raises
    ------
    ValueError
        If a priority is not a finite real number; the text says where.
    TypeError
        If ``sequence`` returns something that is no sequence.
    """
    random.seed(seed)
    if entry_point == "priority":
        return _dispatch(heuristic, instance)
    if entry_point == "sequence":
        return _whole(heuristic, instance)
    raise ValueError(f"no entry point {entry_point!r}")


def _dispatch(priority: Callable[[Job, State], Any], jobs: Jobs) -> list[int]:
    """Take the job of smallest priority again and again; ties go to the lower index."""
    waiting = list(jobs)
    indices = list(range(len(jobs)))
    times = [job.p for job in jobs]
    t, remaining = 0, sum(times)
    answer: list[int] = []
    while len(waiting) > 1:
        n = len(waiting)
        state = State(t, n, remaining, max(times), remaining / n)
        values = [priority(job, state) for job in waiting]
        if not usable(values):
            raise ValueError(_complaint(values, indices, t))
        chosen = values.index(min(values))
        del waiting[chosen]
        answer.append(indices.pop(chosen))
        p = times.pop(chosen)
        t += p
        remaining -= p
    return answer + indices


def _complaint(values: list[Any], indices: list[int], t: int) -> str:
    at, shown = first_unusable(values)
    return f"priority of job {indices[at]} at time {t} is {shown}, not a finite number"


def _whole(sequence: Callable[..., Any], jobs: Jobs) -> list[Any]:
    p, d, w = (tuple(column) for column in zip(*jobs, strict=True))
    result = sequence(p, d, w)
    try:
        items = iter(result)
    except TypeError:
        kind = type(result).__name__
        raise TypeError(
            f"sequence returned {kind}, not a list of job indices"
        ) from None
    # One item too many is enough for the verifier; the result may be endless.
    return list(islice(items, len(jobs) + 1))
