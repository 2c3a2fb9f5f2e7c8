import asyncio
import logging
import subprocess
import sys
import time
import traceback

import pytest

from evolve.errors import ModelUnavailableError
from evolve.llm.client import LONGEST_PAUSE, LiteLlmModel, _load
from evolve.llm.errors import ModelCallError
from evolve.llm.settings import ModelSettings
from tests.fakes.openai_server import REFUSAL, FakeOpenAI
from tests.fakes.records import a_prompt

CANARY = "sk-canary-0123456789abcdef"
PROGRAM = (
    "Answer with <<<<<<< SEARCH blocks.\n```python\n# EVOLVE-BLOCK-START\n"
    "def priority(job):\n    return job.p + 1\n# EVOLVE-BLOCK-END\n```\n"
)


@pytest.fixture(scope="module", autouse=True)
def _library():
    """Load the client library first: it takes seconds, and tests watch the clock."""
    _load()


@pytest.fixture
def server():
    with FakeOpenAI(hang_seconds=5, api_key=CANARY) as running:
        yield running


class Pauses(list):
    """Sleeps in no time and keeps what was asked for."""

    async def __call__(self, seconds):
        self.append(seconds)


def a_model(server, *, sleep=None, environ=None, **settings):
    values = {
        "name": "openai/mutator",
        "base_url": server.base_url,
        "timeout_seconds": 5.0,
        "retries": 2,
    }
    return LiteLlmModel(
        ModelSettings(**(values | settings)),
        environ={"OPENAI_API_KEY": CANARY} if environ is None else environ,
        sleep=Pauses() if sleep is None else sleep,
    )


def ask(model, user=PROGRAM, seed=7):
    return asyncio.run(model.complete(a_prompt(user), seed=seed))


def test_a_response_brings_text_usage_and_the_models_own_name(server):
    response = ask(
        a_model(
            server,
            usd_per_million_prompt_tokens=1_000_000,
            usd_per_million_completion_tokens=2_000_000,
            temperature=0.25,
            max_tokens=77,
        )
    )
    usage = response.usage
    assert "<<<<<<< SEARCH" in response.text
    assert (response.model, response.finish_reason) == ("mutator", "stop")
    assert usage.prompt_tokens > 10
    assert usage.cost_usd == usage.prompt_tokens + 2 * usage.completion_tokens
    assert 0 < response.seconds < 5
    body = server.log[0]["body"]
    assert (body["temperature"], body["max_tokens"], body["seed"]) == (0.25, 77, 7)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


