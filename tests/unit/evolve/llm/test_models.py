import asyncio
import json

import pytest

from evolve.llm.client import LiteLlmModel
from evolve.llm.errors import ModelCallError
from evolve.llm.models import ModelSettings, open_model
from evolve.llm.replay import RecordingModel, ReplayModel
from evolve.llm.scripted import ScriptedModel
from problems.errors import ConfigError
from tests.fakes.records import a_prompt


def test_names_choose_the_implementation(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["hello"]))
    log = tmp_path / "log.jsonl"
    scripted = open_model(ModelSettings(name=f"scripted:{script}", record=str(log)))
    assert isinstance(scripted, RecordingModel)
    assert isinstance(open_model(ModelSettings(name=f"replay:{log}")), ReplayModel)
    other = ModelSettings(name="x/y:z", base_url="http://localhost/v1")
    assert isinstance(open_model(other), LiteLlmModel)
    assert scripted.name == f"scripted:{script}"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '"text"'])
def test_a_script_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "script.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"script\.json"):
        open_model(ModelSettings(name=f"scripted:{path}"))


def test_a_missing_script_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        open_model(ModelSettings(name=f"scripted:{tmp_path}/none"))


def test_a_script_is_said_in_order_and_ends():
    model = ScriptedModel(["a", "b"])

    async def three():
        return await asyncio.gather(
            *(model.complete(a_prompt(), seed=i) for i in range(3)),
            return_exceptions=True,
        )

    first, second, third = asyncio.run(three())
    assert (first.text, second.text) == ("a", "b")
    assert isinstance(third, ModelCallError)
    assert "ends after 2 answers" in str(third)


def test_a_script_may_be_a_function_of_prompt_and_seed():
    model = ScriptedModel(lambda prompt, seed: f"{prompt.user} {seed}")
    assert asyncio.run(model.complete(a_prompt("hi"), seed=4)).text == "hi 4"
