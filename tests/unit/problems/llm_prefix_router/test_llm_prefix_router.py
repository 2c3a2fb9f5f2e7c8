from dataclasses import replace

import numpy as np
import pytest

from problems.base import Split
from problems.errors import ConfigError
from problems.llm_prefix_router import simulate
from problems.llm_prefix_router.instances import (
    CHATS,
    GROUPS,
    TREE,
    draw,
    instances,
    read,
)
from problems.llm_prefix_router.pack import PACK
from problems.llm_prefix_router.reference import bound, improve
from problems.llm_prefix_router.rules import INPUT, OUTPUT, QUANTUM, RULES, UNIT
from problems.llm_prefix_router.verify import verify
from problems.llm_prefix_router.views import observe
from problems.llm_prefix_router.workloads import GROUP, rows
from problems.llm_serving.traces import mooncake
from tests.fakes.instance_files import MOONCAKE
from tests.unit.problems.llm_serving.shared_data import shared


def policy(rule):
    names = {}
    exec(PACK.baselines[rule].source, names)
    return names[PACK.baselines[rule].entry_point]


def judged(rule, instance):
    entry_point = PACK.baselines[rule].entry_point
    answer = simulate.run(entry_point, policy(rule), instance, 0)
    return verify(instance, entry_point, answer)


def scenes(instance, place=lambda scene: scene.rows[0].id % 4):
    """All scenes of a run, each with the place that was chosen."""
    cluster = RULES.start(instance)
    while (point := RULES.next(cluster)) is not None:
        scene = observe(cluster, point)
        chosen = place(scene)
        yield cluster, scene, chosen
        cluster.act(point, chosen)


def test_fresh_loads_are_those_of_the_engines():
    for cluster, scene, _ in scenes(draw(replace(TREE, n=60), 1)):
        for engine, view in zip(cluster.engines, scene.columns, strict=True):
            assert view.running == len(engine.running)
            assert view.waiting == len(engine.waiting)
            assert view.recent == view.recent_fresh == 0
        assert scene.state.age == 0


def test_old_loads_stay_for_their_time_and_what_was_sent_is_counted():
    limit, changes, sent = 5.0, 0, [0] * 4
    read_at, shown = None, None
    for _, scene, chosen in scenes(draw(replace(CHATS, n=120, read=limit), 1)):
        state = scene.state
        loads = [(one.running, one.waiting, one.used) for one in scene.columns]
        assert 0 <= state.age < limit
        if round(state.t - state.age, 6) == read_at:
            assert loads == shown
        else:
            changes, sent = changes + 1, [0] * 4
            assert state.age == 0
        read_at, shown = round(state.t - state.age, 6), loads
        assert [one.recent for one in scene.columns] == sent
        sent[chosen] += 1
    assert changes >= 2


def test_matches_are_known_at_once():
    instance = draw(replace(GROUPS, n=80, read=1000.0), 3)
    matches = {one.match for _, scene, _ in scenes(instance) for one in scene.columns}
    assert {0, GROUP} <= matches
    assert all(match % UNIT == 0 for match in matches)
    for _, scene, _ in scenes(instance):
        (request,) = scene.rows
        assert {one.match + one.fresh for one in scene.columns} == {request.prompt}
        assert request.known == max(one.match for one in scene.columns)


def test_quanta_pay_for_what_was_computed():
    instance = draw(replace(GROUPS, n=60, prompts=1, clients=1), 3)
    spent, granted = [0] * 4, QUANTUM
    seen = 0
    for cluster, scene, chosen in scenes(instance):
        while seen < len(cluster.ended):
            spent[cluster.ended[seen].replica] += OUTPUT * cluster.ended[seen].output
            seen += 1
        while max(granted - one for one in spent) <= 0:
            granted += QUANTUM
        assert [one.deficit for one in scene.columns] == [granted - x for x in spent]
        spent[chosen] += INPUT * scene.columns[chosen].fresh


