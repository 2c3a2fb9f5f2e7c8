"""The pack ``tps_scheduler``: limits, waiting, verifier, optimum, lockstep."""

import asyncio
import importlib
import json
from dataclasses import replace
from itertools import permutations

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from problems import imported
from problems.base import Bar, Imported, Split
from problems.errors import InfrastructureError, ReferenceMissingError
from problems.tps.benchmark import BENCHMARK
from problems.tps.records import key_from_data
from problems.tps.repository import tools
from problems.tps_scheduler import reference as truth
from problems.tps_scheduler import simulate
from problems.tps_scheduler.instances import FAMILIES, draw
from problems.tps_scheduler.model import (
    Call,
    Server,
    ToolInstance,
    critical_path,
    describe,
    encode,
)
from problems.tps_scheduler.pack import PACK, gantt, simulator
from problems.tps_scheduler.verify import verify


def call(server, *attempts, deps=(), mean=100):
    return Call(server=server, mean=mean, sigma=0.5, deps=deps, attempts=attempts)


CASE = ToolInstance(
    id="x",
    group="g",
    cap=3,
    servers=(
        Server(name="maps", slots=2, gap=0, fails=0),
        Server(name="mail", slots=2, gap=50, fails=200),
    ),
    calls=(
        call(0, 100),
        call(0, 300),
        call(0, 200, mean=400),
        call(1, 80, 40, deps=(0,)),
        call(1, 70),
    ),
)
GOOD = [[0, 0], [1, 0], [4, 0], [3, 100], [2, 100], [3, 180]]
PEEKING = """
import sys
def priority(call, state):
    frame = sys._getframe(1)
    while frame:
        agenda = frame.f_locals.get("agenda")
        if agenda is not None:
            return -sum(agenda._task.calls[call.place][4])
        frame = frame.f_back
    return call.place - state.n
"""


def run(heuristic, instance=CASE, entry_point="priority"):
    task = simulate.decode(json.loads(json.dumps(encode(instance))))
    return simulate.run(entry_point, heuristic, task, 0)


def rule(name):
    return importlib.import_module(f"problems.tps_scheduler.heuristics.{name}").priority


def makespan(instance, name):
    return verify(instance, "", run(rule(name), instance)).objective


def test_calls_are_made_as_soon_as_all_limits_allow():
    answer = run(rule("all_at_once"))
    # Two slots for 0, 1 and 2; call 3 needs 0 and fails once; 4 is on a server of its
    # own but the agent may have three under way.
    assert answer == [[0, 0], [1, 0], [4, 0], [2, 100], [3, 100], [3, 180]]
    found = verify(CASE, "", answer)
    assert found.objective == 300
    assert found.features["efficiency"] == 1
    assert found.features["under_way"] == pytest.approx(790 / 300)
    assert found.features["failed_share"] == pytest.approx(1 / 6)


def test_a_positive_value_waits_while_something_is_under_way():
    answer = run(rule("serial"))
    assert answer == [[0, 0], [1, 100], [2, 400], [3, 600], [3, 680], [4, 730]]
    assert verify(CASE, "", answer).objective == 800
    # The gap of the server ends 50 after the second attempt of 3 began, the attempt
    # itself 40 after: then nothing is under way, and the server is waited for.
    turns = run(rule("turns"))
    assert turns == [[0, 0], [1, 0], [4, 0], [2, 300], [3, 300], [3, 500]]


def test_what_is_asked_and_shown():
    seen = []

    def priority(call, state):
        seen.append((call, state))
        return call.place - state.n

    run(priority)
    assert [(state.t, call.place) for call, state in seen[:8]] == [
        *[(0, 0), (0, 1), (0, 2), (0, 4)],
        *[(0, 1), (0, 2), (0, 4)],
        (0, 4),
    ]
    first, state = seen[0]
    assert first.tail == 100 + 125  # 100 / (1 - 0.2) for the call that may fail
    assert (first.children, first.followers, first.fails) == (1, 1, 0)
    assert (first.slots, first.busy, first.gap, first.queue) == (2, 0, 0, 3)
    assert first.load == (100 + 100 + 400) / 2
    assert (state.n, state.left, state.running, state.cap) == (5, 5, 0, 3)
    assert state.span == 400
    assert state.work == pytest.approx((600 + 250) / 3)
    again = [(call, state) for call, state in seen if call.failed]
    assert [(call.place, call.waited, state.t) for call, state in again] == [
        (3, 0, 180)
    ]
    assert again[0][1].since == 80


