"""The pack ``llm_offline_prefix``: trees, views, bounds, references, imports."""

import json
from dataclasses import replace
from itertools import permutations

import pytest

from problems.base import Split
from problems.errors import ReferenceMissingError
from problems.llm_offline_prefix import simulate
from problems.llm_offline_prefix.importer import read
from problems.llm_offline_prefix.instances import engine, instances
from problems.llm_offline_prefix.model import Batch, Job, Node, encode, unit_paths
from problems.llm_offline_prefix.pack import PACK
from problems.llm_offline_prefix.reference import (
    digest,
    lower_bound,
    makespan,
    solve,
    work,
)
from problems.llm_offline_prefix.verify import verify
from problems.llm_serving.traces import requests
from tests.fakes import traces
from tests.unit.problems.llm_serving.shared_data import shared


def _job(node, own, output):
    return Job(node=node, own=own, output=output, predicted=output)


SMALL = Batch(
    id="small",
    group="small",
    nodes=(
        Node(parent=-1, units=2),
        Node(parent=0, units=3),
        Node(parent=0, units=1),
        Node(parent=-1, units=4),
    ),
    jobs=(
        _job(1, 20, 30),
        _job(3, 10, 40),
        _job(2, 5, 8),
        _job(1, 16, 2),
        _job(-1, 100, 50),
        _job(2, 9, 6),
    ),
    engine=engine(400),
)
"""Two requests behind each of the nodes 1 and 2, one behind 3, one behind nothing."""


def _decoded(batch):
    return simulate.decode(json.loads(json.dumps(encode(batch))))


def test_contexts_are_paths_of_units():
    assert unit_paths(SMALL.nodes) == [
        (0, 1),
        (0, 1, 2, 3, 4),
        (0, 1, 5),
        (6, 7, 8, 9),
    ]
    assert [one.prompt for one in SMALL.requests] == [340, 266, 197, 336, 100, 201]


def test_views_tell_what_is_shared():
    seen = _decoded(SMALL)
    by_id = seen.requests
    assert [(r.shared, r.own) for r in by_id] == [
        (320, 20),
        (0, 266),
        (192, 5),
        (320, 16),
        (0, 100),
        (192, 9),
    ]
    assert [p.place for p in seen.places] == [0, 4, 2, 1, 5, 3]
    assert [p.branch for p in seen.places] == [0, 1, 0, 0, 2, 0]
    assert [p.size for p in seen.places] == [4, 1, 4, 4, 1, 4]
    top = seen.places[0]
    assert (top.depth, top.siblings, top.tokens) == (2, 2, 320)
    assert (top.prefill, top.output) == (6 * 64 + 50, 46)
    assert seen.places[1].prefill == 266
    assert seen.state.branches == 3
    assert seen.state.prefill == 6 * 64 + 50 + 266 + 100
    assert [(n.number, n.parent, n.requests) for n in seen.tree] == [
        (0, -1, 4),
        (1, 0, 2),
        (2, 0, 2),
    ]
    assert [n.path for n in seen.tree] == [128, 320, 192]
    assert [n.prefill for n in seen.tree] == [6 * 64 + 50, 192 + 36, 64 + 14]


def test_what_all_share_is_no_branch():
    nodes = (Node(parent=-1, units=5), Node(parent=0, units=1), Node(parent=0, units=2))
    jobs = (_job(1, 9, 5), _job(2, 9, 5), _job(1, 9, 5), _job(2, 9, 5), _job(0, 9, 5))
    seen = _decoded(replace(SMALL, nodes=nodes, jobs=jobs))
    assert [p.branch for p in seen.places] == [0, 1, 0, 1, 2]
    assert [p.size for p in seen.places] == [2, 2, 2, 2, 1]
    assert [p.tokens for p in seen.places] == [64, 128, 64, 128, 0]


def test_outputs_are_hidden_where_they_are_predicted():
    for one in instances(Split.TRAIN):
        told = [output for _, _, output in encode(one)["jobs"]]
        true = [job.output for job in one.jobs]
        assert (told == true) == (one.group != "guess")


def test_sharing_saves_time():
    jobs = tuple(_job(1 if k % 2 else 3, 20, 3) for k in range(40))
    batch = replace(SMALL, jobs=jobs, engine=engine(30))
    together = sorted(range(40), key=lambda k: jobs[k].node)
    assert makespan(batch, together) < 0.8 * makespan(batch, list(range(40)))
    first = verify(batch, "priority", list(range(40))).features
    second = verify(batch, "priority", together).features
    assert first["hit_share"] < second["hit_share"]
    assert max(first["peak_kv"], second["peak_kv"]) <= 1


