import asyncio
import json

import pytest

from evolve.errors import StoreError
from evolve.llm.errors import ModelCallError
from evolve.llm.models import ModelSettings, open_model
from evolve.llm.replay import RecordingModel, ReplayModel
from evolve.llm.scripted import ScriptedModel
from problems.errors import ConfigError
from tests.fakes.records import a_prompt

ONE, TWO = a_prompt("one"), a_prompt("two")


def ask(model, prompt=ONE, seed=0):
    return asyncio.run(model.complete(prompt, seed=seed))


def recorded(path, *calls, answers=("a", "b", "c", "d")):
    model = RecordingModel(ScriptedModel(answers), path)
    responses = [ask(model, prompt, seed) for prompt, seed in calls]
    return model, responses


def test_a_replay_gives_the_recorded_responses_whatever_the_order(tmp_path):
    path = tmp_path / "new" / "log.jsonl"
    _, (a, b, c) = recorded(path, (ONE, 1), (TWO, 2), (ONE, 3))
    replay = ReplayModel(path)
    assert ask(replay, ONE, 3) == c
    assert ask(replay, TWO, 2) == b
    assert ask(replay, ONE, 1) == a


def test_the_same_question_gets_its_answers_in_their_order(tmp_path):
    path = tmp_path / "log.jsonl"
    _, (a, b) = recorded(path, (ONE, 1), (ONE, 1))
    replay = ReplayModel(path)
    assert [ask(replay, ONE, 1), ask(replay, ONE, 1)] == [a, b]
    assert a != b


def test_records_without_a_seed_fit_any(tmp_path):
    path = tmp_path / "log.jsonl"
    _, (a,) = recorded(path, (ONE, 1))
    head, line = path.read_text().splitlines()
    path.write_text(f"{head}\n{json.dumps(json.loads(line) | {'seed': None})}\n")
    assert ask(ReplayModel(path), ONE, 99) == a


def test_what_was_never_recorded_fails_and_says_so(tmp_path):
    path = tmp_path / "log.jsonl"
    recorded(path, (ONE, 1))
    replay = ReplayModel(path)
    for prompt, seed in ((TWO, 1), (ONE, 2)):
        with pytest.raises(ModelCallError, match="no further answer"):
            ask(replay, prompt, seed)
    ask(replay, ONE, 1)
    with pytest.raises(ModelCallError, match="no further answer"):
        ask(replay, ONE, 1)


def test_failures_are_replayed_too(tmp_path):
    path = tmp_path / "log.jsonl"
    model = RecordingModel(ScriptedModel([]), path)
    with pytest.raises(ModelCallError) as real:
        ask(model)
    with pytest.raises(ModelCallError) as again:
        ask(ReplayModel(path))
    assert str(again.value) == str(real.value)


def test_a_replay_has_the_price_of_the_recorded_model(tmp_path):
    path = tmp_path / "log.jsonl"
    settings = ModelSettings(
        name="openai/x",
        base_url="http://127.0.0.1:9/v1",
        usd_per_million_prompt_tokens=1,
        usd_per_million_completion_tokens=3,
        record=str(path),
    )
    model = open_model(settings)
    replay = ReplayModel(path)
    assert replay.price(100, 10) == pytest.approx(model.price(100, 10))
    assert replay.price(1_000_000, 1_000_000) == pytest.approx(4)


def test_an_unknown_price_stays_unknown(tmp_path):
    path = tmp_path / "log.jsonl"
    settings = ModelSettings(
        name="openai/x", base_url="http://127.0.0.1:9/v1", record=str(path)
    )
    open_model(settings)
    assert ReplayModel(path).price(1, 1) is None


def test_a_recording_goes_on_after_a_line_that_was_cut_off(tmp_path):
    path = tmp_path / "log.jsonl"
    _, (a,) = recorded(path, (ONE, 1))
    with path.open("a") as file:
        file.write('{"prompt": "cut o')
    assert ask(ReplayModel(path), ONE, 1) == a
    _, (b,) = recorded(path, (TWO, 1))
    replay = ReplayModel(path)
    assert (ask(replay, ONE, 1), ask(replay, TWO, 1)) == (a, b)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        "{}\n",
        "[]\n",
        '{"format": "heuresis-responses-1"}\n[1]\n',
        '{"format": "heuresis-responses-1"}\n{"prompt": "x"}\n',
        '{"format": "heuresis-responses-1"}\n{"prompt": "x", "response": {"a": 1}}\n',
    ],
)
def test_what_is_no_recording_is_refused(tmp_path, text):
    path = tmp_path / "log.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"log\.jsonl"):
        ReplayModel(path)


def test_missing_and_binary_files_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        ReplayModel(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\n")
    with pytest.raises(ConfigError, match="no recording"):
        ReplayModel(tmp_path / "binary")
    with pytest.raises(ConfigError, match="cannot record"):
        RecordingModel(ScriptedModel([]), tmp_path / "binary" / "below")


def test_a_disk_that_fails_later_is_a_store_error(tmp_path):
    path = tmp_path / "log" / "file"
    model = RecordingModel(ScriptedModel(["a"]), path)
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(StoreError, match="cannot record"):
        ask(model)
