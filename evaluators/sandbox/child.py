"""The child that runs one candidate: confine, read the job, answer once, exit."""

import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from os import _exit, closerange, dup2, setsid
from types import ModuleType, TracebackType
from typing import Any, NoReturn, Protocol

from evaluators import bundle
from evaluators.sandbox import frames, sections
from evaluators.sandbox.restrict import Limit, Restriction

FILE = "<candidate>"
MAX_DESCRIPTORS = 64
"""Limit in the zygote, hence all that a child has to close."""

_JOB = 3
_MESSAGE = 1000
_TRACE_LINES = 5
_SETUP_FAILED = 99
_HOPELESS = b"""{"err":{"kind":"raised","type":"Exception",
"message":"the exception cannot be described","trace":""},"at":null,"done":[]}"""
_OUT_OF_MEMORY = b"""{"err":{"kind":"raised","type":"MemoryError",
"message":"","trace":""},"at":null,"done":[]}"""
_PLAIN = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_READ = json.JSONDecoder().raw_decode


class AnswerError(Exception):
    """What the heuristic returned is not plain data, or too large."""


class Driver(Protocol):
    """What a pack's driver module offers; ``decide`` only in lockstep."""

    @property
    def decode(self) -> Callable[[Any], Any]:
        """Turn an encoded instance into what ``run`` takes."""

    @property
    def run(self) -> Callable[[str, Any, Any, int], Any]:
        """Answer an instance: ``run(entry_point, heuristic, instance, seed)``."""

    @property
    def decide(self) -> Callable[[str, Any, Any], Any]:
        """Decide once: ``decide(entry_point, heuristic, observation)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a zygote prepared: its children share this memory.

    Attributes
    ----------
    instances
        Decoded instances by split.
    restrictions
        Applied by each child before it reads the job.
    cap
        Size of all answers of a job, in bytes.
    """

    driver: Driver
    instances: Mapping[str, Sequence[Any]]
    restrictions: tuple[Restriction, ...]
    cap: int


def main(work: Work, job: int, output: int) -> NoReturn:
    """Run one candidate in this freshly forked process; never returns."""
    code = _SETUP_FAILED
    try:
        _take_descriptors(job, output)
        for restrict in work.restrictions:
            restrict()
        os.write(_JOB, frames.READY)
        gc.enable()
        answer(work, _JOB)
        sys.stdout.flush()
        code = 0
    except OSError as error:
        os.write(2, str(error).encode())
    finally:
        _exit(code)


def perform(
    run: Callable[[str, Any, Any, int], Any],
    instances: Sequence[Any],
    job: Mapping[str, Any],
    cap: int,
) -> bytes:
    """Run the candidate of ``job`` on ``instances``; return the payload of its frame.

    Parameters
    ----------
    run
        The driver's ``run(entry_point, heuristic, instance, seed) -> answer``.
    cap
        Size of all answers, in bytes.
    """
    answers: list[str] = []
    at = None
    try:
        heuristic = _load(job["source"], job["entry_point"])
        for at, instance in enumerate(instances):  # noqa: B007  read on failure
            answer = run(job["entry_point"], heuristic, instance, job["seed"])
            text = _encode(answer, cap)
            cap -= len(text) + 1
            answers.append(text)
    except BaseException as error:  # noqa: BLE001  outermost frame of the child
        return _failure(error, job["source"], at, answers)
    return f'{{"ok":[{",".join(answers)}]}}'.encode()


def converse(
    decide: Callable[[str, Any, Any], Any],
    job: Mapping[str, Any],
    exchange: Callable[[bytes], bytes],
    cap: int,
) -> bytes:
    """Let the candidate of ``job`` decide; return the payload of its last frame.

    Parameters
    ----------
    decide
        The driver's ``decide(entry_point, heuristic, observation) -> decision``.
    exchange
        Sends a payload and waits for the next list of observations.
    cap
        Size of the decisions of one message, in bytes.
    """
    try:
        entry_point = job["entry_point"]
        heuristic = _load(job["source"], entry_point)
        observations = job["observations"]
        while observations:
            texts = [
                _encode(decide(entry_point, heuristic, seen), cap)
                for seen in observations
            ]
            reply = exchange(f'{{"decisions":[{",".join(texts)}]}}'.encode())
            observations = json.loads(reply)
    except BaseException as error:  # noqa: BLE001  outermost frame of the child
        return _failure(error, job["source"], None, [])
    return b'{"ok":[]}'


def seed_generators(seed: int) -> None:
    """Seed the global generators of those modules that are loaded."""
    if "random" in sys.modules:
        sys.modules["random"].seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)


