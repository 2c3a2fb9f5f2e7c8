"""Ask and tell: the example of the page, forms of answers, budget, resume, finals."""

import asyncio
import doctest

import pytest

from evolve import api, steering
from evolve.errors import StoreError
from evolve.llm.ledger import BudgetExhausted
from evolve.records import Operator, Program, Reason, Rejection
from evolve.runs import locate
from evolve.session import open_run
from problems.errors import ConfigError

MDD = "def priority(job, state):\n    return max(job.d, state.t + job.p)\n"
EDIT = "<<<<<<< SEARCH\n    return job.d\n=======\n    return {}\n>>>>>>> REPLACE\n"


def test_the_example_of_the_module_is_true(tmp_path):
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(api, "api", globs={"folder": tmp_path / "run"})
    assert len(example.examples) == 3
    result = doctest.DocTestRunner().run(example)
    assert result.failed == 0


@pytest.mark.slow
def test_a_campaign_from_its_first_brief_to_its_report(tmp_path, judgement_cache):
    place = tmp_path / "run"
    with (
        judgement_cache(),
        api.start("smtt", out=place, budget_candidates=7, workers=1) as campaign,
    ):
        a_whole_campaign(campaign)
        what_cannot_be_a_program_is_a_rejection_and_costs_nothing(campaign)
        notes_reach_the_briefs_and_feedback_compares(campaign)
        orders_of_others_are_obeyed(campaign, place)
        it_works_where_an_event_loop_runs(campaign)
        a_run_goes_on_until_its_budget_is_used_and_is_reported(campaign, place)


def a_whole_campaign(campaign):
    brief = campaign.ask()
    assert brief.text.count("def priority(job, state)") >= 2
    assert "SEARCH" in brief.text
    edited = campaign.tell(EDIT.format("job.d + job.p"), brief)
    assert isinstance(edited, Program)
    assert edited.candidate.operator is Operator.TOLD
    assert edited.candidate.step == brief.step
    assert edited.candidate.parents == (brief.parents[0].id,)
    again = campaign.tell(EDIT.format("job.d + 2 * job.p"), brief)
    assert again.candidate.step > brief.step
    whole = brief.parents[0].candidate.source.replace("job.d", "job.p")
    assert isinstance(campaign.tell(f"Why not?\n```python\n{MDD}```\n"), Program)
    several = whole.replace("return job.p", "from rules import due; return due(job)")
    several += "# FILE rules.py\ndef due(job):\n    return job.q\n"
    failed = campaign.tell(several, rationale="a try")
    assert failed.candidate.source == several
    assert failed.score is None
    assert failed.candidate.rationale == "a try"
    assert "AttributeError" in campaign.feedback(failed)
    assert "rules.py line 2, in due: return job.q" in campaign.feedback(failed)


def what_cannot_be_a_program_is_a_rejection_and_costs_nothing(campaign):
    before = campaign.spent.candidates
    for text, reason in (
        ("I am sorry.", Reason.REFUSED),
        ("def priority(job, state:\n", Reason.NO_CODE),
        (f"```python\n{MDD}```", Reason.DUPLICATE),
        ("```python\ndef other():\n    pass\n```", Reason.NO_ENTRY_POINT),
    ):
        outcome = campaign.tell(text)
        assert isinstance(outcome, Rejection)
        assert outcome.reason is reason
        assert campaign.feedback(outcome).startswith("rejected")
    assert campaign.spent.candidates == before


def notes_reach_the_briefs_and_feedback_compares(campaign):
    campaign.note("Mind the slack.")
    brief = campaign.ask()
    assert "Mind the slack." in brief.text
    assert "worst instances" in campaign.feedback(campaign.best())
    assert "better than its parent" in campaign.feedback(campaign.best())


def orders_of_others_are_obeyed(campaign, place):
    with open_run(locate(str(place))) as other:
        identity = steering.seed(other, "spt")
        steering.ban(other.population, campaign.best().id)
    banned = campaign.best()
    brief = campaign.ask()
    assert campaign.get(identity).candidate.operator is Operator.SEED
    assert banned.id not in {parent.id for parent in brief.parents}
    assert "max(job.d, state.t + job.p)" not in brief.text


def it_works_where_an_event_loop_runs(campaign):
    async def inside():
        return campaign.best()

    assert asyncio.run(inside()).score is not None


def a_run_goes_on_until_its_budget_is_used_and_is_reported(campaign, place):
    campaign.close()
    with pytest.raises(ConfigError, match=r"api\.open"):
        campaign.ask()
    with api.open(place) as again:
        with pytest.raises(ConfigError, match="ask"):
            again.tell(MDD)
        again.ask()
        again.tell("def priority(job, state):\n    return job.p * job.d\n")
        with pytest.raises(BudgetExhausted, match="7 candidates"):
            again.ask()
        assert again.end
        report = again.finish()
        assert report.best is not None
        assert (place / "report.html").exists()


def test_two_cannot_drive_one_run(tmp_path):
    place = tmp_path / "run"
    with (
        api.start("smtt", out=place, budget_candidates=2),
        pytest.raises(StoreError, match="running in another process"),
    ):
        api.open(place)
