"""Vectors over HTTP: what comes in order, what does not, and what it costs."""

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.errors import ModelUnavailableError
from evolve.llm.embedding import LiteLlmEmbedder, pack, unpack
from evolve.llm.errors import ModelCallError
from evolve.llm.replay import RecordingModel, ReplayModel
from evolve.llm.settings import ModelSettings
from prompts import embedding, texts_of
from tests.fakes.openai_server import FakeOpenAI, embed

TEXTS = ["return job.d", "return job.d + 1", "while True: pass"]


async def no_pause(_):
    """Do not wait."""


def a_model(server, **settings):
    values = {"retries": 1, "max_tokens": 0, "usd_per_million_prompt_tokens": 2.0}
    values |= {"usd_per_million_completion_tokens": 0.0} | settings
    return LiteLlmEmbedder(
        ModelSettings(name="openai/e", base_url=server.base_url, **values),
        environ={"OPENAI_API_KEY": "secret-key-1234"},
        sleep=no_pause,
    )


def ask(model, texts=TEXTS):
    return asyncio.run(model.complete(embedding(texts), seed=3))


def test_each_text_gets_its_vector_at_unit_length():
    with FakeOpenAI(api_key="secret-key-1234") as server:
        response = ask(a_model(server))
        body = server.log[0]["body"]
    vectors = unpack(response.text, 3)
    for row, text in zip(vectors, TEXTS, strict=True):
        own = np.array(embed(text))
        assert float(row @ (own / np.linalg.norm(own))) == pytest.approx(1, abs=1e-5)
    assert body["input"] == TEXTS
    assert body["model"] == "e"
    tokens = sum(map(len, TEXTS)) // 4
    assert response.usage.prompt_tokens == tokens
    assert response.usage.completion_tokens == 0
    assert response.usage.cost_usd == pytest.approx(2e-6 * tokens)


@pytest.mark.parametrize(
    "fault",
    ["empty", "null", "truncated", "badsyntax", "refusal", "garbage", "nonjson", "503"],
)
def test_what_is_out_of_order_is_asked_for_again_and_then_fails(fault):
    with FakeOpenAI(at={0: fault}) as server:
        assert unpack(ask(a_model(server)).text, 3) is not None
        assert server.requests == 2
    with FakeOpenAI(always=fault) as server:
        with pytest.raises(ModelCallError) as failed:
            ask(a_model(server))
        assert server.requests == 2
    assert "secret-key-1234" not in str(failed.value)


def test_a_wrong_key_stops_at_once():
    with FakeOpenAI(api_key="another") as server:
        with pytest.raises(ModelUnavailableError):
            ask(a_model(server))
        assert server.requests == 1


def test_recorded_vectors_need_no_model(tmp_path):
    path = tmp_path / "vectors.jsonl"
    with FakeOpenAI() as server:
        said = ask(RecordingModel(a_model(server), path))
    assert ask(ReplayModel(path)) == said


@given(
    st.lists(
        st.lists(
            st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3), min_size=4, max_size=4
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_packed_keeps_its_direction(rows):
    found = unpack(pack(rows), len(rows))
    for row, own in zip(found, rows, strict=True):
        assert float(row @ (np.array(own) / math.hypot(*own))) > 0.9999


@pytest.mark.parametrize("rows", [[[]], [[0.0]], [[math.nan]], [[1.0], [1.0, 2.0]]])
def test_what_has_no_direction_is_not_packed(rows):
    with pytest.raises(ValueError, match="no vectors"):
        pack(rows)


@pytest.mark.parametrize(
    "text", ["", "no", "[1]", "{}", "null", '["AA=="]', '["", ""]', '["ADw=", "x"]']
)
def test_a_damaged_text_gives_no_vectors(text):
    assert unpack(text, 2) is None


def test_the_texts_come_back_from_their_prompt():
    prompt = embedding(["a\n`b`", "\u00e9"])
    assert texts_of(prompt) == ["a\n`b`", "\u00e9"]
    assert prompt.digest != embedding(["a\n`b`"]).digest
