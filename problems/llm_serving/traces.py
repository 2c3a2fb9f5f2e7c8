"""Read published traces of requests to language models.

Each reader takes the format of its publisher, plain or gzipped (``.gz``), and returns
all of it or raises a ConfigError that names file and line. Times are seconds; lines
must stand in order of arrival.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from problems.base import Json, RemoteFile
from problems.errors import ConfigError
from problems.llm_serving.lines import Number, csv, head, jsonl
from problems.llm_serving.requests import Request

_TOKENS = Number(1, 10_000_000)
_SECONDS = Number(0, 1e9)
_CLOCK = Number(0, 1e12)
_ID = Number(0, 2**63)
_CLIENT = Number(0, 999_999)

MOONCAKE_UNIT = 512
"""Tokens of a unit of ``Request.prefix`` in the traces of Mooncake."""

BAILIAN_UNIT = 16
"""Tokens of a unit of ``Request.prefix`` in the traces of Qwen-Bailian."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{7}", re.ASCII)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Tokens of a request in a file that does not say when it came."""

    prompt: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A request and what a real engine did with it.

    Attributes
    ----------
    queued, first, end
        Seconds on the axis of the arrivals: when it stood in the engine's queue, and
        when its first and last token came.
    """

    request: Request
    queued: float
    first: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A request of a chat.

    Attributes
    ----------
    chat, parent
        Number of the request, and of the one before it in the chat; None if the first.
    turn
        Place in the chat, from 1.
    kind
        What was asked for, such as ``text`` or ``search``.
    """

    request: Request
    chat: int
    parent: int | None
    turn: int
    kind: str


def azure(path: Path) -> tuple[Request, ...]:
    """Read a trace of Azure of 2023: TIMESTAMP, ContextTokens, GeneratedTokens.

    Arrivals are counted from the first one.
    """

    def record(row: Sequence[str]) -> tuple[datetime, Request]:
        when, prompt, output = row
        request = Request(
            arrival=0.0,
            prompt=_TOKENS.read_integer("ContextTokens", prompt),
            output=_TOKENS.read_integer("GeneratedTokens", output),
        )
        return _moment(when), request

    columns = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
    rows = csv(path, columns, _ordered(record, itemgetter(0)))
    start = rows[0][0]
    return tuple(
        replace(request, arrival=(when - start).total_seconds())
        for when, request in rows
    )


def mooncake(path: Path) -> tuple[Request, ...]:
    """Read a trace of Mooncake (FAST'25); units of prefixes have 512 tokens."""

    def record(row: Sequence[Json]) -> Request:
        milliseconds, prompt, output, ids = row
        length = _TOKENS.integer("input_length", prompt)
        return Request(
            arrival=_SECONDS.real("timestamp", milliseconds) / 1000,
            prompt=length,
            output=_TOKENS.integer("output_length", output),
            prefix=_prefix(ids, length, MOONCAKE_UNIT),
        )

    keys = ("timestamp", "input_length", "output_length", "hash_ids")
    return jsonl(path, keys, _ordered(record, lambda request: request.arrival))


def bailian(path: Path) -> tuple[Turn, ...]:
    """Read a trace of Qwen-Bailian; units of prefixes have 16 tokens."""

    def record(row: Sequence[Json]) -> Turn:
        chat, parent, when, prompt, output, kind, turn, ids = row
        if not isinstance(kind, str) or not 0 < len(kind) <= 40:
            raise ValueError("type is not a short text")
        length = _TOKENS.integer("input_length", prompt)
        request = Request(
            arrival=_SECONDS.real("timestamp", when),
            prompt=length,
            output=_TOKENS.integer("output_length", output),
            prefix=_prefix(ids, length, BAILIAN_UNIT),
        )
        return Turn(
            request=request,
            chat=_ID.integer("chat_id", chat),
            parent=None if parent == -1 else _ID.integer("parent_chat_id", parent),
            turn=_TOKENS.integer("turn", turn),
            kind=kind,
        )

    keys = ("chat_id", "parent_chat_id", "timestamp", "input_length", "output_length")
    return jsonl(
        path,
        (*keys, "type", "turn", "hash_ids"),
        _ordered(record, lambda turn: turn.request.arrival),
    )


def arena(path: Path) -> tuple[Measured, ...]:
    """Read a run of VTC on the LMSYS arena, reduced to numbers.

    Columns: client, prompt_len, output_len, request_latency_s, first_token_latency_s,
    req_time_s. ``queued`` is the arrival.
    """

    def record(row: Sequence[str]) -> Measured:
        client, prompt, output, latency, first, when = row
        request = Request(
            arrival=_SECONDS.read_real("req_time_s", when),
            prompt=_TOKENS.read_integer("prompt_len", prompt),
            output=_TOKENS.read_integer("output_len", output),
            client=_CLIENT.read_integer("client", client),
        )
        return _measured(
            request,
            request.arrival,
            request.arrival + _SECONDS.read_real("first_token_latency_s", first),
            request.arrival + _SECONDS.read_real("request_latency_s", latency),
        )

    columns = ("client", "prompt_len", "output_len")
    times = ("request_latency_s", "first_token_latency_s", "req_time_s")
    return csv(
        path,
        (*columns, *times),
        _ordered(record, lambda measured: measured.request.arrival),
    )


def vidur(path: Path) -> tuple[Lengths, ...]:
    """Read a file of lengths of Vidur: num_prefill_tokens, num_decode_tokens."""
    columns = ("num_prefill_tokens", "num_decode_tokens")
    return csv(
        path,
        columns,
        lambda row: Lengths(
            prompt=_TOKENS.read_integer(columns[0], row[0]),
            output=_TOKENS.read_integer(columns[1], row[1]),
        ),
    )


def vllm(path: Path) -> tuple[Measured, ...]:
    """Read the log of a vLLM run in the format of LLMServingSim's bench.

    The client's clock gives the arrivals, the engine's clock all else. They are laid
    over each other so that the request that was queued fastest took no time for it.
    """

    def record(row: Sequence[Json]) -> tuple[float, Measured]:
        prompt, output, when, *engine = row
        request = Request(
            arrival=0.0,
            prompt=_TOKENS.integer("input_toks", prompt),
            output=_TOKENS.integer("output_toks", output),
        )
        names = ("queued_ts", "first_token_ts", "last_token_ts")
        times = map(_CLOCK.real, names, engine)
        return _CLOCK.real("arrival_time", when), _measured(request, *times)

    keys = ("input_toks", "output_toks", "arrival_time", "queued_ts")
    rows = jsonl(
        path,
        (*keys, "first_token_ts", "last_token_ts"),
        _ordered(record, lambda row: row[0]),
    )
    start = rows[0][0]
    shift = min(measured.queued - arrival for arrival, measured in rows) + start
    return tuple(
        Measured(
            request=replace(measured.request, arrival=round(arrival - start, 6)),
            queued=measured.queued - shift,
            first=measured.first - shift,
            end=measured.end - shift,
        )
        for arrival, measured in rows
    )


_READERS: Mapping[str, Callable[[Path], Sequence[Request | Measured | Turn]]] = (
    MappingProxyType(
        {
            "ContextTokens": azure,
            "chat_id": bailian,
            "hash_ids": mooncake,
            "req_time_s": arena,
            "queued_ts": vllm,
        }
    )
)
"""By a word that only the first line of that format has; sought in this order."""


def requests(path: Path) -> tuple[Request, ...]:
    """Read the requests of a trace with arrivals; its first line tells the format.

    Raises
    ------
    ConfigError
        If it is in none of the formats, or faulty.
    """
    first = head(path)
    for word, reader in _READERS.items():
        if word in first:
            return tuple(
                found if isinstance(found, Request) else found.request
                for found in reader(path)
            )
    raise ConfigError(
        f"{path} line 1: not the first line of a known trace; expected one with "
        + " or ".join(_READERS)
    )


_RAW = "https://raw.githubusercontent.com"
_AZURE = (
    f"{_RAW}/Azure/AzurePublicDataset/790921015d50dd6aae7f7e47f39ba0e235ad6b08/data"
)
_MOONCAKE = f"{_RAW}/kvcache-ai/Mooncake"
_SIMULATOR = (
    f"{_RAW}/casys-kaist/LLMServingSim/5daddb21a545658d5150b535712d0494584b5278"
    "/bench/examples"
)

AZURE_FILES = (
    RemoteFile(
        name="AzureLLMInferenceTrace_code.csv",
        url=f"{_AZURE}/AzureLLMInferenceTrace_code.csv",
        sha256="54e9a6d2a4bd06ba1e060304b900abbc74cbea53de96506e60fe5bb4f2277fb6",
        licence="CC BY 4.0, Microsoft; cite Patel et al., Splitwise, ISCA 2024",
        doc="8,819 requests of a coding service within an hour of November 2023",
    ),
    RemoteFile(
        name="AzureLLMInferenceTrace_conv.csv",
        url=f"{_AZURE}/AzureLLMInferenceTrace_conv.csv",
        sha256="2f1e5b666d4e3055fdbba98598ce2ec307767b9064e03e2fa46676dbcc7d0bf8",
        licence="CC BY 4.0, Microsoft; cite Patel et al., Splitwise, ISCA 2024",
        doc="19,366 requests of a chat service within an hour of November 2023",
    ),
)
MOONCAKE_FILES = (
    RemoteFile(
        name="conversation_trace.jsonl",
        url=(
            f"{_MOONCAKE}/a2a4b18ac537fd798d50e6e9f57031ce86419a37"
            "/FAST25-release/traces/conversation_trace.jsonl"
        ),
        sha256="b8cbb061a85206d729d91cdc2981f43c9e0d99209dce588d3af5f7934408b9df",
        licence="Apache-2.0, the authors of Mooncake",
        doc="12,031 requests of chats within an hour, with hashes of 512 tokens",
    ),
    RemoteFile(
        name="synthetic_trace.jsonl",
        url=(
            f"{_MOONCAKE}/3cca71daccf2a7afb8fe3f0295358f70e3a69fdb"
            "/FAST25-release/traces/synthetic_trace.jsonl"
        ),
        sha256="bd070915a98fc0ed264d7cfef2ce746002eb3076a695ec31ba2674c0111ec131",
        licence="Apache-2.0, the authors of Mooncake",
        doc="3,993 requests made of public data sets, with hashes of 512 tokens",
    ),
)
VLLM_FILES = (
    RemoteFile(
        name="rtx4090_requests.jsonl",
        url=f"{_SIMULATOR}/RTX4090/Llama-3.1-8B/vllm/requests.jsonl",
        sha256="5a6f2a0b09d5eb84bd75b30ed625d883c22b4bcc0a839cd1128ae42f74ecc90d",
        licence="MIT, the authors of LLMServingSim",
        doc="300 requests that vLLM 0.19 served on an RTX 4090, with their times",
    ),
    RemoteFile(
        name="rtxpro6000_requests.jsonl",
        url=f"{_SIMULATOR}/RTXPRO6000/Llama-3.1-8B/vllm/requests.jsonl",
        sha256="0175b31b0ddc02b97eb6da1410dc80fc5900b8785c988e90cacee1021d644682",
        licence="MIT, the authors of LLMServingSim",
        doc="300 requests that vLLM 0.19 served on an RTX PRO 6000, with their times",
    ),
)
LENGTHS_FILES = (
    RemoteFile(
        name="arxiv_summarization.csv",
        url=(
            f"{_RAW}/microsoft/vidur/6d98aa8f71696520acc603d87439e77cc78160a7/data"
            "/processed_traces"
            "/arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv"
        ),
        sha256="9d3580538d915ca75e4aaaa54590b42dbb17abc6d74c8913310cf07c232adcdc",
        licence="MIT, Microsoft",
        doc="28,257 lengths of articles and their summaries, without arrivals",
    ),
)
"""Files that ``vidur`` reads; all others are traces that ``requests`` reads."""


def _moment(text: str) -> datetime:
    """Read a date and time; the seventh decimal of the seconds is below a microsecond.

    It is cut off, which keeps the order of arrivals.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError(
            f"TIMESTAMP {ascii(text)[:30]} is not like 2023-11-16 18:17:03.9799600"
        )
    return datetime.fromisoformat(text[:26])


def _prefix(ids: Json, length: int, unit: int) -> tuple[int, ...]:
    if not isinstance(ids, list):
        raise ValueError("hash_ids is no list")  # noqa: TRY004
    if len(ids) > -(-length // unit):
        raise ValueError(f"{len(ids)} hash_ids for {length} tokens")
    return tuple(_ID.integer("hash_ids", one) for one in ids)


def _measured(request: Request, queued: float, first: float, end: float) -> Measured:
    if not queued <= first <= end:
        raise ValueError("its times are not in the order queued, first token, last")
    return Measured(request=request, queued=queued, first=first, end=end)


def _ordered(
    parse: Callable[[Sequence[Json]], T], arrival: Callable[[T], Any]
) -> Callable[[Sequence[Json]], T]:
    """Refuse a record that came before the one of the line above."""
    last: T | None = None

    def checked(row: Sequence[Json]) -> T:
        nonlocal last
        found = parse(row)
        if last is not None and arrival(found) < arrival(last):
            raise ValueError("it came before the line above")
        last = found
        return found

    return checked
