"""Tools that are not simulated: files of servers, cassettes, sessions, samples."""

import asyncio
import json
import sys
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from evolve.bench.cassette import Cassette, Take
from evolve.bench.clients import HUNG, LOST, REFUSED, LiveServers
from evolve.bench.live import CASSETTE_FILE, LiveOptions, open_toolbox, with_tools
from evolve.bench.opening import Caps, play
from evolve.bench.records import plan_of
from evolve.bench.servers import Server, read_servers
from evolve.bench.toolbox import NOT_RECORDED, Recorded, Replayed
from evolve.errors import ModelUnavailableError
from evolve.llm.models import ModelSettings
from problems.benchmark import Tool, ToolCall, ToolResult
from problems.errors import ConfigError, InfrastructureError
from problems.registry import load_benchmark
from problems.tps.dialogue import ERRORS
from problems.tps.generate import use
from problems.tps.live import CALL
from problems.tps.records import key_from_data
from problems.tps.repository import tools
from problems.tps.tool import ToolFaultError, read_arguments
from problems.tps.world import make_world
from tests.fakes.openai_server import FakeOpenAI

TPS = load_benchmark("tps")
OFFERED = tuple(tool.offered() for tool in tools().values())
CALLED = ToolCall(id="7", name="units__weekday", arguments='{"date": "2031-05-01"}')
TAKE = Take(model="m", sample="s", number=0)
WILD = Path(__file__).parents[3] / "fakes" / "wild_server.py"


def nothing(_done, _of):
    """Hear of progress."""


class Worldly:
    """A caller that knows the simulated world, and fails as it is told."""

    def __init__(self, errors=()):
        self.loop = asyncio.new_event_loop()
        self.tools = OFFERED
        self.calls = []
        self._errors = list(errors)
        self._thread = Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    async def call(self, call):
        self.calls.append(call)
        if self._errors:
            return ToolResult(id=call.id, text="no", error=self._errors.pop(0))
        tool, seconds = tools()[call.name], 0.01
        try:
            args = read_arguments(tool, call.arguments)
            seconds = tool.latency_ms(0, args, 0) / 1000
            text, error = json.dumps(tool.shape.call(make_world(0), args)), ""
        except ToolFaultError as fault:
            text, error = str(fault), REFUSED
        return ToolResult(id=call.id, text=text, error=error, seconds=seconds)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def opened(tmp_path):
    """Make toolboxes that are closed in the end."""
    made = []

    def make(errors=(), name="c.jsonl"):
        made.append(Worldly(errors))
        return made[-1], Recorded(made[-1], Cassette(tmp_path / name, OFFERED))

    yield make
    for one in made:
        one.close()


def plan_on(toolbox, **changes):
    return with_tools(plan_of(TPS, changes={"easy": 3, "hard": 2, **changes}), toolbox)


def played(plan, name, folder):
    return play(plan, ModelSettings(name=name), Caps(), folder, nothing)


def write(path, data):
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_servers_are_read_as_clients_have_them(tmp_path):
    rows = {
        "a": {"command": "x", "args": ["-y"], "env": {"K": "v"}, "autoApprove": []},
        "b": {"type": "http", "url": "http://h/mcp", "headers": {"A": "B"}},
        "c": {"command": "y", "disabled": True},
    }
    first, second = read_servers(write(tmp_path / "m.json", {"mcpServers": rows}))
    assert first == Server(name="a", command="x", args=("-y",), env={"K": "v"})
    assert second == Server(name="b", url="http://h/mcp", headers={"A": "B"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expecting"),
        ("[]", "mcpServers"),
        ({"mcpServers": {}}, "mcpServers"),
        ({"mcpServers": {"a": 3}}, "mcpServers.a is no object"),
        ({"mcpServers": {"a": {}}}, "either a command or a url"),
        ({"mcpServers": {"a": {"command": "x", "url": "y"}}}, "either a command"),
        ({"mcpServers": {"a": {"command": 3}}}, "a.command is no text"),
        ({"mcpServers": {"a": {"command": "x", "args": "y"}}}, "a.args is no list"),
        ({"mcpServers": {"a": {"command": "x", "env": {"K": 3}}}}, "a.env is no obj"),
        ({"mcpServers": {"a": {"type": "sse", "url": "x"}}}, "streamable HTTP"),
        ({"mcpServers": {"a": {"disabled": True}}}, "all servers are disabled"),
    ],
)
def test_a_wrong_file_of_servers_is_named_with_its_fault(text, words, tmp_path):
    with pytest.raises(ConfigError, match=words) as caught:
        read_servers(write(tmp_path / "m.json", text))
    assert "m.json" in str(caught.value)
    with pytest.raises(ConfigError, match=r"none\.json"):
        read_servers(tmp_path / "none.json")


