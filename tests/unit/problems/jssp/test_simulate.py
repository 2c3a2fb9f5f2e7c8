import random
import subprocess
import sys

import pytest

from problems.base import Split
from problems.jssp.instances import instances
from problems.jssp.model import JsspInstance
from tests.unit.problems.jssp.examples import SMALL, schedule

TIED = JsspInstance(
    id="tied",
    group="3x2",
    machines=((1, 0), (0, 1), (0, 1)),
    times=((1, 1), (1, 9), (9, 1)),
)


def test_the_smallest_priority_is_next():
    assert schedule(SMALL, lambda op, _: op.p) == [[1, 7], [0, 4], [0, 2]]
    assert schedule(SMALL, lambda op, _: -op.p) == [[0, 3], [0, 3], [7, 8]]


def test_a_machine_does_not_wait_in_a_non_delay_schedule_but_may_in_an_active_one():
    # Job 1 reaches machine 0 at 1; job 0 could start on it at 0.
    one = JsspInstance(
        id="x", group="2x2", machines=((0, 1), (1, 0)), times=((5, 1), (1, 1))
    )

    def rule(op, _):
        return op.left

    assert schedule(one, rule) == [[0, 5], [0, 5]]
    assert schedule(one, rule, "active_priority") == [[2, 7], [0, 1]]


def test_ties_go_to_the_job_that_came_first_then_to_the_lower_index():
    starts = schedule(TIED, lambda *_: 0)
    # On machine 0 job 1 is before job 2, and job 2, there since 0, before job 0.
    assert [row[TIED.machines[job].index(0)] for job, row in enumerate(starts)] == [
        10,
        0,
        1,
    ]


def test_ties_of_active_schedules_go_to_the_lower_index():
    starts = schedule(TIED, lambda *_: 0, "active_priority")
    assert [row[TIED.machines[job].index(0)] for job, row in enumerate(starts)] == [
        1,
        0,
        2,
    ]


def test_first_come_first_served_is_the_same_in_both_drivers():
    for one in instances(Split.TRAIN)[:12]:
        plain, active = (
            schedule(one, lambda op, _: op.ready, name)
            for name in ("priority", "active_priority")
        )
        assert max(map(max, plain)) == max(map(max, active))


def test_the_views_describe_operation_and_moment():
    seen = []
    schedule(SMALL, lambda op, state: seen.append((op, state)) or op.p)
    op, state = seen[0]
    assert op._asdict() == {
        "p": 3,
        "done": 0,
        "rest": 5,
        "total": 5,
        "left": 2,
        "next_p": 2,
        "next_machine": 1,
        "ready": 0,
    }
    assert state._asdict() == {
        "t": 0,
        "n": 2,
        "load": 8,
        "p_mean": 2.0,
        "rest_mean": 5.5,
        "queue_work": (4, 2, 0),
        "machine_load": (8, 9, 0),
    }
    # At 4 job 0 has come to machine 1, where job 2 runs, and to machine 0 nobody.
    assert [(op.done, op.ready, state.t) for op, state in seen] == [(0, 0, 0)] * 2


def test_the_views_of_an_active_schedule_tell_arrivals_from_the_moment():
    seen = []
    one = JsspInstance(
        id="x", group="2x2", machines=((0, 1), (1, 0)), times=((5, 1), (1, 1))
    )
    schedule(one, lambda op, s: seen.append((op, s)) or op.p, "active_priority")
    assert [(op.ready, op.done, state.t, state.n) for op, state in seen] == [
        (0, 0, 0, 2),
        (1, 1, 0, 2),
    ]
    op, state = seen[1]
    assert (op.next_p, op.next_machine, state.machine_load[-1]) == (0, -1, 0)
    assert state.p_mean == 3.0


@pytest.mark.parametrize("entry_point", ["priority", "active_priority"])
def test_sums_in_the_state_are_those_of_the_candidates(entry_point):
    groups = {}

    def rule(op, state):
        groups.setdefault((state, id(state)), []).append(op)
        return op.p

    schedule(instances(Split.SMOKE)[3], rule, entry_point)
    assert len(groups) > 40
    for (state, _), ops in groups.items():
        assert len(ops) == state.n >= 2
        assert state.p_mean == sum(op.p for op in ops) / state.n
        assert state.rest_mean == sum(op.rest for op in ops) / state.n
        assert all(op.done + op.rest == op.total for op in ops)
        assert all(
            work <= load
            for work, load in zip(state.queue_work, state.machine_load, strict=True)
        )


def test_a_single_candidate_is_not_asked_about():
    one = JsspInstance(id="x", group="1x2", machines=((0, 1),), times=((3, 4),))
    for entry_point in ("priority", "active_priority"):
        assert schedule(one, lambda *_: float("nan"), entry_point) == [[0, 3]]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (None, "NoneType"),
        ("1", "str"),
        (1j, "complex"),
        ((1,), "tuple"),
    ],
)
def test_a_priority_that_is_no_finite_number_names_job_machine_and_time(value, shown):
    with pytest.raises(ValueError) as caught:
        schedule(SMALL, lambda op, _: value if op.p == 1 else op.p)
    text = f"priority of job 2 on machine 0 at time 0 is {shown}, not a finite number"
    assert str(caught.value) == text


def test_an_integer_beyond_floats_is_a_number():
    assert schedule(SMALL, lambda op, _: 10**400 if op.p == 1 else op.p)[0][0] == 0
    with pytest.raises(ValueError, match=r"job 2 .* is inf"):
        schedule(SMALL, lambda op, _: 10**400 if op.p == 3 else float("inf"))


def test_an_operation_without_length_ends_at_once():
    one = JsspInstance(
        id="x", group="2x2", machines=((0, 1), (0, 1)), times=((0, 2), (3, 0))
    )
    for entry_point in ("priority", "active_priority"):
        assert schedule(one, lambda op, _: op.p, entry_point) == [[0, 0], [0, 3]]


def test_an_unknown_entry_point_is_an_error():
    with pytest.raises(ValueError, match="no entry point 'other'"):
        schedule(SMALL, lambda *_: 0, "other")


def test_a_heuristic_that_draws_repeats_itself():
    one = instances(Split.SMOKE)[2]
    first = schedule(one, lambda *_: random.random())
    assert first == schedule(one, lambda *_: random.random())
    assert first != schedule(one, lambda *_: random.random(), seed=8)


def test_the_driver_is_loaded_without_third_parties():
    code = "import sys, problems.jssp.simulate; print('numpy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert out.stdout.strip() == b"False"
