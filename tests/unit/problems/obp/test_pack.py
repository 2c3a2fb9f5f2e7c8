import asyncio
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.base import EvaluationRequest
from evolve.agents.genetic.proposer import GeneticProposer
from evolve.agents.genetic.ranking import Ranking
from evolve.agents.genetic.safety import Sign, declared_sign
from evolve.agents.genetic.units import PLAIN, declared_unit
from evolve.cli.judging import group_gaps
from evolve.records import Candidate
from problems.base import Bar, Split
from problems.obp import table
from problems.obp.model import ObpInstance, encode
from problems.obp.pack import PACK, ROWS, gantt
from problems.obp.reference import reference
from tests.fakes.briefs import a_brief
from tests.unit.problems.obp.shared_data import weibull_5k

CASE = ObpInstance(id="x", group="g", capacity=10, items=(6, 5, 4, 1))


def test_bars_stand_on_each_other_in_their_bin():
    assert list(gantt(CASE, [0, 2, 0, 2])) == [
        Bar(row="bin 0", start=0, end=6, label="0"),
        Bar(row="bin 2", start=0, end=5, label="1"),
        Bar(row="bin 0", start=6, end=10, label="2"),
        Bar(row="bin 2", start=5, end=6, label="3"),
    ]


def test_a_picture_has_the_bins_that_were_opened_first():
    wide = ObpInstance(id="x", group="g", capacity=1, items=(1,) * 99)
    rows = [bar.row for bar in gantt(wide, list(range(98, -1, -1)))]
    assert rows == [f"bin {98 - k}" for k in range(ROWS)]


def test_the_driver_is_told_the_numbers_and_nothing_else():
    assert encode(CASE) == {"capacity": 10, "items": [6, 5, 4, 1]}


def test_the_card_is_short_enough_for_a_prompt():
    assert len(PACK.card) < 1500


def test_features_are_plain_numbers_whose_signs_are_known():
    features = PACK.default_entry_point.features
    assert {declared_unit(feature) for feature in features} == {PLAIN}
    assert min(declared_sign(feature) for feature in features) >= Sign.NON_NEGATIVE


def test_the_offline_proposer_knows_that_costs_rank_bins():
    ranking = Ranking(
        PACK.entry_points["cost"], "bin", dict.fromkeys(["item"], Sign(0))
    )
    assert ranking.ranks
    assert ranking.shared == {"item"}


@pytest.mark.parametrize("rule", ["first_fit", "best_fit", "sum_of_squares"])
def test_the_offline_proposer_changes_the_rules_into_programs_that_run(rule):
    proposer = GeneticProposer(PACK, PACK.default_entry_point)
    inline = InlineEvaluator(PACK)
    source = PACK.baselines[rule].source
    parent = _Parent(source)
    for seed in range(10):
        made = asyncio.run(
            proposer.propose(a_brief([parent]), np.random.default_rng(seed))
        )
        assert isinstance(made, Candidate), made
        request = EvaluationRequest(
            source=made.source, entry_point="cost", split=Split.SMOKE
        )
        found = asyncio.run(inline.evaluate(request))
        assert found.score is not None, (made.source, found.message)


class _Parent:
    """What the proposer reads of a parent."""

    def __init__(self, source):
        self.id = "parent"
        self.candidate = self
        self.source = source


def test_gaps_of_groups_are_to_the_bound_where_the_optimum_is_not_proved():
    assert any(reference(one).best is None for one in PACK.instances(Split.TRAIN))
    request = EvaluationRequest(
        source=PACK.baselines["best_fit"].source, entry_point="cost", split=Split.TRAIN
    )
    evaluation = asyncio.run(InlineEvaluator(PACK).evaluate(request))
    gaps = group_gaps(PACK, evaluation)
    assert set(gaps) == {"weibull1000", "uniform500"}
    assert fmean(gaps.values()) == pytest.approx(evaluation.score)


def test_excess_is_the_ratio_of_the_means():
    two = replace(CASE, id="y", items=(10, 10, 6, 5))
    (row,) = table.compare([CASE, two], ("worst_fit",))
    # 6+4, 5+1 in worst fit's order: bins 2 and 4; L1 2 and 4.
    assert (row.bins, row.bound, row.excess) == (3.0, 3.0, 0.0)


def test_the_table_is_printed_as_markdown(capsys):
    table.main(["smoke"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 2 * len(PACK.baselines)
    assert {line.count("|") for line in lines} == {7}


@pytest.mark.slow
def test_the_table_takes_a_file(capsys):
    table.main([str(weibull_5k())])
    assert "| best_fit | imported5000 | 2067.00 | 1987.80 | 3.98 |" in (
        capsys.readouterr().out
    )
