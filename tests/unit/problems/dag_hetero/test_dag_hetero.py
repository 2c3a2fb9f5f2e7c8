"""The pack ``dag_hetero``: workflows, drivers, exact parts, verifier, references."""

import itertools
import json
from importlib import import_module

import pytest

from problems.base import Bar, Split
from problems.dag_hetero import reference as truth
from problems.dag_hetero import shapes, simulate
from problems.dag_hetero.exact import PartSearch
from problems.dag_hetero.importer import read
from problems.dag_hetero.instances import draw, plant
from problems.dag_hetero.model import (
    DagInstance,
    describe,
    encode,
    load_bound,
    path_bound,
    trivial_bound,
)
from problems.dag_hetero.pack import PACK, gantt
from problems.dag_hetero.plan import Plan
from problems.dag_hetero.verify import verify
from problems.errors import ConfigError, InfrastructureError, ReferenceMissingError
from tests.unit.problems.dag_hetero.shared_data import public

# The example of Topcuoglu, Hariri and Wu (2002), figure 2 and table 1.
COST = (
    *((14, 16, 9), (13, 19, 18), (11, 13, 19), (13, 8, 17), (12, 13, 10)),
    *((13, 16, 9), (7, 15, 11), (5, 11, 14), (18, 12, 20), (21, 7, 16)),
)
LINKS = (
    *((0, 1, 18), (0, 2, 12), (0, 3, 9), (0, 4, 11), (0, 5, 14), (1, 7, 19)),
    *((1, 8, 16), (2, 6, 23), (3, 7, 27), (3, 8, 23), (4, 8, 13), (5, 7, 15)),
    *((6, 9, 17), (7, 9, 11), (8, 9, 13)),
)
PAPER = DagInstance(id="paper", group="paper", cost=COST, edges=LINKS)
RANKS = (108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667)
"""Upward ranks of the paper's table, where a transfer is the edge's time in full."""


def scheduled(instance, rule):
    entry_point = PACK.baselines[rule].entry_point
    module = import_module(f"problems.dag_hetero.heuristics.{rule}")
    dag = simulate.decode(encode(instance))
    return simulate.run(entry_point, getattr(module, entry_point), dag, seed=0)


def makespan(instance, rule):
    verdict = verify(instance, "", scheduled(instance, rule))
    assert not verdict.violations
    return verdict.objective


def by_name(order):
    return lambda task, dag: order[task]


def test_heft_makes_the_schedule_of_its_paper():
    dag = simulate.decode(encode(PAPER))
    rank_of = dict(zip(dag.tasks, RANKS, strict=True))
    answer = simulate.run("rank", lambda task, stats: -rank_of[task], dag, 0)
    assert verify(PAPER, "rank", answer).objective == 80
    # With the mean of a transfer over all pairs of machines the order differs.
    assert makespan(PAPER, "heft") >= 73


def test_the_optimum_of_the_papers_example():
    pytest.importorskip("ortools")
    found = truth.solve(PAPER, 1.0)
    assert found.lower == found.best == verify(PAPER, "", found.answer).objective
    assert found.best < 80
    for rule in PACK.baselines:
        assert makespan(PAPER, rule) >= found.best


def test_upward_ranks_are_those_of_the_paper_but_for_the_mean_transfer():
    dag = simulate.decode(encode(PAPER))
    whole = [dag.tasks[9].up]
    assert whole == [pytest.approx(14.667, abs=0.001)]
    assert dag.tasks[8].up == pytest.approx(50 / 3 + 13 * 2 / 3 + 44 / 3)
    assert dag.tasks[0].down == 0
    assert dag.tasks[1].down == pytest.approx(13 + 18 * 2 / 3)
    assert dag.tasks[0].followers == 9
    assert dag.tasks[0].critical == dag.tasks[9].critical == 1


def test_optimistic_costs_are_those_of_a_plain_recursion():
    one = draw("rnd", 12, 3, 5)
    dag = simulate.decode(encode(one))

    def follows(i, p):
        return max(
            (
                min(
                    follows(j, q) + one.cost[j][q] + (c if q != p else 0)
                    for q in range(one.m)
                )
                for j, c in dag.children[i]
            ),
            default=0,
        )

    for i in range(one.n):
        assert list(dag.optimistic[i]) == [follows(i, p) for p in range(one.m)]
    starts = [
        min(a + b for a, b in zip(dag.optimistic[i], one.cost[i], strict=True))
        for i in range(one.n)
    ]
    assert path_bound(one) == max(starts)


def test_heft_is_the_same_by_rank_by_machine_and_by_pair():
    for one in PACK.instances(Split.SMOKE):
        dag = simulate.decode(encode(one))
        pairs = simulate.run("select", lambda t, o, s: o.delay - t.up, dag, 0)
        assert scheduled(one, "heft") == scheduled(one, "earliest") == pairs