def test_a_cassette_keeps_every_call_and_outlives_a_torn_line(tmp_path):
    path = tmp_path / "deep" / "c.jsonl"
    made = Cassette(path, OFFERED)
    good = ToolResult(id="7", text="Thursday\u2028\n", seconds=0.25)
    longer = replace(good, seconds=0.2500004)
    assert made.add(TAKE, CALLED, longer) == replace(good, id="")
    made.add(replace(TAKE, number=1), CALLED, replace(good, error=HUNG, text="no"))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"model": "m", "sam')
    again = Cassette(path, OFFERED)
    assert path.read_bytes() == whole
    assert len(again) == 2
    assert again.find(TAKE, CALLED) == replace(good, id="")
    assert again.find(replace(TAKE, number=1), CALLED).error == HUNG
    assert again.find(replace(TAKE, number=2), CALLED) is None
    assert again.find(replace(TAKE, model="n"), CALLED) is None
    spaced = replace(CALLED, arguments='{"date":   "2031-05-01"}')
    assert again.find_alike(spaced) == replace(good, id="")
    assert again.find_alike(replace(CALLED, arguments="{]")) is None
    assert Cassette(path).tools == OFFERED
    with pytest.raises(ConfigError, match="other tools"):
        Cassette(path, OFFERED[1:])


@pytest.mark.parametrize("text", ["", "{}\n", "[]\n", "no\n", '{"format": "x"}\n'])
def test_what_is_no_cassette_is_said(text, tmp_path):
    with pytest.raises(ConfigError, match=r"c\.jsonl: is no cassette"):
        Cassette(write(tmp_path / "c.jsonl", text))
    with pytest.raises(ConfigError, match="none"):
        Cassette(tmp_path / "none")


def test_a_cassette_that_cannot_be_written_is_our_failure(tmp_path):
    (tmp_path / "d").mkdir()
    made = Cassette(tmp_path / "c.jsonl", OFFERED)
    made.path = tmp_path / "d"
    with pytest.raises(InfrastructureError, match="cannot record calls"):
        made.add(TAKE, CALLED, ToolResult(id="", text=""))


def test_calls_go_out_and_a_replay_shows_the_same_without_servers(tmp_path, opened):
    caller, toolbox = opened()
    plan = plan_on(toolbox)
    players = ("baseline/oracle", "baseline/oracle_serial", "baseline/all_at_once")
    first = {name: played(plan, name, tmp_path / "1") for name in players}
    assert first["baseline/oracle"].summary.metrics["completion"].value == 1
    assert first["baseline/oracle"].summary.metrics["eta"].value == 1
    assert first["baseline/oracle_serial"].summary.metrics["parallelism"].value == 0
    assert first["baseline/all_at_once"].summary.metrics["completion"].value < 1
    items = sum(len(sample.data["items"]) for sample in plan.samples)
    assert len(caller.calls) == 3 * items
    rows = first["baseline/oracle"].played[0].outcome.parsed["calls"]
    called = caller.calls[0]
    tool = tools()[called.name]
    taken = tool.latency_ms(0, read_arguments(tool, called.arguments), 0)
    assert rows[0] == [0, tool.name, "", taken]

    replay = plan_on(Replayed(Cassette(tmp_path / "c.jsonl")))
    assert replay.settings == plan.settings
    for name in players:
        found = played(replay, name, tmp_path / "2")
        assert found.played == first[name].played
    assert len(caller.calls) == 3 * items
    # Another player finds what any player called; new calls are not there.
    random = played(replay, "baseline/random", tmp_path / "2")
    assert random.errors[NOT_RECORDED] > 0


