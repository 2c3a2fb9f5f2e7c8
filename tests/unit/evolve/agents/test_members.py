import asyncio
import json

import numpy as np
import pytest

from evolve import config as configs
from evolve.agents.members import model_members
from evolve.llm.opening import open_models
from evolve.population.memory import MemoryPopulation
from evolve.records import Placement, Spent
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
