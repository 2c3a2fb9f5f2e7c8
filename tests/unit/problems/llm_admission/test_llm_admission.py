"""The pack ``llm_admission``: what is asked, seen, judged; references; the anchor."""

import importlib
from dataclasses import replace

import pytest

from problems.base import Split
from problems.errors import ConfigError, ReferenceMissingError
from problems.llm_admission import reference as truth
from problems.llm_admission import simulate
from problems.llm_admission.importer import WINDOW, read
from problems.llm_admission.instances import BLOCKS, KINDS, Aim, draw, engine, scenario
from problems.llm_admission.pack import PACK, charts, describe, gantt
from problems.llm_admission.rules import RULES
from problems.llm_admission.verify import verify
from problems.llm_serving import traces
from problems.llm_serving.judging import mean, paces, replay, responses, waits
from problems.llm_serving.requests import Request
from tests.unit.problems.llm_serving.shared_data import shared

CHAT = draw("chat", 4000, Aim.LATENCY)
TIGHT = draw("tight", 4000, Aim.GOODPUT)


def rule(name):
    module = importlib.import_module(f"problems.llm_admission.heuristics.{name}")
    return PACK.baselines[name].entry_point, getattr(
        module, PACK.baselines[name].entry_point
    )


def objective(name, instance):
    entry_point, heuristic = rule(name)
    answer = simulate.run(entry_point, heuristic, instance, 0)
    return verify(instance, entry_point, answer).objective


def made(*rows, blocks=40, slots=8, limits=(5.0, 0.05, 0)):
    requests = tuple(
        Request(arrival=a, prompt=p, output=o, predicted=o) for a, p, o in rows
    )
    return replace(
        CHAT, requests=requests, engines=(engine(blocks, slots),), limits=limits
    )


def test_in_order_of_arrival_it_is_the_engine_by_itself():
    for instance in (CHAT, TIGHT):
        cluster = instance.cluster()
        cluster.advance()
        plain = truth.value(instance, [one for one in cluster.served if one])
        assert objective("pick_fcfs", instance) == pytest.approx(plain, abs=1e-6)
        assert objective("youngest", instance) == plain
    assert objective("fcfs", CHAT) == objective("pick_fcfs", CHAT)


def test_the_smallest_negative_value_is_admitted_and_others_are_held():
    case = made((0.0, 100, 50), (0.001, 30, 2), (0.002, 60, 2), (0.003, 10, 2))
    seen = []

    def admit(call, state):
        seen.append((call.id, state.running))
        return 5.0 if call.id == 1 and state.running else -call.prompt

    answer = simulate.run("admit", admit, case, 0)
    assert [one for one in answer if one is not None] == [0, 2, 3, 1]
    assert seen[0] == (0, 0)
    served = replay(case, RULES["admit"], answer).served
    assert served[1].admitted == max(one.end for one in served if one is not served[1])


def test_one_that_does_not_fit_keeps_others_out_until_something_ends():
    case = made((0.0, 300, 40), (0.001, 400, 2), (0.002, 16, 2), slots=8)
    served = replay(
        case, RULES["admit"], simulate.run("admit", lambda c, s: -c.prompt, case, 0)
    ).served
    assert served[2].admitted >= served[0].end
    served = replay(
        case, RULES["admit"], simulate.run("admit", lambda c, s: -1 / c.prompt, case, 0)
    ).served
    assert served[2].admitted < served[0].end


