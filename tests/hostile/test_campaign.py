"""A campaign in which every second program is hostile ends like one without them."""

import asyncio
import ctypes
from dataclasses import replace
from itertools import chain

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import Sandbox, Status
from evaluators.hostile.host import KEY, KEY_NAME, lay_out
from evaluators.hostile.problem import Jobs, attacked
from evaluators.hostile.programs import programs
from evaluators.hostile.runner import SuiteLimits
from evaluators.sandbox import levels
from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.config import Budget
from evolve.finals import HELD_OUT, hold_out
from evolve.population.memory import MemoryPopulation
from evolve.program import program_id
from evolve.records import Candidate, Operator
from evolve.selection.islands import IslandSelector, IslandSettings
from problems.base import Split
from tests.fakes.records import an_info
from tests.fakes.sandboxes import need

FIRST = "def raw(instance, seed):\n    return list(range(len(instance)))\n"
HELD = {
    Split.VALID: (Jobs(id="v1", group="n5", p=(31, 4, 15, 9, 26)),),
    Split.TEST: (Jobs(id="x1", group="n5", p=(27, 18, 28, 1, 82)),),
    Split.OOD: (Jobs(id="o1", group="n6", p=(14, 1, 42, 13, 5, 62)),),
}
SETTINGS = IslandSettings(
    islands=1, island_size=20, tournament=2, migration_interval=1000
)


def honest(number):
    """A program of one of ten orders."""
    return (
        "def raw(instance, seed):\n"
        "    n = range(len(instance))\n"
        f"    return sorted(n, key=lambda j: instance[j] * {number} % 11)\n"
    )


def problem():
    base = attacked()
    return replace(base, instances=lambda s: HELD.get(s) or base.instances(s))


class Proposer:
    """Gives out the same programs in the same order, whatever the parents are."""

    def __init__(self, sources):
        self._sources = iter(sources)

    async def propose(self, brief, _rng):
        source = next(self._sources)
        return Candidate(
            id=program_id(source),
            step=brief.step,
            source=source,
            operator=Operator.MUTATION,
            island=brief.island,
            parents=tuple(p.id for p in brief.parents),
        )


async def campaign(sources):
    """Search over ``sources`` and hold the best of them out."""
    pack, population = problem(), MemoryPopulation(an_info())
    plan = Plan(
        entry_point="raw",
        seed=0,
        seeds=(("first", FIRST),),
        budget=Budget(candidates=1 + len(sources)),
        crossover=0.0,
        concurrency=1,
    )
    level = need(levels.require(Sandbox.SECCOMP))
    async with LocalEvaluator(
        pack, slots=1, limits=SuiteLimits(), level=level
    ) as evaluator:
        ports = Ports(
            population=population,
            selector=IslandSelector(SETTINGS),
            proposer=Proposer(sources),
            evaluator=evaluator,
            clock=lambda: 0.0,
        )
        await CampaignLoop(plan, ports).run()
        held = await hold_out(
            population, pack, evaluator, entry_point="raw", seed=0, finalists=5
        )
    return {p.candidate.source: p.evaluation for p in population.programs()}, held


def judged(evaluation):
    return evaluation.status, evaluation.score, evaluation.verdicts


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setenv(KEY_NAME, KEY)
    with lay_out() as laid:
        yield laid
    ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)  # adopts no orphans any more


@pytest.mark.slow
def test_every_second_program_is_hostile_and_the_champion_is_the_same(host):
    attacks = {}
    for program in programs():
        if program.before:
            attacks[host.aim(program.before)] = frozenset(Status)
        attacks[host.aim(program.source)] = program.expected
    # 1 of 11 would be optimal on train, and leave an attack nothing to gain.
    numbers = [n for n in range(2, 2 * len(attacks)) if n % 11 != 1]
    benign = [honest(number) for number in numbers[: len(attacks)]]
    mixed = list(chain.from_iterable(zip(benign, attacks, strict=True)))

    alone, chosen = asyncio.run(campaign(benign))
    beside, champion = asyncio.run(campaign(mixed))

    assert len(beside) == 1 + 2 * len(attacks)
    assert {s: judged(beside[s]) for s in alone} == {
        s: judged(e) for s, e in alone.items()
    }
    assert champion.champion.candidate.source == chosen.champion.candidate.source
    splits = (Split.TRAIN, Split.VALID, *HELD_OUT)
    assert [judged(champion.evaluations[s]) for s in splits] == [
        judged(chosen.evaluations[s]) for s in splits
    ]
    # A busy machine may be slow with anything.
    odd = {
        source: (beside[source].status, beside[source].message)
        for source, expected in attacks.items()
        if beside[source].status not in expected | {Status.TIMEOUT_WALL}
    }
    assert odd == {}
    least = alone[FIRST].score
    assert chosen.champion.score > 0
    scores = [beside[source].score for source in attacks]
    assert all(score is None or score >= least for score in scores)
    assert sum(score is None for score in scores) > len(attacks) / 2
    assert host.touched() == []
