"""The pack ``fair_cluster``: workloads, driver, verifier, bounds, Pareto front."""

import json
from importlib import import_module

import pytest

from problems.base import Bar, Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.fair_cluster import model, simulate
from problems.fair_cluster import reference as truth
from problems.fair_cluster.cluster import Clock, Cluster
from problems.fair_cluster.instances import draw
from problems.fair_cluster.model import (
    Aim,
    ClusterInstance,
    Job,
    deadlines,
    describe,
    encode,
    fairness_bound,
    length,
    response_bound,
    size,
)
from problems.fair_cluster.pack import PACK, gantt, simulator
from problems.fair_cluster.table import compare, front, main
from problems.fair_cluster.verify import verify


def workload(*jobs, cores=2, overhead=0, aim=Aim.RESPONSE):
    rows = tuple(Job(arrival=t, user=u, stages=stages) for t, u, *stages in jobs)
    rows = tuple(
        Job(arrival=job.arrival, user=job.user, stages=tuple(job.stages))
        for job in rows
    )
    return ClusterInstance(
        id="x", group="g", cores=cores, overhead=overhead, jobs=rows, aim=aim
    )


def by(instance, heuristic, entry_point="priority"):
    return simulate.run(
        entry_point, heuristic, simulate.decode(encode(instance)), seed=0
    )


def rule(instance, name):
    entry_point = PACK.baselines[name].entry_point
    module = import_module(f"problems.fair_cluster.heuristics.{name}")
    return by(instance, getattr(module, entry_point), entry_point)


# Two users; the second one's short job comes while the first one's long one runs.
CASE = workload((0, 0, (40, 10)), (2, 1, (4, 2)))


def test_the_length_of_a_task_is_its_part_rounded_up_and_the_overhead():
    assert (length(10, 4, 1), length(10, 5, 0), length(1, 1, 2)) == (4, 2, 3)
    assert size(Job(arrival=0, user=0, stages=((10, 4), (3, 1))), 1) == 4 * 4 + 4


def test_jobs_in_the_order_of_arrival():
    assert rule(CASE, "fifo") == [
        [[0, 0, 4, 4, 8, 8, 12, 12, 16, 16]],
        [[20, 20]],
    ]
    assert verify(CASE, "priority", rule(CASE, "fifo")).objective == 20 + 20


def test_the_least_work_first():
    answer = rule(CASE, "srpt")
    assert answer[1] == [[4, 4]]
    assert verify(CASE, "priority", answer).objective == 22 + 4


def test_the_fewest_running_tasks_first():
    answer = rule(CASE, "spark_fair")
    # At 4 both cores are free: the job that came first has the first, then the other.
    assert answer[1] == [[4, 6]]


def test_stages_wait_for_each_other():
    one = workload((0, 0, (4, 2), (3, 1)), (0, 1, (9, 1)))
    answer = rule(one, "fifo")
    assert answer == [[[0, 0], [2]], [[2]]]
    late = [[[0, 0], [1]], [[2]]]
    assert verify(one, "priority", late).violations == ("too_early:0:1",)


def test_a_fluid_divides_cores_by_user_then_by_job():
    one = workload((0, 0, (10, 1)), (0, 1, (10, 1)), (0, 1, (10, 1)), cores=2)
    # One core for user 0 until 10; user 1 has a half of one for each job, then two.
    assert deadlines(one) == (10, 15, 15)
    assert fairness_bound(one) == 40


def test_a_fluid_waits_for_arrivals():
    one = workload((5, 0, (4, 1)), (100, 0, (6, 1)), cores=2)
    assert deadlines(one) == (7, 103)
    assert response_bound(one) == 2 + 3


def test_the_bound_of_response_is_the_shortest_remaining_first():
    one = workload((0, 0, (20, 1)), (2, 0, (4, 1)), cores=2)
    # On one core of double speed: 4 of 20 done at 2, the short one ends at 4, then 12.
    assert response_bound(one) == 2 + 12
    assert response_bound(workload((0, 0, (5, 1)), cores=2)) == 3