def test_what_a_policy_sees():
    case = made((0.0, 100, 80), (0.0, 33, 2), (0.9, 60, 9))
    scenes = []

    def pick(waiting, running, state):
        scenes.append((waiting, running, state))
        return waiting[0].id

    simulate.run("pick", pick, case, 0)
    waiting, running, state = scenes[0]
    assert (running, state.running, state.used, state.free) == ((), 0, 0, 40)
    assert state.room == 2048
    waiting, running, state = scenes[1]
    assert [one.id for one in waiting] == [1]
    assert waiting[0].blocks == 3
    assert (state.decoding, state.room, state.used) == (1, 2048 - 1, 7)
    assert (state.ttft, state.tpot) == case.limits[:2]
    waiting, running, state = scenes[2]
    (call,) = running
    assert call.id == 0
    assert call.left == 0
    assert call.tokens == 100 + call.done - 1
    assert 0 < waiting[0].wait < state.pace
    assert call.age == pytest.approx(state.t)
    assert (state.finished, state.mean_output) == (1, 2)
    # Nobody made more than the one that runs: as much again, and the same of those.
    assert call.rest == call.done
    assert waiting[0].rest == 2
    assert state.peak == pytest.approx((call.tokens + call.rest) / 16)
    rest = [(call.rest, call.tokens), (2, 60)]
    most = max(call.tokens + call.rest, call.tokens + 60 + 2 * rest[1][0])
    assert waiting[0].peak == pytest.approx(most / 16)
    fields = {*waiting[0]._fields, *call._fields, *state._fields}
    assert not fields & {"output", "finish", "aim", "limits"}


def test_the_view_of_the_peak_is_what_past_future_computes():
    _, past_future = rule("pick_past_future")
    held = []

    def pick(waiting, running, state):
        told = past_future(waiting, running, state)
        if running:
            room = 0.95 * state.blocks
            assert (told is None) == (waiting[0].peak > room)
            held.append(told is None)
        return told

    simulate.run("pick", pick, TIGHT, 0)
    assert 0 < sum(held) < len(held)
    assert objective("past_future", CHAT) < objective("fcfs", CHAT)


def test_the_victim_is_the_one_with_the_smallest_value():
    asked = []

    def victim(call, state):
        asked.append(call.place)
        return call.tokens

    case = made((0.0, 200, 90), (0.0, 150, 90), (0.0, 180, 90), blocks=40)
    answer = simulate.run("victim", victim, case, 0)
    assert asked[:3] == [2, 1, 0]
    assert answer[0] == 1
    assert replay(case, RULES["victim"], answer).served[1].restarts
    assert simulate.run("victim", lambda c, s: 0, case, 0)[0] == 2


def test_both_aims_judge_the_same_run():
    other = draw("tight", 4000, Aim.LATENCY)
    assert other.requests == TIGHT.requests
    answer = simulate.run(*rule("spf"), TIGHT, 0)
    found = verify(TIGHT, "admit", answer)
    run = replay(TIGHT, RULES["admit"], answer).served
    outputs = [one.output for one in TIGHT.requests]
    late = [
        wait > 5.0 or pace > 0.05
        for wait, pace in zip(waits(run), paces(run, outputs), strict=True)
    ]
    assert 0 < sum(late) < len(late)
    assert found.objective == pytest.approx(1 + sum(late) / len(late), abs=1e-6)
    latency = verify(other, "admit", answer).objective
    assert latency == pytest.approx(mean(responses(run)), abs=1e-6)


@pytest.mark.parametrize("value", [float("nan"), None, "1", (1, 2)])
def test_a_value_that_is_no_number_is_told_with_its_call(value):
    with pytest.raises(ValueError, match=r"value of call 0, at .* not a finite number"):
        simulate.run("admit", lambda call, state: value, CHAT, 0)


def test_predictions_err_by_the_stated_factor():
    from math import exp, fsum, log

    errors = [log(one.predicted / one.output) for one in CHAT.requests]
    assert exp(fsum(abs(e) for e in errors) / len(errors)) == pytest.approx(
        1.5, abs=0.1
    )


def test_tiny_instances_are_solved_and_policies_differ_from_the_optimum():
    gaps = []
    for one in PACK.instances(Split.SMOKE):
        found = PACK.reference(one)
        assert found.proved
        gaps += [objective(name, one) / found.lower - 1 for name in PACK.baselines]
    assert min(gaps) == 0
    assert max(gaps) > 0.1


