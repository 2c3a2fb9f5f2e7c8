"""Importers of traces: what they read, what they refuse, and the published files."""

import gzip
import hashlib
import re
from collections import OrderedDict, defaultdict
from statistics import mean

import pytest

from problems.errors import ConfigError
from problems.llm_serving import lines, traces
from problems.llm_serving.requests import Request
from problems.llm_serving.traces import Lengths, Measured, Turn
from tests.fakes.traces import ARENA, AZURE, BAILIAN, MOONCAKE, VIDUR, VLLM
from tests.unit.problems.llm_serving.shared_data import shared


def file_of(folder, text):
    path = folder / "trace.txt"
    path.write_text(text, newline="")
    return path


def test_azure(tmp_path):
    assert traces.azure(file_of(tmp_path, AZURE)) == (
        Request(arrival=0.0, prompt=4808, output=10),
        Request(arrival=60.5, prompt=110, output=27),
    )


def test_mooncake(tmp_path):
    assert traces.mooncake(file_of(tmp_path, MOONCAKE)) == (
        Request(arrival=0.0, prompt=600, output=52, prefix=(46, 47)),
        Request(arrival=3.0305, prompt=513, output=1, prefix=(46, 2353)),
    )


def test_bailian(tmp_path):
    first = Request(arrival=61.114, prompt=20, output=132, prefix=(1089, 1090))
    second = Request(arrival=62.0, prompt=40, output=5, prefix=(1089, 1090, 6326))
    assert traces.bailian(file_of(tmp_path, BAILIAN)) == (
        Turn(request=first, chat=55, parent=None, turn=1, kind="text"),
        Turn(request=second, chat=159, parent=55, turn=2, kind="search"),
    )


def test_arena(tmp_path):
    assert traces.arena(file_of(tmp_path, ARENA)) == (
        Measured(
            request=Request(arrival=0.0, prompt=13, output=199, client=13),
            queued=0.0,
            first=1.25,
            end=9.5,
        ),
        Measured(
            request=Request(arrival=0.25, prompt=36, output=137, client=2),
            queued=0.25,
            first=1.75,
            end=7.0,
        ),
    )


def test_vidur(tmp_path):
    assert traces.vidur(file_of(tmp_path, VIDUR)) == (
        Lengths(prompt=3772, output=54),
        Lengths(prompt=2015, output=156),
    )


def test_vllm_lays_the_clock_of_the_engine_over_that_of_the_client(tmp_path):
    first, second = traces.vllm(file_of(tmp_path, VLLM))
    assert first.request == Request(arrival=0.0, prompt=2358, output=531)
    assert second.request == Request(arrival=0.5, prompt=1034, output=769)
    # The second was queued the faster: 0.25 s after it came, the first 0.5 s.
    assert [first.queued, first.first, first.end] == [0.25, 1.0, 2.0]
    assert [second.queued, second.first, second.end] == [0.5, 1.0, 3.0]


@pytest.mark.parametrize("text", [AZURE, MOONCAKE, BAILIAN, ARENA, VLLM])
def test_the_first_line_tells_the_format(tmp_path, text):
    found = traces.requests(file_of(tmp_path, text))
    assert [type(one) for one in found] == [Request] * 2
    assert found[1].arrival > found[0].arrival


@pytest.mark.parametrize("text", [VIDUR, "", "a,b\n1,2\n"])
def test_other_files_are_no_traces(tmp_path, text):
    path = file_of(tmp_path, text)
    with pytest.raises(ConfigError, match=re.escape(f"{path} line 1: not the first")):
        traces.requests(path)


def test_gzip_is_read_by_its_name(tmp_path):
    path = tmp_path / "trace.csv.gz"
    path.write_bytes(gzip.compress(AZURE.encode()))
    assert traces.azure(path) == traces.azure(file_of(tmp_path, AZURE))


