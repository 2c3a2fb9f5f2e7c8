"""Constants from tables: of whole steps, of layers, and as the command line does it."""

import json
import re

import pytest

from evolve.cli import calibrating
from problems.errors import ConfigError
from problems.llm_serving import fitting, layers, profiles
from problems.llm_serving.cost import CostModel
from problems.llm_serving.fitting import Step
from tests.unit.problems.llm_serving.shared_data import shared

TRUTH = CostModel(
    dense=((1, 0.015), (128, 0.02), (512, 0.05), (2048, 0.2)),
    a1=6e-6,
    b=1.4e-7,
    p2=4.5e-9,
    mix=1.4,
)
DECODES = [(n, n * kv, 0, 0) for n in (1, 8, 32, 128) for kv in (128, 1024, 4096)]
PREFILLS = [(0, 0, c, k) for c in (8, 32, 128, 512, 2048) for k in (0, 1024, 4096)]
MIXED = [(n, n * 700, c, 256) for n in (8, 64) for c in (64, 448, 1984)]


def steps(*shapes, noise=0.0):
    """Steps of the model above; every other one is ``noise`` longer or shorter."""
    return tuple(
        Step(
            decode_requests=n,
            kv_tokens=s,
            prefill_tokens=c,
            cached_tokens=k,
            milliseconds=1000
            * TRUTH.step(n, s, [(c, k)] if c else [])
            * (1 + noise * (-1) ** i),
        )
        for i, (n, s, c, k) in enumerate(shapes)
    )


def written(path, some):
    rows = [",".join(fitting.COLUMNS)]
    rows += [
        f"{one.decode_requests},{one.kv_tokens},{one.prefill_tokens},"
        f"{one.cached_tokens},{one.milliseconds:.6f}"
        for one in some
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_exact_steps_give_the_constants_back():
    found = fitting.fit(steps(*DECODES, *PREFILLS, *MIXED))
    assert found.b == pytest.approx(1000 * TRUTH.b, rel=1e-3)
    assert found.p2 == pytest.approx(1000 * TRUTH.p2, rel=1e-3)
    assert found.a1 == pytest.approx(1000 * TRUTH.a1, rel=1e-2)
    assert found.mix == pytest.approx(TRUTH.mix, abs=0.01)
    assert dict(found.dense)[512] == pytest.approx(50, rel=1e-3)
    assert found.worst < 1e-3


def test_noise_is_what_remains():
    found = fitting.fit(steps(*DECODES, *PREFILLS, *MIXED, noise=0.02))
    assert 0.01 < found.mape <= 0.021
    assert found.mape < found.worst < 0.06
    assert found.b == pytest.approx(1000 * TRUTH.b, rel=0.1)


def test_the_row_predicts_a_step_that_was_not_measured():
    found = fitting.fit(steps(*DECODES, *PREFILLS, *MIXED))
    cost = profiles.Profile.cost(fitting.row(found, calibrating.Path("mine.csv")))
    chunks = [(100, 2000)]
    assert cost.step(50, 40_000, chunks) == pytest.approx(
        TRUTH.step(50, 40_000, chunks), rel=0.02
    )


def test_without_mixed_steps_there_is_no_mix():
    assert fitting.fit(steps(*DECODES, *PREFILLS)).mix == 1


def test_a1_stays_in_the_dense_part_where_token_counts_do_not_overlap():
    apart = [shape for shape in PREFILLS if shape[2] > 128]
    found = fitting.fit(steps(*DECODES, *apart))
    assert found.a1 == 0
    assert found.worst < 0.01


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        (DECODES, "cannot determine p2: it has no steps that only prefill"),
        ([*DECODES, *MIXED], "cannot determine p2: it has no steps that only prefill"),
        (PREFILLS, "cannot determine b: it has no steps that only decode"),
        (
            [(n, 100 * n, 0, 0) for n in (1, 2, 4, 8, 16)] + PREFILLS,
            "cannot determine b: add steps with the same decode_requests and other",
        ),
        (
            [*DECODES, *((0, 0, c, 0) for c in (256, 512, 1024))],
            "cannot determine p2: add steps with the same prefill_tokens and other",
        ),
    ],
)
def test_a_table_that_cannot_tell_a_constant_is_refused(shapes, fault):
    with pytest.raises(ConfigError, match=fault):
        fitting.fit(steps(*shapes))


def test_a_table_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(fitting, "_MOST_STEPS", 10)
    with pytest.raises(ConfigError, match="more than 10 steps; give a sample"):
        fitting.fit(steps(*DECODES))


