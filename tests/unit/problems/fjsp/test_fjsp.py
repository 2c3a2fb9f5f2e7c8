"""The pack ``fjsp``: instances, driver, verifier, references, pictures."""

import importlib
from dataclasses import replace

import pytest

from problems.base import Bar, Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.fjsp import reference as truth
from problems.fjsp import simulate
from problems.fjsp.instances import draw
from problems.fjsp.model import (
    FjspInstance,
    describe,
    encode,
    horizon,
    trivial_bound,
)
from problems.fjsp.pack import PACK, gantt
from problems.fjsp.verify import verify

CASE = FjspInstance(
    id="x",
    group="g",
    m=2,
    jobs=(
        (((0, 3), (1, 4)), ((1, 2),)),
        (((0, 5),), ((0, 2), (1, 6))),
        (((0, 1), (1, 9)),),
    ),
)


def run(heuristic, instance=CASE):
    return simulate.run("priority", heuristic, simulate.decode(encode(instance)), 0)


def rule(name):
    return importlib.import_module(f"problems.fjsp.heuristics.{name}").priority


def makespan(instance, name):
    return verify(instance, "priority", run(rule(name), instance)).objective


def test_an_operation_is_sent_to_a_machine_and_a_machine_takes_from_its_queue():
    seen = []

    def priority(op, machine, state):
        seen.append((state.routing, state.t, op.left, machine.p, machine.wait))
        return machine.end if state.routing else machine.p

    # Job 0 goes to machine 0, job 1 has to, job 2 would end at 9 on either: first.
    assert run(priority) == [[[0, 1], [1, 4]], [[0, 4], [0, 9]], [[0, 0]]]
    assert seen[:4] == [
        (True, 0, 2, 3, 0),
        (True, 0, 2, 4, 0),
        (True, 0, 1, 1, 8),
        (True, 0, 1, 9, 0),
    ]
    assert [one[:1] + one[3:] for one in seen[4:7]] == [
        (False, 3, 0),
        (False, 5, 0),
        (False, 1, 0),
    ]
    assert seen[-2:] == [(True, 9, 1, 2, 0), (True, 9, 1, 6, 0)]


def test_nothing_is_asked_where_there_is_no_choice():
    forced = replace(CASE, jobs=((((0, 3),), ((1, 2),)), (((1, 1),),)))
    assert run(lambda *_: 1 / 0, forced) == [[[0, 0], [1, 3]], [[1, 0]]]


def test_views_tell_the_state_of_the_shop():
    seen = []

    def priority(op, machine, state):
        seen.append((op, machine, state))
        return -machine.load

    run(priority)
    op, machine, state = seen[0]
    assert op == (3, 3.5, 2, 0.0, 5.5, 5.5, 2, 2.0, 0)
    assert machine == (3, 0, 3, 0, 0)
    assert state == (True, 0, 2, 2, 3.5, 0.0, 2 + 5 + 2 + 1)
    third = next(one for one in seen if one[0].total == 5.0)
    assert third[1] == (1, 8, 9, 2, 8)
    assert third[2].load_mean == 4.0
    assert third[2].ahead == 4


def test_ties_go_to_the_first_machine_and_the_first_in_the_queue():
    assert run(lambda *_: 0) == [[[0, 0], [1, 3]], [[0, 3], [0, 9]], [[0, 8]]]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_place(value):
    with pytest.raises(ValueError, match="job 0 on machine 0 at time 0"):
        run(lambda op, machine, state: value)
    with pytest.raises(ValueError, match="job 0 on machine 0 at time 0 is"):
        run(lambda op, machine, state: machine.end if state.routing else value)
    with pytest.raises(ValueError, match="no entry point"):
        simulate.run("other", max, simulate.decode(encode(CASE)), 0)


