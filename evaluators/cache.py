"""Judgements kept between runs: what was judged once in the same way is not repeated.

A folder of small files, named by the digest of everything that decides a judgement.
Files are written aside and renamed, so that any number of processes can share the
folder; a file that cannot be read back whole is a miss.
"""

import hashlib
import importlib.util
import json
import os
import platform
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from evaluators.backends.opening import SandboxedEvaluator
from evaluators.base import (
    Evaluation,
    EvaluationRequest,
    InstanceVerdict,
    Limits,
    Sandbox,
    Status,
)
from problems.base import AnyProblem, Split

MAX_BYTES = 64 << 20
"""Size of all files; the ones that were used longest ago make room."""

VARIABLE = "HEURESIS_CACHE"
"""Environment variable: a folder, or ``off``."""

_FORMAT = 1
_CHECK_EVERY = 64
_DIGEST_BYTES = 32
_KEPT = frozenset({Status.OK, Status.INVALID})
"""Outcomes that a repetition would give again; an impossible one deserves a look."""


class Cache:
    """A folder of evaluations by key. Never raises: what fails is a miss.

    Parameters
    ----------
    folder
        Made when something is first kept.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._written = 0

    def get(self, key: str) -> Evaluation | None:
        """Return what was kept under ``key``; None if nothing or nothing usable."""
        file = self._file(key)
        try:
            data = file.read_bytes()
        except OSError:
            return None
        try:
            evaluation = _unpack(data, key)
        except (ValueError, TypeError, KeyError, zlib.error):
            with suppress(OSError):
                file.unlink()
            return None
        with suppress(OSError):
            os.utime(file)
        return evaluation

    def put(self, key: str, evaluation: Evaluation) -> None:
        """Keep a deterministic outcome; others are ignored."""
        if evaluation.status not in _KEPT or not evaluation.complete:
            return
        file = self._file(key)
        with suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(file, _pack(evaluation, key))
            if self._written % _CHECK_EVERY == 0:
                self._make_room()
            self._written += 1

    def _file(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]

    def _make_room(self) -> None:
        found = []
        for file in self._folder.glob("??/*"):
            with suppress(OSError):  # another process may have removed it
                about = file.stat()
                found.append((about.st_mtime, about.st_size, file))
        size = sum(size for _, size, _ in found)
        for _, bytes_, file in sorted(found):
            if size <= self._max_bytes:
                return
            with suppress(OSError):
                file.unlink()
            size -= bytes_


class CachedEvaluator:
    """Judges with ``inner`` what ``cache`` does not know yet.

    A request that is ``fresh`` is always judged anew. Owns ``inner`` no more than its
    caller does: ``close`` closes it.

    Parameters
    ----------
    limits
        Those of ``inner``: what ran out of time may pass with more of it.
    """

    def __init__(
        self,
        inner: SandboxedEvaluator,
        problem: AnyProblem,
        limits: Limits,
        cache: Cache,
    ) -> None:
        self._inner = inner
        self._problem = problem
        self._limits = limits
        self._cache = cache
        self._surroundings = surroundings(problem)
        self._splits: dict[Split, str] = {}

    @property
    def slots(self) -> int:
        """How many evaluations can run at once."""
        return self._inner.slots

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge one program on one split, or remember how it was judged."""
        key = self.key(request)
        known = None if request.fresh else self._cache.get(key)
        if known is not None:
            return known
        evaluation = await self._inner.evaluate(request)
        self._cache.put(key, evaluation)
        return evaluation

    async def close(self) -> None:
        """Close the evaluator that is asked."""
        await self._inner.close()

    def key(self, request: EvaluationRequest) -> str:
        """Return the digest of everything that decides the judgement."""
        if request.split not in self._splits:
            self._splits[request.split] = split_digest(self._problem, request.split)
        return _digest(
            {
                "source": request.source,
                "entry_point": request.entry_point,
                "split": request.split,
                "seed": request.seed,
                "instances": self._splits[request.split],
                "problem": self._problem.name,
                "version": self._problem.version,
                "limits": asdict(self._limits),
                "sandbox": self._inner.sandbox,
                "surroundings": self._surroundings,
            }
        )


def open_cache(environment: Mapping[str, str]) -> Cache | None:
    """Open the user's cache; None if it is switched off or there is no home.

    ``HEURESIS_CACHE`` names the folder or is ``off``; the default is ``heuresis`` in
    ``XDG_CACHE_HOME``, see the XDG Base Directory Specification.
    """
    chosen = environment.get(VARIABLE, "")
    if chosen == "off":
        return None
    if chosen:
        return Cache(Path(chosen))
    caches = environment.get("XDG_CACHE_HOME", "")
    if os.path.isabs(caches):  # noqa: PTH117  the specification ignores relative ones
        return Cache(Path(caches) / "heuresis")
    home = environment.get("HOME", "")
    return Cache(Path(home) / ".cache" / "heuresis") if home else None


def split_digest(problem: AnyProblem, split: Split) -> str:
    """Digest of the instances of a split with their groups and references."""
    return _digest(
        [
            [
                instance.id,
                instance.group,
                problem.encode(instance),
                asdict(problem.reference(instance)),
            ]
            for instance in problem.instances(split)
        ]
    )


def surroundings(problem: AnyProblem) -> str:
    """Digest of the code that judges: the pack's, ours, and the interpreter.

    A pack's version should change with its code; while it is being written it does
    not, and stale judgements would mislead its author.
    """
    return _digest(
        {
            "format": _FORMAT,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "numpy": metadata.version("numpy"),
            "code": [_code(problem.driver), _code(__name__)],
        }
    )


def _code(module: str) -> dict[str, str]:
    """Digests of the Python files beside a module."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return {}
    files = sorted(Path(spec.origin).parent.glob("*.py"))
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _digest(data: object) -> str:
    text = json.dumps(data, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _pack(evaluation: Evaluation, key: str) -> bytes:
    data = {f.name: getattr(evaluation, f.name) for f in fields(evaluation)}
    data["verdicts"] = [asdict(verdict) for verdict in evaluation.verdicts]
    data["features"] = dict(evaluation.features)
    body = zlib.compress(json.dumps({"key": key, "evaluation": data}).encode())
    return hashlib.sha256(body).digest() + body


def _unpack(data: bytes, key: str) -> Evaluation:
    body = data[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != data[:_DIGEST_BYTES]:
        raise ValueError("damaged")
    document = json.loads(zlib.decompress(body))
    if document["key"] != key:
        raise ValueError("misplaced")
    values: dict[str, Any] = document["evaluation"]
    values["verdicts"] = tuple(
        InstanceVerdict(
            **verdict
            | {
                "status": Status(verdict["status"]),
                "violations": tuple(verdict["violations"]),
            }
        )
        for verdict in values["verdicts"]
    )
    values["split"] = Split(values["split"])
    values["status"] = Status(values["status"])
    values["sandbox"] = Sandbox(values["sandbox"])
    return Evaluation(**values)


def _write(file: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        os.replace(name, file)  # noqa: PTH105  mkstemp gives a string
    except OSError:
        os.unlink(name)  # noqa: PTH108
        raise
