"""The campaign files of the repository, and the campaigns that runs by name begin."""

from pathlib import Path

import pytest

from evolve import config as configs
from problems import registry

FILES = sorted(Path(__file__).parents[3].glob("runs/campaigns/*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_run_by_name_searches_as_the_file_of_that_name(file):
    written = configs.read(file)
    if file.stem != written.problem:
        pytest.skip("another campaign of a problem that has one of its name")
    problem = registry.load(written.problem)
    named = configs.suited(problem, {"budget": written.budget.model_dump()})
    entry_point = named.entry_point or problem.default_entry_point.name
    first = (problem.entry_points[entry_point].seed,)
    assert named.model_copy(
        update={"entry_point": entry_point, "seeds": named.seeds or first}
    ) == written.model_copy(update={"entry_point": written.entry_point or entry_point})


def test_every_problem_has_a_campaign_file():
    assert {file.stem for file in FILES} >= set(registry.names())


def test_what_is_asked_for_comes_before_what_suits_the_problem():
    over = {"budget": {"seconds": 1.0}, "search": {"strategy": "uct"}, "finalists": 3}
    campaign = configs.suited(registry.load("llm_router"), over)
    assert (campaign.search.strategy, campaign.finalists) == ("uct", 3)
    assert campaign.evaluator.racing