def test_a_task_goes_into_the_earliest_gap_and_ties_to_the_lower_machine():
    one = DagInstance(
        id="x", group="g", cost=((4, 4), (3, 9), (1, 9)), edges=((0, 1, 5),)
    )
    dag = simulate.decode(encode(one))
    assert simulate.run("rank", lambda t, d: 0, dag, 0) == [[0, 0], [0, 4], [0, 7]]
    plan = Plan(dag)
    plan.place(0, 1, 0)
    plan.place(1, 0, 9)
    assert plan.soonest(2) == (1, 0, 0)
    assert plan.gap(0, 0, 9) == 0
    assert plan.gap(0, 0, 10) == 12
    assert plan.gap(0, 10, 1) == 12
    plan.remove(1)
    assert plan.free(0) == 0


def test_lookahead_is_the_latest_earliest_end_of_the_children():
    one = DagInstance(
        id="x", group="g", cost=((4, 4), (3, 9), (9, 2)), edges=((0, 1, 5), (0, 2, 1))
    )
    seen = []

    def choose_machine(task, option, dag):
        seen.append((option.eft, option.ahead))
        return option.ahead

    dag = simulate.decode(encode(one))
    answer = simulate.run("choose_machine", choose_machine, dag, 0)
    assert seen[:2] == [(4, 7), (4, 12)]
    assert answer[0] == [0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_a_part_is_scheduled_as_well_as_any_order_and_machines_do(seed):
    dag = simulate.decode(encode(draw("rnd", 12, 3, seed)))
    part = dag.order[:4]
    search = PartSearch(Plan(dag), part)
    search.run()
    assert search.complete
    values = []
    for order in itertools.permutations(part):
        for machines in itertools.product(range(3), repeat=4):
            plan = Plan(dag)
            for i, k in zip(order, machines, strict=True):
                if any(plan.where[j] < 0 for j, _ in dag.parents[i]):
                    break
                plan.place(i, k, plan.gap(k, plan.arrivals(i)[k], dag.cost[i][k]))
            else:
                values.append(
                    max(
                        plan.finish[i]
                        + max(
                            (
                                c * 2 / 3 + dag.tasks[j].up
                                for j, c in dag.children[i]
                                if j not in part
                            ),
                            default=0,
                        )
                        for i in part
                    )
                )
    assert search.value == pytest.approx(min(values))


def test_one_part_with_all_tasks_is_the_optimum():
    pytest.importorskip("ortools")
    one = DagInstance(id="x", group="g", cost=COST[:4], edges=LINKS[:3])
    (found,) = {makespan(one, "split_rank")}
    assert found == truth.solve(one, 1.0).best


def test_series_and_parallel_parts_keep_to_the_limit_and_the_branches():
    one = DagInstance(
        id="x",
        group="g",
        cost=((1, 1),) * 8,
        edges=((0, 1, 1), (0, 2, 1), (1, 3, 1), (2, 4, 1), (3, 5, 1), (4, 5, 1)),
    )
    module = import_module("problems.dag_hetero.heuristics.split_series")
    dag = simulate.decode(encode(one))
    parts = module.split(dag, 4)
    assert sorted(itertools.chain(*parts)) == list(range(8))
    assert max(map(len, parts)) <= 4
    five = DagInstance(id="y", group="g", cost=one.cost[:6], edges=one.edges)
    assert module.split(simulate.decode(encode(five)), 2) == [[0], [1, 3], [2, 4], [5]]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_place(value):
    dag = simulate.decode(encode(PAPER))
    for name, words in [
        ("rank", "rank of task 0"),
        ("select", "task 0 on machine 0"),
        ("choose_machine", "task 0 on machine 0"),
    ]:
        with pytest.raises(ValueError, match=words):
            simulate.run(name, lambda *_: value, dag, 0)


def test_what_select_sees():
    seen = []

    def select(task, option, state):
        seen.append((state.left, state.waiting, state.makespan, option.est, task.best))
        return option.eft

    simulate.run("select", select, simulate.decode(encode(PAPER)), 0)
    assert seen[:3] == [(10, 1, 0, 0, 9)] * 3
    assert seen[3][:3] == (9, 5, 9)
    assert seen[-3:] == [
        (1, 1, *seen[-1][2:3], est, best) for *_, est, best in seen[-3:]
    ]


def test_schedules_are_judged():
    one = DagInstance(
        id="x", group="g", cost=((4, 2), (3, 3), (1, 9)), edges=((0, 1, 5),)
    )
    good = verify(one, "", [[0, 0], [1, 9], [0, 4]])
    assert (good.objective, good.violations) == (12.0, ())
    assert good.features["edges_apart"] == 1
    assert good.features["busy"] == pytest.approx(8 / 24)
    assert verify(one, "", [[0, 0], [1, 8], [0, 4]]).violations == ("too_early:1:0",)
    assert verify(one, "", [[0, 0], [0, 4], [0, 3]]).violations == ("overlap:0:2",)
    assert verify(one, "", [[0, 0], [0, 4]]).violations == ("wrong_length",)
    assert verify(one, "", [[2, 0], [0, 4], [0, 9]]).violations == ("no_machine:0",)


def test_a_large_wrong_answer_is_reported_in_few_words():
    one = plant(80, 1).instance
    for answer in ([[0, 0]] * 80, [["x", 0]] * 80):
        assert len(verify(one, "", answer).violations) <= 20


def test_graphs_have_the_sizes_of_their_papers():
    assert len(shapes.fft(4).weights) == 2 * 4 - 1 + 4 * 2
    assert len(shapes.fft(16).weights) == 2 * 16 - 1 + 16 * 4
    assert len(shapes.gauss(5).weights) == (25 + 5 - 2) // 2
    assert len(shapes.cholesky(4).weights) == 4 + 6 + 6 + 4
    assert (0, 1) in shapes.gauss(5).pairs
    assert sum(shapes.cholesky(4).weights) == pytest.approx(4 / 3 + 6 + 6 + 8)


@pytest.mark.parametrize("kind", ["rnd", "fft", "gauss", "chol"])
def test_workflows_are_drawn_again_from_the_same_seed(kind):
    n = {"rnd": 30, "fft": 39, "gauss": 27, "chol": 35}[kind]
    one = draw(kind, n, 4, 7)
    assert (one.n, one.m) == (n, 4)
    assert one == draw(kind, n, 4, 7)
    assert one != draw(kind, n, 4, 8)
    assert all(i < j for i, j, _ in one.edges)


def test_transfers_and_differences_of_machines_follow_the_seed():
    ccr = {seed: describe(draw("gauss", 54, 4, seed))["ccr"] for seed in range(5)}
    for seed, wanted in enumerate((0.1, 0.5, 1, 2, 5)):
        assert ccr[seed] == pytest.approx(wanted, rel=0.25)


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_schedule_is_feasible_and_meets_the_bound(seed):
    one = plant(80, seed)
    assert one.instance.n == 80
    verdict = verify(one.instance, "", [list(pair) for pair in one.answer])
    assert verdict.objective == load_bound(one.instance)
    assert verdict.features["busy"] == 1


def test_no_schedule_is_shorter_than_the_trivial_bound():
    pytest.importorskip("ortools")
    for one in PACK.instances(Split.SMOKE):
        found = truth.solve(one, 1.0)
        assert trivial_bound(one) <= found.lower == found.best
        stored = truth.reference(one)
        assert (stored.lower, stored.best) == (found.lower, found.best)


def test_nearly_all_references_are_proved():
    found = [
        PACK.reference(one)
        for split in (Split.TRAIN, Split.VALID, Split.TEST)
        for one in PACK.instances(split)
    ]
    assert sum(one.proved for one in found) >= 0.9 * len(found)
    assert all(PACK.reference(one).proved for one in PACK.instances(Split.SMOKE))


def test_references_are_written_as_they_are_stored(tmp_path, monkeypatch):
    pytest.importorskip("ortools")
    path = tmp_path / "references.json"
    chosen = [*PACK.instances(Split.SMOKE), plant(80, 5000).instance]
    truth.solve_references(lambda _: None, path, chosen)
    stored = json.loads(truth.FILE.read_text())["instances"]
    written = json.loads(path.read_text())["instances"]
    assert written == {one.id: stored[one.id] for one in chosen}
    monkeypatch.setattr(truth, "trivial_bound", lambda _: 1)
    with pytest.raises(InfrastructureError, match="other instances"):
        truth.solve_references(lambda _: None, path, chosen[-1:])


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.OOD)[-1]
    other = DagInstance(id=one.id, group=one.group, cost=one.cost, edges=())
    assert truth.reference(one).proved
    assert truth.optimum(other) is None
    assert verify(one, "", truth.optimum(one)).objective == truth.reference(one).best
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(other)


