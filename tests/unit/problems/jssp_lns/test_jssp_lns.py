"""The pack ``jssp_lns``: rounds, views, budget; a round against enumeration."""

import json
from itertools import permutations, product

import pytest

from problems.base import Split
from problems.jssp.instances import draw
from problems.jssp.model import JsspInstance
from problems.jssp.verify import verify
from problems.jssp_lns import simulate
from problems.jssp_lns.cpsat import improve, makespan
from problems.jssp_lns.desk import (
    ROUNDS,
    Desk,
    dispatched,
    settled,
    shop,
    slacks,
)
from problems.jssp_lns.instances import instances
from problems.jssp_lns.pack import PACK
from problems.jssp_lns.reference import own, reference, solve_references
from problems.jssp_lns.views import Op, State

SMALL = JsspInstance(
    id="small",
    group="3x3",
    machines=((0, 1, 2), (1, 0, 2), (0, 2, 1)),
    times=((3, 2, 4), (4, 3, 1), (5, 1, 2)),
)
SIX = draw(n=6, m=6, seed=1000)
TEN = draw(n=10, m=10, seed=2001)


def length(instance, starts):
    verdict = verify(instance, "", [list(row) for row in starts])
    assert verdict.violations == ()
    return verdict.objective


def ends(instance, orders):
    """Makespan of machine orders (jobs), None if they wait for each other."""
    left = [list(order) for order in orders]
    ready, free, done = [0] * instance.n, [0] * instance.m, [0] * instance.n
    while any(left):
        for machine, line in enumerate(left):
            if not line:
                continue
            job = line[0]
            if instance.machines[job][done[job]] == machine:
                start = max(ready[job], free[machine])
                ready[job] = free[machine] = start + instance.times[job][done[job]]
                done[job] += 1
                line.pop(0)
                break
        else:
            return None
    return max(ready)


def orders(instance, starts):
    lines = [[] for _ in range(instance.m)]
    for j, row in enumerate(starts):
        for k, start in enumerate(row):
            lines[instance.machines[j][k]].append((start, j))
    return [[j for _, j in sorted(line)] for line in lines]


def best_that_keeps(instance, starts, free):
    """Enumerate all machine orders in which what is not free keeps its order."""
    given = orders(instance, starts)
    loose = [
        {j for j in range(instance.n) for k in range(instance.m)
         if instance.machines[j][k] == machine and j * instance.m + k in free}
        for machine in range(instance.m)
    ]  # fmt: skip
    found = []
    for chosen in product(*(permutations(range(instance.n)) for _ in given)):
        kept = all(
            [j for j in order if j not in out] == [j for j in line if j not in out]
            for order, line, out in zip(chosen, given, loose, strict=True)
        )
        end = ends(instance, chosen) if kept else None
        if end is not None:
            found.append(end)
    return min(found)


ONE_BY_ONE = ((0, 3, 5), (9, 13, 16), (17, 22, 23))


@pytest.mark.parametrize("free", [(), (0, 4), (3, 4, 5), (0, 1, 2, 6), tuple(range(9))])
def test_a_round_finds_the_best_that_keeps_the_order_of_what_is_not_free(free):
    starts = settled(SMALL, ONE_BY_ONE)
    solved = improve(SMALL, starts, frozenset(free), 1.0)
    best = best_that_keeps(SMALL, starts, free)

    assert solved.proved
    if solved.starts is None:
        assert best == makespan(SMALL, starts)
    else:
        assert length(SMALL, solved.starts) == best < makespan(SMALL, starts)


def test_a_round_repeats_itself_and_is_remembered():
    starts = dispatched(TEN)
    first = improve.__wrapped__(TEN, starts, frozenset(range(25)), 0.005)
    assert improve.__wrapped__(TEN, starts, frozenset(range(25)), 0.005) == first


def test_a_schedule_is_settled_without_another_order():
    early = settled(SMALL, ONE_BY_ONE)

    assert orders(SMALL, early) == orders(SMALL, ONE_BY_ONE)
    assert length(SMALL, early) == 20 < length(SMALL, ONE_BY_ONE)
    assert settled(SMALL, early) == early


def test_slack_is_what_an_operation_can_be_late():
    starts = settled(SIX, dispatched(SIX))
    end = makespan(SIX, starts)
    found = slacks(SIX, starts)

    assert min(map(min, found)) == 0
    for j, k in ((0, 3), (2, 1), (5, 5), (4, 0)):
        for more, longer in ((0, False), (1, True)):
            assert (_delayed(SIX, starts, j, k, found[j][k] + more) > end) is longer


def _delayed(instance, starts, job, k, late):
    """Makespan if one operation starts ``late`` later and all orders stay."""
    ready, free = [0] * instance.n, [0] * instance.m
    events = sorted(
        (s, j, i) for j, row in enumerate(starts) for i, s in enumerate(row)
    )
    for start, j, i in events:
        machine = instance.machines[j][i]
        begin = max(ready[j], free[machine], start + late * ((j, i) == (job, k)))
        ready[j] = free[machine] = begin + instance.times[j][i]
    return max(ready)


