"""The pack ``llm_slo``: targets, views, judgement, references."""

import importlib
from dataclasses import replace

import pytest

from problems.base import Split
from problems.errors import ReferenceMissingError
from problems.llm_serving.judging import replay
from problems.llm_serving.requests import Request
from problems.llm_slo import reference as truth
from problems.llm_slo import simulate
from problems.llm_slo.importer import WINDOW, read
from problems.llm_slo.instances import LONGEST, draw, engine
from problems.llm_slo.pack import PACK, charts, describe, gantt
from problems.llm_slo.rules import RULES
from problems.llm_slo.targets import Kind, Targets, plan
from problems.llm_slo.verify import late, verify

MIXED = draw("mixed", 4000)
TARGETS = Targets(ttft=0.1, tpot=0.02, whole=2.0, call=1.0)


def rule(name):
    module = importlib.import_module(f"problems.llm_slo.heuristics.{name}")
    entry_point = PACK.baselines[name].entry_point
    return entry_point, getattr(module, entry_point)


def judged(name, instance):
    entry_point, heuristic = rule(name)
    answer = simulate.run(entry_point, heuristic, instance, 0)
    return verify(instance, entry_point, answer)


def made(*requests, blocks=60, targets=TARGETS, slots=8):
    spec = engine(blocks, slots)
    limits = tuple(targets)
    return replace(MIXED, requests=requests, engines=(spec,), limits=limits)


def call(arrival, prompt, output, kind, **more):
    return Request(
        arrival=arrival,
        prompt=prompt,
        output=output,
        client=int(kind),
        predicted=output,
        **more,
    )


PROGRAM = (
    call(0.0, 50, 10, Kind.COMPOUND, program=7),
    call(0.0, 40, 4, Kind.CHAT),
    call(0.0, 40, 5, Kind.DEADLINE),
    call(0.0, 90, 10, Kind.COMPOUND, program=7, parents=(0,), delay=0.5),
    call(0.0, 120, 3, Kind.COMPOUND, program=7, parents=(3,), delay=0.2),
)


def test_programs_have_a_deadline_for_all_of_their_calls():
    found = plan(PROGRAM, TARGETS)
    assert found.calls == (3, 1, 1, 3, 3)
    assert found.stage == (0, 0, 0, 1, 2)
    assert found.due == (3.0, 0.1, 2.0, 3.0, 3.0)


def test_who_misses_loses_all_tokens_of_the_call_or_program():
    case = made(*PROGRAM)
    answer = simulate.run(*rule("fcfs"), case, 0)
    served = replay(case, RULES, answer).served
    assert late(case, served) == [False] * 5
    assert verify(case, "priority", answer).objective == 1.0
    end = served[4].end
    short = TARGETS._replace(call=(end - 0.001) / 3)
    assert late(made(*PROGRAM, targets=short), served) == [
        True,
        False,
        False,
        True,
        True,
    ]
    enough = TARGETS._replace(call=(end + 0.001) / 3)
    assert not any(late(made(*PROGRAM, targets=enough), served))
    chat, whole = served[1], served[2]
    pace = (chat.end - chat.first) / 3
    for targets, place in (
        (TARGETS._replace(ttft=chat.first - 0.001), 1),
        (TARGETS._replace(tpot=pace - 0.0001), 1),
        (TARGETS._replace(whole=whole.end - 0.001), 2),
    ):
        missed = late(made(*PROGRAM, targets=targets), served)
        assert [i for i, one in enumerate(missed) if one] == [place]
        share = PROGRAM[place].output / 32
        case = made(*PROGRAM, targets=targets)
        verdict = verify(case, "priority", answer)
        assert verdict.objective == pytest.approx(1 + share, abs=1e-6)
        assert verdict.features["missed_compound"] == 0


def test_what_a_policy_sees():
    scenes = []

    def pick(waiting, running, state):
        scenes.append((waiting, running, state))
        return waiting[0].id

    simulate.run("pick", pick, made(*PROGRAM), 0)
    waiting, running, state = scenes[0]
    assert not running
    first = waiting[0]
    assert (first.kind, first.calls, first.stage, first.due) == (2, 3, 0, 3.0)
    assert first.need == pytest.approx(50 * state.prefill_pace + 10 * state.pace)
    assert first.slack == first.due - first.need
    waiting, running, state = scenes[1]
    chat = waiting[0]
    assert (chat.kind, chat.calls, chat.left) == (0, 1, 4)
    assert chat.due == pytest.approx(0.1 - state.t)
    assert chat.need == pytest.approx(40 * state.prefill_pace)
    assert running[0].uncomputed == 0
    assert running[0].tokens == 50 + running[0].done - 1
    last = scenes[-1][0][0]
    assert (last.id, last.stage, last.wait) == (4, 2, 0)
    fields = {*first._fields, *running[0]._fields, *state._fields}
    assert not fields & {"output", "finish", "limits"}