@pytest.mark.slow
def test_the_first_call_of_a_process_warns_of_nothing_and_prints_nothing(server):
    server.options.api_key = None
    code = (
        "import asyncio\n"
        "from evolve.llm.models import ModelSettings, open_model\n"
        "from prompts.records import Prompt\n"
        f"settings = ModelSettings(name='openai/x', base_url={server.base_url!r})\n"
        "prompt = Prompt(system='a', user='b', template='c', digest='d')\n"
        "model = open_model(settings)\n"
        "assert asyncio.run(model.complete(prompt, seed=0)).text\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.requests == 1


def test_what_nobody_reports_is_none(server):
    assert ask(a_model(server)).usage.cost_usd is None


@pytest.mark.parametrize(
    "fault",
    ["500", "502", "503", "429", "empty", "null", "garbage", "nonjson", "nochoices"],
)
def test_a_transient_fault_is_tried_again(server, fault):
    server.options.at = {0: fault}
    pauses = Pauses()
    assert "SEARCH" in ask(a_model(server, sleep=pauses)).text
    assert server.requests == 2
    assert len(pauses) == 1


def test_a_lost_connection_is_tried_again_even_at_the_first_call(server):
    server.options.at = {0: "reset"}
    assert "SEARCH" in ask(a_model(server)).text


def test_a_hang_ends_at_the_time_limit_of_a_try_and_is_tried_again(server):
    server.options.at = {0: "hang"}
    started = time.perf_counter()
    assert "SEARCH" in ask(a_model(server, timeout_seconds=0.3)).text
    assert time.perf_counter() - started < 4.5


def test_tries_end(server):
    server.options.always = "503"
    with pytest.raises(ModelCallError, match=r"503.*injected"):
        ask(a_model(server, retries=2))
    assert server.requests == 3


def test_pauses_double_with_jitter_and_are_the_same_for_the_same_seed(server):
    server.options.always = "500"
    taken = []
    for _ in range(2):
        pauses = Pauses()
        with pytest.raises(ModelCallError):
            ask(a_model(server, sleep=pauses, retries=8, total_seconds=1e6))
        taken.append(pauses)
    assert taken[0] == taken[1]
    for number, pause in enumerate(taken[0]):
        whole = min(0.5 * 2**number, LONGEST_PAUSE)
        assert whole / 2 <= pause <= whole


def test_retry_after_is_obeyed(server):
    server.options.at = {0: "429"}
    server.options.retry_after = "17"
    pauses = Pauses()
    ask(a_model(server, sleep=pauses))
    assert pauses == [17]


def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once(server):
    server.options.always = "429"
    server.options.retry_after = "3600"
    with pytest.raises(ModelCallError, match="no answer within 60 s"):
        ask(a_model(server, total_seconds=60))
    assert server.requests == 1


def test_the_deadline_covers_all_tries(server):
    server.options.always = "hang"
    started = time.perf_counter()
    with pytest.raises(ModelCallError, match=r"within 0.5 s in all.*within 0.2 s"):
        ask(a_model(server, timeout_seconds=0.2, total_seconds=0.5, retries=99))
    assert time.perf_counter() - started < 4


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("400", "refuses the request"),
        ("401", "the key in OPENAI_API_KEY is refused"),
        ("403", "may not use openai/mutator"),
        ("404", "check the name, and base_url"),
    ],
)
def test_what_can_never_work_is_told_at_once(server, fault, says):
    server.options.always = fault
    with pytest.raises(ModelUnavailableError, match=says) as caught:
        ask(a_model(server))
    assert "\n" not in str(caught.value)
    assert server.requests == 1


def test_a_server_that_is_not_there_is_told_at_once(server):
    pauses = Pauses()
    with pytest.raises(
        ModelUnavailableError, match=r"cannot reach http://127.*base_url"
    ):
        ask(a_model(server, base_url="http://127.0.0.1:9/v1", sleep=pauses))
    assert pauses == []


def test_a_base_url_that_is_none_is_told(server):
    with pytest.raises(ModelUnavailableError, match="is no URL"):
        ask(a_model(server, base_url="localhost:99999"))


def test_an_unknown_name_is_told_with_the_cure(server):
    model = a_model(server, name="no-such-model", base_url=None)
    with pytest.raises(ModelUnavailableError, match="openai/NAME with base_url"):
        ask(model)


def test_a_plain_name_behind_a_base_url_speaks_openais_protocol(server):
    ask(a_model(server, name="qwen/some-model"))
    assert server.log[0]["body"]["model"] == "qwen/some-model"


def test_a_missing_key_is_told_before_anything_is_asked(server):
    with pytest.raises(ModelUnavailableError, match="set OPENAI_API_KEY"):
        a_model(server, name="gpt-4o", base_url=None, environ={})
    with pytest.raises(ModelUnavailableError, match="set MY_KEY"):
        a_model(server, api_key_env="MY_KEY", environ={"OPENAI_API_KEY": CANARY})


def test_the_key_of_the_named_variable_is_sent(server):
    ask(a_model(server, api_key_env="MY_KEY", environ={"MY_KEY": CANARY}))
    assert server.log[0]["headers"]["authorization"] == f"Bearer {CANARY}"


def test_a_server_without_keys_needs_none(server):
    server.options.api_key = None
    ask(a_model(server, environ={}))
    assert server.log[0]["headers"]["authorization"] == "Bearer none"