def test_all_that_is_shared_is_counted_once():
    found = work(SMALL)
    assert found.prompt == 10 * 64 + 160
    assert found.steps == sum(job.output - 1 for job in SMALL.jobs)
    assert (found.own, found.shared) == (5, 320)
    # A piece of c tokens behind k pairs each of its own with k + c / 2 tokens.
    cost = SMALL.engine.cost
    pairs = 128 * 64 + 192 * 224 + 64 * 160 + 256 * 128
    pairs += 20 * 330 + 10 * 261 + 5 * 194.5 + 16 * 328 + 100 * 50 + 9 * 196.5
    read = sum(
        request.prompt + k
        for request in SMALL.requests
        for k in range(request.output - 1)
    )
    expected = cost.p1 * 800 + cost.p2 * pairs + cost.b * read
    assert found.attention == pytest.approx(expected)


def test_the_best_of_all_orders_is_found_and_above_the_bound():
    found = solve(SMALL)
    every = [makespan(SMALL, list(one)) for one in permutations(range(6))]
    assert found.lower == found.best == min(every) == makespan(SMALL, found.order)
    assert lower_bound(SMALL) <= found.best


@pytest.mark.parametrize("split", Split)
def test_references_are_attained_by_their_orders_and_proved_for_small_ones(split):
    for one in instances(split):
        known = PACK.reference(one)
        order = PACK.optimum(one)
        assert verify(one, "order", order).objective == known.best
        assert known.proved == (one.n <= 7)
        assert lower_bound(one) <= known.lower * (1 + 1e-12)


@pytest.mark.slow
def test_small_references_are_recomputed():
    for one in instances(Split.SMOKE):
        found, known = solve(one), PACK.reference(one)
        assert (found.best, found.order) == (known.best, PACK.optimum(one))


def test_a_batch_with_other_data_has_no_reference():
    one = instances(Split.SMOKE)[0]
    other = replace(one, jobs=one.jobs[::-1])
    assert digest(other) != digest(one)
    assert PACK.optimum(other) is None
    with pytest.raises(ReferenceMissingError, match="--solve-references"):
        PACK.reference(other)


@pytest.mark.parametrize("rule", ["batchllm", "batchllm_tree", "longest_branch"])
def test_groups_beat_the_order_of_arrival(rule):
    baseline = PACK.baselines[rule]
    names = {}
    exec(baseline.source, names)
    some = [one for one in instances(Split.VALID) if one.n > 7]
    better = 0
    for one in some:
        heuristic = names[baseline.entry_point]
        order = simulate.run(baseline.entry_point, heuristic, _decoded(one), 0)
        came = makespan(one, list(range(one.n)))
        better += makespan(one, order) < came
    assert better == len(some)


def test_ties_go_to_the_lower_number():
    seen = _decoded(SMALL)
    assert simulate.run("priority", lambda *_: 0, seen, 0) == [0, 1, 2, 3, 4, 5]
    odd = simulate.run("priority", lambda r, *_: r.id % 2 == 0, seen, 0)
    assert odd == [1, 3, 5, 0, 2, 4]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ([0, 1, 2, 3, 4], "a list of 6"),
        ([0, 1, 2, 3, 4, 4], "request 4 is there twice"),
        ([0, 1, 2, 3, 4, 6], "6 at place 5"),
        ([0, 1, 2, 3, 4, 5.0], "float at place 5"),
        ([0, 1, 2, 3, 4, True], "bool at place 5"),
        (None, "a list of 6"),
    ],
)
def test_what_is_no_order_is_refused(told, text):
    with pytest.raises(ValueError, match=text):
        simulate.run("order", lambda *_: told, _decoded(SMALL), 0)


@pytest.mark.parametrize("text", [traces.MOONCAKE, traces.BAILIAN])
def test_hashes_of_a_trace_become_a_tree(text, tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_text(text)
    (found,) = read(path)
    batch, rows = found.instance, requests(path)
    assert [one.prompt for one in batch.requests] == [one.prompt for one in rows]
    assert batch.requests[0].prefix == batch.requests[1].prefix == (0,)
    assert batch.engine.unit == (512 if 'hash_ids": [46' in text else 16)
    assert found.reference.lower <= makespan(batch, [0, 1])


@pytest.mark.slow
def test_the_chats_of_mooncake_are_served_as_one_batch():
    (found,) = read(shared("mooncake_fast25/conversation_trace.jsonl.gz"))
    batch = found.instance
    assert batch.n == 300
    assert found.reference.lower <= makespan(batch, list(range(300)))
