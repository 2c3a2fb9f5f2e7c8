"""One window: against enumeration, with fixed machines, and without time."""

import dataclasses
import sys
from itertools import permutations, product

import pytest

from problems.errors import ConfigError
from problems.fjsp_rho.cpsat import Task, Window, solve
from problems.subsolver import demand

WINDOW = Window(
    tasks=(
        Task(job=0, choices=((0, 4), (1, 6)), place=(0, 5)),
        Task(job=0, choices=((1, 3),), place=(1, 9)),
        Task(job=1, choices=((0, 2), (1, 5)), place=(1, 4)),
        Task(job=2, choices=((0, 7), (1, 9)), place=(0, 9)),
    ),
    ready=(1, 4, 0),
    free=(5, 2),
    tail=(2, 8, 0),
    end=17,
)
"""Two machines, two jobs that lead to others; the places are feasible."""


def ends(window, chosen, order):
    """End of a schedule that starts the tasks as soon as it can, in ``order``."""
    ready, free, end = list(window.ready), list(window.free), 0
    done = {task.job: 0 for task in window.tasks}
    for at in order:
        task, (machine, p) = window.tasks[at], chosen[at]
        first = sum(other.job == task.job for other in window.tasks[:at])
        if done[task.job] != first:
            return None
        done[task.job] += 1
        ready[task.job] = free[machine] = max(ready[task.job], free[machine]) + p
    for until, tail in zip(ready, window.tail, strict=True):
        end = max(end, until + tail)
    return end


def best(window):
    found = [
        ends(window, chosen, order)
        for chosen in product(*(task.choices for task in window.tasks))
        for order in permutations(range(len(window.tasks)))
    ]
    return min(end for end in found if end is not None)


def end_of(window, solved):
    """End of what was solved, after a look at each rule."""
    ready, used, until = list(window.ready), [], list(window.ready)
    for task, (machine, start) in zip(window.tasks, solved.places, strict=True):
        p = dict(task.choices)[machine]
        assert start >= max(ready[task.job], window.free[machine])
        ready[task.job] = until[task.job] = start + p
        used += [(machine, unit) for unit in range(start, start + p)]
    assert len(set(used)) == len(used)
    return max(map(sum, zip(until, window.tail, strict=True)))


def test_a_window_is_solved_to_the_end_that_enumeration_finds():
    solved = solve(WINDOW, 1.0)

    assert solved.proved
    assert 0 < solved.spent < 1
    assert end_of(WINDOW, solved) == best(WINDOW)


def test_a_fixed_machine_is_kept_and_may_cost():
    first, *others = WINDOW.tasks
    fixed = dataclasses.replace(first, choices=((0, 4),))
    last = dataclasses.replace(others[-1], choices=((0, 7),))
    window = dataclasses.replace(WINDOW, tasks=(fixed, *others[:-1], last))

    solved = solve(window, 1.0)

    assert [solved.places[0][0], solved.places[3][0]] == [0, 0]
    assert end_of(window, solved) == best(window) > best(WINDOW)


def test_without_time_the_known_places_stay():
    solved = solve(WINDOW, 1e-9)

    assert not solved.proved
    assert end_of(WINDOW, solved) <= WINDOW.end


def test_a_solve_repeats_itself():
    first = solve.__wrapped__(WINDOW, 0.01)
    assert solve.__wrapped__(WINDOW, 0.01) == first


def test_without_the_solver_the_cure_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(ConfigError, match=r"pip install 'heuresis\[solvers\]'"):
        demand()
