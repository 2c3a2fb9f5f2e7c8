"""Compact forms of texts and of verdicts, which make up nearly all of a store.

Texts are kept as bytes: what a model says may hold NUL and lone surrogates, which
PostgreSQL's text and UTF-8 refuse, and an answer that was paid for must not be lost.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping, Sequence

from evaluators.base import InstanceVerdict, Status

_PLAIN, _ZLIB = b"t", b"z"
_NO_OBJECTIVE, _NO_GAP = 1, 2
_FLAG_BITS = 2
_DOUBLE_BYTES = 8
_LENGTH = struct.Struct("<I")


def digest(text: str) -> str:
    """First 32 hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def pack_text(text: str) -> bytes:
    """Text as bytes, compressed if that makes it shorter."""
    raw = text.encode("utf-8", "surrogatepass")
    packed = zlib.compress(raw)
    return _ZLIB + packed if len(packed) < len(raw) else _PLAIN + raw


def unpack_text(data: bytes) -> str:
    """Inverse of ``pack_text``; raises ValueError or zlib.error if damaged."""
    form, body = data[:1], data[1:]
    if form not in (_PLAIN, _ZLIB):
        raise ValueError(f"a text of unknown form {form!r}")
    raw = zlib.decompress(body) if form == _ZLIB else body
    return raw.decode("utf-8", "surrogatepass")


def pack_features(features: Mapping[str, float]) -> str | None:
    """Features as JSON in their own order, None if there are none."""
    if not features:
        return None
    plain = {name: float(value) for name, value in features.items()}
    return json.dumps(plain, separators=(",", ":"))


def unpack_features(text: str | None) -> dict[str, float]:
    """Inverse of ``pack_features``."""
    features: dict[str, float] = {} if text is None else json.loads(text)
    return features


def pack_verdicts(verdicts: Sequence[InstanceVerdict]) -> bytes:
    """Verdicts without the names of their instances.

    A header with the statuses that occur and the few violations, a byte per instance
    (status and what is absent), then the objectives and the gaps that are there, as
    doubles whose first bytes stand together, then their second bytes, and so on:
    neighbours are alike in their high bytes, so this compresses. Bits are kept.
    """
    statuses = list(dict.fromkeys(v.status.value for v in verdicts))
    violations = {i: v.violations for i, v in enumerate(verdicts) if v.violations}
    header = json.dumps([statuses, violations], separators=(",", ":")).encode()
    flags = bytes(
        statuses.index(v.status.value) << _FLAG_BITS
        | (_NO_OBJECTIVE if v.objective is None else 0)
        | (_NO_GAP if v.gap is None else 0)
        for v in verdicts
    )
    numbers = [v.objective for v in verdicts if v.objective is not None]
    numbers += [v.gap for v in verdicts if v.gap is not None]
    raw = struct.pack(f"<{len(numbers)}d", *numbers)
    columns = b"".join(raw[i::_DOUBLE_BYTES] for i in range(_DOUBLE_BYTES))
    return zlib.compress(_LENGTH.pack(len(header)) + header + flags + columns)


def unpack_verdicts(
    data: bytes, instances: Sequence[str]
) -> tuple[InstanceVerdict, ...]:
    """Inverse of ``pack_verdicts``; raises ValueError or the like if damaged."""
    body = zlib.decompress(data)
    (length,) = _LENGTH.unpack_from(body)
    start = _LENGTH.size + length
    names, violations = json.loads(body[_LENGTH.size : start])
    statuses = [Status(name) for name in names]
    flags = body[start : start + len(instances)]
    columns = body[start + len(instances) :]
    absent = sum(bool(f & _NO_OBJECTIVE) + bool(f & _NO_GAP) for f in flags)
    if len(columns) != _DOUBLE_BYTES * (2 * len(instances) - absent):
        raise ValueError(f"these are not the verdicts of {len(instances)} instances")
    numbers = iter(_doubles(columns))
    objectives = [None if f & _NO_OBJECTIVE else next(numbers) for f in flags]
    gaps = [None if f & _NO_GAP else next(numbers) for f in flags]
    return tuple(
        InstanceVerdict(
            instance=instance,
            status=statuses[flag >> _FLAG_BITS],
            objective=objective,
            gap=gap,
            violations=tuple(violations.get(str(i), ())) if violations else (),
        )
        for i, (instance, flag, objective, gap) in enumerate(
            zip(instances, flags, objectives, gaps, strict=True)
        )
    )


def _doubles(columns: bytes) -> tuple[float, ...]:
    count = len(columns) // _DOUBLE_BYTES
    raw = bytearray(len(columns))
    for i in range(_DOUBLE_BYTES):
        raw[i::_DOUBLE_BYTES] = columns[i * count : (i + 1) * count]
    return struct.unpack(f"<{count}d", raw)