@pytest.mark.parametrize("error", [LOST, HUNG, REFUSED])
def test_what_goes_wrong_at_a_server_is_counted_and_the_sample_goes_on(
    error, tmp_path, opened
):
    _, toolbox = opened([error])
    found = played(plan_on(toolbox, hard=0), "baseline/oracle", tmp_path)
    assert found.errors == {error: 1}
    assert found.complete
    assert 0 < found.summary.metrics["completion"].value < 1
    assert error in ERRORS


def test_only_what_may_be_called_goes_out(tmp_path, opened):
    caller, toolbox = opened()
    plan = plan_on(toolbox, calls_per_turn=2)
    sample = plan.samples[0]
    dialogue = plan.benchmark.start(sample, plan.settings)
    from problems.benchmark import Reply

    shown = dialogue.question().values["servers"]
    assert sum(len(server["tools"]) for server in shown) == 141
    dialogue.answer(Reply(text='{"tools": ["units__weekday"]}'))
    assert [tool.name for tool in dialogue.question().tools] == ["units__weekday"]
    bad = replace(CALLED, id="8", arguments="[1]")
    other = replace(CALLED, id="9", name="maps__haul")
    dialogue.answer(Reply(calls=(bad, CALLED, other)))
    assert dialogue._stage == CALL
    asked = dialogue.question()
    assert asked.calls == (CALLED,)
    dialogue.answer(Reply(results=toolbox.make(TAKE, asked.calls).result()))
    told = dict(dialogue.question().results)
    assert json.loads(told["7"]) == {"weekday": "Thursday"}
    assert "not a JSON object" in told["8"]
    assert "beyond the cap" in told["9"]
    strange = replace(CALLED, name="moon__walk")
    dialogue.answer(Reply(calls=(other, strange)))  # nothing of it goes out
    assert dialogue.question().calls == ()
    outcome = dialogue.outcome()
    counts = {"bad_arguments": 1, "too_many_calls": 1}
    counts |= {"tool_not_chosen": 1, "unknown_tool": 1}
    assert outcome.errors == counts
    assert len(caller.calls) == 1


def test_tools_that_no_task_knows_can_be_called_but_do_nothing():
    walk = Tool(name="moon__walk", doc="Walk.", parameters='{"type": "object"}')

    class Moon:
        tools = (walk, *OFFERED[:1])

        def make(self, first, calls):
            done = Future()
            done.set_result(
                tuple(
                    ToolResult(id=call.id, text="dust", seconds=0.1) for call in calls
                )
            )
            return done

    from problems.benchmark import Reply

    plan = plan_on(Moon())
    dialogue = plan.benchmark.start(plan.samples[0], plan.settings)
    dialogue.answer(Reply(text='{"tools": ["moon__walk"]}'))
    dialogue.answer(Reply(calls=(ToolCall(id="1", name="moon__walk", arguments=""),)))
    calls = dialogue.question().calls
    dialogue.answer(Reply(results=Moon().make(TAKE, calls).result()))
    assert dialogue.question().results == (("1", "dust"),)
    outcome = dialogue.outcome()
    assert (outcome.correct, outcome.errors) == (0, {})
    assert outcome.measures["tool_s"] == 0.1
    Moon.tools = (walk,)
    with pytest.raises(ConfigError, match="none of the servers has a tool"):
        plan_on(Moon())


def test_settings_and_benchmarks_that_cannot_be_live_say_so(tmp_path, opened):
    _, toolbox = opened()
    plan = plan_on(toolbox, failures_per_mille=5)
    with pytest.raises(ConfigError, match="leave it at 0"):
        plan.benchmark.start(plan.samples[0], plan.settings)
    rconstraint = plan_of(
        load_benchmark("rconstraint"), changes={"seeds": 1, "levels_to": 1}
    )
    with pytest.raises(ConfigError, match="only tps has"):
        with_tools(rconstraint, toolbox)


def follows_the_key(plan):
    """A model that knows the key: one call in a turn, then all values."""
    keys = {
        sample.data["items"][0]: key_from_data(sample.secret) for sample in plan.samples
    }

    def script(body):
        user = next(m for m in body["messages"] if m["role"] == "user")["content"]
        key = next(key for item, key in keys.items() if item in user)
        if "Choose at most" in user:
            return {"content": json.dumps({"tools": key.gold_tools})}
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        if turn < len(key.subtasks):
            one = key.subtasks[turn]
            name = use(one, key.gold_tools)
            return {"content": "", "tool_calls": [(name, json.dumps(one.args))]}
        return {"content": "; ".join(str(one.value) for one in key.subtasks)}

    return script


