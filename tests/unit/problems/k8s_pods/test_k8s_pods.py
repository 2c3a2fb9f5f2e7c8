"""The pack ``k8s_pods``: instances, driver, verifier, references, picture."""

import dataclasses
from importlib import import_module
from itertools import product
from statistics import fmean

import pytest

from problems.base import Bar, Split
from problems.errors import ReferenceMissingError
from problems.k8s_pods import reference as truth
from problems.k8s_pods import simulate
from problems.k8s_pods.instances import draw, mixed
from problems.k8s_pods.model import (
    PodsInstance,
    cost,
    describe,
    encode,
    pending,
    weights,
)
from problems.k8s_pods.pack import PACK, gantt
from problems.k8s_pods.verify import verify

CASE = PodsInstance(
    id="x",
    group="g",
    cpu=(10, 10),
    memory=(10, 10),
    pod_cpu=(4, 6, 5, 5),
    pod_memory=(6, 4, 5, 5),
    pod_priority=(0, 0, 7, 7),
    pod_node=(0, 1, None, None),
)


def placed(instance, rule):
    entry_point = PACK.baselines[rule].entry_point
    module = import_module(f"problems.k8s_pods.heuristics.{rule}")
    cluster = simulate.decode(encode(instance))
    return simulate.run(entry_point, getattr(module, entry_point), cluster, seed=0)


def left(instance, nodes):
    return list(pending(instance, nodes).values())


def test_what_matters_more_outweighs_all_that_matters_less():
    assert weights(CASE) == {7: 9, 0: 3}
    one = draw(3, 4, 3, 100, 5)
    order = {}
    for nodes in product((None, 0), repeat=6):
        many = [*nodes, *one.pod_node[6:]]
        rows = zip(many, one.pod_node, strict=True)
        moved = sum(now is not None and now != node for node, now in rows)
        order[cost(one, many)] = [*left(one, many), moved]
    values = [order[value] for value in sorted(order)]
    assert values == sorted(values)
    assert len(order) > 5


def test_a_placement_is_judged():
    good = verify(CASE, "score", [0, 1, None, None])
    assert (good.objective, good.violations) == (22.0, ())
    assert good.features == {
        "placed_share": 0.5,
        "first_share": 0.0,
        "stay_share": 1.0,
    }
    assert verify(CASE, "score", [0, 0, 1, 1]).objective == 4 + 1
    assert verify(CASE, "score", [None] * 4).objective == 4 + 2 * 9 + 2 * 3 + 2
    assert verify(CASE, "score", [0, 0, 0, 1]).violations == (
        "no_cpu:0",
        "no_memory:0",
    )
    assert len(verify(CASE, "score", ["x"] * 4).violations) == 4


@pytest.mark.parametrize("use", [90, 100])
def test_drawn_clusters_are_just_large_enough_and_repeat_themselves(use):
    one = draw(4, 4, 4, use, 3)
    assert one == draw(4, 4, 4, use, 3) != draw(4, 4, 4, use, 4)
    assert describe(one)["cpu_requested"] == pytest.approx(use / 100, abs=0.01)
    assert describe(one)["memory_requested"] == pytest.approx(use / 100, abs=0.01)
    assert verify(one, "", list(one.pod_node)).violations == ()
    assert set(one.cpu) == {one.cpu[0]}


def test_mixed_nodes_differ_and_add_up():
    one = draw(6, 4, 4, 90, 3)
    other = mixed(one)
    assert len(set(other.cpu)) == len(set(other.memory)) == 3
    assert sum(one.cpu) <= sum(other.cpu) <= sum(one.cpu) + 6
    assert verify(other, "", list(other.pod_node)).violations == ()


def test_the_default_scheduler_left_something_pending_everywhere():
    for split in Split:
        for one in PACK.instances(split):
            assert one.running < one.n
            assert list(one.pod_node) == placed(one, "kube_arrival")


def test_entry_points_differ_in_whose_turn_it_is():
    one = dataclasses.replace(CASE, cpu=(99, 99), memory=(99, 99), pod_cpu=(4, 6, 5, 6))
    cluster = simulate.decode(encode(one))
    turns = {}
    for name in ("score", "queue_score", "arrival_score"):
        seen = []
        simulate.run(name, lambda pod, *_, to=seen: to.append(pod.cpu) or 0, cluster, 0)
        turns[name] = [round(cpu * 99) for cpu in seen[::2]]
    assert turns == {
        "score": [6, 5, 4, 6],
        "queue_score": [5, 6, 4, 6],
        "arrival_score": [4, 6, 5, 6],
    }


def test_views_show_requests_room_claims_and_who_still_fits():
    seen = []

    def score(pod, node, state):
        seen.append((pod, node, state))
        return 0

    simulate.run("queue_score", score, simulate.decode(encode(CASE)), seed=0)
    pod, node, state = seen[1]
    assert pod == (0.5, 0.5, 0, 2, 0)
    assert node[:5] == (1.0, 1.0, 0.5, 0.5, 0)
    assert node[5:7] == (0.6, 0.4)
    assert node[7:] == (1.0, 1 / 3, 0)
    assert state == (4, 4, 1.0, 1.0)
    pod, node, state = seen[2]  # pod 3, behind pod 2 on node 0
    assert (pod.alike, pod.running, node.pods, state.left) == (1, 0, 1, 3)
    assert (node.cpu, node.cpu_after, node.cpu_claim) == (0.5, 0.0, 0.4)
    assert (node.fit, node.fit_after) == (0.0, 0.0)


