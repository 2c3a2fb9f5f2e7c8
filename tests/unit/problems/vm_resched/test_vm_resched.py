"""The pack ``vm_resched``: instances, driver, verifier, references, picture."""

import dataclasses
from importlib import import_module
from statistics import fmean

import pytest

from problems.base import Bar, Split
from problems.errors import ReferenceMissingError
from problems.vm_resched import reference as truth
from problems.vm_resched import simulate
from problems.vm_resched.instances import draw
from problems.vm_resched.model import (
    VmInstance,
    describe,
    encode,
    free_cores,
    rest,
    trivial_bound,
)
from problems.vm_resched.ordering import Plan, in_order
from problems.vm_resched.pack import PACK, gantt
from problems.vm_resched.verify import verify

# Machine 0 has one node of 24 cores, machine 1 two of 16; free: 14, 8, 12.
CASE = VmInstance(
    id="x",
    group="g",
    limit=2,
    host=(0, 1, 1),
    cores=(24, 16, 16),
    memory=(64, 32, 32),
    vm_cores=(2, 8, 8, 4),
    vm_memory=(4, 16, 16, 8),
    vm_width=(1, 1, 2, 1),
    vm_service=(None, 0, None, 0),
    vm_node=(0, 0, 1, 1),
)


def migrated(instance, rule):
    entry_point = PACK.baselines[rule].entry_point
    module = import_module(f"problems.vm_resched.heuristics.{rule}")
    cluster = simulate.decode(encode(instance))
    return simulate.run(entry_point, getattr(module, entry_point), cluster, seed=0)


def judge(*migrations, instance=CASE):
    return verify(instance, "", {"migrations": [list(row) for row in migrations]})


def squares(move, _state):
    """Steepest, and of ties what makes remainders most unequal."""
    before = move.source_rest**2 + move.target_rest**2
    return before - move.source_after**2 - move.target_after**2 - 1000 * move.gain


def test_the_case_is_as_described():
    free = free_cores(CASE, CASE.vm_node)
    assert free == [14, 8, 12]
    assert (rest(free), CASE.free, trivial_bound(CASE)) == (34, 34, 2)
    assert describe(CASE)["fragment_rate"] == 1.0


def test_the_bound_counts_what_no_migration_can_change():
    odd = dataclasses.replace(CASE, cores=(25, 17, 16))
    assert trivial_bound(odd) == 2 + (36 - 2) % 16


@pytest.mark.parametrize("kind", ["plain", "numa", "lean"])
def test_drawn_clusters_are_feasible_and_repeat_themselves(kind):
    one = draw(kind, 6, 4, 1)
    assert one == draw(kind, 6, 4, 1) != draw(kind, 6, 4, 2)
    held = list(one.memory)
    rows = zip(one.vm_node, one.vm_memory, one.vm_width, strict=True)
    for node, memory, width in rows:
        for k in range(node, node + width):
            held[k] -= memory // width
    assert min(held) >= 0
    assert min(free_cores(one, one.vm_node)) >= 0
    pairs = [
        (service, one.host[node])
        for service, node in zip(one.vm_service, one.vm_node, strict=True)
        if service is not None
    ]
    assert len(set(pairs)) == len(pairs)
    assert bool(pairs) == (2 in one.vm_width) == (kind == "numa")


def test_memory_is_scarce_on_lean_machines_only():
    def share(kind):
        one = draw(kind, 20, 10, 3)
        cores = sum(one.vm_cores) / sum(one.cores)
        return sum(one.vm_memory) / sum(one.memory) / cores

    assert share("plain") < 0.8 < 1.2 < share("lean")


def test_a_move_shows_what_it_does_to_both_ends():
    seen = []

    def score(move, state):
        assert state == (1, 34, 34, 3, 0)
        seen.append(move)
        return -move.gain

    cluster = simulate.decode(encode(CASE))
    simulate.run("score", score, cluster._replace(limit=1), seed=0)
    assert {move.width for move in seen} == {1}  # no other machine has two nodes
    assert seen[0] == simulate.Move(
        cores=2,
        memory=4,
        width=1,
        gain=1,
        source_rest=14,
        source_after=0,
        source_free=16,
        source_memory=48,
        target_rest=8,
        target_after=6,
        target_free=6,
        target_memory=12,
    )


def test_services_stay_apart_and_wide_vms_need_two_nodes():
    places = []

    def two_stage(vm, side, state):
        if not state.leaving:
            places.append((vm.cores, side.free))
        return vm.cores != 4 if state.leaving else 0

    cluster = simulate.decode(encode(CASE))._replace(limit=1)
    simulate.run("two_stage", two_stage, cluster, seed=0)
    assert places == [(4, 8)]  # not machine 0, where VM 1 of the service is


def test_both_stages_use_one_function_and_useless_migrations_are_left_out():
    cluster = simulate.decode(encode(CASE))
    best = simulate.run("score", lambda m, _: -m.gain, cluster, seed=0)
    assert best == {"migrations": [[0, 1]]}
    worst = simulate.run("score", lambda m, _: m.gain, cluster, seed=0)
    assert worst == {"migrations": []}
    staged = simulate.run("two_stage", lambda v, s, _: s.after - s.rest, cluster, 0)
    assert judge(*staged["migrations"]).objective == 18 / 34


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
@pytest.mark.parametrize("entry_point", ["score", "two_stage"])
def test_a_value_that_is_no_number_is_told_with_its_vm(entry_point, value):
    cluster = simulate.decode(encode(CASE))
    with pytest.raises(ValueError, match="of VM 0 is"):
        simulate.run(entry_point, lambda *_: value, cluster, seed=0)


