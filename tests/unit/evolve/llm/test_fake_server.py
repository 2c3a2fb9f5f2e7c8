"""The instrument itself: what other tests rely on."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from evolve.llm.prompting import PromptLimits, Question, build_prompt
from evolve.patch import Patched, apply
from evolve.records import Operator
from tests.fakes.openai_server import FAULTS, FakeOpenAI
from tests.fakes.records import a_program
from tests.fakes.tiny_problem import TINY


def post(server, prompt, **body):
    request = urllib.request.Request(
        f"{server.base_url}/chat/completions",
        data=json.dumps(
            {"messages": [{"role": "user", "content": prompt}]} | body
        ).encode(),
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return reply.read().decode()


def text_of(reply):
    return json.loads(reply)["choices"][0]["message"]["content"]


def a_prompt_for(step, operator=Operator.DIFF):
    parents = (a_program(step), a_program(step + 1))
    prompt = build_prompt(
        Question(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            operator=operator,
            parents=parents,
            limits=PromptLimits(),
        )
    )
    return f"{prompt.system}\n{prompt.user}", parents[0].candidate.source


def test_a_script_may_call_tools_and_faults_spoil_its_answers():
    def script(body):
        asked = body["messages"][-1]["content"]
        return {"content": None, "tool_calls": [("look", f'{{"at": "{asked}"}}')]}

    with FakeOpenAI(script=script, at={1: "truncated"}) as server:
        whole, spoiled = (
            json.loads(post(server, "it"))["choices"][0] for _ in range(2)
        )
    (call,) = whole["message"]["tool_calls"]
    assert whole["finish_reason"] == "tool_calls"
    assert call["function"] == {"name": "look", "arguments": '{"at": "it"}'}
    assert spoiled["finish_reason"] == "length"
    assert "tool_calls" not in spoiled["message"]


def test_replies_and_faults_do_not_depend_on_the_order_of_arrival():
    prompts = [a_prompt_for(step)[0] for step in range(12)]

    def replies(order):
        found = {}
        with FakeOpenAI(seed=5, rates={"503": 0.4}) as server:

            def one(prompt):
                try:
                    return prompt, post(server, prompt)
                except urllib.error.HTTPError as error:
                    with error:
                        return prompt, str(error.code)

            with ThreadPoolExecutor(4) as pool:
                found.update(pool.map(one, order))
        return found

    forward, backward = replies(prompts), replies(prompts[::-1])
    assert forward == backward
    assert 0 < list(forward.values()).count("503") < 12


def test_another_seed_gives_other_replies():
    prompt, _ = a_prompt_for(0)
    texts = set()
    for seed in range(5):
        with FakeOpenAI(seed=seed) as server:
            texts.add(text_of(post(server, prompt)))
    assert len(texts) > 2


@pytest.mark.parametrize(
    ("operator", "form"),
    [
        (Operator.DIFF, "diff"),
        (Operator.REWRITE, "rewrite"),
        (Operator.CROSSOVER, "rewrite"),
    ],
)
def test_nearly_all_replies_are_programs(operator, form):
    good = 0
    with FakeOpenAI(seed=1) as server:
        for step in range(40):
            prompt, source = a_prompt_for(step, operator)
            text = text_of(post(server, prompt))
            assert ("<<<<<<< SEARCH" in text) == (form == "diff")
            outcome = apply(source, text, entry_point="priority", form=form)
            good += isinstance(outcome, Patched)
    assert good >= 34


def test_a_stream_carries_the_same_text():
    prompt, _ = a_prompt_for(0)
    with FakeOpenAI(seed=1) as server:
        whole = text_of(post(server, prompt))
        lines = post(server, prompt, stream=True).split("\n\n")
    assert lines[-2] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    parts = [
        c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]
    ]
    assert "".join(parts) == whole
    assert chunks[-1]["usage"]["completion_tokens"] > 0


def test_it_lists_its_model():
    with (
        FakeOpenAI() as server,
        urllib.request.urlopen(f"{server.base_url}/models", timeout=5) as reply,
    ):
        assert json.load(reply)["data"][0]["id"] == "mutator"


def test_a_wrong_key_is_refused():
    with (
        FakeOpenAI(api_key="right") as server,
        pytest.raises(urllib.error.HTTPError, match="401") as caught,
    ):
        post(server, "hi")
    caught.value.close()


def test_an_unknown_fault_is_an_error():
    with pytest.raises(ValueError, match="unknown faults"):
        FakeOpenAI(rates={"504": 1.0})
    assert len(FAULTS) >= 17


def test_it_runs_by_hand():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.openai_server", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout.readline().startswith("http://127.0.0.1:")
        finally:
            process.kill()