@pytest.mark.parametrize(
    ("reader", "text", "fault"),
    [
        (traces.azure, "", "line 1: not one column 'TIMESTAMP'"),
        (traces.azure, AZURE.splitlines()[0], "line 2: no records"),
        (traces.azure, AZURE + "\n\n", "line 4: 1 fields instead of 3"),
        (traces.azure, AZURE.replace(",10", ",0"), "line 2: GeneratedTokens 0 is"),
        (traces.azure, AZURE.replace(",10", ",1.0"), "line 2: GeneratedTokens '1.0'"),
        (traces.azure, AZURE.replace(",10", ",+1"), "line 2: GeneratedTokens '+1' is"),
        (traces.azure, AZURE.replace(",27", ",٢"), "line 3: GeneratedTokens '\\u0662'"),
        (traces.azure, AZURE.replace("18:18", "18:16"), "line 3: it came before"),
        (traces.azure, AZURE.replace("18:18", "18:68"), "line 3: minute must be in"),
        (
            traces.azure,
            AZURE.replace("11-16", "11/16"),
            "line 2: TIMESTAMP '2023-11/16",
        ),
        (traces.mooncake, MOONCAKE.replace("513", "512"), "line 2: 2 hash_ids for 512"),
        (traces.mooncake, MOONCAKE.replace("[46", "[true"), "line 1: hash_ids True"),
        (traces.mooncake, MOONCAKE.replace("[46", "46, [46"), "line 1: "),
        (traces.mooncake, MOONCAKE.replace("3030.5", "NaN"), "line 2: timestamp nan"),
        (
            traces.mooncake,
            MOONCAKE.replace("600", '"6"'),
            "line 1: input_length '6' is",
        ),
        (traces.mooncake, MOONCAKE + "[]", "line 3: no JSON object"),
        (traces.mooncake, MOONCAKE + "{}", "line 3: no key 'timestamp'"),
        (traces.mooncake, MOONCAKE + "[" * 99_999, "line 3: "),
        (traces.bailian, BAILIAN.replace('"text"', '""'), "line 1: type is not"),
        (traces.bailian, BAILIAN.replace("-1", "-2"), "line 1: parent_chat_id -2 is"),
        (traces.arena, ARENA.replace("1.5,", "9.5,"), "line 3: its times are not in"),
        (traces.arena, ARENA.replace("1.5,", "inf,"), "line 3: first_token_latency_s"),
        (traces.arena, ARENA.replace("1.5,", "1_5,"), "line 3: first_token_latency_s"),
        (traces.vidur, VIDUR.replace("3772", ""), "line 2: num_prefill_tokens '' is"),
        (traces.vllm, VLLM.replace("1034", "-1"), "line 2: input_toks -1 is not an"),
    ],
)
def test_a_faulty_line_is_named_and_nothing_is_read(tmp_path, reader, text, fault):
    path = file_of(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        reader(path)
    message = str(caught.value)
    assert message.startswith(f"{path} {fault}")
    assert "; expected " in message
    assert message.isprintable()


@pytest.mark.parametrize(
    "data", [b"", b"no gzip", gzip.compress(AZURE.encode())[:-9], b"\x1f\x8b" * 9]
)
def test_a_broken_gzip_file_is_refused(tmp_path, data):
    path = tmp_path / "trace.csv.gz"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"trace\.csv\.gz line \d: "):
        traces.azure(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_bytes(AZURE.encode() + b"\n\xff\n")
    with pytest.raises(ConfigError, match=r"trace\.csv line \d: .*can't decode"):
        traces.azure(path)
    with pytest.raises(ConfigError, match="line 1: no such file"):
        traces.azure(tmp_path)


def test_endless_lines_and_files_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "trace.csv.gz"
    path.write_bytes(gzip.compress(b"0" * (2 << 20)))
    with pytest.raises(ConfigError, match="line 1: more than 1048576 characters"):
        traces.azure(path)
    monkeypatch.setattr(lines, "MOST", 1)
    with pytest.raises(ConfigError, match="line 3: more than 1 lines"):
        traces.azure(file_of(tmp_path, AZURE))


@pytest.mark.slow
def test_a_million_lines_are_read(tmp_path):
    head, first, last = AZURE.split("\r\n")
    many = "\r\n".join([head, first, *[last] * 999_999])
    assert len(traces.azure(file_of(tmp_path, many))) == 1_000_000
    with pytest.raises(ConfigError, match="line 1000002: more than 1000000 lines"):
        traces.azure(file_of(tmp_path, f"{many}\r\n{last}"))


class TestPublished:
    """The files themselves."""

    FILES = (
        *((file, "azure_llm_2023") for file in traces.AZURE_FILES),
        *((file, "mooncake_fast25") for file in traces.MOONCAKE_FILES),
        *((file, "vidur_traces") for file in traces.LENGTHS_FILES),
        *(
            (file, f"llmservingsim_validation/{hardware}")
            for file, hardware in zip(
                traces.VLLM_FILES, ("RTX4090", "RTXPRO6000"), strict=True
            )
        ),
    )

    @pytest.mark.parametrize(("file", "folder"), FILES)
    def test_checksums_and_counts_are_those_registered(self, file, folder):
        name = file.name.split("_")[-1] if "validation" in folder else file.name
        path = shared(f"{folder}/{name}.gz")
        data = gzip.decompress(path.read_bytes())
        assert hashlib.sha256(data).hexdigest() == file.sha256
        read = traces.vidur if folder == "vidur_traces" else traces.requests
        assert f"{len(read(path)):,} " in f"{file.doc} "
        assert re.search(r"/[0-9a-f]{40}/", file.url)

    def test_first_tokens_of_the_vllm_run_come_when_it_says(self):
        path = shared("llmservingsim_validation/RTX4090/requests.jsonl.gz")
        found = traces.vllm(path)
        summary = path.with_name("summary.txt").read_text()
        waits = [one.first - one.queued for one in found]
        stated = re.search(r"TTFT Mean +([\d.]+)", summary)[1]
        assert 1000 * sum(waits) / len(waits) == pytest.approx(float(stated), abs=0.1)
        assert all(one.request.arrival <= one.queued for one in found)

    def test_the_arena_run_favours_heavy_clients_unless_it_is_fair(self):
        """Mean of the means of the 14 clients with fewer than 30 requests, seconds."""
        stated = {"fcfs": 56.4, "vtc": 10.5, "lcf": 9.8}
        for policy, latency in stated.items():
            run = traces.arena(shared(f"vtc_arena/real_{policy}.csv.gz"))
            waits = defaultdict(list)
            for one in run:
                waits[one.request.client].append(one.end - one.request.arrival)
            light = [mean(some) for some in waits.values() if len(some) < 30]
            assert len(light) == 14
            assert mean(light) == pytest.approx(latency, abs=0.05)

    def test_gate_v6_block_hits_of_a_cache_on_mooncake(self):
        run = traces.mooncake(shared("mooncake_fast25/conversation_trace.jsonl.gz"))
        stated = {2000: 0.054, 5000: 0.110, 10_000: 0.211, 50_000: 0.355, 10**9: 0.366}
        for size, ratio in stated.items():
            assert hit_ratio(run, size) == pytest.approx(ratio, abs=0.0006), size


def hit_ratio(run, size):
    """Share of blocks that a least-recently-used cache of ``size`` blocks has."""
    cache, hits, total = OrderedDict(), 0, 0
    for request in run:
        total += len(request.prefix)
        for block in request.prefix:
            if block not in cache:
                break
            hits += 1
        for block in request.prefix:
            cache[block] = None
            cache.move_to_end(block)
        while len(cache) > size:
            cache.popitem(last=False)
    return hits / total