def test_migrations_are_judged_in_their_order():
    good = judge((0, 1))
    assert (good.objective, good.violations) == (18 / 34, ())
    assert good.features == {
        "migrations": 0.5,
        "memory_share": 4 / 44,
        "moved_share": 0.25,
    }
    assert judge().objective == 1.0
    for rows, code in (
        ([(0, 0)], "not_moved:0"),
        ([(2, 0)], "no_node:0"),
        ([(2, 2)], "no_node:0"),
        ([(1, 1), (0, 1)], "same_service:0"),
        ([(0, 1), (3, 0)], "same_service:1"),
        ([(0, 3)], "not_a_migration:0"),
        ([(0, 1)] * 3, "too_many_migrations"),
    ):
        assert judge(*rows).violations == (code,), rows


def test_cores_and_memory_must_be_free_when_the_turn_comes():
    full = dataclasses.replace(CASE, vm_service=(None,) * 4, cores=(24, 8, 16))
    assert judge((1, 1), instance=full).violations == ("no_cores:0",)
    assert judge((3, 2), (1, 1), instance=full).violations == ("no_cores:1",)
    poor = dataclasses.replace(CASE, vm_service=(None,) * 4, memory=(64, 20, 32))
    assert judge((1, 1), instance=poor).violations == ("no_memory:0",)
    assert judge((3, 2), (0, 1), instance=poor).objective == 18 / 34


def test_an_order_is_found_where_one_move_makes_room_for_another():
    one = VmInstance(
        id="x",
        group="g",
        limit=2,
        host=(0, 1, 2),
        cores=(8, 8, 8),
        memory=(16, 16, 16),
        vm_cores=(8, 6),
        vm_memory=(8, 6),
        vm_width=(1, 1),
        vm_service=(None, None),
        vm_node=(0, 1),
    )
    plan = Plan.between(one, [1, 2])
    assert in_order(one, plan) == [[1, 2], [0, 1]]
    assert in_order(one, Plan.between(one, [1, 0])) is None


def test_the_solver_finds_the_best_of_all_sequences():
    pytest.importorskip("ortools")
    one = draw("numa", 2, 2, 5)
    found = truth.solve(one)
    reached = [
        rest(free_cores(one, at))
        for at in _reachable(one, list(one.vm_node), one.limit)
    ]
    assert found.lower == found.best == min(reached)


def _reachable(instance, at, limit):
    """Places after every sequence of migrations that the verifier accepts."""
    yield at
    if not limit:
        return
    now = dataclasses.replace(instance, vm_node=tuple(at))
    for vm in range(instance.n):
        for node in range(len(instance.host)):
            if judge((vm, node), instance=now).objective is not None:
                yield from _reachable(
                    instance, [*at[:vm], node, *at[vm + 1 :]], limit - 1
                )


@pytest.mark.slow
def test_references_are_those_that_a_new_run_gives(tmp_path):
    pytest.importorskip("ortools")
    path = tmp_path / "references.json"
    truth.solve_references(lambda _: None, path)
    assert path.read_text() == truth.FILE.read_text()


def test_all_references_are_proved_and_reached():
    for split in Split:
        for one in PACK.instances(split):
            known = truth.reference(one)
            assert known.proved
            found = verify(one, "", truth.optimum(one))
            assert found.objective == known.best


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.SMOKE)[0]
    other = dataclasses.replace(one, limit=1)
    assert truth.optimum(other) is None
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(other)


def test_steepest_descent_leaves_as_much_as_was_measured():
    """Section 6.8 has one cluster of 10 machines: 0.273, then 0.111, at best 0.030."""
    ones = PACK.instances(Split.TEST)
    ones = [one for one in ones if one.group == "plain10"]
    start = [rest(free_cores(one, one.vm_node)) / one.free for one in ones]
    after = [verify(one, "", migrated(one, "steepest")).objective for one in ones]
    best = [truth.reference(one).best for one in ones]
    assert 0.20 < fmean(start) < 0.30
    assert 0.07 < fmean(after) < 0.12
    assert 0.02 < fmean(best) < 0.045
    assert min(start) < 0.273 < max(start)
    assert min(after) < 0.111 < max(after)


def test_the_target_can_be_reached_by_a_formula():
    ones = [one for one in PACK.instances(Split.TEST) if one.group == "plain10"]
    after = [
        verify(
            one, "", simulate.run("score", squares, simulate.decode(encode(one)), 0)
        ).objective
        for one in ones
    ]
    assert fmean(after) < 0.045


def test_a_picture_maps_the_cluster_and_marks_fragments():
    bars = list(gantt(CASE, {"migrations": [[0, 1]]}))
    assert bars == [
        Bar(row="machine 0", start=0, end=8, label="1"),
        Bar(row="machine 1.0", start=0, end=4, label="2"),
        Bar(row="machine 1.0", start=4, end=8, label="3"),
        Bar(row="machine 1.0", start=8, end=10, label="→0"),
        Bar(row="machine 1.0", start=10, end=16, label="6", late=True),
        Bar(row="machine 1.1", start=0, end=4, label="2"),
        Bar(row="machine 1.1", start=4, end=16, label="12", late=True),
    ]
