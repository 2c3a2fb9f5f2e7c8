"""What every installed pack promises.

Everything here is general; ``tests/contracts/packs/NAME.py`` says how the jobs of a
pack are renamed, how an answer is spoilt, and what heuristics that cheat look like.
"""

import ast
import importlib
import json
import re
from functools import cache
from importlib.util import find_spec

import pytest

from evolve import config as configs
from problems import registry
from problems.base import BLOCK_END, BLOCK_START, Mode, Split
from tests.fakes.queue_problem import STEPPED, TRACED

PACKS = {name: registry.load(name) for name in registry.names()}
HOOKS_IN = "tests.contracts.packs"
HOOKS = {
    name: importlib.import_module(f"{HOOKS_IN}.{name}").HOOKS
    for name in PACKS
    if find_spec(f"{HOOKS_IN}.{name}")
}
BASELINES = [(pack, rule) for pack, it in PACKS.items() for rule in it.baselines]
MAX_PAYLOAD = 64 << 10

ONLINE = [p for p in PACKS.values() if p.mode is not Mode.SOLUTION] + [TRACED, STEPPED]

pack_of_every_name = pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
every_baseline = pytest.mark.parametrize(("name", "rule"), BASELINES)

MUTATIONS = [(name, code) for name, it in HOOKS.items() for code in it.mutations]
CANARIES = [(name, canary) for name, it in HOOKS.items() for canary in it.canaries]


def _define(source, entry_point):
    names = {"__name__": "heuristic"}
    exec(compile(source, "heuristic.py", "exec"), names)
    return names[entry_point]


def _run(pack, entry_point, source, instance):
    driver = importlib.import_module(pack.driver)
    heuristic = _define(source, entry_point)
    payload = json.loads(json.dumps(pack.encode(instance)))
    answer = driver.run(entry_point, heuristic, driver.decode(payload), seed=3)
    return json.loads(json.dumps(answer))


def _run_baseline(pack, rule, instance):
    baseline = pack.baselines[rule]
    return _run(pack, baseline.entry_point, baseline.source, instance)


@cache
def _text_of_seed(name, instance):
    pack = PACKS[name]
    return json.dumps(_run_baseline(pack, pack.default_entry_point.seed, instance))


def _seed_answer(pack, instance):
    """What the seed heuristic answers, found once and given out as a copy."""
    return json.loads(_text_of_seed(pack.name, instance))


@pack_of_every_name
def test_splits_are_disjoint_and_names_unique(pack):
    found = [one for split in Split for one in pack.instances(split)]
    names = [one.id for one in found]
    assert len(set(names)) == len(names)
    data = [json.dumps(pack.encode(one), sort_keys=True) for one in found]
    assert len(set(data)) == len(data)


@pack_of_every_name
@pytest.mark.parametrize("split", Split)
def test_every_split_has_instances_in_a_stable_order(pack, split):
    first = pack.instances(split)
    assert first
    cached = getattr(pack.instances, "cache_clear", None)
    if cached is not None:
        cached()
    again = pack.instances(split)
    assert list(first) == list(again)


@pack_of_every_name
@pytest.mark.parametrize("split", Split)
def test_instances_are_encoded_as_small_plain_data_without_their_name(pack, split):
    for one in pack.instances(split):
        text = json.dumps(pack.encode(one), allow_nan=False)
        assert len(text) <= MAX_PAYLOAD
        assert json.loads(text) == pack.encode(one)
        assert one.id not in text


@pack_of_every_name
def test_instances_are_frozen(pack):
    one = pack.instances(Split.SMOKE)[0]
    with pytest.raises(AttributeError):
        one.id = "other"
    hash(one)


@pack_of_every_name
@pytest.mark.parametrize("split", Split)
def test_every_instance_has_a_consistent_reference(pack, split):
    for one in pack.instances(split):
        found = pack.reference(one)
        assert found.lower >= 0
        assert found.best is None or found.best >= found.lower
        assert not found.proved or found.best == found.lower
        assert found.method
        assert found.source