@pytest.mark.parametrize("fault", ["400", "401", "403", "404", "429", "500", "503"])
def test_a_key_that_the_server_echoes_is_hidden(server, fault, caplog, capfd):
    server.options.always = fault
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises((ModelUnavailableError, ModelCallError)) as caught,
    ):
        ask(a_model(server))
    shown = "".join(traceback.format_exception(caught.value))
    printed = capfd.readouterr()
    for text in (str(caught.value), shown, caplog.text, printed.out, printed.err):
        assert CANARY not in text
    assert "***" in str(caught.value)
    assert caught.value.__context__ is None


def test_a_key_in_an_answer_is_hidden(server, caplog, capfd):
    server.options.reply = f"your key is {CANARY}"
    with caplog.at_level(logging.DEBUG):
        response = ask(a_model(server))
    assert response.text == "your key is ***"
    printed = capfd.readouterr()
    assert CANARY not in f"{response}{caplog.text}{printed.out}{printed.err}"


def test_no_record_of_the_model_shows_the_key(server):
    model = a_model(server)
    assert CANARY not in repr(vars(model))


def test_text_that_no_database_stores_is_replaced(server):
    server.options.reply = "a\0b\ud800c"
    assert ask(a_model(server)).text == "a\N{REPLACEMENT CHARACTER}b?c"


def test_answers_without_text_but_with_a_reason_are_answers(server):
    server.options.always = "filtered"
    response = ask(a_model(server))
    assert (response.text, response.finish_reason) == ("", "content_filter")
    server.options.always = "refusal"
    assert ask(a_model(server)).text == REFUSAL
    server.options.always = "truncated"
    assert ask(a_model(server)).finish_reason == "length"
    assert server.requests == 3


def test_the_tokens_of_unusable_tries_are_counted(server):
    server.options.at = {0: "empty"}
    twice = ask(a_model(server)).usage.prompt_tokens
    assert twice == 2 * ask(a_model(server)).usage.prompt_tokens


def test_a_call_can_be_cancelled(server):
    server.options.always = "hang"

    async def cancelled():
        model = a_model(server)
        task = asyncio.create_task(model.complete(a_prompt(PROGRAM), seed=0))
        assert await asyncio.to_thread(server.asked.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    started = time.perf_counter()
    asyncio.run(cancelled())
    assert time.perf_counter() - started < 15


def test_calls_run_at_the_same_time(server):
    server.options.latency = 0.3

    async def many():
        model = a_model(server)
        await model.complete(a_prompt(PROGRAM), seed=0)
        started = time.perf_counter()
        prompts = [a_prompt(f"{number} {PROGRAM}") for number in range(8)]
        await asyncio.gather(*(model.complete(p, seed=0) for p in prompts))
        return time.perf_counter() - started

    assert asyncio.run(many()) < 8 * 0.3 / 2


def test_every_try_waits_for_the_limit_of_the_provider(server):
    server.options.rates = {"500": 1.0}
    pauses = Pauses()
    model = a_model(server, sleep=pauses, retries=3, requests_per_minute=2.0)
    with pytest.raises(ModelCallError):
        ask(model)
    assert server.requests == 4
    # Two requests are free; the others have to wait half a minute each, and since the
    # clock stands nearly still here, one after the other.
    waits = [pause for pause in pauses if pause > 20]
    assert waits == [pytest.approx(30, abs=2), pytest.approx(60, abs=2)]


def test_calls_in_flight_are_held_to_the_number_of_the_model(server):
    server.options.latency = 0.2
    model = a_model(server, concurrency=1)

    async def two():
        started = time.monotonic()
        await asyncio.gather(
            *(model.complete(a_prompt(PROGRAM), seed=seed) for seed in (1, 2))
        )
        return time.monotonic() - started

    assert asyncio.run(two()) >= 0.4
