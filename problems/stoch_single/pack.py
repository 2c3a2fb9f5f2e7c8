"""The pack ``stoch_single``: one machine, jobs of unknown types, learning."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    PLAIN_MODULES,
    Bar,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Picture,
    Problem,
)
from problems.stoch_single.baselines import baselines
from problems.stoch_single.instances import instances
from problems.stoch_single.model import StochInstance, describe, encode
from problems.stoch_single.reference import optimum, reference, solve_references
from problems.stoch_single.simulator import StochSimulator
from problems.stoch_single.verify import Piece, replay, verify

_CARD = """\
**Learning on a single machine, smallest expected sum of completion times.** Jobs of K
types are there from the start, and how many of each is known. The durations of a type
are drawn from the exponential law in whole ticks (geometric), whose mean is not known.
One machine does one job at a time; a policy chooses the type that runs next and learns
from what it sees.

If the means were known, the type of the least mean would go first, and that would be
optimal. Judged by the excess over it: each completion counts the mean of its type times
the number of jobs not complete until then, whose expectation is that of the sum of
completion times. 2 to 6 types of up to 60 jobs; means from 60 ticks to 16000, near to
each other or far apart: compare times with each other rather than with constants.
"""

_KIND = (
    "kind.left, kind.done: its numbers of incomplete and complete jobs; kind.time: "
    "ticks of work on it so far; kind.elapsed: those on its next job, which is "
    "incomplete; kind.mean: time / done, or time if none is done; kind.low, kind.high: "
    "bounds on the mean duration, time / (sqrt(done) + c)^2 and time / (sqrt(done) - "
    "c)^2 with c = sqrt(ln(n) / 2), high is 1e9 if done <= c^2; kind.running: 1 if it "
    "ran last and its job is incomplete, else 0. state.t: ticks so far; state.n, "
    "state.left: all jobs, and incomplete ones; state.k: number of types with jobs "
    "left; of these state.best_high: least high, state.next_low: least low but one, "
    "state.least_time: least time. Both are read-only. Return a finite int or float."
)

_CALLED = (
    "called for each type with jobs left, if there are at least two; the type of the "
    "smallest value runs, ties go to the lower index. "
)

_FEATURES = (
    Feature(code="kind.left", doc="incomplete jobs of the type, at least 1"),
    Feature(code="kind.done", doc="complete jobs of the type, at least 0"),
    Feature(code="kind.time", doc="work on the type so far, at least 0", unit="ticks"),
    Feature(code="kind.mean", doc="mean duration so far, at least 0", unit="ticks"),
    Feature(code="kind.low", doc="lower bound on the mean, at least 0", unit="ticks"),
    Feature(code="kind.high", doc="upper bound on the mean", unit="ticks"),
    Feature(code="state.left", doc="all incomplete jobs, at least 2"),
    Feature(code="state.n", doc="all jobs, at least 2"),
    Feature(code="state.k", doc="types with jobs left, at least 2"),
    Feature(code="state.t", doc="time so far, at least 0", unit="ticks"),
    Feature(code="state.best_high", doc="least upper bound of the types", unit="ticks"),
    Feature(code="state.next_low", doc="least lower bound but one", unit="ticks"),
    Feature(code="state.least_time", doc="least work of the types", unit="ticks"),
)

_CHOOSE = EntryPoint(
    name="choose",
    signature="def choose(kind, state) -> float:",
    doc="Without preemption: before each job " + _CALLED + _KIND,
    seed="round_robin",
    features=_FEATURES,
)

_PREEMPT = EntryPoint(
    name="preempt",
    signature="def preempt(kind, state) -> float:",
    doc=(
        "With preemption: at the start, at each completion and whenever the job that "
        "runs is 20, 40, 80, 160, ... ticks old "
        + _CALLED
        + "What is done of a job is kept. "
        + _KIND
    ),
    seed="slices",
    features=(
        *_FEATURES,
        Feature(
            code="kind.elapsed", doc="work on its next job, at least 0", unit="ticks"
        ),
        Feature(code="kind.running", doc="1 if it was interrupted now, else 0"),
    ),
)


def gantt(instance: StochInstance, answer: Json) -> Sequence[Bar]:
    """Work on each type; pieces that end with a completion have its number.

    An answer does not say whether there was preemption: the reading of it that is valid
    is shown.
    """
    readings = [list(replay(instance, name, answer)) for name in ("preempt", "choose")]
    found = next(
        one for one in readings if not any(isinstance(piece, str) for piece in one)
    )
    bars, done = [], 0
    for piece in found:
        assert isinstance(piece, Piece)
        done += piece.complete
        bars.append(
            Bar(
                row=f"type {piece.kind}",
                start=piece.start,
                end=piece.end,
                label=str(done) if piece.complete else "",
                late=not piece.complete,
            )
        )
    return bars


PACK: Problem[StochInstance] = Problem(
    name="stoch_single",
    version=1,
    title="Learning on a single machine, expected sum of completion times",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"choose": _CHOOSE, "preempt": _PREEMPT}),
    driver="problems.stoch_single.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=optimum,
    solve_references=solve_references,
    card=_CARD,
    simulator=StochSimulator,
    describe=describe,
    picture=Picture(along="time (ticks)", marked="interrupted"),
    campaign=MappingProxyType({"entry_point": "preempt", "seeds": ["slices"]}),
)
