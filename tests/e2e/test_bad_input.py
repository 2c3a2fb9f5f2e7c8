"""Whatever is wrong ends with one clear line and the right exit code."""

import os

import pytest

from tests.e2e.cli import Done, heuresis

GOOD = """
name = "x"
problem = "smtt"
seeds = ["edd"]
[budget]
candidates = 5
"""


def assert_one_clear_line(done: Done, code: int, *words: str) -> None:
    assert done.code == code, done.err
    assert done.out == ""
    lines = [line for line in done.err.splitlines() if line]
    assert len(lines) == 1, done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", ["x.toml", "not valid TOML"]),
        (GOOD + "[serach]\nislands = 2\n", ["unknown key 'serach'", "'search'"]),
        (GOOD + "[search]\nisland = 2\n", ["unknown key 'search.island'"]),
        (GOOD + "[evaluator]\nworkers = 0\n", ["evaluator.workers"]),
        (GOOD + '[evaluator]\nworkers = "two"\n', ["evaluator.workers"]),
        ('problem = "smtt"\n', ["missing key 'name'"]),
        (GOOD.replace('"smtt"', '"smttt"'), ["no problem 'smttt'", "'smtt'"]),
        (GOOD.replace('"edd"', '"nothing"'), ["seed 'nothing'", "mdd"]),
        (GOOD.replace('"edd"', '"eddc"'), ["seed 'eddc'", "sequence"]),
        (GOOD.replace("candidates = 5", ""), ["no limit"]),
        (
            GOOD.replace('problem = "smtt"', 'problem = "smtt"\nentry_point = "f"'),
            ["f"],
        ),
        (GOOD + '[evaluator]\nmin_sandbox = "moon"\n', ["min_sandbox"]),
        (
            GOOD + '[evaluator]\nmin_sandbox = "process"\n',
            ["x.toml", "'process'", "allow_weak_sandbox"],
        ),
        (GOOD + '[model]\nname = "scripted:none.json"\n', ["none.json"]),
    ],
)
def test_a_wrong_campaign_file(tmp_path, text, words):
    (tmp_path / "x.toml").write_text(text)
    done = heuresis("run", "x.toml", "--out", "out", cwd=tmp_path)
    assert_one_clear_line(done, 2, *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "missing.toml"], ["missing.toml"]),
        (["run", "nosuch"], ["no problem 'nosuch'"]),
        (["run", "smtt", "--executor", "moon"], ["executor"]),
        (
            [
                *("run", "smtt", "--min-sandbox", "bwrap+seccomp"),
                "--allow-weak-sandbox",
            ],
            ["contradicts"],
        ),
        (["status", "nosuch"], ["no run 'nosuch'"]),
        (["resume", "nosuch"], ["no run 'nosuch'"]),
        (["evaluate", "smtt", "missing.py"], ["missing.py"]),
        (["problems", "nosuch"], ["nosuch"]),
        (["calibrate", "missing.csv"], ["missing.csv line 1", "no such file"]),
    ],
)
def test_a_wrong_argument(tmp_path, arguments, words):
    assert_one_clear_line(heuresis(*arguments, cwd=tmp_path), 2, *words)


def test_an_unknown_option_is_usage(tmp_path):
    done = heuresis("run", "smtt", "--moon", cwd=tmp_path)
    assert done.code == 2
    assert "--moon" in done.err
    assert "Traceback" not in done.err


def test_a_failing_seed_program_stops_the_run(tmp_path):
    (tmp_path / "seed.py").write_text(
        "# EVOLVE-BLOCK-START\n"
        "def priority(job, state):\n    return job.nothing\n"
        "# EVOLVE-BLOCK-END\n"
    )
    (tmp_path / "x.toml").write_text(GOOD.replace('"edd"', '"seed.py"'))
    done = heuresis("run", "x.toml", "--out", "out", "--json", cwd=tmp_path)
    assert_one_clear_line(done, 3, "seed.py", "nothing")
    status = heuresis("status", "out", "--json", cwd=tmp_path)
    assert status.json["state"] == "failed"


def test_a_model_without_a_key(tmp_path):
    (tmp_path / "x.toml").write_text(GOOD + '[model]\nname = "openai/gpt-4o-mini"\n')
    env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    done = heuresis("run", "x.toml", "--out", "out", "--json", cwd=tmp_path, env=env)
    assert_one_clear_line(done, 3, "OPENAI_API_KEY")


def test_a_dollar_cap_without_a_price(tmp_path):
    (tmp_path / "x.toml").write_text(
        GOOD.replace("candidates = 5", "usd = 1.0")
        + '[model]\nname = "openai/unheard-of"\nbase_url = "http://127.0.0.1:9"\n'
    )
    env = {**os.environ, "OPENAI_API_KEY": "x"}
    done = heuresis("run", "x.toml", "--out", "out", "--json", cwd=tmp_path, env=env)
    assert_one_clear_line(done, 2, "price", "usd_per_million")


def test_an_empty_store(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "population.sqlite").touch()
    done = heuresis("status", "run", cwd=tmp_path)
    assert_one_clear_line(done, 2, "population.sqlite", "holds no campaign")


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0" * 9])
def test_an_unreadable_store(tmp_path, content):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "population.sqlite").write_bytes(content)
    done = heuresis("status", "run", cwd=tmp_path)
    assert_one_clear_line(done, 3, "population.sqlite")
    assert (folder / "population.sqlite").read_bytes() == content


def test_an_unreachable_server_hides_its_password(tmp_path):
    url = "postgresql://user:hunter2@127.0.0.1:9/none"
    done = heuresis("ls", url, cwd=tmp_path)
    assert_one_clear_line(done, 3, "127.0.0.1")
    assert "hunter2" not in done.err


@pytest.mark.slow
def test_a_run_is_not_overwritten(tmp_path):
    (tmp_path / "x.toml").write_text(GOOD)
    assert heuresis("run", "x.toml", "--out", "out", "--json", cwd=tmp_path).code == 0
    done = heuresis("run", "x.toml", "--out", "out", "--json", cwd=tmp_path)
    assert_one_clear_line(done, 2, "heuresis resume")


def test_files_of_instances_that_cannot_be_used(tmp_path):
    (tmp_path / "bad.txt").write_text("2 2\n0 3 1 2\n1 2 0 x\n")
    (tmp_path / "rule.py").write_text("def priority(op, state):\n    return op.p\n")
    done = heuresis("problems", "jssp", "--import", "bad.txt", cwd=tmp_path)
    assert_one_clear_line(done, 2, "bad.txt, line 3", "'x' is not an integer")
    both = ("--instances", "bad.txt", "--split", "test")
    done = heuresis("evaluate", "jssp", "rule.py", *both, cwd=tmp_path)
    assert_one_clear_line(done, 2, "--instances and --split exclude each other")
    done = heuresis("problems", "--fetch", cwd=tmp_path)
    assert_one_clear_line(done, 2, "--fetch needs the name of a problem")
    done = heuresis("problems", "jssp", "--fetch", "--import", "x", cwd=tmp_path)
    assert_one_clear_line(done, 2, "--import and --fetch exclude each other")
    done = heuresis("problems", "jssp", "--out", "x", cwd=tmp_path)
    assert_one_clear_line(done, 2, "--out is the folder of --fetch")
    dead = os.environ | {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    done = heuresis("problems", "jssp", "--fetch", cwd=tmp_path, env=dead)
    assert_one_clear_line(done, 3, "cannot fetch https://", "nothing was written")
    assert not (tmp_path / "instances").exists()
