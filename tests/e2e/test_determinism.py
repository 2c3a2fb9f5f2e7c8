"""The same seed gives the same campaign, event by event."""

import pytest

from tests.e2e.cli import heuresis

OFFLINE = """
name = "same"
problem = "smtt"
seeds = ["edd"]
seed = {seed}
finalists = 5
[budget]
candidates = 60
[search]
islands = 2
migration_interval = 10
[evaluator]
workers = 1
"""

SCRIPTED = """
name = "same"
problem = "smtt"
seeds = ["edd"]
seed = {seed}
finalists = 5
[budget]
candidates = 4
[model]
name = "scripted:{script}"
concurrency = 1
[evaluator]
workers = 1
"""


def event_log(tmp_path, text: str, folder: str) -> str:
    path = tmp_path / f"{folder}.toml"
    path.write_text(text)
    done = heuresis("run", path, "--out", folder, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    log = heuresis("log", folder, cwd=tmp_path)
    assert log.code == 0, log.err
    return log.out


@pytest.mark.slow
def test_two_offline_runs_give_the_same_event_log(tmp_path):
    first = event_log(tmp_path, OFFLINE.format(seed=3), "first")
    second = event_log(tmp_path, OFFLINE.format(seed=3), "second")
    assert len(first.splitlines()) > 60
    assert first.replace('"first"', '"second"') == second


@pytest.mark.slow
def test_another_seed_gives_another_campaign(tmp_path):
    first = event_log(tmp_path, OFFLINE.format(seed=3), "first")
    second = event_log(tmp_path, OFFLINE.format(seed=4), "second")
    assert first.replace('"first"', '"second"') != second


@pytest.fixture
def script(tmp_path):
    """Answers of a model, in the order in which they are given."""
    import json

    answers = [
        "Try the slack.\n```python\n"
        f"def priority(job, state):\n    return {expression}\n```\n"
        for expression in (
            "max(state.t + job.p, job.d)",
            "job.d - job.p",
            "job.d + 0.5 * job.p",
            "max(job.p, job.d - state.t)",
            "job.d * 2 + job.p",
            "job.p",
        )
    ]
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answers))
    return path


@pytest.mark.slow
def test_two_runs_with_a_scripted_model_give_the_same_event_log(tmp_path, script):
    first = event_log(tmp_path, SCRIPTED.format(seed=3, script=script), "first")
    second = event_log(tmp_path, SCRIPTED.format(seed=3, script=script), "second")
    assert '"kind": "response"' in first
    assert first.replace('"first"', '"second"') == second
