import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, InstanceVerdict, Limits, Sandbox, Status
from evaluators.judge import Case, Judge, score
from evaluators.racing import SLACK, Course, blocks, floor, race
from evaluators.sandbox.outcome import Outcome
from problems.base import Reference, Split
from tests.fakes.tiny_problem import INSTANCES, SPT, TINY, Jobs

MANY = tuple(
    Jobs(id=f"m{i:02}", group=f"n{3 + i % 2}", p=tuple(range(1 + i, 4 + i + i % 2)))
    for i in range(20)
)
WIDE = replace(TINY, instances=(INSTANCES | {Split.TRAIN: MANY}).__getitem__)
CASES = Judge(WIDE).cases(Split.TRAIN)
BACKWARDS = SPT.replace("return p", "return -p")


def a_request(source=SPT, limit=None):
    return EvaluationRequest(
        source=source, entry_point="priority", split=Split.TRAIN, hopeless_above=limit
    )


def a_course(limit, cpu_seconds=5.0):
    return Course(
        problem=WIDE,
        cases=CASES,
        request=a_request(limit=limit),
        blocks=blocks(WIDE, CASES),
        cpu_seconds=cpu_seconds,
    )


@dataclass
class Runs:
    """Answers with ``answer(instance)`` and remembers what it was asked for."""

    answer: object
    change: object = lambda outcome, call: outcome

    def __post_init__(self):
        self.blocks = []

    def __call__(self, block):
        self.blocks.append(list(block))
        answers = tuple(self.answer(CASES[index].instance) for index in block)
        outcome = Outcome(
            status=Status.OK,
            sandbox=Sandbox.SECCOMP,
            answers=answers,
            cpu_seconds=0.5,
            wall_seconds=1.0,
        )
        return self.change(outcome, len(self.blocks))


def forwards(instance):
    return list(range(len(instance.p)))


def backwards(instance):
    return forwards(instance)[::-1]


@st.composite
def judged_cases(draw):
    """Cases with objectives that are no better than proved."""
    cases, objectives = [], []
    for index in range(draw(st.integers(1, 9))):
        lower = draw(st.floats(0, 100))
        best = draw(st.none() | st.floats(lower, 120))
        reference = Reference(
            lower=lower, best=best, proved=best == lower, method="-", source="-"
        )
        group = draw(st.sampled_from("ab"))
        cases.append(
            Case(instance=Jobs(id=str(index), group=group, p=()), reference=reference)
        )
        objectives.append(lower + draw(st.floats(0, 50)))
    return cases, objectives


@given(judged_cases(), st.data())
def test_the_floor_rises_to_the_score_and_never_above_it(judged, data):
    cases, objectives = judged
    verdicts = [
        InstanceVerdict(instance=c.instance.id, status=Status.OK, objective=value)
        for c, value in zip(cases, objectives, strict=True)
    ]
    final = score(cases, verdicts)
    order = data.draw(st.permutations(verdicts))
    floors = [floor(cases, order[:seen]) for seen in range(len(order) + 1)]

    rounding = 1e-12 * (1 + abs(final))
    for before, after in pairwise(floors):
        assert before <= after + rounding
    assert floors[-1] == pytest.approx(final, rel=1e-12, abs=1e-12)
    # Hence nobody is stopped whose score is good enough.
    assert max(floors) <= final + SLACK * (1 + abs(final))


def test_the_blocks_hold_every_instance_once_the_weightiest_for_their_size_first():
    course = a_course(0.0)
    order = course.order()

    assert sorted(order) == list(range(20))
    assert [len(block) for block in course.blocks] == [5, 5, 10]
    one_group = [i for i in order if CASES[i].instance.group == "n3"]
    targets = [CASES[index].target for index in one_group]
    assert targets[0] == max(targets)


def test_few_instances_are_one_block():
    cases = Judge(TINY).cases(Split.TRAIN)

    assert blocks(TINY, cases) == ((0, 1),)


