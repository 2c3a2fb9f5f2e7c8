"""The pack ``revealed_flow``: machine, index, verifier, optimum, lockstep."""

import asyncio
import importlib
from dataclasses import replace
from functools import cache

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from problems import imported
from problems.base import Bar, Imported, Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.revealed_flow import reference as truth
from problems.revealed_flow import simulate, table
from problems.revealed_flow.gittins import Gittins
from problems.revealed_flow.instances import FAMILIES, LOADS, draw
from problems.revealed_flow.model import FlowInstance, Job, describe, encode
from problems.revealed_flow.pack import PACK, ROWS, gantt, simulator
from problems.revealed_flow.verify import verify

LAW = ((0.5, (3, 4)), (1.0, (1, 9)))
CASE = FlowInstance(
    id="x",
    group="g",
    law=LAW,
    quantum=2,
    jobs=(
        Job(release=0, sizes=(3, 9)),
        Job(release=1, sizes=(4,)),
        Job(release=1, sizes=(3, 1)),
    ),
)
PEEKING = """
import sys
def priority(job, state):
    frame = sys._getframe(1)
    while frame:
        line = frame.f_locals.get("line")
        if line is not None:
            sizes = [s for r, s in line._jobs if r == job.arrival]
            return sum(sizes[0]) - job.elapsed
        frame = frame.f_back
    return job.rest
"""


def run(heuristic, instance=CASE, entry_point="priority"):
    machine = simulate.decode(encode(instance))
    return simulate.run(entry_point, heuristic, machine, 0)


def rule(name):
    module = importlib.import_module(f"problems.revealed_flow.heuristics.{name}")
    return getattr(module, PACK.baselines[name].entry_point)


def flow(instance, name):
    entry_point = PACK.baselines[name].entry_point
    answer = run(rule(name), instance, entry_point)
    return verify(instance, entry_point, answer).objective


def test_jobs_are_served_in_quanta_and_show_one_operation_at_a_time():
    seen = []

    def priority(job, state):
        seen.append((state.t, job.rest, job.done, job.arrival, job.last))
        return job.elapsed

    answer = run(priority)
    # Alone until 1; then least served first, two units at a time.
    assert answer[:4] == [[0, 0, 1], [1, 1, 3], [2, 3, 5], [0, 5, 7]]
    assert seen[:3] == [(1, 2, 0, 0, 1), (1, 4, 0, 1, 1), (1, 3, 0, 1, 1)]
    assert seen[3:6] == [(3, 2, 0, 0, 1), (3, 2, 0, 1, 3), (3, 3, 0, 1, 1)]
    # The second operation of job 0 shows once the first one is complete.
    assert next(one for one in seen if one[2] == 1) == (7, 9, 1, 0, 7)
    assert verify(CASE, "", answer).objective > truth.best_flow(CASE)


def test_what_followed_in_complete_jobs_is_told():
    seen = []

    def priority(job, state):
        seen.append((job.done, job.behind, state.finished, state.total_mean))
        return job.arrival or 10 - job.rest

    run(priority)
    assert {one[:2] for one in seen if one[2] == 0} == {(0, 0.0)}
    jobs = (*CASE.jobs, Job(release=40, sizes=(3,)), Job(release=40, sizes=(3, 1)))
    run(priority, replace(CASE, jobs=jobs))
    last = [one for one in seen if one[2] == 3]
    assert last[0] == (0, pytest.approx((9 + 0 + 1) / 3), 3, pytest.approx(20 / 3))


def test_a_job_that_is_alone_runs_without_a_question():
    jobs = (Job(release=5, sizes=(3, 9)), Job(release=30, sizes=(4,)))
    answer = run(lambda *_: 1 / 0, replace(CASE, jobs=jobs))
    assert answer == [[0, 5, 17], [1, 30, 34]]


def test_ties_go_to_the_job_that_came_first():
    assert run(lambda *_: 0) == [[0, 0, 12], [1, 12, 16], [2, 16, 20]]


def test_a_decision_is_due_on_an_arrival():
    times = set()
    jobs = (*CASE.jobs[:1], Job(release=0, sizes=(9,)), Job(release=1, sizes=(9,)))
    run(lambda job, state: times.add(state.t) or 0, replace(CASE, jobs=jobs, quantum=8))
    assert sorted(times)[:3] == [0, 1, 3]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_job(value):
    with pytest.raises(ValueError, match="came at 0, at time 1"):
        run(lambda job, state: value)
    with pytest.raises(ValueError, match="no entry point"):
        run(max, entry_point="other")


