"""Whatever bytes a child sends, the host gets a result or a frame error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.base import Limits, Sandbox, Status
from evaluators.sandbox.frames import FrameError, Result, decode, pack
from evaluators.sandbox.outcome import Account, Received, settle

CAP = 1 << 16
THOUSAND = settings(max_examples=1000, deadline=None)
ALIVE = Account(signal=None, killed="", cpu_seconds=0, wall_seconds=0, peak_bytes=0)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
failures = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["raised", "answer", "x"]),
        "type": st.text(max_size=20),
        "message": st.text(max_size=20),
        "trace": st.text(max_size=20),
    }
)
results = st.fixed_dictionaries({"ok": st.lists(plain, max_size=4)}) | st.builds(
    lambda failure, done: {"err": failure, "at": len(done), "done": done},
    failures,
    st.lists(plain, max_size=3),
)


def check(data):
    """Return what is decoded, None for a frame error; nothing else may happen."""
    outcome = settle(
        Received(account=ALIVE, data=data, output=b"", flooded=""),
        Limits(answer_bytes=CAP),
        Sandbox.SECCOMP,
    )
    outcome.message.encode()
    try:
        result = decode(data, CAP)
    except FrameError:
        assert outcome.status is Status.PROTOCOL
        assert not outcome.answers
        return None
    assert isinstance(result, Result)
    # What the judge gets is plain data, with finite numbers only.
    json.dumps(result.answers, allow_nan=False)
    assert (outcome.status is Status.OK) == (result.failure is None)
    return result


@pytest.mark.slow
@THOUSAND
@given(data=st.binary(max_size=300))
def test_random_bytes(data):
    check(data)
    check(pack(data))


@pytest.mark.slow
@THOUSAND
@given(result=results, data=st.data())
def test_mutated_frames(result, data):
    honest = pack(json.dumps(result).encode())
    decoded = check(honest)
    assert decoded is not None
    assert list(decoded.answers) == result.get("ok", result.get("done"))
    frame = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 4), label="changes")):
        at = data.draw(st.integers(0, len(frame) - 1))
        kind = data.draw(st.sampled_from(["set", "drop", "insert"]))
        if kind == "set":
            frame[at] = data.draw(st.integers(0, 255))
        elif kind == "drop" and len(frame) > 1:
            del frame[at]
        else:
            frame[at:at] = data.draw(st.binary(min_size=1, max_size=8))
    check(bytes(frame))
    # With an honest length in front, the mutation reaches the JSON parser.
    check(pack(bytes(frame[4:])))