def test_a_schedule_is_judged():
    good = verify(CASE, "", [[[0, 1], [1, 4]], [[0, 4], [0, 9]], [[0, 0]]])
    assert (good.objective, good.violations) == (11.0, ())
    assert good.features["extra_work"] == 0
    assert good.features["fastest_share"] == 1
    assert good.features["idle_share"] == pytest.approx(1 - 13 / 22)
    assert good.features["imbalance"] == pytest.approx(11 * 2 / 13 - 1)
    slow = verify(CASE, "", [[[1, 0], [1, 4]], [[0, 0], [0, 5]], [[0, 7]]])
    assert slow.objective == 8.0
    assert slow.features["fastest_share"] == pytest.approx(4 / 5)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ([[[0, 1], [0, 4]], [[0, 4], [0, 9]], [[0, 0]]], "not_a_machine:0:1"),
        ([[[0, 1], [1, 3]], [[0, 4], [0, 9]], [[0, 0]]], "precedence:0:1"),
        ([[[0, 1], [1, 4]], [[0, 3], [0, 9]], [[0, 0]]], "overlap:0:1"),
        ([[[0, 1], [1, 4]], [[0, 4], [0, 30]], [[0, 0]]], "not_a_time:1:1"),
        ([[[0, 1], [True, 4]], [[0, 4], [0, 9]], [[0, 0]]], "not_a_machine:0:1"),
        ([[[0, 1], [1, 4]], [[0, 4], [0, 9]], [[0, 0]], []], "wrong_length"),
    ],
)
def test_each_fault_has_its_code(answer, code):
    assert verify(CASE, "", answer).violations == (code,)


def test_a_large_wrong_answer_is_reported_in_few_words():
    one = draw("mix", 60, 5, 1)
    assert len(verify(one, "", [["x"] * 5] * 60).violations) == 20
    zero = [[[op[0][0], 0] for op in job] for job in one.jobs]
    assert len(verify(one, "", zero).violations) == 20


def test_bounds_and_numbers_of_an_instance():
    assert horizon(CASE) == 4 + 2 + 5 + 6 + 9
    assert trivial_bound(CASE) == 7
    assert trivial_bound(replace(CASE, jobs=CASE.jobs[2:] * 9)) == 5
    assert describe(CASE) == {
        "jobs": 3,
        "machines": 2,
        "operations": 5,
        "choices": 8 / 5,
    }


def test_kinds_differ_as_they_should():
    mix, alike, few = (draw(kind, 20, 5, 1) for kind in ("mix", "alike", "few"))
    ops = {one.group: [op for job in one.jobs for op in job] for one in (mix, few)}
    assert {len(op) for op in ops["mix20x5"]} == {1, 2, 3, 4, 5}
    assert {len(op) for op in ops["few20x5"]} == {1, 2}
    assert all(len({p for _, p in op}) == 1 for op in ops["few20x5"])
    for op in (op for job in alike.jobs for op in job):
        times = [p for _, p in op]
        assert len(op) <= 3
        assert max(times) <= 1.5 * min(times)
    assert draw("mix", 20, 5, 1) == mix != draw("mix", 20, 5, 2)


def test_nearly_all_optima_are_proved():
    for split in Split:
        found = [truth.reference(one).proved for one in PACK.instances(split)]
        assert sum(found) >= 0.8 * len(found)


def test_no_rule_beats_a_bound():
    for split in (Split.VALID, Split.OOD):
        for one in PACK.instances(split)[::3]:
            bound = truth.reference(one).lower
            assert all(makespan(one, name) >= bound for name in PACK.baselines)
            assert bound >= trivial_bound(one)


def test_the_solver_gives_the_stored_bounds_again(tmp_path):
    pytest.importorskip("ortools")
    chosen = [PACK.instances(Split.TRAIN)[k] for k in (1, 14)]
    path = tmp_path / "references.json"
    truth.solve_references(lambda _: None, path, chosen)
    _, _, rows = truth._load(path)
    for one in chosen:
        name, lower, best = rows[one.id]
        stored = truth.reference(one)
        assert (lower, best) == (stored.lower, stored.best)
        assert stored.proved
        assert name == truth.digest(one)


def test_a_solved_schedule_is_feasible_and_as_long_as_stated():
    pytest.importorskip("ortools")
    found = truth.solve(CASE)
    assert verify(CASE, "", found.schedule).objective == found.best == found.lower == 8


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(InfrastructureError, match="writable checkout"):
        truth.solve_references(lambda _: None, tmp_path / "no" / "file", [])


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.SMOKE)[0]
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(replace(one, jobs=one.jobs[1:]))


def test_a_picture_has_a_row_for_each_machine_and_marks_the_last_to_end():
    assert list(gantt(CASE, [[[0, 1], [1, 4]], [[0, 4], [0, 9]], [[0, 0]]])) == [
        Bar(row="M0", start=0, end=1, label="J2"),
        Bar(row="M0", start=1, end=4, label="J0"),
        Bar(row="M0", start=4, end=9, label="J1"),
        Bar(row="M0", start=9, end=11, label="J1", late=True),
        Bar(row="M1", start=4, end=6, label="J0"),
    ]