def ratios(law, k, rest):
    """Chance over time of every rule that goes on by the size of the next operation."""
    ends, time = law[k][0], rest
    if k + 1 == len(law):
        return [ends / time]
    sizes = law[k + 1][1]
    found = []
    for limit in (0, *sizes):
        taken = [size for size in sizes if size <= limit]
        share = len(taken) / len(sizes)
        spent = time + (1 - ends) * sum(taken) / len(sizes)
        found.append((ends + (1 - ends) * share) / spent)
    return found


@pytest.mark.parametrize("rest", [1, 2, 3, 10, 40])
def test_the_index_is_the_best_ratio_of_all_rules(rest):
    two = ((0.5, (3, 4)), (1.0, (1, 9, 9, 40)))
    assert Gittins(two).rank(0, rest) == pytest.approx(1 / max(ratios(two, 0, rest)))
    assert Gittins(two).rank(1, rest) == rest
    assert Gittins(two).behind == [0.5 * 59 / 4, 0.0]


def test_the_index_of_a_long_job_gives_up_where_that_pays():
    law = FAMILIES["lure"]
    index = Gittins(law)
    assert index.rank(0, 21) == pytest.approx(21 / 0.6)
    assert index.rank(11, 5) == 5
    ranks = [index.rank(k, 8) for k in range(1, 12)]
    assert ranks == sorted(ranks, reverse=True)


def test_pieces_are_judged():
    good = verify(CASE, "", [[0, 0, 1], [1, 1, 5], [2, 5, 9], [0, 9, 20]])
    assert good.objective == 20 + 4 + 8
    assert good.features == {
        "pieces": 4 / 3,
        "worst_flow": 20 * 3 / 32,
        "whole_share": pytest.approx(2 / 3),
    }


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ([[0, 0, 12], [1, 12, 16], [2, 16, 19]], ("wrong_work:2",)),
        ([[0, 0, 12], [1, 12, 16], [2, 16, 20], [1, 20, 22]], ("not_a_time:3",)),
        ([[1, 0, 4], [0, 4, 16], [2, 16, 20]], ("before_release:0",)),
        ([[0, 0, 12], [1, 11, 15], [2, 15, 19]], ("overlap:1",)),
        ([[0, 0, 12], [3, 12, 16], [2, 16, 20]], ("not_a_job:1",)),
        ([[0, 0, 12], [1, 12, 16], 2], ("not_a_piece:2",)),
        ([], ("wrong_work:0", "wrong_work:1", "wrong_work:2")),
    ],
)
def test_each_fault_has_its_code(answer, codes):
    assert verify(CASE, "", answer).violations == codes


def test_a_large_wrong_answer_is_reported_in_few_words():
    one = draw("chain", 60, 1)
    assert len(verify(one, "", [0] * 10_000).violations) == 20
    assert len(verify(one, "", []).violations) == 20


def least(instance):
    """Least total flow by trying every schedule, a unit of time after another."""
    sizes = [sum(job.sizes) for job in instance.jobs]

    @cache
    def cost(t, left):
        if not any(left):
            return 0
        there = [
            k for k, rest in enumerate(left) if rest and instance.jobs[k].release <= t
        ]
        if not there:
            return cost(t + 1, left)
        tried = [cost(t + 1, (*left[:k], left[k] - 1, *left[k + 1 :])) for k in there]
        return len(there) + min(tried)

    return cost(0, tuple(sizes))


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_all_schedules(seed):
    jobs = tuple(
        Job(release=(seed * 7 + 5 * k) % 8, sizes=(1 + (seed + k * k) % 5, 1 + k % 2))
        for k in range(4)
    )
    one = replace(CASE, jobs=jobs)
    assert truth.best_flow(one) == least(one)
    assert verify(one, "", truth.optimum(one)).objective == least(one)


def test_references_are_those_that_a_recount_gives(tmp_path):
    path = tmp_path / "references.json"
    truth.solve_references(lambda _: None, path)
    assert path.read_text() == truth.FILE.read_text()
    with pytest.raises(InfrastructureError, match="writable checkout"):
        truth.solve_references(lambda _: None, tmp_path / "no" / "file")


def test_only_its_own_data_have_a_reference():
    one = PACK.instances(Split.SMOKE)[0]
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(replace(one, quantum=1))