def test_a_gap_between_beginnings_is_kept_and_ends_a_wait():
    calls = (call(1, 70), call(1, 30), call(0, 500))
    one = replace(CASE, calls=calls)
    assert run(rule("all_at_once"), one) == [[0, 0], [2, 0], [1, 50]]
    asked = []

    def patient(call, state):
        asked.append(state.t)
        return -1 if state.t == 0 and call.place != 1 else 1

    # Asked when the server takes calls again (50), and at each end (70, 500).
    assert run(patient, one) == [[0, 0], [2, 0], [1, 500]]
    assert sorted(set(asked)) == [0, 50, 70]


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_call(value):
    with pytest.raises(ValueError, match="priority of call 0, at 0 ms"):
        run(lambda call, state: value)
    with pytest.raises(ValueError, match="no entry point"):
        run(max, entry_point="other")


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({5: [3, 179]}, ("same_time:3", "over_cap:3")),
        ({3: [3, 99]}, ("too_early:3:0",)),
        ({3: [3, 40], 5: [3, 700]}, ("over_cap:3", "too_soon:3", "too_early:3:0")),
        ({2: [4, 101]}, ("too_soon:4", "over_cap:4")),
        ({4: [2, 99]}, ("over_slots:2",)),
        ({1: [1, 100.0]}, ("not_a_pair:1",)),
        ({1: [5, 100]}, ("not_a_call:1",)),
        ({1: [1, -1]}, ("not_a_start:1",)),
        ({1: [0, 500]}, ("wrong_attempts:0", "wrong_attempts:1")),
    ],
)
def test_each_fault_has_its_code(change, codes):
    assert verify(CASE, "", GOOD).objective == 300
    spoilt = [change.get(place, pair) for place, pair in enumerate(GOOD)]
    assert sorted(verify(CASE, "", spoilt).violations) == sorted(codes)


def test_a_large_wrong_answer_is_reported_in_few_words():
    assert len(verify(CASE, "", [0] * 10_000).violations) == 20


def by_order(instance):
    """Least makespan of all orders in which every attempt starts when it can."""
    best = None
    places = [k for k, it in enumerate(instance.calls) for _ in it.attempts]
    for order in set(permutations(places)):
        rank = [[] for _ in instance.calls]
        for position, k in enumerate(order):
            rank[k].append(position)

        def priority(call, state, rank=rank):
            return rank[call.place][call.failed] - 1000

        value = verify(instance, "", run(priority, instance)).objective
        best = value if best is None else min(best, value)
    return best


def test_the_optimum_is_proved_and_no_order_beats_it():
    for cap, gap in ((2, 0), (2, 110), (3, 50)):
        mail = replace(CASE.servers[1], gap=gap)
        one = replace(CASE, cap=cap, servers=(CASE.servers[0], mail))
        found = truth.solve(one, 5.0)
        assert found.lower == found.best
        assert verify(one, "", found.answer).objective == found.best
        assert truth.lower_bound(one) <= found.best <= by_order(one)


def test_bounds_follow_from_chain_work_and_gaps():
    assert critical_path(CASE) == 300
    assert truth.lower_bound(replace(CASE, cap=1)) == 790
    slow = replace(CASE.servers[0], slots=1)
    assert truth.lower_bound(replace(CASE, servers=(slow, CASE.servers[1]))) == 600
    paced = replace(CASE.servers[1], gap=400)
    bound = truth.lower_bound(replace(CASE, servers=(CASE.servers[0], paced)))
    assert bound == 2 * 400 + 40


def test_references_are_written_as_a_whole_and_belong_to_their_data(tmp_path):
    log = []
    few = PACK.instances(Split.TRAIN)[:2]
    truth.solve_references(log.append, tmp_path / "r.json", few)
    written = json.loads((tmp_path / "r.json").read_text())["instances"]
    for one in few:
        known = truth.reference(one)
        assert written[one.id] == [truth.digest(one), known.lower, known.best]
    assert len(log) == 2
    with pytest.raises(InfrastructureError):
        truth.solve_references(log.append, tmp_path / "no" / "r.json", ())
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        truth.reference(replace(few[0], cap=1))
    assert PACK.optimum(few[0]) is None