def test_the_aim_of_fairness_counts_no_earliness():
    fair = workload((0, 0, (40, 10)), (2, 1, (4, 2)), aim=Aim.FAIRNESS)
    answer = rule(fair, "srpt")
    ends = (22, 6)
    wanted = sum(
        max(end, fluid) - job.arrival
        for end, fluid, job in zip(ends, deadlines(fair), fair.jobs, strict=True)
    )
    verdict = verify(fair, "priority", answer)
    assert verdict.objective == wanted
    assert verdict.features["late_share"] == 0
    assert verify(fair, "", rule(fair, "fifo")).features["late_share"] == 0.5


@pytest.mark.parametrize("split", [Split.SMOKE, Split.TRAIN, Split.OOD])
def test_no_baseline_is_below_the_bounds(split):
    for one in PACK.instances(split)[::3]:
        bounds = {
            Aim.RESPONSE: response_bound(one),
            Aim.FAIRNESS: fairness_bound(one),
        }
        assert truth.reference(one).lower == bounds[one.aim]
        for name in ("srpt", "uwfq", "by_runtime"):
            entry_point = PACK.baselines[name].entry_point
            verdict = verify(one, entry_point, rule(one, name))
            assert verdict.objective >= bounds[one.aim]


def test_virtual_time_is_shared_by_the_flows_with_work():
    clock = Clock(2)
    assert clock.tags(0, 0, 10) == (10, 10)
    # Two units of virtual time per unit while one flow has work.
    assert clock.tags(2, 1, 4) == (8, 8)
    # One per unit while both have; 0 is empty at 10 and its flow at 1 after that.
    assert clock.tags(4, 0, 1) == (7, 11)
    assert clock.tags(100, 0, 3) == (14, 14)


def test_tags_at_the_users_are_those_of_their_formulas():
    seen = []

    def priority(job, user, stage, state):
        seen.append((job.arrival, job.tag, job.user_tag, job.queue_tag, user.jobs))
        return job.arrival

    by(workload((0, 0, (40, 10)), (0, 0, (8, 2)), (0, 1, (6, 2))), priority)
    assert seen[:3] == [(0, 40, 40, 40, 2), (0, 8, 8, 48, 2), (0, 6, 6, 6, 1)]


def test_views_hold_what_has_arrived_and_no_more():
    later = [(50, 1, (99, 9))]
    first = workload((0, 0, (40, 10)), (2, 1, (4, 2), (5, 1)), *later)
    other = workload((0, 0, (40, 10)), (2, 1, (4, 2), (5, 1)), (50, 0, (1, 1)))
    records = []
    for one in (first, other):
        run, seen = simulator(one, "priority"), []
        while (asked := run.observe()) is not None and asked["state"][0] < 50:
            seen.append(json.dumps(asked))
            run.act(0)
        records.append(seen)
    assert records[0] == records[1] != []


def test_what_priority_sees():
    seen = []

    def priority(job, user, stage, state):
        seen.append((job, user, stage, state))
        return job.size

    by(workload((0, 0, (40, 10)), (2, 1, (4, 2), (5, 1)), overhead=1), priority)
    job, user, stage, state = seen[1]
    assert (job.size, job.left, job.running, job.stages) == (12, 12, 0, 2)
    assert user == (1, 0, 12, 0)
    assert stage == (4, 2, 2, 3, 6)
    assert (state.t, state.cores, state.free) == (5, 2, 2)
    assert (state.users, state.jobs, state.left) == (2, 2, 40 + 12)
    assert seen[0][1].served == 10


