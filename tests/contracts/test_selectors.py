"""What every strategy promises, whatever its rule is."""

import time
from collections import Counter
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from evolve.config import Strategy
from evolve.records import Operator
from evolve.selection import STRATEGIES, IslandSettings, open_selector
from problems.errors import ConfigError
from tests.fakes.briefs import a_view
from tests.fakes.records import a_program, a_source, an_evaluation

SIZE = 12
SETTINGS = IslandSettings(
    islands=3, island_size=SIZE, tournament=2, migration_interval=7
)

pytestmark = pytest.mark.parametrize("name", STRATEGIES)


def selector(name, settings=SETTINGS):
    return open_selector(name, settings)


class World:
    """A campaign without proposer and judge: children of parents, scores by chance."""

    def __init__(self, name, seed=0, settings=SETTINGS):
        self.selector = selector(name, settings)
        self.rng = np.random.default_rng(seed)
        self.islands = {i: [] for i in range(self.selector.islands)}
        self.children, self.judged = Counter(), Counter()
        self.everyone, self.pinned, self.banned = [], set(), set()
        self.step = 0
        self.seed()

    def view(self):
        scored = [p for p in self.everyone if p.score is not None]
        return a_view(
            *(tuple(living) for living in self.islands.values()),
            step=self.step,
            children=dict(self.children),
            judged=dict(self.judged),
            recent=tuple(self.everyone[-200:]),
            best=min(scored, key=lambda p: p.score, default=None),
            budget=1000,
        )

    def seed(self):
        seed = self.program(0.9, parents=(), island=0)
        self.judge(replace(seed, candidate=replace(seed.candidate, parents=())))

    def program(self, score, parents, island):
        length = "#" * int(self.rng.integers(0, 90))
        body = "    max(1, 2)\n" * int(self.rng.integers(0, 4))
        source = a_source(self.step).replace("    return", f"{body}    return", 1)
        evaluation = an_evaluation(
            score,
            features={"early": float(self.rng.random()), "late": self.rng.random() * 9},
        )
        return a_program(
            self.step,
            evaluation=evaluation,
            source=source + length + "\n",
            parents=parents,
            island=island,
        )

    def go(self, steps):
        for _ in range(steps):
            self.step += 1
            view = self.view()
            island = self.selector.island(view, self.rng)
            assert 0 <= island < self.selector.islands
            home = next((i for i in (island, *self.islands) if self.islands[i]), island)
            count = int(self.rng.integers(1, 3))
            parents = self.selector.parents(view, home, count, self.rng)
            self.check(parents, home, count)
            failed = self.rng.random() < 0.2
            score = None if failed else round(float(self.rng.random()), 2)
            self.judge(self.program(score, tuple(p.id for p in parents), island))
            self.move(self.selector.migrate(self.view()))

    def check(self, parents, island, count):
        living = {p.id for p in self.islands[island]}
        able = [p for p in self.islands[island] if p.score is not None]
        assert len(parents) <= count
        assert bool(parents) == bool(able)
        assert len({p.id for p in parents}) == len(parents)
        assert all(p.id in living and p.score is not None for p in parents)

    def judge(self, program):
        view, island = self.view(), program.candidate.island
        limit = self.selector.hopeless_above(view, island, program.candidate.source)
        moves = self.selector.admit(view, program)
        if program.score is None or (limit is not None and program.score > limit):
            assert not moves
        self.everyone.append(program)
        self.judged[island] += 1
        for parent in program.candidate.parents[:1]:
            self.children[parent] += 1
        self.move(moves)

    def move(self, moves):
        """As ``Progress`` does, with what a person has pinned or banned left out."""
        known = {p.id: p for p in self.everyone}
        for move in moves:
            living = self.islands[move.island]
            here = [p for p in living if p.id == move.program]
            if move.living and move.program not in self.banned:
                assert not here
                living.append(known[move.program])
            elif not move.living and move.program not in self.pinned:
                assert here
                living.remove(here[0])


def test_it_can_be_named_in_a_campaign_file(name):
    assert name in get_args(Strategy)
    assert len(STRATEGIES) == len(get_args(Strategy))
    with pytest.raises(ConfigError, match=f"no strategy 'x{name}'; known: islands"):
        open_selector(f"x{name}", SETTINGS)


