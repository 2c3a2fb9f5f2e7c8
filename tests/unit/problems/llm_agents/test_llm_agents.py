"""Programs of agents: laws, instances, what is known of them, rules and bounds."""

import random
from dataclasses import replace
from math import sqrt
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.base import Split
from problems.llm_agents import simulate
from problems.llm_agents.alone import decode, prefill
from problems.llm_agents.baselines import baselines
from problems.llm_agents.instances import (
    BFCL,
    FORK,
    SHIFTED,
    SQL,
    SWE,
    UNIT,
    draw,
    instances,
)
from problems.llm_agents.laws import LAWS, SHAPES, Draft
from problems.llm_agents.ledger import ledger
from problems.llm_agents.reference import informed, isolated
from problems.llm_agents.rules import RULES, continuum
from problems.llm_agents.verify import completions, verify
from problems.llm_agents.views import turn
from problems.llm_serving.cluster import Cluster
from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.hosting import Host
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario, encode
from problems.llm_serving.scenario import decode as decoded

EVEN = CostModel(dense=((1, 0.001), (1001, 1.001)), over=0.01)
WITHOUT_PINS = RULES["ttl"]._replace(asks=frozenset())
SPEC = EngineSpec(cost=EVEN, blocks=400, unit=16)


def _drafts(kind, count):
    rng = np.random.default_rng(11)
    for _ in range(count):
        draft = Draft(LAWS[kind], 128, 41_392, 16, rng)
        SHAPES[kind](draft)
        yield draft.steps


def _heuristic(name):
    rule = baselines()[name]
    names = {}
    exec(rule.source, names)
    return names[rule.entry_point]


def _judge(scenario, entry_point, heuristic, seed=0):
    answer = simulate.run(entry_point, heuristic, scenario, seed)
    verdict = verify(scenario, entry_point, answer)
    assert verdict.violations == ()
    return verdict


def _scenario(requests, *, replicas=1, spec=SPEC):
    return Scenario(
        id="a", group="a", requests=tuple(requests), engines=(spec,) * replicas
    )


def _chain(program, born, calls):
    """Requests ``(prompt, output, delay, tool)`` one after the other, from place 0."""
    made = []
    for place, (prompt, output, delay, tool) in enumerate(calls):
        made.append(
            Request(
                arrival=born,
                prompt=prompt,
                output=output,
                program=program,
                parents=(place - 1,) if place else (),
                delay=delay,
                tool=tool,
            )
        )
    return made


class TestLaws:
    @pytest.mark.parametrize(
        ("kind", "average", "deviation"),
        [("swe", 0.925, 3.550), ("bfcl", 1.923, 2.133)],
    )
    def test_tools_take_as_long_as_reported(self, kind, average, deviation):
        tools = LAWS[kind].tools
        first = sum(one.share * one.mean for one in tools)
        second = sum(one.share * one.mean**2 * (1 + one.cv**2) for one in tools)
        assert sum(one.share for one in tools) == pytest.approx(1)
        assert first == pytest.approx(average, rel=0.01)
        assert sqrt(second - first**2) == pytest.approx(deviation, rel=0.03)

    @pytest.mark.parametrize(
        ("kind", "calls", "tokens"), [("swe", 10.9, 70_126), ("bfcl", 6.3, 93_256)]
    )
    def test_programs_are_as_long_as_reported(self, kind, calls, tokens):
        drafts = list(_drafts(kind, 400))
        total = [sum(one.prompt + one.output for one in steps) for steps in drafts]
        assert mean(map(len, drafts)) == pytest.approx(calls, rel=0.03)
        assert mean(total) == pytest.approx(tokens, rel=0.06)

    def test_chains_of_queries_are_as_reported(self):
        drafts = list(_drafts("sql", 150))
        calls = [one for steps in drafts for one in steps]
        assert mean(map(len, drafts)) == pytest.approx(20.9, rel=0.03)
        assert {len(steps) for steps in drafts} <= set(range(11, 29))
        assert mean(one.prompt for one in calls) == pytest.approx(3142, rel=0.06)
        assert mean(one.output for one in calls) == pytest.approx(120, rel=0.06)

    def test_tools_take_the_time_that_the_law_says(self):
        steps = [one for steps in _drafts("bfcl", 300) for one in steps if one.parents]
        assert mean(one.delay for one in steps) == pytest.approx(1.923, rel=0.08)
        assert {one.tool for one in steps} == {0, 1, 2}

    def test_forks_join(self):
        for steps in _drafts("fork", 20):
            last = steps[-1]
            assert len(last.parents) >= 2
            used = {parent for one in steps for parent in one.parents}
            assert used == set(range(len(steps) - 1))


