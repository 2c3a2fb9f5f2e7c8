"""What each operator has brought of late: the measure that shares of work follow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evolve.ports import View
from evolve.records import Operator, Program

_RECORD = 1.0
_BETTER = 0.25
_SHORTER = 0.1
"""Worth of a program that is among the best, or better than, or as good as and shorter
than its parent; the highest that is true of it counts."""

_BEST = 10
"""How many of the best living programs are among the best."""

_DECAY = 0.99
"""What each later program leaves of the weight of an earlier one."""

_PRIOR = 20.0
"""Weight of the belief that an operator is as good as the average."""

_SWING = 4.0
"""A share is multiplied or divided by no more than this."""


@dataclass(frozen=True, slots=True)
class _Brought:
    operator: Operator
    worth: float


def merits(view: View, members: Mapping[str, frozenset[Operator]]) -> dict[str, float]:
    """How much more than the average a program of each member brought.

    An operator that several members use says nothing about any of them.

    Returns
    -------
    dict
        Factor by member, from 1 / 4 to 4; 1 where nothing is known.
    """
    owners = _owners(members)
    worth = dict.fromkeys(members, 0.0)
    weight = dict.fromkeys(members, 0.0)
    fading = 1.0
    for brought in reversed(list(_brought(view))):
        owner = owners.get(brought.operator)
        if owner is not None:
            worth[owner] += fading * brought.worth
            weight[owner] += fading
        fading *= _DECAY
    total = sum(worth.values())
    if not total:
        return dict.fromkeys(members, 1.0)
    average = total / sum(weight.values())
    factors = {
        name: (worth[name] + _PRIOR * average) / (weight[name] + _PRIOR) / average
        for name in members
    }
    return {n: min(_SWING, max(1 / _SWING, f)) for n, f in factors.items()}


def _owners(members: Mapping[str, frozenset[Operator]]) -> dict[Operator, str]:
    owners: dict[Operator, list[str]] = {}
    for name, operators in members.items():
        for operator in operators:
            owners.setdefault(operator, []).append(name)
    return {operator: names[0] for operator, names in owners.items() if not names[1:]}


def _brought(view: View) -> Iterator[_Brought]:
    living = [program for island in view.islands.values() for program in island]
    known = {program.id: program for program in (*view.recent, *living)}
    bar = _bar(list(known.values()))
    for program in sorted(view.recent, key=lambda program: program.candidate.step):
        candidate = program.candidate
        parent = known.get(candidate.parents[0]) if candidate.parents else None
        yield _Brought(candidate.operator, _worth(program, parent, bar))


def _bar(programs: Sequence[Program]) -> float:
    """Score of the last of the best; equal scores are one place."""
    scores = sorted({p.score for p in programs if p.score is not None})
    return scores[:_BEST][-1] if scores else float("inf")


def _worth(program: Program, parent: Program | None, bar: float) -> float:
    if program.score is None or parent is None or parent.score is None:
        return 0.0
    if program.score < parent.score:
        return _RECORD if program.score <= bar else _BETTER
    shorter = len(program.candidate.source) < len(parent.candidate.source)
    return _SHORTER if program.score == parent.score and shorter else 0.0