def test_a_picture_has_a_row_for_each_machine_and_marks_the_last_end():
    one = DagInstance(id="x", group="g", cost=((4, 2), (3, 3)), edges=())
    assert list(gantt(one, [[1, 0], [0, 0]])) == [
        Bar(row="machine 0", start=0, end=3, label="1", late=True),
        Bar(row="machine 1", start=0, end=2, label="0"),
    ]


SPECIFIED = {
    "name": "w",
    "workflow": {
        "specification": {
            "tasks": [
                {"name": "a", "id": "a", "children": ["b"], "outputFiles": ["f", "g"]},
                {"name": "b", "id": "b", "parents": ["a"], "inputFiles": ["f"]},
            ],
            "files": [
                {"id": "f", "sizeInBytes": 150_000_000},
                {"id": "g", "sizeInBytes": 9},
            ],
        },
        "execution": {
            "tasks": [
                {"id": "a", "runtimeInSeconds": 3.0},
                {"id": "b", "runtimeInSeconds": 0.01},
            ]
        },
    },
}
OLDER = {
    "workflow": {
        "tasks": [
            {
                "name": "a",
                "runtime": 3.0,
                "children": ["b"],
                "files": [
                    {"link": "output", "name": "f", "size": 150_000_000},
                    {"link": "output", "name": "g", "size": 9},
                ],
            },
            {
                "name": "b",
                "runtime": 0.01,
                "parents": ["a"],
                "files": [{"link": "input", "name": "f", "size": 150_000_000}],
            },
        ]
    }
}


