"""heuresis bench, as users type it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from evolve.bench.clients import LiveServers
from evolve.bench.servers import Server
from problems.benchmark import ToolCall
from problems.errors import InfrastructureError
from tests.e2e.cli import heuresis
from tests.fakes.openai_server import FakeOpenAI
from tests.unit.evolve.bench.test_running import one_by_one

SMALL = (
    *("--set", "levels_to=3", "--set", "seeds=2"),
    *("--set", 'phases=["precedence", "windows"]'),
)


def test_all_benchmarks_run_without_a_model(tmp_path):
    done = heuresis(
        *("bench", "all", "--model", "baseline/random", "--model", "baseline/oracle"),
        *("--limit", 3, "--out", "found", "--json"),
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    found = done.json["results"]
    assert [(x["benchmark"], x["model"]) for x in found] == [
        (name, f"baseline/{player}")
        for name in ("calconflict", "rconstraint", "tps")
        for player in ("random", "oracle")
    ]
    keys = {"benchmark", "version", "model", "samples", "metrics", "by_level"}
    assert all(keys | {"errors", "tokens", "cost_usd"} <= x.keys() for x in found)
    by_name = {(x["benchmark"], x["model"][9:]): x for x in found}
    assert by_name["calconflict", "oracle"]["metrics"]["aer"]["value"] == 0
    assert by_name["rconstraint", "oracle"]["metrics"]["feasible"]["value"] == 1
    assert by_name["tps", "oracle"]["metrics"]["completion"]["value"] == 1
    assert [x["wins"] for x in done.json["comparisons"]] == [0, 0, 0]
    assert [x["losses"] for x in done.json["comparisons"]] == [3, 3, 3]
    page = (tmp_path / "found" / "report.html").read_text()
    assert all(name in page for name in ("calconflict", "rconstraint", "tps"))
    assert json.loads((tmp_path / "found" / "report.json").read_text()) == done.json


def test_a_model_behind_http_is_asked_once_and_compared(tmp_path):
    env = {**os.environ, "OPENAI_API_KEY": "canary-of-a-key"}
    with FakeOpenAI(script=one_by_one, rates={"503": 0.2}) as server:
        command = (
            *("bench", "rconstraint", "--model", "openai/fake"),
            *("--model", "baseline/oracle", "--base-url", server.base_url),
            *SMALL,
            *("--out", "found", "--json"),
        )
        done = heuresis(*command, cwd=tmp_path, env=env)
        assert done.code == 0, done.err
        asked = server.requests
        again = heuresis(*command, cwd=tmp_path, env=env)
        assert again.json == done.json
        assert server.requests == asked
    model, oracle = done.json["results"]
    assert model["metrics"]["feasible"]["value"] == 0.5
    assert model["samples"] == oracle["samples"] == 12
    (pair,) = done.json["comparisons"]
    assert (pair["wins"], pair["losses"], pair["test"]) == (0, 6, "McNemar")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"canary-of-a-key" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bench", "chess", "--model", "baseline/random"), "no benchmark 'chess'"),
        (("bench", "tps"), "try --model baseline/random"),
        (("bench", "tps", "--model", "baseline/best"), "known: oracle"),
        (
            ("bench", "tps", "--model", "baseline/random", "--set", "x=1"),
            "no parameter 'x'",
        ),
        (
            ("bench", "tps", "--model", "baseline/random", "--set", "x"),
            "write NAME=VALUE",
        ),
        (
            ("bench", "tps", "--model", "baseline/random", "--samples", "x"),
            "known: tps-v1",
        ),
        (
            ("bench", "tps", "--model", "baseline/random", "--profile", "no.toml"),
            "no.toml",
        ),
    ],
)
def test_what_cannot_be_is_one_line(arguments, words, tmp_path):
    done = heuresis(*arguments, cwd=tmp_path)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_baseline_that_is_not_there_is_told_before_a_model_is_asked(tmp_path):
    env = {**os.environ, "OPENAI_API_KEY": "none"}
    with FakeOpenAI(script=one_by_one) as server:
        done = heuresis(
            *("bench", "rconstraint", "--model", "openai/fake", *SMALL),
            *("--model", "baseline/best", "--base-url", server.base_url),
            *("--out", "found"),
            cwd=tmp_path,
            env=env,
        )
        assert done.code == 2
        assert "no baseline 'best'; known: " in done.err
        assert server.requests == 0
    assert not (tmp_path / "found").exists()


def test_a_profile_is_a_file_and_the_command_line_overrides_it(tmp_path):
    (tmp_path / "p.toml").write_text('levels_to = 2\nseeds = 1\nphases = ["windows"]\n')
    done = heuresis(
        *("bench", "rconstraint", "--model", "baseline/oracle", "--profile", "p.toml"),
        *("--set", "levels_to=4", "--json"),
        cwd=tmp_path,
    )
    assert done.json["set"] == "custom"
    assert done.json["samples"] == 4
    shown = heuresis("bench", "all", "--show", "--json", cwd=tmp_path)
    assert all(x["profile"] and x["sets"] and x["baselines"] for x in shown.json)


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_and_asks_nothing_twice(tmp_path):
    env = {**os.environ, "OPENAI_API_KEY": "none"}
    with FakeOpenAI(script=one_by_one, latency=0.3) as server:
        command = (
            *("bench", "rconstraint", "--model", "openai/fake", "--limit", "40"),
            *("--base-url", server.base_url, "--concurrency", "2"),
            *("--out", "found", "--json"),
        )
        code = "from evolve.cli import main; main()"
        for kill in range(3):
            with subprocess.Popen(
                [sys.executable, "-c", code, *command],
                cwd=tmp_path,
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as process:
                seen = server.requests
                while server.requests < seen + 5:
                    assert process.poll() is None
                process.kill()
            assert server.requests <= 5 * (kill + 1) + 4 * kill + 4
        done = heuresis(*command, cwd=tmp_path, env=env)
        assert done.code == 0, done.err
        assert done.json["samples"] == 40
        # Only what was under way at a kill was asked twice: two calls each time.
        assert 40 <= server.requests <= 40 + 3 * 2
        # A call that was booked at a kill need not have reached the server.
        assert server.requests <= done.json["calls"] <= server.requests + 3 * 2


@pytest.mark.slow
def test_inspect_runs_the_same_cores_and_reads_our_logs(tmp_path):
    env = {
        **os.environ,
        "OPENAI_API_KEY": "canary-of-a-key",
        "INSPECT_DISPLAY": "plain",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with FakeOpenAI(script=one_by_one) as server:
        subprocess.run(
            [
                *(sys.executable, "-m", "inspect_ai", "eval", "evolve/rconstraint"),
                *("--model", "litellm/openai/fake", "--log-dir", "logs"),
                *("--model-base-url", server.base_url, "-T", "limit=20"),
            ],
            cwd=tmp_path,
            env=env,
            check=True,
            capture_output=True,
        )
        assert server.requests == 20
        done = heuresis(
            *("bench", "rconstraint", "--model", "openai/fake", "--limit", 20),
            *("--base-url", server.base_url, "--out", "ours", "--inspect-log"),
            "--json",
            cwd=tmp_path,
            env=env,
        )
        assert done.code == 0, done.err
    from inspect_ai.log import list_eval_logs, read_eval_log

    (theirs,) = [read_eval_log(x) for x in list_eval_logs(str(tmp_path / "logs"))]
    (ours,) = [read_eval_log(x) for x in list_eval_logs(str(tmp_path / "ours"))]
    assert theirs.status == ours.status == "success"
    scores = [
        {x.id: next(iter(x.scores.values())).value for x in log.samples}
        for log in (theirs, ours)
    ]
    assert scores[0] == scores[1]
    assert len(scores[0]) == 20
    assert theirs.eval.metadata["sha256"] == ours.eval.metadata["sha256"]
    assert ours.samples[0].messages[-1].text.startswith('{"schedule"')
    for path in (tmp_path / "logs").rglob("*.eval"):
        import zipfile

        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist()]
        assert not any(b"canary-of-a-key" in text for text in texts)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(port):
    """All servers of tps over HTTP, by the verb."""
    code = "from evolve.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "tps", "--http", str(port), "--at-once"],
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None:
            with socket.socket() as knock:
                if not knock.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        assert process.poll() is None
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def served():
    port = free_port()
    with serving(port):
        yield port


@pytest.mark.slow
def test_an_http_server_that_ends_fails_its_calls_until_it_is_back(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/units/mcp"
    arguments = json.dumps({"date": "2031-05-01"})
    call = ToolCall(id="1", name="units__weekday", arguments=arguments)

    def ask():
        found = asyncio.run_coroutine_threadsafe(live.call(call), live.loop).result()
        return found.error or json.loads(found.text)

    server = Server(name="units", url=url, headers={"X-Key": "canary"})
    with serving(port):
        live = LiveServers([server], timeout=60, logs=tmp_path)
        said = [ask()]
    said += [ask(), ask()]
    with serving(port):
        said += [ask()]
    live.close()
    thursday = {"weekday": "Thursday"}
    assert said == [thursday, "server_lost", "server_lost", thursday]
    with pytest.raises(InfrastructureError, match="'units' does not list its tools"):
        LiveServers([server], timeout=60, logs=tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_tps_runs_on_real_servers_and_again_from_the_cassette(served, tmp_path):
    config = heuresis("serve", "tps", "--http", served, "--config", cwd=tmp_path).json
    stdio = heuresis("serve", "tps", "--at-once", "--config", cwd=tmp_path).json
    servers = config["mcpServers"]
    assert len(servers) == len(stdio["mcpServers"]) == 15
    # One of them as a process of its own, that talks over its input and output.
    arguments = stdio["mcpServers"]["units"]["args"]
    servers["units"] = {
        "command": sys.executable,
        "args": ["-c", "from evolve.cli import main; main()", *arguments],
    }
    (tmp_path / "mcp.json").write_text(json.dumps(config))
    command = (
        *("bench", "tps", "--model", "baseline/oracle"),
        *("--model", "baseline/random", "--limit", 12, "--json"),
    )
    live = heuresis(*command, "--live", "mcp.json", "--out", "live", cwd=tmp_path)
    assert live.code == 0, live.err
    oracle, random = live.json["results"]
    assert oracle["metrics"]["completion"]["value"] == 1
    assert oracle["errors"] == {}
    assert random["errors"]["tool_refused"] > 0
    assert oracle["metrics"]["tool_s"]["value"] > 0
    cassette = tmp_path / "live" / "cassette.jsonl"
    assert '"tool": "units__' in cassette.read_text()
    again = heuresis(*command, "--cassette", cassette, "--out", "again", cwd=tmp_path)
    assert again.json == live.json
    for name in ("baseline_oracle", "baseline_random"):
        first, second = (
            (tmp_path / run / "tps" / name / "samples.jsonl").read_bytes()
            for run in ("live", "again")
        )
        assert first == second


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serve", "rconstraint", "--server", "x"), "only tps has"),
        (("serve", "tps"), "say --server NAME or --http PORT"),
        (("serve", "tps", "--server", "units", "--http", "8080"), "say --server"),
        (("serve", "tps", "--server", "moon"), "no server 'moon'"),
    ],
)
def test_what_cannot_be_served_is_one_line(arguments, words, tmp_path):
    done = heuresis(*arguments, cwd=tmp_path)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1


BENCH_TPS = ("bench", "tps", "--model", "baseline/oracle", "--limit", 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*BENCH_TPS, "--live", "no.json"), "no.json"),
        ((*BENCH_TPS, "--cassette", "no.jsonl"), "no.jsonl"),
    ],
)
def test_what_is_not_there_to_call_is_one_line(arguments, words, tmp_path):
    done = heuresis(*arguments, cwd=tmp_path)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1


@pytest.mark.slow
def test_a_taken_port_is_our_failure(served, tmp_path):
    done = heuresis("serve", "tps", "--http", served, cwd=tmp_path)
    assert done.code == 3
    assert f"cannot serve at port {served}" in done.err


def doubtful(body):
    """As a model: call nothing; as a judge: take the first item for done."""
    if "You judge the work" in body["messages"][0]["content"]:
        return {"content": '{"done": [1]}'}
    if "Choose at most" in body["messages"][-1]["content"]:
        return {"content": '{"tools": ["units__weekday"]}'}
    return {"content": "I do not know."}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_model_judges_within_inspect_too(tmp_path):
    env = {
        **os.environ,
        "OPENAI_API_KEY": "canary-of-a-key",
        "INSPECT_DISPLAY": "plain",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with FakeOpenAI(script=doubtful) as server:
        subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "inspect_ai",
                    "eval",
                    "evolve/tps",
                    "--log-dir",
                    "logs",
                ),
                *("--model", "litellm/openai/fake"),
                *("--model-base-url", server.base_url, "-T", "limit=6"),
                *("-T", "judge=litellm/openai/judge"),
                *("-T", f"judge_base_url={server.base_url}"),
            ],
            cwd=tmp_path,
            env=env,
            check=True,
            capture_output=True,
        )
        assert server.requests == 6 * 3
        ours = heuresis(
            *("bench", "tps", "--model", "openai/fake", "--limit", 6),
            *("--base-url", server.base_url, "--judge", "openai/judge", "--json"),
            *("--inspect-log", "--out", "ours"),
            cwd=tmp_path,
            env=env,
        )
    from inspect_ai.log import list_eval_logs, read_eval_log

    (log,) = [read_eval_log(x) for x in list_eval_logs(str(tmp_path / "logs"))]
    assert log.status == "success"
    scores = {score.name: score.metrics for score in log.results.scores}
    (written,) = [read_eval_log(x) for x in list_eval_logs(str(tmp_path / "ours"))]
    told = {score.name: score for score in written.results.scores}
    for name in ("agreement", "kappa"):
        assert told["judge"].metrics[name].value == scores["judge"][name].value
    assert told["judge"].scored_samples == 6
    (opinion,) = ours.json["judge"]
    # Nothing is done: the judge is wrong about one item of every task.
    assert opinion["agreement"] == pytest.approx(scores["judge"]["agreement"].value)
    assert opinion["agreement"] == 1 - 6 / opinion["parts"]
    assert opinion["kappa"] == scores["judge"]["kappa"].value == 0
    for sample in log.samples:
        assert sample.scores["outcome"].value == 0
        found = sample.scores["judge"]
        assert found.metadata["own"] == [False] * len(found.metadata["own"])
        assert found.metadata["judged"][0]
        assert found.value == 1 / len(found.metadata["judged"])