@pytest.mark.parametrize(
    ("value", "tasks"), [(3, 3), (2.6, 3), (0, 1), (-9, 1), (1e9, 64), (True, 1)]
)
def test_a_number_of_tasks_is_rounded_and_kept_within_bounds(value, tasks):
    one = workload((0, 0, (600, 10)), overhead=1)
    answer = by(one, lambda *_: value, "partition")
    assert len(answer[0][0]) == tasks
    verdict = verify(one, "partition", answer)
    assert verdict.objective == -(-tasks // 2) * length(600, tasks, 1)
    if tasks != 10:
        assert verify(one, "priority", answer).violations == ("wrong_tasks:0:0",)


def test_every_stage_is_cut_once_and_its_work_is_known():
    asked = []

    def partition(job, user, stage, state):
        asked.append((job.arrival, job.stages, stage.work, job.left))
        return 4

    one = workload((0, 0, (8, 1), (12, 2)), (0, 1, (4, 2)), cores=2)
    answer = by(one, partition, "partition")
    assert [len(starts) for stages in answer for starts in stages] == [4, 4, 4]
    assert sorted(asked) == [(0, 1, 4, 4), (0, 1, 12, 12), (0, 2, 8, 20)]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_time(value):
    for name in ("priority", "partition"):
        with pytest.raises(ValueError, match="time"):
            by(CASE, lambda *_: value, name)


def test_too_many_tasks_at_once_are_an_overload():
    answer = [[[0, 0, 0, *[100] * 7]], [[200, 200]]]
    assert verify(CASE, "", answer).violations == ("overload:0",)
    good = [[[0, 0, 4, 4, 8, 8, 12, 12, 16, 16]], [[20, 20]]]
    assert verify(CASE, "", good).features["busy"] == 1
    assert verify(CASE, "", [[[]], [[20, 20]]]).violations == ("wrong_tasks:0:0",)


def test_a_large_wrong_answer_is_reported_in_few_words():
    one = PACK.instances(Split.OOD)[0]
    answer = [[["x"] * tasks for _, tasks in job.stages] for job in one.jobs]
    assert 1 < len(verify(one, "priority", answer).violations) <= 20
    assert len(verify(one, "priority", [0] * len(one.jobs)).violations) <= 20


def test_an_illegal_decision_ends_the_run():
    run = simulator(CASE, "priority")
    before = run.trace()
    run.act(7)
    assert run.observe() is None
    run.act(0)
    assert run.trace() == before
    assert verify(CASE, "priority", before).objective is None


def test_a_cluster_without_waiting_tasks_is_done():
    cluster = Cluster(1, 0, [(3, 0, [(2, 1)])])
    assert cluster.advance() == [0]
    assert cluster.t == 3
    cluster.start(0)
    assert cluster.advance() == []
    assert cluster.answer() == [[[3]]]


def test_a_picture_has_a_row_for_each_core_and_marks_late_jobs():
    one = workload((0, 0, (4, 1)), (0, 1, (2, 1)), cores=1)
    assert deadlines(one) == (6, 4)
    assert list(gantt(one, [[[0]], [[4]]])) == [
        Bar(row="core 0", start=0, end=4, label="u0 j0"),
        Bar(row="core 0", start=4, end=6, label="u1 j1", late=True),
    ]


def test_workloads_are_drawn_again_from_the_same_seed():
    one = draw("bursty", 7, Aim.RESPONSE)
    assert one == draw("bursty", 7, Aim.RESPONSE)
    assert one.jobs == draw("bursty", 7, Aim.FAIRNESS).jobs
    assert one.jobs != draw("bursty", 8, Aim.RESPONSE).jobs
    assert [job.arrival for job in one.jobs] == sorted(j.arrival for j in one.jobs)
    assert describe(one)["jobs"] == 24


def test_held_out_workloads_have_other_sizes_and_a_user_is_greedy():
    train, ood = (PACK.instances(split) for split in (Split.TRAIN, Split.OOD))
    assert {one.cores for one in train}.isdisjoint(one.cores for one in ood)
    counts = {"bursty": [], "greedy": []}
    for one in train:
        users = [job.user for job in one.jobs]
        counts[one.group.partition("-")[0]].append(users.count(0) / len(users))
    assert sum(counts["greedy"]) > 1.5 * sum(counts["bursty"])


def test_references_are_those_that_a_recount_gives(tmp_path, monkeypatch):
    path = tmp_path / "references.json"
    truth.solve_references(lambda _: None, path)
    assert path.read_text() == truth.FILE.read_text()
    with pytest.raises(InfrastructureError, match="cannot write"):
        truth.solve_references(lambda _: None, tmp_path)


def test_only_its_own_data_have_a_reference():
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(CASE)


def test_the_front_holds_what_nothing_beats_in_both():
    points = {"a": (1, 3), "b": (2, 2), "c": (3, 1), "d": (2, 3), "e": (3, 3)}
    assert front(points) == {"a", "b", "c"}
    assert front({"a": (1, 1), "b": (1, 1)}) == {"a", "b"}


def test_the_table_has_every_rule_and_a_front_for_each_kind(capsys):
    main(["smoke"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(PACK.baselines)
    rows = compare(PACK.instances(Split.SMOKE))
    assert any(row.front for row in rows)
    assert all(row.response >= 0 and row.fairness >= 0 for row in rows)
    assert model.MAX_TASKS == simulate.MAX_TASKS