@pack_of_every_name
@pytest.mark.parametrize("split", Split)
def test_every_group_has_a_reference_to_divide_by(pack, split):
    totals = {}
    for one in pack.instances(split):
        totals[one.group] = totals.get(one.group, 0) + pack.reference(one).lower
    assert min(totals.values()) > 0


NO_UNIT = re.compile(r"\d|positive|negative|least|most|sign|share|number")
"""What a range says: in the place of a unit it keeps apart what belongs together."""


@pack_of_every_name
def test_entry_points_are_described_and_have_a_seed(pack):
    assert pack.entry_points
    for name, entry_point in pack.entry_points.items():
        assert entry_point.name == name
        defined = ast.parse(f"{entry_point.signature} ...").body[0]
        assert isinstance(defined, ast.FunctionDef)
        assert defined.name == name
        assert entry_point.doc
        assert pack.baselines[entry_point.seed].entry_point == name
        for feature in entry_point.features:
            ast.parse(feature.code, mode="eval")
            assert not NO_UNIT.search(feature.unit), f"{feature.code}: {feature.unit}"
            assert not feature.doc.endswith(f", {feature.unit or 'number'}")


@pack_of_every_name
def test_a_run_by_name_starts_from_rules_of_its_entry_point(pack):
    campaign = configs.suited(pack, {"budget": {"seconds": 1.0}})
    entry_point = campaign.entry_point or pack.default_entry_point.name
    seeds = campaign.seeds or (pack.entry_points[entry_point].seed,)
    assert {pack.baselines[seed].entry_point for seed in seeds} == {entry_point}


@pack_of_every_name
def test_baselines_import_only_what_candidates_may(pack):
    for module in pack.modules:
        importlib.import_module(module)
    for baseline in pack.baselines.values():
        for node in ast.walk(ast.parse(baseline.source)):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= set(pack.modules)
            if isinstance(node, ast.ImportFrom):
                assert node.module in pack.modules