def answer(work: Work, channel: int) -> None:
    """Read a job from the descriptor ``channel`` and write the frame of its result."""
    job, _ = _READ(frames.read(channel).decode())
    if "observations" in job:

        def exchange(payload: bytes) -> bytes:
            frames.write(channel, frames.pack(payload))
            return frames.read(channel)

        seed_generators(job["seed"])
        payload = converse(work.driver.decide, job, exchange, work.cap)
    else:
        instances = _chosen(work, job)
        seed_generators(job["seed"])
        payload = perform(work.driver.run, instances, job, work.cap)
    frames.write(channel, frames.pack(payload))


def _chosen(work: Work, job: Mapping[str, Any]) -> Sequence[Any]:
    """Return the instances of ``job``."""
    if "split" not in job:
        return [work.driver.decode(payload) for payload in job["instances"]]
    instances = work.instances[job["split"]]
    if "only" not in job:
        return instances
    return [instances[index] for index in job["only"]]


def _take_descriptors(job: int, output: int) -> None:
    """Leave 0 (nothing to read), 1 and 2 (the output pipe) and 3 (the job)."""
    setsid()
    dup2(output, 1)
    dup2(output, 2)
    dup2(job, _JOB)
    closerange(_JOB + 1, MAX_DESCRIPTORS)


def limits(base_bytes: int, memory_bytes: int, cpu_seconds: float) -> tuple[Limit, ...]:
    """Return the resource limits of a child.

    Parameters
    ----------
    base_bytes
        Address space of the zygote, which a child starts with.
    """
    memory = base_bytes + memory_bytes
    # Whole seconds, and SIGXCPU can be ignored: the zygote watches the clock, and
    # this is for the case that the zygote cannot.
    seconds = ceil(cpu_seconds) + 1
    return (
        (resource.RLIMIT_AS, (memory, memory)),
        (resource.RLIMIT_CPU, (seconds, seconds + 1)),
        (resource.RLIMIT_NOFILE, (_JOB + 1, _JOB + 1)),
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_FSIZE, (0, 0)),
    )


def _load(source: str, entry_point: str) -> Callable[..., Any]:
    # Dataclasses look the module of a class up.
    module = sys.modules["candidate"] = ModuleType("candidate")
    namespace: dict[str, Any] = vars(module)
    if bundle.MARK in source:
        source = sections.furnish(source, namespace)
    code = compile(source, FILE, "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102  this is what the sandbox is for
    heuristic = namespace.get(entry_point)
    if not callable(heuristic):
        raise TypeError(f"the program defines no function {entry_point!r}")
    return heuristic  # type: ignore[no-any-return]


def _encode(answer: Any, cap: int) -> str:
    try:
        text = _PLAIN(answer)
    except (TypeError, ValueError, RecursionError) as error:
        raise AnswerError(f"the answer is no plain data: {error}") from error
    if len(text) >= cap:
        raise AnswerError("the answers are too large")
    return text


def _failure(
    error: BaseException, source: str, at: int | None, answers: list[str]
) -> bytes:
    try:
        kind = "answer" if type(error) is AnswerError else "raised"
        described = {
            "kind": kind,
            "type": str(type(error).__name__)[:100],
            "message": str(error)[:_MESSAGE],
            "trace": _trace(error, source)[:_MESSAGE],
        }
        head = f'"err":{json.dumps(described)},"at":{json.dumps(at)}'
        return f'{{{head},"done":[{",".join(answers)}]}}'.encode()
    except BaseException:  # noqa: BLE001  a hostile exception describes itself
        return _OUT_OF_MEMORY if type(error) is MemoryError else _HOPELESS


def _trace(error: BaseException, source: str) -> str:
    """Return the innermost lines of the candidate, outermost first."""
    parts = bundle.split(source)
    texts = {FILE: parts.main, **parts.texts}
    if isinstance(error, SyntaxError) and error.filename in texts:
        return _line(texts, error.filename, error.lineno or 0, "module")
    lines: list[str] = []
    step: TracebackType | None = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename in texts:
            lines.append(_line(texts, code.co_filename, step.tb_lineno, code.co_name))
            del lines[:-_TRACE_LINES]
        step = step.tb_next
    return "\n".join(lines)


def _line(texts: Mapping[str, str], file: str, number: int, where: str) -> str:
    lines = texts[file].splitlines()
    text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    place = "" if file == FILE else f"{file[:60]} "
    return f"{place}line {number}, in {where.strip('<>')}: {text[:160]}"