@pytest.mark.slow
def test_tiny_references_are_found_again():
    for one in PACK.instances(Split.SMOKE):
        best, answer = truth.optimal(one)
        assert PACK.reference(one).best == pytest.approx(best, abs=1e-9)
        judged = replay(one, truth.BOTH, answer)
        assert truth.value(one, judged.served) == best


@pytest.mark.parametrize("split", Split)
def test_references_hold(split):
    for one in PACK.instances(split):
        found = PACK.reference(one)
        assert 0 < found.lower <= found.best
        assert found.lower >= truth.alone(one)


def test_a_changed_instance_has_no_reference():
    with pytest.raises(ReferenceMissingError, match="solve-references"):
        PACK.reference(replace(CHAT, limits=(4.0, 0.05, 0)))


@pytest.mark.slow
def test_clairvoyance_is_worth_something_and_the_bound_is_below():
    best, name = min(truth.clairvoyant(TIGHT))
    assert "hopeless last" in name or "memory" in name
    assert truth.lower(TIGHT) <= best < objective("fcfs", TIGHT)


def test_a_trace_is_read_in_windows(tmp_path):
    file = tmp_path / "trace.csv"
    rows = [
        f"2023-11-16 18:{i // 60:02d}:{i % 60:02d}.0000000,{100 + i},{5 + i}"
        for i in range(WINDOW + 3)
    ]
    head = "TIMESTAMP,ContextTokens,GeneratedTokens"
    file.write_text("\n".join([head, *rows]) + "\n")
    found = read(file)
    assert [one.instance.n for one in found] == [WINDOW, WINDOW, 3, 3]
    last = found[3].instance
    assert last.id == "trace-150-goodput"
    assert last.limits == (5.0, 0.05, Aim.GOODPUT)
    assert [one.arrival for one in last.requests] == [0.0, 1.0, 2.0]
    assert last.requests[0].prompt == 100 + WINDOW
    assert all(one.predicted for one in last.requests)
    for one in found:
        value = objective("fcfs", one.instance)
        assert one.reference.lower <= value
    assert read(file) == found
    file.write_text("a,b\n")
    with pytest.raises(ConfigError, match=r"trace\.csv line 1"):
        read(file)


def test_pictures_and_descriptions():
    answer = simulate.run(*rule("spf"), TIGHT, 0)
    assert {bar.label.split()[0] for bar in gantt(TIGHT, answer)} >= {"decode"}
    assert [chart.title for chart in charts(TIGHT, answer)] == [
        "memory in use",
        "latency from arrival",
    ]
    answer = simulate.run(*rule("oldest"), TIGHT, 0)
    assert any(bar.late for bar in gantt(TIGHT, answer))
    assert describe(TIGHT)["kv_blocks"] == KINDS["tight"].blocks


def test_first_come_first_served_is_the_real_run_of_vllm():
    """LLMServingSim's 300 requests on an RTX 4090, served by vLLM 0.19."""
    path = shared("llmservingsim_validation/RTX4090/requests.jsonl.gz")
    measured = traces.vllm(path)
    case = scenario(
        "anchor",
        "anchor",
        tuple(one.request for one in measured),
        engine(BLOCKS),
        KINDS["chat"],
        Aim.LATENCY,
    )
    served = replay(case, RULES["admit"], simulate.run(*rule("fcfs"), case, 0)).served
    outputs = [one.request.output for one in measured]
    real = [(m.request.arrival, m.first, m.end) for m in measured]
    ttft = mean([first - t for t, first, _ in real])
    whole = mean([end - t for t, _, end in real])
    tpot = mean(
        [
            (end - first) / max(1, n - 1)
            for (_, first, end), n in zip(real, outputs, strict=True)
        ]
    )
    assert mean(waits(served)) == pytest.approx(ttft, rel=0.05)
    assert mean(paces(served, outputs)) == pytest.approx(tpot, rel=0.05)
    assert mean(responses(served)) == pytest.approx(whole, rel=0.05)
