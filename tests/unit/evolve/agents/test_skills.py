import pytest

from evolve.agents.skills import changes, key_of, mine
from evolve.records import Note, NoteKind
from tests.fakes.records import a_program, an_evaluation
from tests.fakes.tiny_problem import SPT


def program(step, expression, score, parent=None):
    return a_program(
        step,
        source=SPT.replace("return p", f"return {expression}"),
        evaluation=an_evaluation(score),
        parents=(parent.id,) if parent else (),
    )


@pytest.fixture
def lineage():
    """``max(…, time)`` helps two parents of three; constants help once."""
    a = program(0, "p", 0.4)
    b = program(1, "p * p", 0.5)
    c = program(2, "-p", 0.2)
    children = [
        program(3, "max(p, time)", 0.3, a),  # a quarter less
        program(4, "max(p * p, time)", 0.25, b),  # half
        program(5, "max(-p, time)", 0.3, c),  # worse
        program(6, "max(p + 2, time)", None, a),  # another change, and it failed
        program(7, "p * p * 3", 0.1, b),
    ]
    return {p.id: p for p in (a, b, c, *children)}


def test_a_change_that_helped_several_parents_is_a_skill(lineage):
    (skill,) = mine(changes(lineage), least_gain=0.02)
    assert skill.key == "+max +time"
    assert (skill.helped, skill.tried) == (2, 3)
    assert skill.gain == pytest.approx(0.375)
    assert skill.example.added == ("    return max(p * p, time)",)


def test_the_threshold_decides(lineage):
    assert mine(changes(lineage), least_gain=0.3) == []


def test_the_note_has_the_numbers_and_is_found_again(lineage):
    (skill,) = mine(changes(lineage), least_gain=0.02)
    note = skill.note(9)
    assert note.kind is NoteKind.SKILL
    assert note.step == 9
    assert note.title == (
        "+max +time: lowered the gap in 2 of 3 uses, by 37.5 % of itself in the median"
    )
    assert "-    return p * p\n+    return max(p * p, time)" in note.text
    assert key_of(note) == skill.key
    assert key_of(Note(kind=NoteKind.HINT, title="t", text="other")) == ""


def test_one_parent_twice_is_no_skill():
    a = program(0, "p", 0.4)
    children = [
        program(1, "max(p, time)", 0.3, a),
        program(2, "max(time, p)", 0.3, a),
    ]
    found = changes({p.id: p for p in (a, *children)})
    assert {change.key for change in found} == {"+max +time"}
    assert mine(found, least_gain=0.02) == []


def test_changed_constants_are_one_kind_and_rewrites_are_none():
    a = program(0, "2 * p", 0.4)
    whole = " + ".join(f"time.{chr(97 + i)}" for i in range(14))
    found = changes(
        {p.id: p for p in (a, program(1, "3 * p", 0.3, a), program(2, whole, 0.1, a))}
    )
    assert [change.key for change in found] == ["constants"]


def test_a_parent_at_zero_or_failed_compares_with_nothing():
    zero, failed = program(0, "p", 0.0), program(1, "q", None)
    found = changes(
        {
            p.id: p
            for p in (
                zero,
                failed,
                program(2, "-p", 0.1, zero),
                program(3, "-q", 0.1, failed),
            )
        }
    )
    assert found == []
