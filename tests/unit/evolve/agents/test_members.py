import asyncio
import json

import numpy as np
import pytest

from evolve import config as configs
from evolve.agents.members import model_members
from evolve.llm.opening import open_models
from evolve.population.memory import MemoryPopulation
from evolve.records import Placement, Spent
from problems.errors import ConfigError
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import a_program, an_info
from tests.fakes.tiny_problem import TINY

GOOD = "Better.\n```python\ndef priority(job, state):\n    return job.d\n```"

CAMPAIGN = """
name = "members"
problem = "smtt"

[budget]
candidates = 5

[search]
repair = {repair}
directions = {directions}

[model]
name = "scripted:{script}"
"""


@pytest.mark.parametrize(
    ("repair", "directions", "template"),
    [
        (1.0, "true", "directions"),
        (1.0, "false", "repair"),
        (0.0, "false", "rewrite or mutate_diff"),
    ],
)
def test_the_campaign_file_decides_what_is_asked(
    tmp_path, repair, directions, template
):
    script = tmp_path / "script.json"
    script.write_text(json.dumps([GOOD] * 3))
    campaign = configs.parse(
        CAMPAIGN.format(repair=repair, directions=directions, script=script)
    )
    population = MemoryPopulation(an_info())
    parent = a_program(0, 0.5)
    population.add(parent, [Placement(program=parent.id, island=0, living=True)])
    for step in range(1, 60):
        population.add(a_program(step, None, parents=(parent.id,)))
    members, _ = model_members(
        campaign,
        open_models(campaign, Spent()),
        problem=TINY,
        entry_point=TINY.default_entry_point,
        population=population,
        tracer=None,
    )
    view = a_view([parent], recent=population.latest(200), best=parent)
    brief = a_brief([parent], step=60, view=view)
    asyncio.run(members["llm"].propose(brief, np.random.default_rng(0)))
    assert population.dialogue(60)[0].call.prompt.template in template


def test_advice_that_evolves_hears_the_outcomes(tmp_path):
    script = tmp_path / "script.json"
    told = json.dumps({"title": "t", "advice": "Look at d."})
    script.write_text(json.dumps([GOOD, told, GOOD]))
    text = CAMPAIGN.format(repair=0.0, directions="false", script=script)
    campaign = configs.parse(f"{text}[prompts]\nevolve = true\nevery = 1\n")
    population = MemoryPopulation(an_info())
    parent = a_program(0, 0.5)
    population.add(parent, [Placement(program=parent.id, island=0, living=True)])
    members, learn = model_members(
        campaign,
        open_models(campaign, Spent()),
        problem=TINY,
        entry_point=TINY.default_entry_point,
        population=population,
        tracer=None,
    )
    for step in (1, 2):
        view = a_view([parent], recent=population.latest(200), best=parent)
        brief = a_brief([parent], step=step, view=view)
        found = asyncio.run(members["llm"].propose(brief, np.random.default_rng(step)))
        learn(a_program(step, 0.4, parents=(parent.id,)))
    assert found.note == 0
    roles = [p.call.role for p in population.proposals()]
    assert roles == ["proposer", "guide", "proposer"]


@pytest.mark.parametrize(
    "more", ["", '[model]\nname = "x"\n[operators]\nagent = 1.0\n']
)
def test_advice_without_anybody_to_take_it_is_refused(more):
    text = 'name = "a"\nproblem = "smtt"\n[prompts]\nevolve = true\n'
    with pytest.raises(ConfigError, match=r"prompts\.evolve is set, but no model"):
        configs.parse(text + more)
