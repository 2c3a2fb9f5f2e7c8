import itertools
import random
import subprocess
import sys

import pytest

from problems.smtt import simulate

JOBS = simulate.decode({"p": [4, 1, 3], "d": [9, 9, 2], "w": [1, 1, 1]})


def _run(heuristic, entry_point="priority", jobs=JOBS):
    return simulate.run(entry_point, heuristic, jobs, seed=7)


def test_the_smallest_priority_is_next():
    assert _run(lambda job, _: -job.p) == [0, 2, 1]


def test_ties_go_to_the_lower_index():
    assert _run(lambda job, _: job.d == 9) == [2, 0, 1]
    assert _run(lambda *_: 0) == [0, 1, 2]


def test_the_state_describes_the_unscheduled_jobs():
    seen = []
    _run(lambda job, state: seen.append(state) or job.p)
    assert seen[0] == (0, 3, 8, 4, 8 / 3)
    assert seen[-1] == (1, 2, 7, 4, 3.5)


def test_the_last_job_is_not_asked_about():
    calls = []
    _run(lambda job, state: calls.append(state.n) or 0)
    assert sorted(calls) == [2, 2, 3, 3, 3]
    one = simulate.decode({"p": [4], "d": [9], "w": [1]})
    assert _run(lambda *_: float("nan"), jobs=one) == [0]


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
def test_a_priority_that_is_no_finite_number_names_job_and_time(value, shown):
    def priority(job, state):
        return value if job.p == 3 and state.t == 1 else job.p

    with pytest.raises(ValueError) as caught:
        _run(priority)
    text = f"priority of job 2 at time 1 is {shown}, not a finite number"
    assert str(caught.value) == text


def test_an_integer_beyond_floats_is_a_number():
    assert _run(lambda job, _: 10**400 if job.p == 4 else job.p) == [1, 2, 0]
    with pytest.raises(ValueError, match=r"job 1 .* is inf"):
        _run(lambda job, _: 10**400 if job.p == 4 else float("inf"))


def test_an_object_that_forges_its_comparison_is_refused():
    class Sneaky(float):
        def __lt__(self, other):
            return True

    with pytest.raises(ValueError, match="is Sneaky"):
        _run(lambda *_: Sneaky(1))


def test_a_sequence_is_handed_on_as_it_is():
    assert _run(lambda p, d, w: [2, 2, 9], "sequence") == [2, 2, 9]
    assert _run(lambda p, d, w: range(len(p)), "sequence") == [0, 1, 2]
    assert _run(lambda p, d, w: [p, d, w], "sequence") == [
        (4, 1, 3),
        (9, 9, 2),
        (1, 1, 1),
    ]


def test_an_endless_sequence_is_cut():
    assert _run(lambda *_: itertools.count(), "sequence") == [0, 1, 2, 3]


def test_a_sequence_that_is_none_is_an_error():
    with pytest.raises(TypeError, match="returned NoneType, not a list"):
        _run(lambda *_: None, "sequence")


def test_an_unknown_entry_point_is_an_error():
    with pytest.raises(ValueError, match="no entry point 'other'"):
        _run(lambda *_: None, "other")


def test_a_heuristic_that_draws_repeats_itself():
    first = _run(lambda *_: random.random())
    assert first == _run(lambda *_: random.random())
    other = {
        tuple(simulate.run("priority", lambda *_: random.random(), JOBS, s))
        for s in range(20)
    }
    assert len(other) > 1


def test_the_driver_is_loaded_without_third_parties():
    code = "import sys, problems.smtt.simulate; print('numpy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert out.stdout.strip() == b"False"