class TestInstances:
    @pytest.mark.parametrize("group", [SWE, BFCL, FORK, *SHIFTED])
    def test_a_context_begins_with_that_of_the_parent(self, group):
        scenario = draw(replace(group, programs=4), 1)
        for one in scenario.requests:
            assert len(one.prefix) <= (one.prompt + one.output) // UNIT
            if len(one.parents) == 1:
                before = scenario.requests[one.parents[0]]
                assert one.prefix[: len(before.prefix)] == before.prefix
                assert one.prompt >= before.prompt + before.output

    def test_programs_share_the_head_and_nothing_else(self):
        scenario = draw(SWE, 1)
        head = tuple(range(LAWS["swe"].shared // UNIT))
        owners = {}
        for one in scenario.requests:
            assert one.prefix[: len(head)] == head
            for unit in one.prefix[len(head) :]:
                assert owners.setdefault(unit, one.program) == one.program

    def test_queries_share_the_schema_of_their_program(self):
        scenario = draw(SQL, 1)
        for program in range(SQL.programs):
            schemas = {
                one.prefix for one in scenario.requests if one.program == program
            }
            assert len(schemas) == 1

    def test_a_number_tells_no_more_than_how_deep_a_call_is(self):
        scenario = draw(SWE, 1)
        depth = []
        for one in scenario.requests:
            depth.append(1 + max([depth[i] for i in one.parents], default=-1))
        assert depth == sorted(depth)
        second = [
            one.program
            for one, d in zip(scenario.requests, depth, strict=True)
            if d == 1
        ]
        assert second != sorted(second)

    @pytest.mark.parametrize("split", Split)
    def test_the_driver_gets_all_that_it_needs(self, split):
        for one in instances(split):
            assert decoded(encode(one)) == replace(one, id="", group="")

    def test_the_costs_that_the_bound_needs_never_fall(self):
        for one in [*instances(Split.TRAIN), *instances(Split.OOD)]:
            for spec in one.engines:
                times = [spec.cost.tokens(n) for n in range(1, spec.budget + 1)]
                assert times == sorted(times)
                assert spec.cost.mix >= 1


class TestLedger:
    def _run(self, requests):
        cluster = WITHOUT_PINS.start(_scenario(requests))
        assert WITHOUT_PINS.next(cluster) is None
        assert cluster.complete
        return cluster

    def test_it_counts_what_finished_programs_had_left(self):
        calls = [(50, 10, 0, 0), (80, 10, 2.0, 1), (120, 10, 4.0, 1)]
        cluster = self._run(_chain(0, 0.0, calls))
        book = ledger(cluster)
        spans = [one.end - one.admitted for one in cluster.ended]
        assert book.finished == 1
        assert book.behind(0) == (3, pytest.approx(sum(spans)))
        assert book.behind(2) == (1, pytest.approx(spans[2]))
        assert book.behind(3) == (0, 0)
        assert book.durations == {1: [pytest.approx(2.0), pytest.approx(4.0)]}
        assert book.deciles(1)[:5] == [pytest.approx(2.0)] * 5
        assert book.deciles(1)[5:] == [pytest.approx(4.0)] * 5
        assert book.deciles(7) == [0.0] * 10
        assert book.tracks[0].tools == pytest.approx(6.0)
        assert book.tracks[0].tokens == 30

    def test_eta_is_minus_the_correlation_of_done_and_left(self):
        first = _chain(0, 0.0, [(50, 5, 0.1, 0)] * 3)
        second = [
            replace(one, parents=tuple(3 + parent for parent in one.parents))
            for one in _chain(1, 0.5, [(50, 5, 0.1, 0)] * 7)
        ]
        cluster = self._run([*first, *second])
        done = [*range(1, 4), *range(1, 8)]
        left = [*range(2, -1, -1), *range(6, -1, -1)]
        expected = -np.corrcoef(done, left)[0, 1]
        assert ledger(cluster).eta == pytest.approx(expected)
        assert 0 < expected < 1

    def test_a_path_is_the_longest_chain(self):
        root = Request(arrival=0.0, prompt=50, output=5, program=0)
        short = replace(root, parents=(0,))
        long = replace(root, output=90, parents=(0,))
        join = replace(root, parents=(1, 2))
        cluster = self._run([root, short, long, join])
        book = ledger(cluster)
        span = {one.id: one.end - one.admitted for one in cluster.ended}
        assert book.paths[3] == pytest.approx(span[0] + span[2] + span[3])
        assert book.fanout == [2, 1, 1, 0]

    def test_all_calls_of_a_program_go_to_one_replica(self):
        scenario = draw(SHIFTED[-1], 3)
        assert len(scenario.engines) == 2
        cluster = WITHOUT_PINS.start(scenario)
        assert WITHOUT_PINS.next(cluster) is None
        homes = {}
        for request, one in zip(scenario.requests, cluster.served, strict=True):
            homes.setdefault(request.program, set()).add(one.replica)
        assert {len(found) for found in homes.values()} == {1}
        assert set.union(*homes.values()) == {0, 1}


class TestRules:
    def test_the_fixed_time_is_that_of_the_baseline(self):
        heuristic = _heuristic("continuum")
        scenario = draw(replace(BFCL, programs=12), 5)
        rules = RULES["ttl"]
        cluster = rules.start(scenario)
        times = []
        while (point := rules.next(cluster)) is not None:
            decided = simulate.HOOKS["ttl"].choose(heuristic, turn(cluster, point))
            assert decided == continuum(cluster, point)
            times.append(decided)
            cluster.act(point, decided)
        assert 0.0 in times
        assert max(times) > 0

    def test_what_is_kept_is_hit(self):
        scenario = instances(Split.TRAIN)[0]
        none = _judge(scenario, "ttl", _heuristic("no_pin"))
        two = _judge(scenario, "ttl", _heuristic("static_ttl"))
        assert two.features["hit_share"] > none.features["hit_share"]
        assert two.objective < none.objective

    @pytest.mark.parametrize(
        ("told", "taken"), [(-3, 0.0), (0, 0.0), (2, 2.0), (True, 1.0), (10**30, 1e9)]
    )
    def test_times_are_taken_from_nought_to_the_longest(self, told, taken):
        scenario = instances(Split.SMOKE)[1]
        answer = simulate.run("ttl", lambda *_: told, scenario, 0)
        assert set(answer) == {taken}
        assert {type(one) for one in answer} == {float}

    def test_ties_go_to_the_call_that_waits_longest(self):
        scenario = instances(Split.SMOKE)[0]
        tied = simulate.run("priority", lambda *_: 0, scenario, 0)
        first = simulate.run("priority", lambda call, *_: -call.wait, scenario, 0)
        assert tied == first

    def test_no_view_tells_what_is_to_come(self):
        secret = {"output", "calls", "delay", "parents"}
        row, program, state = simulate.HOOKS["priority"].views
        assert not secret & {*row._fields, *program._fields, *state._fields}
        row, program, state = simulate.HOOKS["ttl"].views
        # The output of a complete call is known.
        assert secret & {*row._fields, *program._fields, *state._fields} == {"output"}

    def test_views_do_not_depend_on_the_rest_of_the_run(self):
        """What is seen before the last program comes is the same without it."""
        whole = draw(replace(BFCL, programs=6), 8)
        last = max(one.arrival for one in whole.requests)
        changed = replace(
            whole,
            requests=tuple(
                replace(one, output=one.output + 40, delay=2 * one.delay)
                if one.arrival == last
                else one
                for one in whole.requests
            ),
        )
        seen = []
        for scenario in (whole, changed):
            host = Host(simulate.HOOKS["priority"], scenario)
            log = []
            while (view := host.observe()) is not None and view["state"][8] < last:
                log.append(view)
                host.act(view["rows"][0][0])
            seen.append(log)
        assert len(seen[0]) > 5
        assert seen[0] == seen[1]


class TestVerify:
    def test_the_objective_is_the_mean_over_programs(self):
        requests = [
            *_chain(0, 0.0, [(50, 5, 0, 0), (60, 5, 1.0, 0)]),
            replace(_chain(1, 9.0, [(50, 5, 0, 0)])[0], arrival=9.0),
        ]
        scenario = _scenario(requests)
        verdict = _judge(scenario, "priority", _heuristic("request_fcfs"))
        first = prefill(SPEC, 50) + decode(SPEC, 50, 5)
        second = prefill(SPEC, 60) + decode(SPEC, 60, 5)
        times = [first + 1.0 + second, first]
        assert verdict.objective == pytest.approx(mean(times))
        assert verdict.features["program_p99"] == pytest.approx(max(times))

    def test_completions_take_the_last_call_of_a_program(self):
        scenario = draw(replace(FORK, programs=3), 2)
        cluster = Cluster(scenario.requests, scenario.engines)
        assert cluster.advance() is None
        found = completions(scenario.requests, cluster.served)
        for program, seconds in found.items():
            ends = [
                one.end - request.arrival
                for request, one in zip(scenario.requests, cluster.served, strict=True)
                if request.program == program
            ]
            assert seconds == max(ends)


class TestBounds:
    @pytest.mark.parametrize("shape", [(1, 1), (700, 30), (5000, 1), (9000, 200)])
    def test_a_call_alone_takes_as_long_as_in_the_engine(self, shape):
        prompt, output = shape
        spec = draw(SWE, 1).engines[0]
        cluster = Cluster([Request(arrival=0.0, prompt=prompt, output=output)], [spec])
        cluster.advance()
        expected = prefill(spec, prompt) + decode(spec, prompt, output)
        assert cluster.served[0].end == pytest.approx(expected, rel=1e-9)

    def test_only_what_calls_before_may_have_had_counts_as_cached(self):
        root = Request(
            arrival=0.0, prompt=100, output=30, prefix=(1, 2, 3, 4, 5, 6, 7, 8)
        )
        child = replace(
            root, prompt=200, prefix=(*root.prefix, 9, 10, 11), parents=(0,)
        )
        alone = _scenario([replace(root, program=0), replace(child, program=0)])
        other = replace(root, prompt=40, prefix=(1, 20), program=1)
        shared = _scenario([*alone.requests, other])

        def fresh(prompt, cached):
            # Its cheapest token is one of a prompt: this model knows no attention.
            return prefill(SPEC, prompt - cached, cached) + decode(SPEC, 1, 30)

        first, second = fresh(100, 0), fresh(200, 128)
        assert isolated(alone) == pytest.approx(first + second)
        # The other program may have had the first unit of the root, and the other way.
        first = fresh(100, 16)
        assert isolated(shared) == pytest.approx(mean([first + second, fresh(40, 16)]))

    def test_a_program_alone_meets_the_bound_but_for_the_cheaper_steps(self):
        scenario = draw(replace(SQL, programs=1), 4)
        verdict = _judge(scenario, "ttl", _heuristic("static_ttl"))
        bound = isolated(scenario)
        assert bound <= verdict.objective <= 1.05 * bound

    @settings(deadline=None, max_examples=8)
    @given(
        seed=st.integers(0, 10**6),
        group=st.sampled_from([FORK, SWE, SQL]),
        blocks=st.sampled_from([600, 1200]),
    )
    def test_no_decisions_go_below_the_bound(self, seed, group, blocks):
        scenario = draw(replace(group, programs=5, blocks=blocks, rate=5.0), seed)
        verdict = _judge(scenario, "priority", lambda *_: random.random(), seed)
        assert verdict.objective >= isolated(scenario)

    @pytest.mark.slow
    def test_who_is_told_everything_is_better_on_train(self):
        for scenario in instances(Split.TRAIN):
            best = min(value for _, value in informed(scenario))
            rule = _judge(scenario, "priority", _heuristic("program_fcfs"))
            assert isolated(scenario) < best < rule.objective