def test_d2lpm_leaves_the_longest_prefix_when_its_quantum_is_gone():
    (_, scene, _), *_ = scenes(draw(replace(GROUPS, n=10), 3))
    place = policy("d2lpm")
    first, second, *rest = scene.columns
    known = first._replace(match=GROUP, in_flight=5)
    spent = known._replace(deficit=0)
    assert place(scene.rows[0], (known, second, *rest), scene.state) == 0
    assert place(scene.rows[0], (spent, second, *rest), scene.state) == 1


def test_stale_loads_mislead_who_looks_at_them_alone():
    instance = draw(CHATS, 7)
    old = replace(instance, limits=(5.0, QUANTUM))
    fresh = {rule: judged(rule, instance).objective for rule in ("llq", "sent_work")}
    stale = {rule: judged(rule, old).objective for rule in ("llq", "sent_work")}

    assert stale["llq"] > 1.2 * fresh["llq"]
    assert stale["sent_work"] < stale["llq"]
    assert judged("round_robin", instance) == judged("round_robin", old)


@pytest.mark.parametrize("family", [TREE, GROUPS, CHATS], ids=lambda one: one.group)
def test_prefixes_are_units_of_what_requests_have(family):
    found = rows(family, np.random.default_rng(1))
    assert len(found) == family.n
    owner = {}
    for _, prompt, output, _, ids in found:
        assert len(ids) <= (prompt + output) // UNIT
        assert len(set(ids)) == len(ids)
        for before, one in zip((None, *ids), ids, strict=False):
            assert owner.setdefault(one, before) == before
    assert max(prompt + output for _, prompt, output, *_ in found) < 16 * family.blocks


@pytest.mark.slow
def test_trees_have_the_laws_of_the_conversation_trace():
    trace = mooncake(shared("mooncake_fast25/conversation_trace.jsonl.gz"))
    drawn = rows(replace(TREE, n=12_000), np.random.default_rng(5))
    ours = {"prompt": [r[1] for r in drawn], "output": [r[2] for r in drawn]}
    theirs = {
        "prompt": [min(60_000, one.prompt) for one in trace],
        "output": [one.output for one in trace],
    }
    for name, values in theirs.items():
        for share in (0.25, 0.5, 0.75, 0.9):
            wanted = np.quantile(values, share)
            assert np.quantile(ours[name], share) == pytest.approx(wanted, rel=0.3)
    ids = [row[4][: row[1] // UNIT] for row in drawn]
    assert abs(_hits(ids) - _hits([one.prefix for one in trace])) < 0.08


def _hits(prefixes):
    """Share of units that came before, in a cache without limit."""
    seen, hits = set(), 0
    for ids in prefixes:
        hits += sum(one in seen for one in ids)
        seen.update(ids)
    return hits / sum(map(len, prefixes))


def test_single_changes_improve_a_placement():
    instance = instances(Split.SMOKE)[1]
    places = [0] * instance.n
    start = verify(instance, "", places).objective
    found = improve(instance, start, places, 30)
    assert bound(instance) < found < start
    assert verify(instance, "", places).objective == found


def test_a_trace_of_mooncake_is_read(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_text(MOONCAKE)
    (found,) = read(path)
    assert [one.prompt for one in found.instance.requests] == [600, 1100]
    assert found.reference.lower == bound(found.instance) > 0

    path.write_text(MOONCAKE.replace("1100", "9999999"))
    with pytest.raises(ConfigError, match=r"trace.jsonl line 1 to 2: request 1"):
        read(path)


@pytest.mark.parametrize("told", [4, -1, True, None, "0", [0], 1.0])
def test_what_is_no_place_is_refused(told):
    with pytest.raises(ValueError, match="place must return the number of a replica"):
        simulate.run("place", lambda *_: told, instances(Split.SMOKE)[0], 0)


def test_a_cost_that_is_no_number_is_named():
    with pytest.raises(ValueError, match=r"cost of request 0 at replica 0, at .* nan"):
        simulate.run("cost", lambda *_: float("nan"), instances(Split.SMOKE)[0], 0)