@every_baseline
def test_baselines_are_programs_with_one_block_that_defines_the_entry_point(name, rule):
    pack = PACKS[name]
    baseline = pack.baselines[rule]
    lines = baseline.source.splitlines()
    assert baseline.name == rule
    assert baseline.citation
    assert lines.count(BLOCK_START) == lines.count(BLOCK_END) == 1
    block = lines[lines.index(BLOCK_START) : lines.index(BLOCK_END)]
    functions = [
        node.name
        for node in ast.parse("\n".join(block)).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert baseline.entry_point in pack.entry_points
    assert baseline.entry_point in functions


@every_baseline
@pytest.mark.parametrize(
    "split", [Split.SMOKE, pytest.param(Split.TRAIN, marks=pytest.mark.slow)]
)
def test_baselines_are_accepted_repeat_themselves_and_beat_no_proof(name, rule, split):
    pack = PACKS[name]
    entry_point = pack.baselines[rule].entry_point
    for one in pack.instances(split):
        answer = _run_baseline(pack, rule, one)
        assert answer == _run_baseline(pack, rule, one)
        verdict = pack.verify(one, entry_point, answer)
        assert verdict.violations == ()
        assert verdict.objective >= pack.reference(one).lower
        assert all(type(value) in (int, float) for value in verdict.features.values())


@pack_of_every_name
def test_bars_of_a_row_do_not_overlap(pack):
    for one in pack.instances(Split.SMOKE):
        ends = {}
        for bar in pack.gantt(one, _seed_answer(pack, one)):
            assert ends.get(bar.row, 0) <= bar.start <= bar.end
            ends[bar.row] = bar.end
        assert ends


def _step(pack, entry_point, source, instance):
    driver = importlib.import_module(pack.driver)
    heuristic = _define(source, entry_point)
    simulator = pack.simulator(instance, entry_point)
    while (observation := simulator.observe()) is not None:
        assert simulator.observe() == observation
        seen = json.loads(json.dumps(observation, allow_nan=False))
        decision = driver.decide(entry_point, heuristic, seen)
        simulator.act(json.loads(json.dumps(decision)))
    return json.loads(json.dumps(simulator.trace()))


@pytest.mark.parametrize("pack", ONLINE, ids=lambda p: f"{p.name}-{p.mode}")
def test_the_simulators_of_both_sides_agree(pack):
    for baseline in pack.baselines.values():
        for one in pack.instances(Split.SMOKE):
            stepped = _step(pack, baseline.entry_point, baseline.source, one)
            assert stepped == _run(pack, baseline.entry_point, baseline.source, one)
            assert not pack.verify(one, baseline.entry_point, stepped).violations


@pytest.mark.parametrize("pack", ONLINE, ids=lambda p: f"{p.name}-{p.mode}")
@pytest.mark.parametrize("value", [None, True, -1.5, "x", [], {}, 10**400, [[0]]])
def test_a_simulator_survives_any_decision_and_its_trace_is_judged(pack, value):
    for entry_point in pack.entry_points:
        one = pack.instances(Split.SMOKE)[0]
        simulator = pack.simulator(one, entry_point)
        for _ in range(10_000):
            if simulator.observe() is None:
                break
            simulator.act(value)
        assert simulator.observe() is None
        pack.verify(one, entry_point, simulator.trace())


@pack_of_every_name
def test_the_verifier_survives_any_plain_data(pack):
    one = pack.instances(Split.SMOKE)[0]
    nested = [[[[]]]] * 3
    for value in (None, True, 0, -1.5, "", "x", [], {}, nested, [None], [{}], {"a": 1}):
        for entry_point in pack.entry_points:
            verdict = pack.verify(one, entry_point, value)
            assert verdict.objective is None
            assert verdict.violations


@pytest.mark.parametrize("name", HOOKS)
def test_hooks_belong_to_a_pack(name):
    assert name in PACKS


@pytest.mark.parametrize(("name", "code"), MUTATIONS)
def test_each_mutation_of_an_answer_is_rejected_with_its_code(name, code):
    pack, mutate = PACKS[name], HOOKS[name].mutations[code]
    for one in pack.instances(Split.SMOKE):
        spoilt = mutate(_seed_answer(pack, one))
        verdict = pack.verify(one, pack.default_entry_point.name, spoilt)
        assert verdict.objective is None
        assert any(found.startswith(code) for found in verdict.violations)


@pytest.mark.parametrize(("name", "canary"), CANARIES)
def test_a_cheating_heuristic_gains_nothing(name, canary):
    pack, trick = PACKS[name], HOOKS[name].canaries[canary]
    for one in pack.instances(Split.SMOKE):
        before = pack.encode(one)
        if trick.raises is not None:
            with pytest.raises(trick.raises):
                _run(pack, trick.entry_point, trick.body, one)
            continue
        answer = _run(pack, trick.entry_point, trick.body, one)
        verdict = pack.verify(one, trick.entry_point, answer)
        assert pack.encode(one) == before
        if trick.code is None:
            assert verdict.objective >= pack.reference(one).lower
        else:
            assert verdict.objective is None
            assert any(code.startswith(trick.code) for code in verdict.violations)


@pytest.mark.parametrize("name", [n for n, it in HOOKS.items() if it.relabel])
def test_renaming_the_jobs_changes_no_objective(name):
    pack, hooks = PACKS[name], HOOKS[name]
    for one in pack.instances(Split.SMOKE):
        n = hooks.jobs(one)
        order = [(7 * k + 3) % n for k in range(n)]
        renamed = hooks.relabel(one, order)
        for rule, baseline in pack.baselines.items():
            answer = _run_baseline(pack, rule, one)
            told = hooks.relabel_answer(answer, order)
            first = pack.verify(one, baseline.entry_point, answer)
            second = pack.verify(renamed, baseline.entry_point, told)
            assert first == second
