"""What every ChatModel does, whoever answers."""

import asyncio
import json

import pytest

from evolve.llm.client import LiteLlmModel
from evolve.llm.errors import ModelCallError
from evolve.llm.replay import RecordingModel, ReplayModel
from evolve.llm.scripted import ScriptedModel
from evolve.llm.settings import ModelSettings
from evolve.records import Response
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.records import a_prompt

PROMPTS = [a_prompt(f"Question {number}") for number in range(4)]
FAILING = a_prompt("This one fails")


def scripted(_):
    def answer(prompt, seed):
        if prompt == FAILING:
            raise ModelCallError("scripted failure")
        return f"Answer to {prompt.user}"

    return ScriptedModel(answer, name="the-model")


def replayed(tmp_path):
    path = tmp_path / "log.jsonl"
    recorder = RecordingModel(scripted(tmp_path), path)

    async def record():
        for prompt in PROMPTS:
            for _ in range(3):
                await recorder.complete(prompt, seed=1)

    asyncio.run(record())
    return ReplayModel(path, name="the-model")


def recording(tmp_path):
    return RecordingModel(scripted(tmp_path), tmp_path / "other.jsonl")


def litellm(_, server):
    return LiteLlmModel(
        ModelSettings(
            name="the-model", base_url=server.base_url, retries=0, timeout_seconds=5
        ),
        environ={},
    )


class FailingServer(FakeOpenAI):
    """Gives every good prompt its answer, and the failing one an error."""

    def admit(self, body, headers):
        digest, fault = super().admit(body, headers)
        return digest, "500" if FAILING.user in json.dumps(body) else fault


@pytest.fixture(params=["scripted", "replay", "recording", "litellm"])
def model(request, tmp_path):
    if request.param == "litellm":
        with FailingServer(reply="An answer") as server:
            yield litellm(tmp_path, server)
        return
    makers = {"scripted": scripted, "replay": replayed, "recording": recording}
    yield makers[request.param](tmp_path)


def ask(model, prompt=PROMPTS[0]):
    return asyncio.run(model.complete(prompt, seed=1))


def test_it_has_the_name_that_the_user_gave_it(model):
    assert model.name == "the-model"


def test_it_answers_with_a_whole_response(model):
    response = ask(model)
    assert isinstance(response, Response)
    assert response.text
    assert response.finish_reason == "stop"
    assert response.model
    assert response.seconds >= 0


def test_calls_may_overlap(model):
    async def together():
        return await asyncio.gather(*(model.complete(p, seed=1) for p in PROMPTS))

    assert all(response.text for response in asyncio.run(together()))


def test_the_same_question_may_be_asked_in_another_loop(model):
    assert ask(model).text == ask(model).text


def test_a_call_that_fails_for_good_raises_a_model_call_error(model):
    with pytest.raises(ModelCallError) as caught:
        ask(model, FAILING)
    assert str(caught.value)
    assert ask(model).text


def test_a_price_is_a_number_or_unknown_and_grows_with_tokens(model):
    none, few, many = (model.price(n, n) for n in (0, 10, 1000))
    assert (none is None) == (few is None) == (many is None)
    if many is not None:
        assert 0 == none <= few <= many


def test_usage_is_counted_or_unknown(model):
    usage = ask(model).usage
    for tokens in (usage.prompt_tokens, usage.completion_tokens):
        assert tokens is None or tokens >= 0
    assert usage.cost_usd is None or usage.cost_usd >= 0