@pytest.mark.parametrize("seed", range(3))
def test_parents_live_and_living_sets_are_bounded(name, seed):
    world = World(name, seed)
    for _ in range(5):
        world.go(40)
        for living in world.islands.values():
            assert len(living) <= SIZE
            assert all(p.score is not None for p in living)
    assert sum(map(len, world.islands.values())) >= 1


def test_the_best_program_lives(name):
    world = World(name)
    world.go(300)
    best = world.view().best
    alive = [p.score for living in world.islands.values() for p in living]
    if name == "best_of_n":
        assert alive == [0.9]
    else:
        assert min(alive) == best.score


def test_a_failed_program_never_lives(name):
    world = World(name)
    failed = a_program(5000, None)
    assert failed.score is None
    assert not world.selector.admit(world.view(), failed)
    only = a_view(*[[failed]] * world.selector.islands)
    assert not world.selector.parents(only, 0, 2, np.random.default_rng(0))


def test_an_empty_island_gives_no_parents(name):
    one = selector(name)
    empty = a_view(*[[]] * one.islands)
    assert not one.parents(empty, 0, 2, np.random.default_rng(0))
    assert not one.migrate(empty)
    one.hopeless_above(a_view(*[[]] * one.islands), 0, "x")


def test_the_same_generator_gives_the_same_choice_and_nothing_is_remembered(name):
    world = World(name)
    world.go(80)
    view, used, fresh = world.view(), world.selector, selector(name)
    before = repr(view)
    new = world.program(0.001, (world.everyone[0].id,), 0)
    for seed in range(20):
        rngs = [np.random.default_rng(seed) for _ in range(2)]
        choice = [
            (
                one.island(view, rng),
                one.parents(view, 0, 2, rng),
                one.admit(view, new),
                one.migrate(view),
            )
            for one, rng in zip((used, fresh), rngs, strict=True)
        ]
        assert choice[0] == choice[1]
    assert repr(view) == before


def test_pinned_programs_stay_and_do_not_let_the_island_grow(name):
    world = World(name)
    world.go(60)
    for living in world.islands.values():
        worst = sorted(living, key=lambda p: p.score)[-3:]
        world.pinned |= {p.id for p in worst}
    world.go(150)
    for living in world.islands.values():
        assert len(living) <= SIZE + len(world.pinned)
    alive = {p.id for living in world.islands.values() for p in living}
    assert world.pinned <= alive


def test_twins_of_a_pinned_program_do_not_pile_up(name):
    world = World(name)
    pinned = world.program(0.5, (), 0)
    world.judge(pinned)
    world.pinned.add(pinned.id)
    for step in range(1, 40):
        twin = a_program(
            6000 + step,
            evaluation=pinned.evaluation,
            source=pinned.candidate.source + "#" * (100 - step) + "\n",
            parents=(pinned.id,),
        )
        world.judge(twin)
    assert len(world.islands[0]) <= 4


def test_banned_programs_may_vanish_at_any_time(name):
    world = World(name)
    for _ in range(10):
        world.go(20)
        for living in world.islands.values():
            if len(living) > 1:
                world.banned.add(living[0].id)
        for living in world.islands.values():
            living[:] = [p for p in living if p.id not in world.banned]
    if name == "best_of_n":
        assert [p.candidate.operator for p in world.islands[0]] == [Operator.SEED]
    else:
        alive = {p.id for living in world.islands.values() for p in living}
        assert alive
        assert not alive & world.banned


@pytest.mark.slow
def test_a_step_costs_the_same_after_six_hundred_as_after_a_hundred(name):
    world = World(name, settings=IslandSettings(island_size=15, migration_interval=50))
    world.go(100)

    def cost():
        view, rng = world.view(), np.random.default_rng(1)
        new = world.program(0.5, (), 0)
        start = time.process_time()
        for _ in range(20):
            island = world.selector.island(view, rng)
            world.selector.parents(view, 0, 2, rng)
            world.selector.admit(view, replace(new, seconds=float(island)))
        return (time.process_time() - start) / 20

    early = min(cost() for _ in range(3))
    world.go(500)
    late = min(cost() for _ in range(3))
    assert late < max(3 * early, 0.004)
    assert late < 0.05
