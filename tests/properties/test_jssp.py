import random
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.jssp.model import JsspInstance, trivial_bound
from problems.jssp.pack import PACK
from problems.jssp.verify import verify
from tests.contracts.packs.jssp import HOOKS
from tests.unit.problems.jssp.examples import schedule

FEW = settings(max_examples=40, deadline=None)
ENTRY_POINTS = ("priority", "active_priority")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@st.composite
def cases(draw, most=6, shortest=0):
    n, m = draw(st.integers(1, most)), draw(st.integers(1, 4))
    orders = st.permutations(range(m)).map(tuple)
    times = st.lists(st.integers(shortest, 9), min_size=m, max_size=m).map(tuple)
    return JsspInstance(
        id="case",
        group=f"{n}x{m}",
        machines=tuple(draw(st.lists(orders, min_size=n, max_size=n))),
        times=tuple(draw(st.lists(times, min_size=n, max_size=n))),
    )


def _noise(seed):
    values = random.Random(seed)
    return lambda *_: values.random()


def _shortest(instance):
    """Least makespan over all orders of the jobs on every machine."""
    best = None
    jobs = range(instance.n)
    for orders in product(permutations(jobs), repeat=instance.m):
        end = _semi_active(instance, orders)
        if end is not None and (best is None or end < best):
            best = end
    return best


def _semi_active(instance, orders):
    """Makespan if machines keep to ``orders``; None if they wait for each other."""
    at, done = [0] * instance.m, [0] * instance.n
    free, ready = [0] * instance.m, [0] * instance.n
    moved = True
    while moved:
        moved = False
        for machine, order in enumerate(orders):
            if at[machine] == instance.n:
                continue
            job = order[at[machine]]
            if instance.machines[job][done[job]] != machine:
                continue
            end = max(free[machine], ready[job]) + instance.times[job][done[job]]
            free[machine] = ready[job] = end
            at[machine] += 1
            done[job] = min(done[job] + 1, instance.m - 1)
            moved = True
    return max(ready) if at == [instance.n] * instance.m else None


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
@FEW
@given(case=cases(), seed=st.integers(0, 99))
def test_what_a_driver_emits_is_accepted_and_not_too_short(entry_point, case, seed):
    answer = schedule(case, _noise(seed), entry_point)
    verdict = verify(case, entry_point, answer)
    assert not verdict.violations
    assert verdict.objective >= trivial_bound(case)


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
@FEW
@given(case=cases(shortest=1), seed=st.integers(0, 99))
def test_no_operation_could_start_earlier_in_what_a_driver_emits(
    entry_point, case, seed
):
    answer = schedule(case, _noise(seed), entry_point)
    for job, row in enumerate(answer):
        for k in range(case.m):
            for sooner in range(row[k]):
                moved = [list(other) for other in answer]
                moved[job][k] = sooner
                assert verify(case, entry_point, moved).violations


@FEW
@given(case=cases(shortest=1), seed=st.integers(0, 99))
def test_no_machine_is_idle_while_an_operation_waits_in_a_non_delay_schedule(
    case, seed
):
    answer = schedule(case, _noise(seed))
    busy = {
        (machine, start + d)
        for row, machines, times in zip(answer, case.machines, case.times, strict=True)
        for start, machine, p in zip(row, machines, times, strict=True)
        for d in range(p)
    }
    for row, machines, times in zip(answer, case.machines, case.times, strict=True):
        ready = 0
        for start, machine, p in zip(row, machines, times, strict=True):
            assert all((machine, t) in busy for t in range(ready, start))
            ready = start + p


@settings(max_examples=15, deadline=None)
@given(case=cases(most=3, shortest=1), seed=st.integers(0, 9))
def test_no_driver_beats_the_best_of_all_orders_and_one_active_schedule_attains_it(
    case, seed
):
    # All orders on all machines: at most 6 ** 4.
    least = _shortest(case)
    for entry_point in ENTRY_POINTS:
        answer = schedule(case, _noise(seed), entry_point)
        assert verify(case, entry_point, answer).objective >= least
    tries = (schedule(case, _noise(k), "active_priority") for k in range(200))
    assert min(verify(case, "", starts).objective for starts in tries) == least


@FEW
@given(case=cases(), order=st.randoms())
def test_renaming_machines_changes_no_verdict(case, order):
    names = list(range(case.m))
    order.shuffle(names)
    renamed = JsspInstance(
        id="renamed",
        group=case.group,
        machines=tuple(tuple(names[k] for k in row) for row in case.machines),
        times=case.times,
    )
    answer = schedule(case, lambda op, _: (op.p, -op.rest)[op.left % 2])
    assert verify(case, "", answer).objective == verify(renamed, "", answer).objective


@FEW
@given(case=cases(shortest=1), data=st.data())
def test_a_changed_entry_is_judged_as_counting_units_of_time_would(case, data):
    answer = schedule(case, lambda op, _: op.p)
    job = data.draw(st.integers(0, case.n - 1))
    k = data.draw(st.integers(0, case.m - 1))
    answer[job][k] = data.draw(st.integers(-2, 60) | json_values)
    accepted = verify(case, "priority", answer).objective is not None
    assert accepted == HOOKS.valid(case, answer)


@FEW
@given(case=cases(), value=json_values)
def test_any_plain_data_gets_a_verdict(case, value):
    verdict = verify(case, "", value)
    assert (verdict.objective is None) == bool(verdict.violations)


@pytest.mark.parametrize("name", sorted(PACK.baselines))
@FEW
@given(case=cases())
def test_every_baseline_survives_any_instance(name, case):
    baseline = PACK.baselines[name]
    names = {"__name__": "heuristic"}
    exec(compile(baseline.source, name, "exec"), names)
    function = names[baseline.entry_point]
    answer = schedule(case, function, baseline.entry_point)
    assert not verify(case, baseline.entry_point, answer).violations
