"""No spoilt trace or table crashes a reader, and each fault is one line."""

import tempfile
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.errors import ConfigError
from problems.llm_serving import fitting, traces
from tests.fakes.traces import ARENA, AZURE, BAILIAN, MOONCAKE, VIDUR, VLLM
from tests.properties.test_fuzz_files import spoilt

STEPS = ",".join(fitting.COLUMNS) + "\n1,100,0,0,15.5\n0,0,512,64,50\n"
READERS = {
    traces.azure: AZURE,
    traces.mooncake: MOONCAKE,
    traces.bailian: BAILIAN,
    traces.arena: ARENA,
    traces.vidur: VIDUR,
    traces.vllm: VLLM,
    traces.requests: AZURE,
    fitting.read: STEPS,
}


def check(read, data):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.txt"
        file.write_bytes(data)
        try:
            found = read(file)
        except ConfigError as error:
            found, fault = (), str(error)
    if not found:
        assert fault.startswith(f"{file} line ")
        assert fault.isprintable()
        return
    requests = [getattr(one, "request", one) for one in found]
    times = [getattr(one, "arrival", 0.0) for one in requests]
    assert all(map(isfinite, times))
    assert times == sorted(times)
    assert min(getattr(one, "prompt", 1) for one in requests) >= 1


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_spoilt_traces_are_read_or_refused_in_one_line(read):
    @settings(max_examples=25, deadline=None)
    @given(data=spoilt((READERS[read],)))
    def check_some(data):
        check(read, data)

    check_some()


@pytest.mark.slow
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_a_thousand_spoilt_traces_are_read_or_refused(read):
    @settings(max_examples=1000, deadline=None)
    @given(data=spoilt((READERS[read],)) | st.binary(max_size=40))
    def check_many(data):
        check(read, data)

    check_many()
