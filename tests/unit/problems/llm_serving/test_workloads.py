"""Lengths, arrivals, Glia's workload and agents: figures of the sources."""

import hashlib
import json

import numpy as np
import pytest

from problems.errors import ConfigError
from problems.llm_serving import agents, arrivals, glia, lengths, traces
from tests.unit.problems.llm_serving.shared_data import shared


def rng(seed=0):
    return np.random.default_rng(seed)


def digest(values):
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


class TestLengths:
    def test_the_fit_of_sharegpt_meets_the_measured_figures(self):
        found = lengths.draw("sharegpt", rng(), 200_000)
        assert found.prompts.mean() == pytest.approx(281, rel=0.02)
        assert np.median(found.prompts) == pytest.approx(34, abs=1)
        assert found.prompts.max() == 4096
        assert found.outputs.mean() == pytest.approx(280, rel=0.02)
        assert np.median(found.outputs) == pytest.approx(252, rel=0.06)
        assert np.quantile(found.outputs, 0.9) == pytest.approx(560, rel=0.06)
        assert (found.outputs.min(), found.outputs.max()) == (4, 780)
        logs = np.corrcoef(np.log(found.prompts), np.log(found.outputs))[0, 1]
        assert logs == pytest.approx(0.13, abs=0.01)

    @pytest.mark.parametrize(
        ("name", "prompt", "output"),
        [
            ("azure_conv", 1155, 211),
            ("azure_code", 2048, 28),
            ("arxiv", 2588, 291),
            ("arena", 136, 256),
        ],
    )
    def test_tables_meet_the_means_of_their_traces(self, name, prompt, output):
        found = lengths.draw(name, rng(), 100_000)
        assert found.prompts.mean() == pytest.approx(prompt, rel=0.03)
        assert found.outputs.mean() == pytest.approx(output, rel=0.03)
        row = lengths.table(name)
        median = lengths.LEVELS.index(0.5)
        assert np.median(found.prompts) == pytest.approx(row.prompts[median], abs=10)
        assert found.prompts.min() >= 1
        again = lengths.measure(found.prompts, found.outputs, "")
        assert again.correlation == pytest.approx(row.correlation, abs=0.01)

    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("azure_conv", "azure_llm_2023/AzureLLMInferenceTrace_conv.csv.gz"),
            ("azure_code", "azure_llm_2023/AzureLLMInferenceTrace_code.csv.gz"),
            ("arxiv", "vidur_traces/arxiv_summarization.csv.gz"),
            ("arena", "vtc_arena/real_fcfs.csv.gz"),
        ],
    )
    def test_tables_come_out_of_the_traces_again(self, name, file):
        read = traces.vidur if name == "arxiv" else traces.requests
        found = read(shared(file))
        row = lengths.table(name)
        assert row == lengths.measure(
            np.array([one.prompt for one in found]),
            np.array([one.output for one in found]),
            row.source,
        )

    def test_an_unknown_name_lists_the_known_ones(self):
        with pytest.raises(ConfigError, match="'bloom'; known: sharegpt, azure_conv, "):
            lengths.draw("bloom", rng(), 1)

    def test_equal_generators_give_equal_lengths(self):
        drawn = {
            name: digest(
                [
                    lengths.draw(name, rng(7), 200).prompts.tolist(),
                    lengths.draw(name, rng(7), 200).outputs.tolist(),
                ]
            )
            for name in lengths.names()
        }
        assert drawn == {
            "sharegpt": "9d438637d6829eb2",
            "azure_conv": "f6f9b7b906d80ed1",
            "azure_code": "97116c37bd6eb1ef",
            "arxiv": "c290dbd4dd144090",
            "arena": "b12f192ac689fade",
        }


class TestArrivals:
    @pytest.mark.parametrize("cv", [0.5, 1.0, 3.0])
    def test_gamma_has_the_rate_and_the_burstiness(self, cv):
        times = arrivals.gamma(rng(), 20.0, 5000.0, cv)
        gaps = np.diff(times)
        assert len(times) == pytest.approx(100_000, rel=0.03)
        assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.03)
        self.in_order(times, 5000)

    def test_lognormal_has_the_rate_and_the_median(self):
        times = arrivals.lognormal(rng(), 7.5, 50_000.0)
        assert len(times) == pytest.approx(7.5 * 50_000, rel=0.03)
        median = np.exp(-np.log(7.5) - 2)
        assert np.median(np.diff(times)) == pytest.approx(median, rel=0.02)
        self.in_order(times, 50_000)

    def test_a_client_of_phases_asks_only_in_them(self):
        times = arrivals.on_off(rng(), 10.0, 100_000.0, 20.0, 60.0)
        assert len(times) == pytest.approx(10 * 100_000 / 4, rel=0.1)
        gaps = np.diff(times)
        assert np.median(gaps) == pytest.approx(np.log(2) / 10, rel=0.05)
        # 85 % of the breaks, of a minute in the mean, are longer than ten seconds.
        assert (gaps > 10).sum() == pytest.approx(0.85 * 100_000 / 80, rel=0.1)
        self.in_order(times, 100_000)

    def in_order(self, times, end):
        assert (np.diff(times) >= 0).all()
        assert 0 <= times[0] <= times[-1] <= end
        assert (times == np.round(times, 6)).all()

    def test_zipf_clients_ask_by_their_rank(self):
        found = arrivals.zipf(rng(), 100_000, 27, 1.2)
        counts = np.bincount(found, minlength=27)
        assert len(counts) == 27
        assert counts[0] / counts[1] == pytest.approx(2**1.2, rel=0.03)
        assert counts[0] / counts[9] == pytest.approx(10**1.2, rel=0.06)

    def test_equal_generators_give_equal_arrivals(self):
        assert (
            digest(
                [
                    arrivals.gamma(rng(1), 5.0, 20.0, 2.0).tolist(),
                    arrivals.lognormal(rng(1), 5.0, 20.0).tolist(),
                    arrivals.on_off(rng(1), 5.0, 60.0, 5.0, 5.0).tolist(),
                    arrivals.zipf(rng(1), 50, 9, 1.0).tolist(),
                ]
            )
            == "d0c5b427ec09b47a"
        )