def test_families_keep_the_machine_as_busy_as_they_say():
    for family in FAMILIES:
        for seed, load in enumerate(LOADS):
            one = draw(family, 2000, seed)
            work = sum(sum(job.sizes) for job in one.jobs)
            assert work / one.jobs[-1].release == pytest.approx(load, rel=0.2)
            assert max(len(job.sizes) for job in one.jobs) <= len(one.law)
    assert describe(CASE) == {"jobs": 3, "operations": 2}
    burst = draw("bursts", 40, 0)
    assert len({job.release for job in burst.jobs}) == 4


def test_with_uniform_tests_srpt_of_operations_is_within_twice_the_optimum():
    for split in (Split.TRAIN, Split.VALID, Split.TEST):
        for one in PACK.instances(split):
            if one.group == "tests40":
                assert flow(one, "op_srpt") <= 2 * truth.best_flow(one)


def test_one_operation_at_a_time_misleads_where_it_is_meant_to():
    lures = [one for one in PACK.instances(Split.OOD) if one.group == "lure60"]
    misled = sum(flow(one, "op_srpt") for one in lures)
    assert misled > 1.4 * sum(flow(one, "gittins") for one in lures)


def test_a_law_that_is_known_helps():
    totals = dict.fromkeys(PACK.baselines, 0)
    for one in PACK.instances(Split.VALID)[::3]:
        for name in totals:
            totals[name] += flow(one, name) / truth.best_flow(one)
    assert min(totals, key=totals.get) == "gittins"
    blind = ("fcfs", "round_robin", "setf", "mlf")
    assert totals["op_srpt"] < min(totals[name] for name in blind)


def test_a_run_on_the_trusted_side_shows_nothing_of_what_is_to_come():
    desk = simulator(CASE, "priority")
    first = desk.observe()
    assert first["ids"] == [0, 1, 2]
    assert first["jobs"][0] == [2, 1, 1, 0, 0, 1, 0.0]
    other = replace(CASE, jobs=(replace(CASE.jobs[0], sizes=(3,)), *CASE.jobs[1:]))
    assert simulator(other, "priority").observe() == first
    desk.act(True)
    assert desk.observe() is None
    assert desk.trace() == [[0, 0, 1], True]
    assert verify(CASE, "", desk.trace()).violations == ("not_a_piece:1",)


def test_a_look_at_the_sizes_is_caught_where_claims_are_made():
    few = PACK.instances(Split.SMOKE)[:2]
    found = [Imported(instance=one, reference=truth.reference(one)) for one in few]
    evaluator = LocalEvaluator(
        imported.on(PACK, found),
        slots=1,
        limits=Limits(cpu_seconds=5),
        min_sandbox=Sandbox.PROCESS,
    )

    def judge(source, split, entry_point="priority"):
        request = EvaluationRequest(source=source, entry_point=entry_point, split=split)
        return asyncio.run(evaluator.evaluate(request))

    assert judge(PEEKING, Split.SMOKE).status is Status.OK
    found = judge(PEEKING, imported.SPLIT)
    assert (found.status, found.score) == (Status.INVALID, None)
    assert found.message.startswith("integrity=mismatch")
    for name in ("gittins", "op_srpt"):
        it = PACK.baselines[name]
        honest = judge(it.source, imported.SPLIT, it.entry_point)
        assert honest.status is Status.OK
        assert honest.features["lockstep"] == 1
        flows = [verdict.objective for verdict in honest.verdicts]
        assert flows == [flow(one, name) for one in few]
    asyncio.run(evaluator.close())


def test_a_picture_has_the_jobs_with_the_longest_flow_and_marks_their_ends():
    answer = [[0, 0, 1], [1, 1, 5], [2, 5, 9], [0, 9, 20]]
    assert list(gantt(CASE, answer)) == [
        Bar(row="job 0", start=0, end=1, label="0"),
        Bar(row="job 0", start=9, end=20, label="0", late=True),
        Bar(row="job 1", start=1, end=5, label="1", late=True),
        Bar(row="job 2", start=5, end=9, label="2", late=True),
    ]
    one = draw("chain", 60, 1)
    assert len({bar.row for bar in gantt(one, truth.srpt(one))}) == ROWS


def test_the_table_has_mean_and_worst_ratio_of_every_rule():
    found = list(table.rows(Split.SMOKE))
    assert found[0] == "| rule | chain12 | decoy12 | all |"
    assert len(found) == 2 + len(PACK.baselines)
    ratios = [
        flow(one, "fcfs") / truth.best_flow(one) for one in PACK.instances(Split.SMOKE)
    ]
    shown = f"{sum(ratios) / 3:.2f}, {max(ratios):.2f}"
    assert found[2].startswith("| `fcfs` |")
    assert found[2].endswith(f"| {shown} |")