@pytest.mark.slow
def test_a_resumed_model_makes_no_call_again(tmp_path, opened, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    caller, toolbox = opened()
    plan = plan_on(toolbox, hard=0)
    script = follows_the_key(plan)
    with FakeOpenAI(script=script, at={5: "401"}) as server:
        settings = ModelSettings(
            name="openai/fake",
            base_url=server.base_url,
            max_tokens=500,
            retries=0,
            concurrency=1,
        )
        with pytest.raises(ModelUnavailableError):
            play(plan, settings, Caps(), tmp_path / "r", nothing)
        before = len(caller.calls)
        assert before > 0
        found = play(plan, settings, Caps(), tmp_path / "r", nothing)
    items = sum(len(sample.data["items"]) for sample in plan.samples)
    assert len(caller.calls) == items
    assert found.summary.metrics["completion"].value == 1


def test_a_server_that_does_not_start_is_named(tmp_path):
    with pytest.raises(InfrastructureError, match="'moon' does not list its tools"):
        LiveServers(
            [Server(name="moon", command="/no/such/program")],
            timeout=5,
            logs=tmp_path,
        )
    rows = {"mcpServers": {"moon": {"command": "/no/such/program"}}}
    path = write(tmp_path / "m.json", rows)
    with pytest.raises(InfrastructureError, match="moon"):
        open_toolbox(LiveOptions(servers=path), tmp_path)
    assert not (tmp_path / CASSETTE_FILE).exists()


def ask(live, tool, **arguments):
    call = ToolCall(id="1", name=tool, arguments=json.dumps(arguments))
    return asyncio.run_coroutine_threadsafe(live.call(call), live.loop).result()


@pytest.mark.slow
def test_a_real_server_that_errs_hangs_or_dies_is_a_result(tmp_path):
    server = Server(
        name="wild one", command=sys.executable, args=(str(WILD),), env={"CANARY": "x"}
    )
    live = LiveServers([server], timeout=30, logs=tmp_path)
    try:
        assert [tool.name for tool in live.tools] == [
            f"wild_one__{name}"
            for name in ("echo", "environment", "fail", "hang", "die")
        ]
        found = ask(live, "wild_one__echo", text="hé")
        assert (found.text, found.error) == ("hé", "")
        assert 0 < found.seconds < 30
        assert ask(live, "wild_one__environment", name="CANARY").text == "x"
        assert ask(live, "wild_one__echo", text="a" * 30_000).text.endswith("a [cut]")
        refused = ask(live, "wild_one__fail")
        assert refused.error == REFUSED
        assert "out of cheese" in refused.text
        assert ask(live, "wild_one__echo", word=3).error == REFUSED
        live._sessions[0]._limit = 1.0
        begin = time.monotonic()
        hung = ask(live, "wild_one__hang")
        assert (hung.error, hung.text) == (HUNG, "no answer within 1 s")
        assert time.monotonic() - begin < 20
        live._sessions[0]._limit = 30.0
        assert ask(live, "wild_one__echo", text="b").text == "b"
        assert ask(live, "wild_one__die").error == LOST
        assert ask(live, "wild_one__echo", text="c").text == "c"  # started again
        assert "I die" in (tmp_path / "wild_one.log").read_text()
    finally:
        live.close()
    live.close()


@pytest.mark.slow
def test_a_server_that_does_not_come_back_fails_its_calls_only(tmp_path):
    once = tmp_path / "once.py"
    once.write_text(
        "import os, sys\n"
        "if os.path.exists('been'): sys.exit(3)\n"
        "open('been', 'w').close()\n"
        f"exec(open({str(WILD)!r}).read())\n"
    )
    servers = [
        Server(
            name="once", command=sys.executable, args=(str(once),), cwd=str(tmp_path)
        ),
        Server(name="wild", command=sys.executable, args=(str(WILD),)),
    ]
    live = LiveServers(servers, timeout=30, logs=tmp_path / "logs")
    try:
        assert ask(live, "once__die").error == LOST
        again = ask(live, "once__echo", text="x")
        assert again.error == LOST
        assert again.text.startswith("the server does not start")
        assert ask(live, "wild__echo", text="x").text == "x"
    finally:
        live.close()
