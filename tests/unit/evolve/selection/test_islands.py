import time

import numpy as np
import pytest

from evolve.records import Placement
from evolve.selection.islands import IslandSelector, front
from evolve.selection.ranking import rank
from evolve.selection.settings import IslandSettings
from tests.fakes.briefs import a_view
from tests.fakes.genetic import a_program


def program(score, *, step=0, length=10, island=0, objectives=None):
    """A program with a source of a certain length and its own behaviour."""
    source = f"#{step}".ljust(length, ".")
    marks = (float(step),) if objectives is None else objectives
    return a_program(source, step=step, score=score, island=island, objectives=marks)


def selector(**changes):
    return IslandSelector(IslandSettings(**changes))


def play(one, programs):
    """Admit programs in turn, as a campaign does; return who lives."""
    living = []
    for new in programs:
        for move in one.admit(a_view(living), new):
            if move.living:
                living.append(new)
            else:
                living = [p for p in living if p.id != move.program]
    return living


def crowd(count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        program(
            None if rng.random() < 0.2 else round(float(rng.random()), 2),
            step=step,
            length=int(rng.integers(10, 60)),
            objectives=(float(rng.integers(30)),),
        )
        for step in range(count)
    ]


def test_steps_visit_the_islands_in_turn():
    one = selector(islands=3)
    rng = np.random.default_rng(0)
    visited = [one.island(a_view([], [], [], step=step), rng) for step in range(7)]
    assert visited == [0, 1, 2, 0, 1, 2, 0]


def test_failed_programs_are_never_parents():
    living = [program(None, step=i) for i in range(9)] + [program(0.5, step=9)]
    one = selector()
    for seed in range(50):
        drawn = one.parents(a_view(living), 0, 2, np.random.default_rng(seed))
        assert [p.candidate.step for p in drawn] == [9]


def test_nobody_able_gives_no_parents():
    assert (
        selector().parents(a_view([program(None)]), 0, 2, np.random.default_rng(0))
        == []
    )


def test_parents_are_different_programs():
    living = [program(s / 10, step=s) for s in range(5)]
    for seed in range(50):
        one, other = selector().parents(
            a_view(living), 0, 2, np.random.default_rng(seed)
        )
        assert one.id != other.id


def test_better_programs_are_parents_more_often_and_the_worst_still_sometimes():
    living = [program(s / 10, step=s, length=20) for s in range(10)]
    one = selector(tournament=3)
    draws = [
        one.parents(a_view(living), 0, 1, np.random.default_rng(s))[0]
        for s in range(2000)
    ]
    counts = np.bincount([p.candidate.step for p in draws], minlength=10)
    assert counts[0] > 3 * counts[4] > 0
    assert counts[8] < counts[4]


def test_short_programs_that_lead_their_length_are_parents_too():
    living = [program(0.9, step=0, length=10)]
    living += [program(0.1 + s / 1000, step=s, length=50) for s in range(1, 60)]
    draws = [
        selector().parents(a_view(living), 0, 1, np.random.default_rng(s))[0]
        for s in range(500)
    ]
    assert 50 < sum(p.candidate.step == 0 for p in draws) < 300


def test_ties_go_to_the_shorter_then_to_the_older():
    a, b, c = (
        program(0.5, step=1, length=30),
        program(0.5, step=2, length=20),
        program(0.5, step=3, length=20),
    )
    assert sorted([c, a, b], key=rank) == [b, c, a]
    assert front([a, b, c]) == [b]


def test_a_failed_program_never_lives():
    assert not selector().admit(a_view([]), program(None))


def test_there_is_room_until_the_island_is_full():
    one = selector(island_size=5)
    assert len(play(one, [program(s / 10, step=s) for s in range(5)])) == 5


def test_a_better_program_takes_the_place_of_the_worst():
    living = [program(s / 10, step=s) for s in range(1, 5)]
    moves = selector(island_size=4).admit(a_view(living), program(0.15, step=9))
    assert [(m.program, m.living) for m in moves] == [
        (living[-1].id, False),
        (program(0.15, step=9).id, True),
    ]