def test_a_program_that_is_good_enough_has_the_evaluation_without_a_race():
    runs = Runs(backwards)
    raced = race(a_course(9.9), runs)
    plain = asyncio.run(InlineEvaluator(WIDE).evaluate(a_request(BACKWARDS)))

    assert [len(block) for block in runs.blocks] == [5, 5, 10]
    assert raced.complete
    assert (raced.score, raced.verdicts) == (plain.score, plain.verdicts)
    assert raced.features == pytest.approx(plain.features)
    assert (raced.cpu_seconds, raced.wall_seconds) == (1.5, 3.0)


def test_a_hopeless_program_is_stopped_and_the_record_says_what_was_seen():
    runs = Runs(backwards)
    stopped = race(a_course(0.01), runs)

    assert len(runs.blocks) == 1
    assert (stopped.complete, stopped.score) == (False, None)
    assert [v.instance for v in stopped.verdicts] == [
        CASES[index].instance.id for index in runs.blocks[0]
    ]
    assert "after 5 of 20 instances" in stopped.message
    for verdict in stopped.verdicts:
        assert verdict.instance in stopped.message


def test_a_program_that_just_reaches_the_limit_is_judged_to_the_end():
    final = race(a_course(9.9), Runs(backwards)).score

    assert race(a_course(final), Runs(backwards)).complete


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_failure_in_any_block_is_the_failure_of_the_program(call):
    def change(outcome, number):
        if number != call:
            return outcome
        return replace(
            outcome,
            status=Status.ERROR,
            at=2,
            message="KeyError: 3",
            answers=outcome.answers[:2],
        )

    runs = Runs(forwards, change)
    found = race(a_course(9.9), runs)

    assert len(runs.blocks) == call
    failed = CASES[runs.blocks[-1][2]].instance.id
    assert (found.status, found.score, found.complete) == (Status.ERROR, None, True)
    assert found.message == f"{failed}: KeyError: 3"
    assert len(found.verdicts) == 20
    done = [v for v in found.verdicts if v.status is Status.OK]
    assert len(done) == sum(len(b) for b in runs.blocks[:-1]) + 2


@pytest.mark.parametrize(
    "spoil", [lambda a: a[:-1], lambda a: (*a, a[0]), lambda _: ()]
)
def test_a_wrong_number_of_answers_in_a_block_does_not_shift_those_of_the_next(spoil):
    def change(outcome, number):
        if number != 1:
            return outcome
        return replace(outcome, answers=spoil(outcome.answers))

    found = race(a_course(9.9), Runs(forwards, change))

    assert (found.status, found.score) == (Status.PROTOCOL, None)


def test_an_invalid_answer_is_never_called_hopeless():
    found = race(a_course(0.0), Runs(lambda _: [0, 0, 0]))

    assert (found.status, found.complete) == (Status.INVALID, True)


def test_the_blocks_share_the_time_of_one_evaluation():
    found = race(a_course(9.9, cpu_seconds=1.2), Runs(forwards))

    assert (found.status, found.score) == (Status.TIMEOUT_CPU, None)
    assert "1.2 s of CPU time" in found.message


@pytest.fixture(scope="module")
def local():
    evaluator = LocalEvaluator(
        WIDE, slots=1, limits=Limits(), min_sandbox=Sandbox.PROCESS
    )
    yield evaluator
    asyncio.run(evaluator.close())


@pytest.mark.parametrize("source", [SPT, BACKWARDS, "def priority(p, time): return 0"])
@pytest.mark.parametrize("limit", [None, 9.9])
def test_in_the_sandbox_a_race_to_the_end_changes_nothing(local, source, limit):
    raced = asyncio.run(local.evaluate(a_request(source, limit)))
    plain = asyncio.run(InlineEvaluator(WIDE).evaluate(a_request(source)))

    assert (raced.score, raced.verdicts) == (plain.score, plain.verdicts)


def test_in_the_sandbox_the_hopeless_run_on_a_few_instances_only(local):
    stopped = asyncio.run(local.evaluate(a_request(BACKWARDS, 0.01)))

    assert not stopped.complete
    assert len(stopped.verdicts) == 5
