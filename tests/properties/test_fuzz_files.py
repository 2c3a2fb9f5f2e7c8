"""No spoilt instance file crashes an importer, and each fault is one line."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import imported, registry
from problems.errors import ConfigError
from tests.fakes.instance_files import GOOD

SNIPPETS = (
    *("", "0", "-1", "1.5", "1e999", "NaN", "null", "true", "{", "}", "[", "]", ","),
    *(":", '"', "\n", "\r", "\x00", "\u2028", "é", "9" * 30, "9" * 5000, "[" * 3000),
    *("²", "٣", "1_0", "Infinity", "sets", '"a": {}'),
)


@st.composite
def spoilt(draw, texts):
    """A good file with one to four places cut, doubled or replaced."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        new = draw(st.sampled_from(SNIPPETS) | st.text(max_size=4))
        if draw(st.booleans()):
            new = text[start:end] * 2
        text = text[:start] + new + text[end:]
    return text.encode(errors="replace")


def check(problem, data):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.txt"
        file.write_bytes(data)
        try:
            found = imported.read(problem, file)
        except ConfigError as error:
            fault = str(error)
        else:
            fault = ""
    if fault:
        assert str(file) in fault
        assert "line " in fault
        assert fault.isprintable()
        return
    assert found
    for one in found:
        known = one.reference
        problem.encode(one.instance)
        assert known.lower >= 0
        assert known.best is None or known.best >= known.lower


def test_every_pack_that_reads_files_is_fuzzed():
    assert set(GOOD) == {n for n in registry.names() if registry.load(n).read}


@pytest.mark.parametrize("name", GOOD)
def test_spoilt_files_are_read_or_refused_in_one_line(name):
    problem = registry.load(name)

    @settings(max_examples=60, deadline=None)
    @given(data=spoilt(GOOD[name]))
    def check_some(data):
        check(problem, data)

    check_some()


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
def test_a_thousand_spoilt_files_are_read_or_refused(name):
    problem = registry.load(name)

    @settings(max_examples=1000, deadline=None)
    @given(data=spoilt(GOOD[name]) | st.binary(max_size=40))
    def check_many(data):
        check(problem, data)

    check_many()