def test_a_chat_that_lost_its_memory_is_due_by_its_pace():
    requests = (
        call(0.0, 150, 120, Kind.DEADLINE),
        call(0.001, 150, 120, Kind.CHAT),
    )
    seen = []

    def pick(waiting, running, state):
        seen.extend((one, state) for one in waiting if one.restarts)
        return waiting[0].id

    simulate.run("pick", pick, made(*requests, blocks=26), 0)
    again, state = seen[0]
    assert again.id == 1
    assert again.done > 1
    assert again.tokens == 150 + again.done
    assert again.left == 120 - again.done
    assert again.due == pytest.approx(0.001 + 0.1 + 0.02 * 120 - state.t)


def test_the_smallest_negative_value_is_admitted_and_others_are_held():
    requests = tuple(call(i / 1000, 40, 20, Kind.CHAT) for i in range(4))
    order = {0: -1.0, 1: 3.0, 2: -1.0, 3: -2.0}

    def priority(one, state):
        return order[one.id]

    answer = simulate.run("priority", priority, made(*requests), 0)
    assert [one for one in answer if one is not None] == [0, 3, 2, 1]
    with pytest.raises(ValueError, match="value of call 0, at"):
        simulate.run("priority", lambda one, state: None, MIXED, 0)
    with pytest.raises(ValueError, match="3000 does not wait"):
        simulate.run("pick", lambda w, r, s: 3000, MIXED, 0)


def test_programs_grow_and_are_chains():
    requests = MIXED.requests
    kinds = {one.client for one in requests}
    assert kinds == set(Kind)
    assert sum(one.program >= 0 for one in requests) > 10
    for number, one in enumerate(requests):
        assert (one.program >= 0) == (one.client == Kind.COMPOUND)
        for parent in one.parents:
            before = requests[parent]
            assert parent < number
            assert before.program == one.program
            assert before.arrival == one.arrival
            assert one.prompt > before.prompt
    assert max(plan(requests, TARGETS).calls) <= LONGEST


def test_policies_differ():
    found = {name: judged(name, MIXED).objective for name in PACK.baselines}
    assert found["edf"] < found["fcfs"]
    assert found["edf_room"] < found["edf"]
    assert found["fcfs"] - min(found.values()) > 0.1


def test_tiny_instances_are_solved_and_policies_differ_from_the_optimum():
    gaps = []
    for one in PACK.instances(Split.SMOKE):
        found = PACK.reference(one)
        assert found.proved
        gaps += [judged(n, one).objective / found.lower - 1 for n in PACK.baselines]
    assert min(gaps) == 0
    assert max(gaps) > 0.1


def test_a_tiny_reference_is_found_again():
    one = PACK.instances(Split.SMOKE)[1]
    best, answer = truth.optimal(one)
    assert PACK.reference(one).best == best
    assert verify(one, "pick", answer).objective == best


@pytest.mark.slow
def test_tiny_references_are_found_again():
    for one in PACK.instances(Split.SMOKE):
        assert PACK.reference(one).best == truth.optimal(one)[0]


@pytest.mark.parametrize("split", Split)
def test_references_hold(split):
    for one in PACK.instances(split):
        found = PACK.reference(one)
        assert truth.alone(one) <= found.lower + 1e-9
        assert 1 <= found.lower <= found.best


def test_a_changed_instance_has_no_reference():
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        PACK.reference(replace(MIXED, limits=tuple(TARGETS)))


def test_the_bound_counts_what_cannot_be_in_time():
    # Each alone is in time; together they need more than the second they have.
    targets = TARGETS._replace(whole=1.2)
    requests = tuple(call(0.0, 2000, 10, Kind.DEADLINE) for _ in range(10))
    case = made(*requests, blocks=1400, targets=targets)
    assert truth.alone(case) == 1
    found = truth.lower(case)
    best = min(judged(name, case).objective for name in PACK.baselines)
    assert 1.2 < found <= best


def test_a_trace_is_read_in_windows(tmp_path):
    file = tmp_path / "trace.csv"
    rows = [
        f"2023-11-16 18:{i // 60:02d}:{i % 60:02d}.0000000,{100 + i},{5 + i}"
        for i in range(WINDOW + 2)
    ]
    head = "TIMESTAMP,ContextTokens,GeneratedTokens"
    file.write_text("\n".join([head, *rows]) + "\n")
    found = read(file)
    assert [one.instance.n for one in found] == [WINDOW, 2]
    kinds = [one.client for one in found[0].instance.requests]
    assert set(kinds) == {Kind.CHAT, Kind.DEADLINE}
    assert [one.arrival for one in found[1].instance.requests] == [0.0, 1.0]
    for one in found:
        assert one.reference.lower <= judged("fcfs", one.instance).objective
    assert read(file) == found


def test_pictures_and_descriptions():
    answer = simulate.run(*rule("edf"), MIXED, 0)
    assert {bar.label.split()[0] for bar in gantt(MIXED, answer)} >= {"decode"}
    assert len(charts(MIXED, answer)) == 2
    told = describe(MIXED)
    assert told["share_chat"] + told["share_deadline"] + told["share_compound"] == 1
    assert told["ttft"] == MIXED.limits[0]
