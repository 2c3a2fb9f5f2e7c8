from evaluators.base import InstanceVerdict, Status
from evolve.llm.choosing import (
    digest,
    failures,
    hints,
    inspirations,
    siblings,
    strengths,
    weak_instances,
)
from evolve.records import Note, NoteKind
from tests.fakes.briefs import a_view
from tests.fakes.records import a_program, an_evaluation


def with_gaps(step, *gaps):
    verdicts = tuple(
        InstanceVerdict(instance=f"i{n}", status=Status.OK, objective=1.0, gap=gap)
        for n, gap in enumerate(gaps)
    )
    score = sum(gaps) / len(gaps)
    return a_program(step, evaluation=an_evaluation(score, verdicts=verdicts))


PARENT = with_gaps(0, 0.9, 0.8, 0.1, 0.1, 0.1, 0.1)
BEST = with_gaps(1, 0.2, 0.2, 0.05, 0.05, 0.05, 0.05)
FIRST = with_gaps(2, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9)
SECOND = with_gaps(3, 0.9, 0.0, 0.9, 0.9, 0.9, 0.9)
USELESS = with_gaps(4, 0.9, 0.8, 0.0, 0.0, 0.0, 0.0)


def test_inspirations_are_good_where_the_parent_is_bad():
    assert weak_instances(PARENT) == ["i0", "i1"]
    view = a_view((PARENT, USELESS, SECOND), (FIRST,))
    assert inspirations([PARENT], view, 2) == (FIRST, SECOND)
    assert strengths(FIRST, PARENT) == ("i0",)


def test_each_inspiration_adds_to_those_before_and_the_best_stands_first():
    view = a_view((SECOND, USELESS, BEST, FIRST))
    # BEST adds 1.3 at once, then FIRST and SECOND add 0.2 each: FIRST has not the
    # worse score and is the older one.
    assert inspirations([PARENT], view, 2) == (BEST, FIRST)
    assert inspirations([PARENT, BEST], view, 1) == (FIRST,)
    assert inspirations([PARENT], a_view((PARENT,)), 2) == ()
    # Where nobody adds anything the better score decides.
    assert inspirations([BEST], a_view((PARENT, USELESS)), 1) == (USELESS,)


def test_former_children_are_told_with_what_became_of_them():
    parent = a_program(0, 0.2)
    children = [
        a_program(1, 0.1, parents=(parent.id,), rationale="Look\nahead."),
        a_program(2, 0.3, parents=(parent.id,), rationale="Look back."),
        a_program(3, None, parents=(parent.id,)),
        a_program(4, 0.1, parents=("other", parent.id)),
    ]
    assert siblings(parent, children, 5) == (
        "- gap 10.00 %, better: Look ahead.",
        "- gap 30.00 %, worse: Look back.",
        "- failed (error): mutation",
    )
    assert len(siblings(parent, children, 1)) == 1


def test_failures_are_of_the_island_and_recent():
    recent = [
        a_program(1, None),
        a_program(5, None, island=1),
        a_program(6, None),
        a_program(7, 0.1),
        a_program(8, None),
    ]
    found = failures(recent, island=0, since=2, most=2)
    assert [p.candidate.step for p in found] == [6, 8]
    assert failures(recent, island=0, since=2, most=0) == ()


def test_wishes_are_told_apart_from_what_was_learned():
    notes = [
        Note(kind=kind, title=kind.value, text="", number=n)
        for n, kind in enumerate((*NoteKind, *NoteKind))
    ]
    assert {n.kind for n in hints(notes)} == {NoteKind.HINT}
    assert not {NoteKind.HINT, NoteKind.GUIDANCE} & {n.kind for n in digest(notes)}
    assert len(digest(notes)) == 6
