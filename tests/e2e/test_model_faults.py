"""Every second answer of the model is broken, and nothing else is."""

import os

import pytest

from evolve.runs import locate
from evolve.session import open_run
from tests.e2e.cli import heuresis
from tests.fakes.openai_server import FakeOpenAI

FAULTS = ("500", "429", "hang", "empty", "truncated", "nonjson", "refusal", "reset")
CANDIDATES = 30
PROMPT_USD, COMPLETION_USD = 1.5, 4.0

CAMPAIGN = """
name = "faults"
problem = "smtt"
seeds = ["edd"]

[budget]
candidates = {candidates}

[evaluator]
workers = 2
"""

MODEL = """
[[models]]
name = "openai/{name}"
base_url = "{url}"
retries = {retries}
concurrency = {concurrency}
timeout_seconds = 1.0
max_tokens = 2000
usd_per_million_prompt_tokens = 1.5
usd_per_million_completion_tokens = 4.0
"""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("retries", "names", "concurrency"),
    [(3, ("one",), 1), (0, ("one",), 1), (2, ("one", "two"), 4)],
)
def test_the_budget_is_used_and_the_ledger_is_exact(
    tmp_path, retries, names, concurrency
):
    at = {2 * i + 1: FAULTS[i % len(FAULTS)] for i in range(5_000)}
    with FakeOpenAI(seed=1, at=at, hang_seconds=5) as server:
        text = CAMPAIGN.format(candidates=CANDIDATES) + "".join(
            MODEL.format(
                name=name,
                url=server.base_url,
                retries=retries,
                concurrency=concurrency,
            )
            for name in names
        )
        path = tmp_path / "faults.toml"
        path.write_text(text)
        folder = tmp_path / "run"
        environment = {**os.environ, "OPENAI_API_KEY": "fake-key-of-the-test"}
        done = heuresis(
            "run", path, "--out", folder, "--json", cwd=tmp_path, env=environment
        )
        assert done.code == 0, done.err
        billed, counts = dict(server.billed), dict(server.counts)
    assert done.json["status"] == "done"
    assert done.json["candidates"] == CANDIDATES
    assert set(FAULTS) <= set(counts)
    with open_run(locate(str(folder))) as run:
        spent = run.population.spent()
        proposals = list(run.population.proposals(limit=10_000))
        assert run.population.pending() == []
    assert {p.call.model for p in proposals} == {f"openai/{name}" for name in names}
    failed = [p.call for p in proposals if p.response is None]
    if retries == 0:
        assert len(failed) > CANDIDATES / 2
        # The call of an empty answer failed: it is booked as it was reserved.
        for kind in ("prompt_tokens", "completion_tokens"):
            billed[kind] -= billed[f"empty {kind}"]
    prompt, completion = billed["prompt_tokens"], billed["completion_tokens"]
    reserved = sum(call.reserved_tokens for call in failed)
    assert spent.tokens == prompt + completion + reserved
    usd = (prompt * PROMPT_USD + completion * COMPLETION_USD) / 1e6
    usd += sum(call.reserved_usd for call in failed)
    assert spent.cost_usd == pytest.approx(usd, rel=1e-9)
    assert spent.unpriced_calls == 0
    assert spent.calls == len(proposals)