HEAD = ",".join(fitting.COLUMNS)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: not one column 'decode_requests'"),
        (HEAD, "line 2: no records"),
        (f"{HEAD}\n1,2,0,0\n", "line 2: 4 fields instead of 5"),
        (f"{HEAD}\n1,2,0,0,3\n1,2,0,0,x\n", "line 3: milliseconds 'x' is not a number"),
        (f"{HEAD}\n1,2,0,0,0\n", "line 2: milliseconds 0.0 is not a number"),
        (f"{HEAD}\n1,2,0,0,nan\n", "line 2: milliseconds 'nan' is not a number"),
        (f"{HEAD}\n-1,2,0,0,3\n", "line 2: decode_requests -1 is not an integer"),
        (f"{HEAD}\n0,0,0,0,3\n", "line 2: decode_requests and prefill_tokens are both"),
        (f"{HEAD}\n0,1,1,0,3\n", "line 2: kv_tokens without decode_requests"),
        (f"{HEAD}\n1,1,0,1,3\n", "line 2: cached_tokens without prefill_tokens"),
        (f"{HEAD},{HEAD}\n", "line 1: not one column 'decode_requests'"),
    ],
)
def test_a_faulty_table_names_the_line(tmp_path, text, fault):
    file = tmp_path / "steps.csv"
    file.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(f"{file} {fault}")):
        fitting.read(file)


class TestCalibrate:
    def test_it_prints_the_row_and_its_residuals(self, tmp_path, capsys):
        table = written(tmp_path / "mine.csv", steps(*DECODES, *PREFILLS, *MIXED))
        calibrating.calibrate(table, None, as_json=False)
        text = capsys.readouterr().out
        assert re.search(r"^row +mine$", text, re.MULTILINE)
        assert re.search(r"^b +0\.00014\d* ms a token", text, re.MULTILINE)
        assert re.search(r"^worst error +0\.0\d %$", text, re.MULTILINE)

    def test_the_file_it_writes_can_be_read(self, tmp_path, capsys):
        table = written(tmp_path / "mine.csv", steps(*DECODES, *PREFILLS))
        out = tmp_path / "row.json"
        calibrating.calibrate(table, out, as_json=True)
        document = json.loads(capsys.readouterr().out)
        assert document["residuals"]["steps"] == len(DECODES + PREFILLS)
        row = profiles.read(out)["mine"]
        assert profiles.document(row) == {
            **document["row"],
            "dense": tuple(map(tuple, document["row"]["dense"])),
        }

    def test_faults_name_the_table_or_the_file(self, tmp_path):
        table = written(tmp_path / "mine.csv", steps(*DECODES))
        with pytest.raises(ConfigError, match=r"mine\.csv: the table cannot determine"):
            calibrating.calibrate(table, None, as_json=False)
        table = written(tmp_path / "mine.csv", steps(*DECODES, *PREFILLS))
        with pytest.raises(ConfigError, match="cannot write"):
            calibrating.calibrate(table, tmp_path / "no" / "row.json", as_json=False)


class TestStoredRows:
    """The rows that are shipped come out of the published tables again."""

    NAMES = ("a0", "a1", "b", "p1", "p2", "h0", "h1", "mix")

    def compare(self, name, found, *, names=NAMES, rel=0.01):
        row = profiles.profile(name)
        for key in names:
            assert getattr(found, key) == pytest.approx(getattr(row, key), rel=rel), key
        assert [tokens for tokens, _ in found.dense] == [t for t, _ in row.dense]
        assert [time for _, time in found.dense] == pytest.approx(
            [time for _, time in row.dense], rel=0.005
        )

    def knots(self, name):
        return [tokens for tokens, _ in profiles.profile(name).dense]

    @pytest.mark.parametrize("hardware", ["RTX4090", "RTXPRO6000"])
    def test_llm_serving_sim(self, hardware):
        name = f"{hardware.lower()}-llama3-8b"
        folder = shared(f"llmservingsim_profile/{hardware}")
        found = layers.serving_sim(folder, self.knots(name))
        self.compare(name, found)
        assert found.mape < 0.1

    def test_llm_serving_sim_of_the_first_version(self):
        name = "h100-llama3-8b"
        file = shared("llmservingsim_profile/H100_v0/layers.csv.gz")
        found = layers.serving_sim_v0(file, self.knots(name))
        self.compare(name, found, names=("p1", "p2", "h0"))

    def test_vidur(self):
        name = "a100-llama3-8b"
        file = shared("vidur_profile_a100_llama3_8b/mlp.csv.gz")
        self.compare(name, layers.vidur(file, self.knots(name)), names=())

    @pytest.mark.parametrize("hardware", ["a100", "h100"])
    def test_splitwise(self, hardware):
        file = shared("splitwise_perf/perf_model.csv.gz")
        found = layers.splitwise(file, "llama2-70b", f"{hardware}-80gb", 8)
        self.compare(f"{hardware}x8-llama2-70b", found)

    def test_a_profile_without_a_knot_is_refused(self):
        file = shared("vidur_profile_a100_llama3_8b/mlp.csv.gz")
        with pytest.raises(ConfigError, match="no time for 3000000 tokens"):
            layers.vidur(file, [1, 3_000_000])

    def test_splitwise_without_such_runs_is_refused(self):
        file = shared("splitwise_perf/perf_model.csv.gz")
        with pytest.raises(ConfigError, match="no rows of llama2-70b on 3 x a100-80gb"):
            layers.splitwise(file, "llama2-70b", "a100-80gb", 3)
