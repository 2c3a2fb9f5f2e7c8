import json
import os
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluators.sandbox import frames
from evaluators.sandbox.frames import FrameError, Result, decode, pack

CAP = 4096
FAILURE = {"kind": "raised", "type": "KeyError", "message": "3", "trace": "line 1"}


def result(**fields):
    return pack(json.dumps(fields).encode())


def test_answers_come_back_in_order():
    assert decode(result(ok=[[1, 0], None, {"a": 1.5}]), CAP).answers == (
        [1, 0],
        None,
        {"a": 1.5},
    )


def test_a_failure_keeps_the_answers_before_it():
    decoded = decode(result(err=FAILURE, at=2, done=[[1], [2]]), CAP)

    assert decoded.answers == ([1], [2])
    assert (decoded.failure.type, decoded.failure.at) == ("KeyError", 2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "without a result"),
        (b"\x01", "cut short"),
        (pack(b"{}")[:-1], "one result"),
        (pack(b'{"ok":[]}') + b"x", "one result"),
        (pack(b'{"ok":[]}') * 2, "one result"),
        (pack(b'{"ok":[NaN]}'), "NaN"),
        (pack(b'{"ok":[-Infinity]}'), "Infinity"),
        (pack(b'{"ok":[1e999]}'), "out of range"),
        (pack(b'{"ok":[' + b"7" * 4000 + b"7" * 1000 + b"]}"), "larger than"),
        (pack(b"[" * 3000), "no plain JSON|too deep"),
        (pack('{"ok":[]}'.encode("utf-16")), "no plain JSON"),
        (pack(b"\xff\xfe"), "no plain JSON"),
        (pack(b'{"ok":{}}'), "shape"),
        (pack(b'{"ok":[],"score":0}'), "shape"),
        (pack(b'"ok"'), "shape"),
        (pack(b'{"err":{"type":1},"at":null,"done":[]}'), "shape"),
        (result(err=FAILURE, at=True, done=[1]), "shape"),
        (result(err=FAILURE, at=5, done=[]), "shape"),
    ],
)
def test_anything_else_is_refused(data, reason):
    with pytest.raises(FrameError, match=reason):
        decode(data, CAP)


def test_huge_integers_and_deep_nesting_are_refused():
    for payload in (b'{"ok":[' + b"7" * 10**6 + b"]}", b"[" * 10**6 + b"]" * 10**6):
        with pytest.raises(FrameError):
            decode(pack(payload), 1 << 22)


@given(st.binary(max_size=200))
@example(pack(b"{"))
def test_random_bytes_give_a_result_or_a_frame_error(data):
    check(data)
    check(pack(data))


@given(
    data=st.data(),
    answers=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
        max_size=4,
    ),
)
def test_mutated_frames_give_a_result_or_a_frame_error(data, answers):
    frame = bytearray(result(ok=answers))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    check(bytes(frame))
    check(bytes(frame[:cut]))


def check(data):
    try:
        decoded = decode(data, CAP)
    except FrameError:
        return
    assert isinstance(decoded, Result)


def test_a_long_payload_passes_through_a_pipe():
    source, sink = os.pipe()
    payload = os.urandom(300_000)
    writer = threading.Thread(target=frames.write, args=(sink, pack(payload)))
    writer.start()
    try:
        assert frames.read(source) == payload
    finally:
        writer.join()
        os.close(source)
        os.close(sink)


def test_a_cut_job_is_an_end_of_file():
    source, sink = os.pipe()
    os.write(sink, pack(b"0123456789")[:-3])
    os.close(sink)
    with pytest.raises(EOFError):
        frames.read(source)
    os.close(source)
