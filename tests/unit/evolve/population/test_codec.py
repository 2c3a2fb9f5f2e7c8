"""Compact forms: nothing is lost, damage is noticed."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.base import InstanceVerdict, Status
from evolve.population import codec

NUMBERS = st.none() | st.floats()
VERDICTS = st.lists(
    st.builds(
        InstanceVerdict,
        instance=st.text(max_size=8),
        status=st.sampled_from(Status),
        objective=NUMBERS,
        gap=NUMBERS,
        violations=st.lists(st.text(max_size=8), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=20,
)


def bits(number):
    return None if number is None else struct.pack("<d", number)


@given(st.text(st.characters()))
def test_any_text_comes_back(text):
    assert codec.unpack_text(codec.pack_text(text)) == text


def test_long_texts_are_compressed_and_short_ones_are_not_made_longer():
    assert len(codec.pack_text("abc")) == 4
    assert len(codec.pack_text("abc" * 1000)) < 100
    assert codec.unpack_text(codec.pack_text("half\ud83d")) == "half\ud83d"


@given(VERDICTS)
def test_any_verdicts_come_back_bit_by_bit(verdicts):
    names = [v.instance for v in verdicts]
    restored = codec.unpack_verdicts(codec.pack_verdicts(verdicts), names)
    for old, new in zip(verdicts, restored, strict=True):
        assert (new.instance, new.status, new.violations) == (
            old.instance,
            old.status,
            old.violations,
        )
        assert (bits(new.objective), bits(new.gap)) == (
            bits(old.objective),
            bits(old.gap),
        )


def test_features_keep_their_order():
    features = {"z": 1 / 3, "a": -0.0, "é\x00": 1e300}
    restored = codec.unpack_features(codec.pack_features(features))
    assert list(restored.items()) == list(features.items())
    assert codec.pack_features({}) is None
    assert codec.unpack_features(None) == {}


@pytest.mark.parametrize("damaged", [b"", b"?abc", b"z", b"z\x00\x01", b"t\xff"])
def test_a_damaged_text_is_noticed(damaged):
    with pytest.raises((ValueError, zlib.error)):
        codec.unpack_text(damaged)


def test_verdicts_of_another_set_of_instances_are_noticed():
    verdicts = [InstanceVerdict(instance="a", status=Status.OK, objective=1.0)] * 3
    packed = codec.pack_verdicts(verdicts)
    for names in (["a"] * 2, ["a"] * 4):
        with pytest.raises(ValueError, match="instances"):
            codec.unpack_verdicts(packed, names)
