"""Stop judging a program as soon as it is certain that its score is of no use.

The score is a mean of sums over instances, and no instance can contribute less than
its proven lower bound allows. So the score of what is known, with every other
instance at its bound, is a floor of the final score that only rises while instances
come in. Once it is above what was asked for, no outcome of the rest can bring it
back: the test has no error rate, however often one looks and in whatever order.

Sequential tests that do err were tried on recorded campaigns of ``smtt``: the test
martingale for sampling without replacement of I. Waudby-Smith and A. Ramdas
(Confidence sequences for sampling without replacement, NeurIPS 2020), at levels 0.05
and 0.01, saved less than this floor does in its best order (46 to 47 % of the work of
full islands against 49 %). They need a random order, while the floor is free to begin
with the instances that weigh most.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from evaluators.base import Evaluation, EvaluationRequest, InstanceVerdict, Status
from evaluators.judge import Case, counted, judge, score
from evaluators.sandbox.outcome import Outcome
from problems.base import AnyProblem

SLACK = 1e-8
"""By how much a floor has to exceed the limit: more than the judge's tolerance."""

_SHARES = (4, 2)
"""A quarter of the instances, half of them, all of them: a look costs a process."""
_FEWEST = 8
"""Instances below which a second process costs more than it can save."""


def blocks(problem: AnyProblem, cases: Sequence[Case]) -> tuple[tuple[int, ...], ...]:
    """Divide the instances of a split: each block is judged before the next runs.

    The instances with the most weight in the score for their size (of the encoded
    instance, in bytes) come first, in an order that is the same for every program.
    """
    if len(cases) < _FEWEST:
        return (tuple(range(len(cases))),)
    totals: dict[str, float] = {}
    for case in cases:
        group = case.instance.group
        totals[group] = totals.get(group, 0.0) + abs(case.target)

    def worth(index: int) -> float:
        case = cases[index]
        size = len(json.dumps(problem.encode(case.instance)))
        return abs(case.target) / (totals[case.instance.group] or 1.0) / size

    order = sorted(range(len(cases)), key=lambda index: (-worth(index), index))
    cuts = [0, *(len(cases) // share for share in _SHARES), len(cases)]
    return tuple(tuple(order[a:b]) for a, b in pairwise(cuts))


def floor(cases: Sequence[Case], verdicts: Sequence[InstanceVerdict]) -> float:
    """Return the least score that is still possible; lower is better.

    Parameters
    ----------
    verdicts
        Of some of the instances; the others may still reach their proven lower bound.
    """
    known = {v.instance: v for v in verdicts if v.objective is not None}
    return score(cases, [known.get(c.instance.id) or _at_best(c) for c in cases])


def _at_best(case: Case) -> InstanceVerdict:
    return InstanceVerdict(
        instance=case.instance.id, status=Status.OK, objective=case.reference.lower
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a race is about.

    Attributes
    ----------
    blocks
        Indices of ``cases``, in running order.
    cpu_seconds
        Limit for all blocks together.
    """

    problem: AnyProblem
    cases: Sequence[Case]
    request: EvaluationRequest
    blocks: Sequence[Sequence[int]]
    cpu_seconds: float

    def order(self) -> list[int]:
        """Return the indices of all instances in running order."""
        return [index for block in self.blocks for index in block]


def race(course: Course, run: Callable[[Sequence[int]], Outcome]) -> Evaluation:
    """Judge block after block; stop at the first failure, or once it is hopeless.

    A program that is judged to the end has the evaluation that it would have had
    without a race. One that is stopped has an incomplete one, with the verdicts of the
    instances that were run and a message that names them.

    Parameters
    ----------
    run
        Runs the program on the instances with these indices, in a new process.
    """
    order = course.order()
    cases = [course.cases[index] for index in order]
    total = _checked(run(course.blocks[0]), course.blocks[0])
    for block in course.blocks[1:]:
        if total.status is not Status.OK:
            break
        stopped = _hopeless(course, cases[: len(total.answers)], total)
        if stopped is not None:
            return stopped
        total = _joined(course, total, _checked(run(block), block))
    evaluation = judge(course.problem, cases, course.request, total)
    ranks = dict(zip(order, evaluation.verdicts, strict=True))
    verdicts = tuple(ranks[index] for index in sorted(ranks))
    return replace(evaluation, verdicts=verdicts)


def _hopeless(
    course: Course, seen: Sequence[Case], total: Outcome
) -> Evaluation | None:
    """Return an incomplete evaluation if the score cannot be good enough any more."""
    limit = course.request.hopeless_above
    partial = judge(course.problem, seen, course.request, total)
    if limit is None or partial.status is not Status.OK:
        return None
    least = floor(course.cases, partial.verdicts)
    if least <= limit + SLACK:
        return None
    names = ", ".join(verdict.instance for verdict in partial.verdicts)
    return replace(
        partial,
        score=None,
        complete=False,
        message=(
            f"hopeless: after {len(seen)} of {len(course.cases)} instances the score "
            f"is at least {least:.6g}, and {limit:.6g} is of no use; seen: {names}"
        ),
    )


def _checked(outcome: Outcome, block: Sequence[int]) -> Outcome:
    """Keep a wrong number of answers from shifting those of the next block."""
    outcome = counted(outcome, len(block))
    return replace(outcome, answers=outcome.answers[: len(block)])


def _joined(course: Course, before: Outcome, after: Outcome) -> Outcome:
    joined = replace(
        after,
        answers=before.answers + after.answers,
        at=None if after.at is None else len(before.answers) + after.at,
        cpu_seconds=before.cpu_seconds + after.cpu_seconds,
        wall_seconds=before.wall_seconds + after.wall_seconds,
    )
    if joined.status is not Status.OK or joined.cpu_seconds <= course.cpu_seconds:
        return joined
    message = f"used more than {course.cpu_seconds:g} s of CPU time"
    return replace(joined, status=Status.TIMEOUT_CPU, message=message)