def test_a_run_begins_with_the_rule_and_never_gets_worse():
    desk = Desk(TEN)
    seen = [length(TEN, desk.trace())]
    assert seen[0] <= length(TEN, dispatched(TEN))
    while (shown := desk.observe()) is not None:
        state = State._make(shown["state"])
        assert (state.round, state.makespan) == (len(seen) - 1, seen[-1])
        desk.act(list(range(state.most)))
        seen.append(length(TEN, desk.trace()))

    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < seen[0]
    assert len(seen) <= ROUNDS + 1


def test_the_budget_ends_a_run_of_hard_rounds():
    fifteen = draw(n=15, m=15, seed=2000)
    desk = Desk(fifteen)
    budgets = []
    while (shown := desk.observe()) is not None:
        budgets.append(State._make(shown["state"]).budget)
        slack = sorted(range(225), key=lambda at: shown["ops"][at][5])
        desk.act(slack[:57])

    assert budgets == sorted(budgets, reverse=True)
    assert budgets[0] == 1
    assert 6 <= len(budgets) < ROUNDS


def test_views_tell_of_the_incumbent():
    desk = Desk(SIX)
    first = desk.observe()
    assert desk.observe() is first
    assert json.loads(json.dumps(first)) == first
    ops = [Op._make(row) for row in first["ops"]]
    starts = desk.trace()
    state = State._make(first["state"])

    assert (state.n, state.m, state.rounds, state.most) == (6, 6, ROUNDS, 9)
    assert 0 <= state.spot <= state.makespan
    for at, op in enumerate(ops):
        j, k = divmod(at, 6)
        assert (op.job, op.k, op.start) == (j, k, starts[j][k])
        assert (op.machine, op.p) == (SIX.machines[j][k], SIX.times[j][k])
        assert op.distance == abs(op.start + op.p / 2 - state.spot)
        assert op.rest == sum(SIX.times[j][k:])
        ready = starts[j][k - 1] + SIX.times[j][k - 1] if k else 0
        assert op.wait == op.start - ready >= 0
    assert len({op.job_luck for op in ops}) == 6
    assert len({(op.machine, op.machine_luck) for op in ops}) == 6
    assert len({op.luck for op in ops}) == 36

    desk.act([0, 1])
    second = desk.observe()
    assert second["seed"] != first["seed"]
    freed = [Op._make(row).freed for row in second["ops"]]
    assert freed == [0, 0] + [1] * 34


@pytest.mark.parametrize(
    "decision",
    [None, {}, "x", [0, 0], [True], [-1], [36], [1.0], list(range(10)), [[0]]],
)
def test_a_decision_of_another_kind_ends_a_run(decision):
    desk = Desk(SIX)
    desk.act([])
    desk.act(decision)
    desk.act([])

    assert desk.observe() is None
    assert PACK.verify(SIX, "free", desk.trace()).violations == ("refused:1",)


def test_only_so_many_operations_are_freed():
    seen = Desk(SIX).observe()
    everything = simulate.decide(
        "select_neighbourhood",
        lambda schedule, rng: [op for job in schedule.jobs for op in job] * 2,
        seen,
    )
    last = simulate.decide("free", lambda op, state: -op.job, seen)

    assert everything == list(range(9))
    assert last == [30, 31, 32, 33, 34, 35, 24, 25, 26]


def test_the_generator_of_a_round_is_the_same_again():
    seen = Desk(SIX).observe()

    def draw_some(schedule, rng):
        return [(rng.randrange(6), rng.randrange(6)) for _ in range(5)]

    first, again = (
        simulate.decide("select_neighbourhood", draw_some, seen) for _ in range(2)
    )
    assert first == again


def test_what_is_freed_decides_something():
    found = {}
    for rule in ("random", "machine", "critical"):
        names = {}
        exec(PACK.baselines[rule].source, names)
        one = instances(Split.TRAIN)[1]
        starts = simulate.run("free", names["free"], PACK.encode(one), 0)
        found[rule] = length(one, starts)

    assert len(set(found.values())) == 3


def test_an_encoded_shop_is_read_back():
    read = shop(json.loads(json.dumps(PACK.encode(SIX))))
    assert (read.machines, read.times) == (SIX.machines, SIX.times)


def test_references_are_those_of_jssp_where_it_has_the_instance():
    from problems.jssp.reference import reference as of_shops

    ours = own()
    assert {one.group for one in ours} == {"10x10", "15x10", "sets10x10"}
    for split in Split:
        for one in instances(split):
            if one not in ours:
                assert reference(one) == of_shops(one)


def test_our_references_are_solved_again_with_the_same_values(tmp_path):
    file = tmp_path / "references.json"
    chosen = [one for one in own() if one.group == "10x10"][1:3]
    solve_references(lambda _: None, file, chosen)

    rows = json.loads(file.read_text())["instances"]
    for one in chosen:
        found = reference(one)
        assert rows[one.id][1:] == [found.lower, found.best]