def test_a_worse_program_stays_out_of_a_full_island():
    living = [program(s / 10, step=s) for s in range(1, 5)]
    assert not selector(island_size=4).admit(a_view(living), program(0.9, step=9))


def test_a_short_program_outlives_longer_ones_with_better_scores():
    short = program(0.9, step=0, length=12)
    long = [program(0.5 - s / 100, step=s, length=40) for s in range(1, 30)]
    assert short in play(selector(island_size=5), [short, *long])


def test_of_programs_that_behave_alike_the_shorter_lives():
    long = program(0.5, step=1, length=40, objectives=(3.0, 4.0))
    short = program(0.5, step=2, length=20, objectives=(3.0, 4.0))
    other = program(0.5, step=3, length=30, objectives=(4.0, 3.0))
    assert play(selector(), [long, short]) == [short]
    assert play(selector(), [short, long]) == [short]
    assert play(selector(), [short, other]) == [short, other]


@pytest.mark.parametrize("seed", range(5))
def test_admission_keeps_its_promises(seed):
    programs = crowd(300, seed)
    living = play(selector(island_size=12), programs)
    assert len(living) == 12
    assert len({p.id for p in living}) == 12
    assert all(p.score is not None for p in living)
    behaviours = [tuple(v.objective for v in p.evaluation.verdicts) for p in living]
    keys = list(zip(behaviours, [p.score for p in living], strict=True))
    assert len(set(keys)) == len(keys)
    best = min((p for p in programs if p.score is not None), key=rank)
    assert min(p.score for p in living) == best.score


def test_the_selector_changes_none_of_its_arguments_and_remembers_nothing():
    living = tuple(crowd(40))
    used, fresh = selector(), selector()
    for seed in range(20):
        used.parents(a_view(living), 0, 2, np.random.default_rng(seed))
        used.admit(a_view(living), program(0.01, step=99))
    for seed in range(20):
        same = [
            one.parents(a_view(living), 0, 2, np.random.default_rng(seed))
            for one in (used, fresh)
        ]
        assert same[0] == same[1]


def test_the_best_migrate_around_the_ring():
    islands = [
        [program(0.3, step=i, island=i), program(0.1 * i, step=10 + i, island=i)]
        for i in range(3)
    ]
    one = selector(islands=3, migration_interval=10)
    assert not one.migrate(a_view(*islands, step=8))
    assert one.migrate(a_view(*islands, step=9)) == [
        Placement(program=islands[0][1].id, island=1, living=True),
        Placement(program=islands[1][1].id, island=2, living=True),
        Placement(program=islands[2][1].id, island=0, living=True),
    ]


def test_a_guest_that_lives_there_already_does_not_move():
    best = program(0.1, step=1)
    assert not selector(islands=2, migration_interval=1).migrate(a_view([best], [best]))


def test_a_guest_makes_room_on_a_full_island():
    best, worse, worst = (
        program(0.1, step=1),
        program(0.5, step=2),
        program(0.6, step=3),
    )
    moves = selector(islands=2, island_size=2, migration_interval=1).migrate(
        a_view([best, program(0.2, step=4)], [worse, worst])
    )
    assert moves[0] == Placement(program=worst.id, island=1, living=False)
    assert moves[1] == Placement(program=best.id, island=1, living=True)


def test_nothing_migrates_on_one_island_or_from_failures():
    one = selector(islands=2, migration_interval=1)
    assert not selector(islands=1, migration_interval=1).migrate(a_view([program(0.1)]))
    assert not one.migrate(a_view([program(None)], []))


def test_settings_below_one_are_refused():
    with pytest.raises(ValueError, match="tournament"):
        IslandSettings(tournament=0)


def test_admission_does_not_wait_for_anything():
    living = play(selector(), crowd(200))
    objectives = tuple(map(float, range(60)))
    new = program(0.001, step=999, objectives=objectives)
    start = time.process_time()
    for _ in range(200):
        selector().admit(a_view(living), new)
    assert (time.process_time() - start) / 200 < 0.002
