"""What strategies ask about programs: order, behaviour, who is one too many."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evolve.records import Program

Behaviour: TypeAlias = tuple[float | None, ...]
Rank: TypeAlias = tuple[float, int, int]


def rank(program: Program) -> Rank:
    """Order programs: by score, then the shorter, then the older; failed ones last."""
    score = float("inf") if program.score is None else program.score
    return (score, len(program.candidate.source), program.candidate.step)


def behaviour(program: Program) -> Behaviour:
    """Objectives on all instances of the training split."""
    return tuple([verdict.objective for verdict in program.evaluation.verdicts])


def able(programs: Sequence[Program]) -> list[Program]:
    """List the programs that have a score."""
    return [program for program in programs if program.score is not None]


def scores(programs: Sequence[Program]) -> NDArray[np.float64]:
    """Scores of programs that have one, shape ``(n,)``; lower is better."""
    return np.array([p.score for p in programs], dtype=np.float64)


def twins(living: Sequence[Program], program: Program) -> list[Program]:
    """Find the programs with the same objective on every instance."""
    # Equal objectives give equal scores, so only these need a closer look.
    alike = [other for other in living if other.score == program.score]
    if not alike:
        return []
    own = behaviour(program)
    return [other for other in alike if behaviour(other) == own]


def room(
    living: Sequence[Program],
    program: Program,
    size: int,
    weakest: Callable[[Sequence[Program]], Program],
) -> Sequence[Program] | None:
    """Say who leaves so that a program may live; None if it may not itself.

    Of programs that behave alike the first by rank lives. Then the weakest leave until
    ``size`` are left. Those that a person has pinned are offered to leave like others
    and stay, so there may be more than one too many.
    """
    alike = twins(living, program)
    if any(rank(other) < rank(program) for other in alike):
        return None
    leaving = list(alike)
    gone = {other.id for other in alike}
    rest = [*(p for p in living if p.id not in gone), program]
    while len(rest) > size:
        loser = weakest(rest)
        if loser.id == program.id:
            return None
        leaving.append(loser)
        rest = [p for p in rest if p.id != loser.id]
    return leaving


def last(programs: Sequence[Program]) -> Program:
    """Return the program that is last by rank."""
    return max(programs, key=rank)


def sample(
    programs: Sequence[Program],
    weights: NDArray[np.float64],
    count: int,
    rng: np.random.Generator,
) -> list[Program]:
    """Draw different programs in proportion to weights that are not negative.

    Programs of weight zero are drawn when no others are left.
    """
    remaining, mass = list(programs), np.asarray(weights, dtype=np.float64)
    chosen: list[Program] = []
    while remaining and len(chosen) < count:
        total = mass.cumsum()
        if total[-1] <= 0:
            mass = np.ones(len(remaining))
            total = mass.cumsum()
        index = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
        index = min(index, len(remaining) - 1)
        chosen.append(remaining.pop(index))
        mass = np.delete(mass, index)
    return chosen