def test_pairs_are_bound_by_priority_and_alike_ones_are_one_choice():
    calls = []

    def pair_score(pod, node, state):
        calls.append(state.left)
        return -node.cpu_after

    nodes = simulate.run("pair_score", pair_score, simulate.decode(encode(CASE)), 0)
    assert nodes == [None, None, 0, 1]
    assert calls == [4, 4, 3, 3]
    apart = dataclasses.replace(CASE, pod_node=(0, None, 1, None))
    calls.clear()
    simulate.run("pair_score", pair_score, simulate.decode(encode(apart)), 0)
    assert calls == [4, 4, 4, 4, 3, 3]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
@pytest.mark.parametrize("entry_point", PACK.entry_points)
def test_a_value_that_is_no_number_is_told_with_pod_and_node(entry_point, value):
    cluster = simulate.decode(encode(CASE))
    with pytest.raises(ValueError, match=r"score of pod \d on node 0 is"):
        simulate.run(entry_point, lambda *_: value, cluster, seed=0)


def test_the_solver_finds_the_best_of_all_placements():
    pytest.importorskip("ortools")
    one = draw(3, 2, 2, 105, 8)
    found = truth.solve(one)
    judged = [
        verify(one, "", list(nodes)).objective
        for nodes in product((None, 0, 1, 2), repeat=one.n)
    ]
    best = min(value for value in judged if value is not None)
    assert found.lower == found.best == best
    assert truth.bounded(one, "").lower <= best


def test_the_bound_of_sums_counts_what_cannot_fit():
    tight = dataclasses.replace(CASE, cpu=(5, 4))
    assert truth.bounded(tight, "").lower == 4 + weights(tight)[7]
    assert truth.bounded(CASE, "").lower == 4
    small = dataclasses.replace(CASE, memory=(9, 9))
    assert truth.bounded(small, "").lower == 4 + weights(small)[0]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_references_are_those_that_a_new_run_gives(tmp_path):
    pytest.importorskip("ortools")
    path = tmp_path / "references.json"
    truth.solve_references(lambda _: None, path)
    assert path.read_text() == truth.FILE.read_text()


def test_references_are_reached_and_all_but_a_few_large_ones_proved():
    for split in Split:
        ones = PACK.instances(split)
        known = [truth.reference(one) for one in ones]
        for one, it in zip(ones, known, strict=True):
            assert verify(one, "", truth.optimum(one)).objective == it.best
        unproved = sum(not it.proved for it in known)
        assert unproved <= (4 if split is Split.OOD else 0)


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.SMOKE)[0]
    other = dataclasses.replace(one, pod_node=(None,) * one.n)
    assert truth.optimum(other) is None
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(other)


def test_the_page_s_order_of_rules_holds_on_as_many_clusters_as_can_be_drawn():
    """Section 6.5: arrival order loses important pods, priority order never does."""
    shares = {}
    for nodes, per_node in ((4, 4), (8, 8)):
        ones = [draw(nodes, per_node, 4, 95, seed) for seed in range(8)]
        for rule in ("kube_arrival", "kube_queue", "best_fit", "dot"):
            lost = [left(one, placed(one, rule)) for one in ones]
            lost = [row for row in lost if len(row) == 4]
            shares[nodes, rule] = [fmean(column) for column in zip(*lost, strict=True)]
    for nodes in (4, 8):
        assert sum(shares[nodes, "kube_arrival"][:2]) > 0.3
        for rule in ("kube_queue", "best_fit", "dot"):
            assert shares[nodes, rule][0] == 0
            assert shares[nodes, rule][3] > 0.3
    assert shares[8, "dot"][3] < shares[8, "kube_queue"][3]
    assert shares[8, "kube_queue"][3] < shares[8, "best_fit"][3]


@pytest.mark.parametrize(
    ("nodes", "per_node", "use", "figures"),
    [
        (4, 4, 95, (2.0, 1.0, 1.5, 2.5)),
        (8, 4, 95, (3.5, 4.5, 2.5, 4.0)),
        (8, 8, 100, (4.0, 4.5, 8.5, 4.5)),
    ],
)
def test_as_many_pods_are_pending_as_were_measured(nodes, per_node, use, figures):
    """Means of the two clusters of section 6.5; a single one differs by 2 to 3 pods."""
    ones = [draw(nodes, per_node, 4, use, seed) for seed in range(10)]
    rules = ("kube_arrival", "kube_queue", "best_fit", "dot")
    for rule, figure in zip(rules, figures, strict=True):
        found = fmean(placed(one, rule).count(None) for one in ones)
        assert found == pytest.approx(figure, abs=2.0), rule


def test_a_picture_maps_nodes_and_marks_what_is_moved_or_pending():
    bars = list(gantt(CASE, [0, 0, 1, None]))
    assert bars[:2] == [
        Bar(row="node 0 CPU", start=0, end=40, label="0:p0"),
        Bar(row="node 0 CPU", start=40, end=100, label="1:p0", late=True),
    ]
    assert bars[-2:] == [
        Bar(row="pending CPU", start=0, end=50, label="3:p7", late=True),
        Bar(row="pending RAM", start=0, end=50, label="3:p7", late=True),
    ]
    assert [bar.row for bar in bars[4:6]] == ["node 1 CPU", "node 1 RAM"]