def test_calls_are_those_of_the_benchmark():
    """Latencies, servers and dependencies of a task are what ``tps`` would show."""
    one = draw("wide", 0, 0)
    settings = {name: it.value for name, it in BENCHMARK.profile.items()}
    changes = {"easy": 0, "hard": 8, "task_seed": 0}
    keys = [
        key_from_data(sample.secret) for sample in BENCHMARK.samples(settings | changes)
    ]
    law = FAMILIES["wide"]
    key = next(k for k in keys if law.least <= len(k.subtasks) <= law.most)
    assert [it.deps for it in one.calls] == [it.deps for it in key.subtasks]
    for made, sub in zip(one.calls, key.subtasks, strict=True):
        server = one.servers[made.server].name
        times = {
            tools()[name].latency_ms(0, sub.args, 0)
            for name in sub.tools
            if tools()[name].server == server
        }
        assert made.attempts[0] in times


def test_families_differ_in_their_limits():
    flaky = [one for one in PACK.instances(Split.TRAIN) if one.group == "flaky"]
    assert any(len(it.attempts) > 1 for one in flaky for it in one.calls)
    assert {s.slots for one in flaky for s in one.servers} == {1, 2}
    single = [one for one in PACK.instances(Split.OOD) if one.group == "single"]
    assert {s.slots for one in single for s in one.servers} == {1}
    joint = [one for one in PACK.instances(Split.OOD) if one.group == "joint"]
    assert all(one.n > 3 * FAMILIES["joint"].least - 1 for one in joint)
    assert describe(CASE) == {
        "calls": 5,
        "servers": 2,
        "cap": 3,
        "slots": 4,
        "edges": 1,
    }


def test_rules_that_look_ahead_are_better_than_the_loop_of_agents():
    totals = dict.fromkeys(PACK.baselines, 0.0)
    for one in PACK.instances(Split.VALID):
        for name in totals:
            totals[name] += makespan(one, name) / truth.reference(one).best
    assert totals["serial"] > totals["turns"] > totals["all_at_once"]
    assert totals["all_at_once"] > min(totals["followers"], totals["bottleneck"])


def test_a_run_on_the_trusted_side_shows_nothing_of_what_is_to_come():
    desk = simulator(CASE, "priority")
    first = desk.observe()
    assert [view[0] for view in first["calls"]] == [0, 1, 2, 4]
    slower = tuple(replace(it, attempts=(*it.attempts, 999)) for it in CASE.calls)
    assert simulator(replace(CASE, calls=slower), "priority").observe() == first
    desk.act(0)
    desk.act(-1)
    assert desk.observe()["state"][0] == 100
    desk.act(True)
    assert desk.observe() is None
    assert desk.trace() == [[0, 0], True]
    assert verify(CASE, "", desk.trace()).violations == ("not_a_pair:1",)
    idle = simulator(CASE, "priority")
    idle.act(-1)  # nothing is under way that could be waited for
    assert idle.observe() is None


def test_a_look_at_the_latencies_is_caught_where_claims_are_made():
    few = PACK.instances(Split.SMOKE)[:2]
    found = [Imported(instance=one, reference=truth.reference(one)) for one in few]
    evaluator = LocalEvaluator(
        imported.on(PACK, found),
        slots=1,
        limits=Limits(cpu_seconds=5),
        min_sandbox=Sandbox.PROCESS,
    )

    def judge(source, split):
        request = EvaluationRequest(source=source, entry_point="priority", split=split)
        return asyncio.run(evaluator.evaluate(request))

    assert judge(PEEKING, Split.SMOKE).status is Status.OK
    found = judge(PEEKING, imported.SPLIT)
    assert (found.status, found.score) == (Status.INVALID, None)
    assert found.message.startswith("integrity=mismatch")
    for name in ("serial", "bottleneck"):
        honest = judge(PACK.baselines[name].source, imported.SPLIT)
        assert honest.status is Status.OK
        assert honest.features["lockstep"] == 1
        assert [it.objective for it in honest.verdicts] == [
            makespan(one, name) for one in few
        ]
    asyncio.run(evaluator.close())


def test_a_picture_has_a_row_for_each_slot_and_marks_failures():
    assert list(gantt(CASE, GOOD)) == [
        Bar(row="mail 1", start=0, end=70, label="4"),
        Bar(row="mail 1", start=100, end=180, label="3", late=True),
        Bar(row="mail 1", start=180, end=220, label="3"),
        Bar(row="maps 1", start=0, end=100, label="0"),
        Bar(row="maps 1", start=100, end=300, label="2"),
        Bar(row="maps 2", start=0, end=300, label="1"),
    ]
