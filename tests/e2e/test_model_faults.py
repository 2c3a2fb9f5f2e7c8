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
        assert len(failed) > len(proposals) / 4
    # A call that failed is booked as it was reserved, in place of the empty answers
    # among its tries; one that was answered at last is booked with those before.
    if retries == 3:
        assert failed == []
    prompt = billed["prompt_tokens"], billed["empty prompt_tokens"]
    completion = billed["completion_tokens"], billed["empty completion_tokens"]
    tokens = spent.tokens - sum(call.reserved_tokens for call in failed)
    usd = spent.cost_usd - sum(call.reserved_usd for call in failed)
    unbooked = prompt[0] + completion[0] - tokens
    empty = {3: (0,), 0: (prompt[1] + completion[1],)}
    assert unbooked in empty.get(retries, range(prompt[1] + completion[1] + 1))
    unbooked_usd = (prompt[0] * PROMPT_USD + completion[0] * COMPLETION_USD) / 1e6 - usd
    most = (prompt[1] * PROMPT_USD + completion[1] * COMPLETION_USD) / 1e6
    assert -1e-12 < unbooked_usd < most + 1e-12
    assert (unbooked_usd > 1e-9) is (unbooked > 0)
    assert spent.unpriced_calls == 0
    assert spent.calls == len(proposals)
