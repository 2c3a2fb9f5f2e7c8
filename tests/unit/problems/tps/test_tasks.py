from collections import Counter
from random import Random

import pytest

from problems.benchmark import digest, settings_of
from problems.errors import ConfigError
from problems.tps.benchmark import BENCHMARK
from problems.tps.generate import gold
from problems.tps.parse import Said
from problems.tps.records import key_as_data, key_from_data
from problems.tps.repository import tools
from problems.tps.schedule import depths, fewest_turns, longest_path
from problems.tps.tool import checked
from problems.tps.world import make_world
from tests.unit.problems.tps.playing import SETTINGS, samples


def keys(group=None):
    return [
        key_from_data(sample.secret)
        for sample in samples()
        if group in (None, sample.group)
    ]


def test_the_frozen_set_is_the_one_that_was_frozen():
    frozen = BENCHMARK.sets["tps-v1"]
    assert digest(samples()) == frozen.sha256
    assert not frozen.changes


def test_there_are_100_tasks_of_each_kind_with_their_own_ids():
    assert Counter(sample.group for sample in samples()) == {"easy": 100, "hard": 100}
    assert len({sample.id for sample in samples()}) == 200


def test_easy_tasks_are_small_and_at_most_one_item_depends_on_another():
    sizes = Counter(len(key.subtasks) for key in keys("easy"))
    assert set(sizes) == {2, 3, 4, 5}
    edges = Counter(sum(map(len, deps_of(key))) for key in keys("easy"))
    assert set(edges) == {0, 1}


def test_hard_tasks_are_large_and_deep():
    sizes = [len(key.subtasks) for key in keys("hard")]
    assert min(sizes) == 6
    assert 45 <= max(sizes) <= 50
    assert {key.depth for key in keys("hard")} == {3, 4, 5, 6, 7, 8}


def deps_of(key):
    return [one.deps for one in key.subtasks]


def test_every_value_is_what_each_of_its_tools_gives():
    world = make_world(0)
    for key in keys():
        for one in key.subtasks:
            for name in one.tools:
                tool = tools()[name]
                assert checked(tool, dict(one.args)) == dict(one.args)
                assert tool.shape.call(world, one.args)[one.field] == one.value


def test_arguments_that_refer_are_values_of_earlier_items():
    for key in keys():
        for k, one in enumerate(key.subtasks):
            for name, before in one.refs.items():
                assert before < k
                assert key.subtasks[before].value == one.args[name]


def test_no_call_does_two_items_and_no_value_is_asked_twice():
    for key in keys():
        calls = [
            (one.tools, sorted(map(str, one.args.items()))) for one in key.subtasks
        ]
        assert all(calls.count(call) == 1 for call in calls)
        values = [one.value for one in key.subtasks]
        assert all(values.count(value) == 1 for value in values)


def test_no_value_can_be_read_in_the_text():
    hidden = 0
    for sample in samples():
        key = key_from_data(sample.secret)
        text = Said("\n".join(sample.data["items"]))
        for one in key.subtasks:
            for name in one.refs:
                if isinstance(one.args[name], str):
                    assert not text.holds(one.args[name])
                    hidden += 1
    assert hidden > 300


def test_gold_tools_suffice_and_are_few():
    for key in keys():
        assert len(key.gold_tools) <= 10
        assert all(set(one.tools) & set(key.gold_tools) for one in key.subtasks)
    assert gold([("a", "b"), ("b", "c"), ("d",)]) == ("b", "d")


def test_items_are_shuffled_and_all_there():
    sorted_ones = 0
    for sample in samples():
        texts = [one["desc"] for one in sample.secret["subtasks"]]
        assert sorted(texts) == sorted(sample.data["items"])
        sorted_ones += texts == sample.data["items"]
    assert sorted_ones < 50


def test_the_secret_survives_being_plain_data():
    for sample in samples()[:3] + samples()[-3:]:
        assert key_as_data(key_from_data(sample.secret)) == sample.secret


def test_tasks_follow_their_settings():
    few = settings_of(BENCHMARK.profile, {"easy": 3, "hard": 2})
    assert list(BENCHMARK.samples(few)) == [*samples()[:3], *samples()[100:102]]
    for change in ({"task_seed": 1}, {"world_seed": 1}):
        assert digest(BENCHMARK.samples(few | change)) != digest(BENCHMARK.samples(few))
    narrow = BENCHMARK.samples(few | {"easy": 0, "hard": 12, "tools_needed": 6})
    assert max(len(sample.secret["gold_tools"]) for sample in narrow) <= 6
    with pytest.raises(ConfigError, match="tools_needed must be 6 or more"):
        BENCHMARK.samples(SETTINGS | {"tools_needed": 5})


def a_dag(rng, n):
    deps = [
        [k for k in range(j) if rng.random() < 0.3][:2] if j else [] for j in range(n)
    ]
    return [rng.randint(1, 9) for _ in range(n)], deps


def least_by_trying_all(times, deps, turns):
    """Least time of all plans with so many turns."""
    n, best = len(times), None

    def place(k, chosen):
        nonlocal best
        if k == n:
            longest = [0] * turns
            for job, turn in enumerate(chosen):
                longest[turn] = max(longest[turn], times[job])
            best = sum(longest) if best is None else min(best, sum(longest))
            return
        first = max((chosen[b] + 1 for b in deps[k]), default=0)
        for turn in range(first, turns):
            place(k + 1, [*chosen, turn])

    place(0, [])
    return best


def test_the_plan_is_the_best_of_all_with_the_fewest_turns():
    rng = Random(5)
    longer = 0
    for _ in range(150):
        times, deps = a_dag(rng, rng.randint(1, 7))
        plan = fewest_turns(times, deps)
        turns = max(depths(deps))
        assert len(plan.turns) == turns
        assert plan.time == least_by_trying_all(times, deps, turns)
        assert plan.time >= longest_path(times, deps)
        longer += plan.time > longest_path(times, deps)
        at = {k: turn for turn, jobs in enumerate(plan.turns) for k in jobs}
        assert sorted(at) == list(range(len(times)))
        assert all(at[b] < at[k] for k, before in enumerate(deps) for b in before)
        assert plan.time == sum(max(times[k] for k in jobs) for jobs in plan.turns)
    assert longer > 10


def test_more_turns_may_take_less_time_with_tools():
    times, deps = [1, 10, 10, 1], [[], [0], [], [2]]
    assert fewest_turns(times, deps).time == 20
    assert least_by_trying_all(times, deps, 3) == 12
    assert fewest_turns([], []).turns == ()