@pytest.mark.parametrize("data", [SPECIFIED, OLDER])
def test_both_layouts_of_wfformat_are_read(tmp_path, data):
    path = tmp_path / "blast.json"
    path.write_text(json.dumps(data))
    (found,) = read(path)
    assert found.instance == DagInstance(
        id="blast",
        group="blast",
        cost=((3000, 2000, 1500, 750), (100, 67, 50, 25)),
        edges=((0, 1, 1500),),
    )
    assert found.reference.lower == trivial_bound(found.instance) == 775
    assert found.reference.best is None


def spoilt(change):
    data = json.loads(json.dumps(SPECIFIED))
    change(data["workflow"])
    return json.dumps(data, indent=1)


def _set(value, *keys):
    def change(holder):
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = value

    return change


TASKS = ("specification", "tasks")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: not JSON"),
        ('{"a": {"cost": [[1]],\n"edges": [', "line 2: not JSON"),
        ("[" * 100_000, "line 1: not JSON"),
        ("[]", "line 1: not an object"),
        ('{\n"a": 3}', "line 2: 'a' has no 'cost'"),
        ('{\n"a": {"cost": [[1, 2], [3]], "edges": []}}', "line 2: 'a': cost is no"),
        ('{\n"a": {"cost": [[0]], "edges": []}}', "line 2: 'a': cost is no"),
        ('{\n"a": {"cost": [[-4]], "edges": []}}', "line 2: 'a': cost is no"),
        ('{\n"a": {"cost": [[1.5]], "edges": []}}', "line 2: 'a': cost is no"),
        ('{\n"a": {"cost": [[1]], "edges": [[0, 1]]}}', "line 2: 'a': edges are no"),
        ('{\n"a": {"cost": [[1]], "edges": [[0, 1, 2]]}}', "line 2: 'a': an edge"),
        ('{\n"a": {"cost": [[1]], "edges": [[0, 0, 2]]}}', "in a circle"),
        (
            '{\n"a": {"cost": [[1], [1]], "edges": [[0, 1, 2], [0, 1, 3]]}}',
            "line 2: 'a': two edges",
        ),
        (spoilt(_set(None, *TASKS)), "line 5: no list of tasks"),
        (spoilt(_set([], *TASKS)), "0 tasks"),
        (spoilt(_set(["z"], *TASKS, 0, "children")), "line 10: children holds 'z'"),
        (spoilt(_set(3, *TASKS, 0, "children")), "line 7: children of 'a' is no list"),
        (spoilt(_set("a", *TASKS, 1, "id")), "a second task is called 'a'"),
        (spoilt(_set(["a"], *TASKS, 1, "children")), "in a circle"),
        (spoilt(_set(["h"], *TASKS, 0, "outputFiles")), "file 'h' has no size"),
        (spoilt(_set(-1, "specification", "files", 0, "sizeInBytes")), "size '-1'"),
        (
            spoilt(_set(-2, "execution", "tasks", 1, "runtimeInSeconds")),
            "run time '-2' of 'b'",
        ),
        (spoilt(_set([], "execution", "tasks")), "line 7: task 'a' has no run time"),
        (spoilt(_set(None, "execution")), "line 5: no list of tasks"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_too_large_a_workflow_is_refused(tmp_path):
    path = tmp_path / "large.json"
    path.write_text(json.dumps({"a": {"cost": [[1]] * 5001, "edges": []}}))
    with pytest.raises(ConfigError, match="5001 tasks"):
        read(path)
    path.write_text('{"a": 1,\n' + "\n" * 1_000_000)
    with pytest.raises(ConfigError, match="line 1000002: not JSON"):
        read(path)


def test_the_measured_figures_of_a_public_workflow():
    (one,) = [found.instance for found in read(public("srasearch-chameleon-10a-003"))]
    assert one.n == 22
    assert round(makespan(one, "heft") / 1000, 1) == 2385.4
    pytest.importorskip("ortools")
    found = truth.solve(one, truth.LIMIT)
    assert found.lower == found.best
    assert round(found.best / 1000, 1) == 2234.2