class TestGlia:
    RUNS = tuple(glia.workload(rng(seed)) for seed in range(3))

    def test_requests_come_as_in_the_paper(self):
        for run in self.RUNS:
            assert 6500 < len(run) < 8500
            assert 990 < run[-1].arrival <= 1000
            assert run[0].arrival == 0

    def test_lengths_fit_the_context(self):
        for one in sum(self.RUNS, ()):
            assert 1 <= one.output <= 8176
            assert 1 <= one.prompt <= 8192 - one.output

    def test_one_in_twenty_is_ten_times_as_long(self):
        outputs = np.array([one.output for one in sum(self.RUNS, ())])
        # No output of ShareGPT is longer than 780, few of a tenth are shorter than 78.
        assert (outputs > 780).mean() == pytest.approx(0.05 * 0.92, abs=0.005)
        assert outputs.mean() == pytest.approx(280 * 1.45, rel=0.05)

    def test_rate_and_seconds_are_options(self):
        run = glia.workload(rng(), rate=20.0, seconds=100.0)
        assert len(run) == pytest.approx(2000, rel=0.3)
        assert run[-1].arrival <= 100

    def test_equal_generators_give_equal_workloads(self):
        run = glia.workload(rng(0), seconds=20.0)
        assert (
            digest([[r.arrival, r.prompt, r.output] for r in run]) == "228cc0ed7e0d925c"
        )


class TestAgents:
    @pytest.mark.parametrize(
        ("kind", "turns", "tool", "tokens"),
        [(agents.SWE, 10.9, 0.925, 70_126), (agents.BFCL, 6.3, 1.923, 93_256)],
        ids=["SWE", "BFCL"],
    )
    def test_programs_meet_the_published_means(self, kind, turns, tool, tokens):
        count = 1500
        calls = agents.programs(rng(), kind, [0.0] * count, unit=1_000_000)
        assert len(calls) / count == pytest.approx(turns, rel=0.02)
        tools = [call.delay for call in calls if call.parents]
        assert np.mean(tools) == pytest.approx(tool, rel=0.12)
        total = sum(call.prompt + call.output for call in calls)
        assert total / count == pytest.approx(tokens, rel=0.04)

    def test_tools_of_swe_are_heavy_tailed(self):
        calls = agents.programs(rng(), agents.SWE, [0.0] * 1500, unit=1_000_000)
        tools = np.array([call.delay for call in calls if call.parents])
        # Log-normal with mean 0.925 and deviation 3.55: median 0.233.
        assert np.median(tools) == pytest.approx(0.233, rel=0.05)
        assert tools.max() > 30

    def test_a_call_begins_with_all_that_was_said_before(self):
        calls = agents.programs(rng(), agents.SWE, [0.0, 1.5, 1.5], unit=16)
        assert sorted(calls, key=lambda call: call.program) == list(calls)
        assert [call.arrival for call in calls if not call.parents] == [0.0, 1.5, 1.5]
        seen = [set(), set(), set()]
        for call in calls:
            assert len(call.prefix) == (call.prompt + call.output) // 16
            seen[call.program] |= set(call.prefix)
            assert call.client == call.program
            for parent in call.parents:
                before = calls[parent]
                assert before.program == call.program
                assert call.prefix[: len(before.prefix)] == before.prefix
                assert call.prompt > before.prompt + before.output
                assert call.arrival == before.arrival
        assert not seen[0] & seen[1]
        assert not seen[1] & seen[2]

    def test_units_are_an_option(self):
        call = agents.programs(rng(), agents.SWE, [0.0], unit=512)[-1]
        assert len(call.prefix) == (call.prompt + call.output) // 512

    def test_equal_generators_give_equal_programs(self):
        calls = agents.programs(rng(3), agents.BFCL, [0.0, 2.0])
        assert (
            digest([[c.prompt, c.output, c.delay] for c in calls]) == "b1450044343b5b1f"
        )
