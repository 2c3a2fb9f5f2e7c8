"""An OpenAI-compatible server with faults to order, in the standard library.

    with FakeOpenAI(seed=1, rates={"503": 0.1}) as server:
        ... server.base_url ...

A reply is a function of the server's seed, the prompt and the seed in the request, and
a fault by rate one of the server's seed, the prompt and how often that prompt came
before: neither depends on the order in which requests arrive. An embedding is a
function of its text: hashed n-grams, so that texts that are alike are near. By hand:
``python -m tests.fakes.openai_server --port 8123``.
"""

import argparse
import hashlib
import json
import random
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.fakes.openai_mutator import answer

STATUSES = {"400": 400, "401": 401, "403": 403, "404": 404, "429": 429}
STATUSES |= {"500": 500, "502": 502, "503": 503}
FAULTS = (
    *STATUSES,
    *("empty", "null", "garbage", "nonjson", "nochoices"),
    *("truncated", "refusal", "filtered", "badsyntax", "reset", "hang"),
)
DIMENSIONS = 256
REFUSAL = "I'm sorry, but I can't help with that request."


@dataclass(kw_only=True)
class Options:
    """What the server does.

    ``rates`` gives a probability by fault, ``at`` a fault by request number from 0,
    ``always`` one for every request. ``hang_seconds`` bounds a hang. ``script`` gives
    the message to a request's body: ``content``, and ``tool_calls`` as name and
    arguments.
    """

    seed: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)
    always: str | None = None
    latency: float = 0.0
    hang_seconds: float = 60.0
    retry_after: str | None = "0.05"
    api_key: str | None = None
    usage: bool = True
    model: str = "mutator"
    reply: str | None = None
    script: Callable[[dict[str, Any]], dict[str, Any]] | None = None


class FakeOpenAI:
    """The server, as a context manager; ``options`` may be changed while it runs."""

    def __init__(self, port: int = 0, **options: Any) -> None:
        self.options = Options(**options)
        unknown = {
            *self.options.rates,
            *self.options.at.values(),
            self.options.always,
        } - {None, *FAULTS}
        if unknown:
            raise ValueError(f"unknown faults: {unknown}; known: {FAULTS}")
        self.log: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.billed: Counter[str] = Counter()
        self.asked = threading.Event()
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def base_url(self) -> str:
        """URL that clients are given, with ``/v1``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> int:
        """Completions asked for; ``log`` has them all, ``counts`` has them by fault."""
        return len(self.log)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def admit(self, body: dict[str, Any], headers: dict[str, str]) -> tuple[str, str]:
        """Count a request; return the digest of its prompt and its fault or ``""``."""
        asked = body["messages"] if "messages" in body else body["input"]
        digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        with self._lock:
            number, attempt = len(self.log), self._seen[digest]
            self._seen[digest] += 1
            self.log.append({"body": body, "headers": headers, "time": time.time()})
            fault = self._fault(number, digest, attempt)
            self.counts[fault or "ok"] += 1
        self.asked.set()
        return digest, fault

    def bill(self, fault: str, usage: dict[str, int]) -> None:
        """Count the tokens of an answer: by kind of token, and of that fault."""
        with self._lock:
            for kind in ("prompt_tokens", "completion_tokens"):
                self.billed[kind] += usage[kind]
                self.billed[f"{fault} {kind}"] += usage[kind]

    def _fault(self, number: int, digest: str, attempt: int) -> str:
        options = self.options
        if options.always:
            return options.always
        if number in options.at:
            return options.at[number]
        draw = random.Random(f"{options.seed}/{digest}/{attempt}").random()
        for name, rate in options.rates.items():
            if draw < rate:
                return name
            draw -= rate
        return ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    fake: FakeOpenAI

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.rstrip("/").endswith("/models"):
            model = {"id": self.server.fake.options.model, "object": "model"}
            self._json(200, {"object": "list", "data": [model]})
        else:
            self._error(404, "no such path")

    def do_POST(self) -> None:
        fake = self.server.fake
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.rstrip("/")
        if not path.endswith(("/v1/chat/completions", "/v1/embeddings")):
            self._error(404, f"no such path {self.path}")
            return
        body = json.loads(text)
        digest, fault = fake.admit(
            body, {k.lower(): v for k, v in self.headers.items()}
        )
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if fake.options.api_key is not None and key != fake.options.api_key:
            self._error(401, f"Incorrect API key provided: {key}")
            return
        fake.stopping.wait(fake.options.latency)
        if self._broken(fault, key):
            return
        if path.endswith("/v1/embeddings"):
            self._embed(body, fault)
        else:
            self._complete(body, digest, fault)

    def _broken(self, fault: str, key: str) -> bool:
        """Misbehave below the level of an answer; False if there is an answer."""
        options = self.server.fake.options
        if fault in STATUSES:
            retry = {"Retry-After": options.retry_after} if options.retry_after else {}
            message = f"injected {fault} for the request with key {key}"
            self._error(STATUSES[fault], message, retry if fault == "429" else {})
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif fault == "hang":
            self.server.fake.stopping.wait(options.hang_seconds)
        elif fault == "garbage":
            noise = random.Random(options.seed).randbytes(200)
            self._bytes(200, noise, "application/json")
        elif fault == "nonjson":
            self._bytes(200, b"<html>Welcome to the captive portal</html>", "text/html")
        else:
            return False
        return True

    def _complete(self, body: dict[str, Any], digest: str, fault: str) -> None:
        options = self.server.fake.options
        prompt = "\n".join(str(m["content"]) for m in body["messages"])
        scripted = options.script(body) if options.script else {}
        calls = _tool_calls(digest, scripted.get("tool_calls", []), fault)
        content = (
            scripted.get("content")
            if scripted
            else options.reply
            or answer(
                random.Random(f"{options.seed}/{digest}/{body.get('seed')}"), prompt
            )
        )
        content, finish = _spoiled(content or "", fault)
        usage = {
            "prompt_tokens": len(prompt) // 4,
            "completion_tokens": len(content or "") // 4,
            "total_tokens": len(prompt) // 4 + len(content or "") // 4,
        }
        self.server.fake.bill(fault or "ok", usage)
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if calls:
            message["tool_calls"], finish = calls, "tool_calls"
        choice = {"index": 0, "message": message, "finish_reason": finish}
        reply = {
            "id": f"chatcmpl-{digest[:12]}",
            "object": "chat.completion",
            "created": 0,
            "model": options.model,
            "choices": [] if fault == "nochoices" else [choice],
        }
        if options.usage:
            reply["usage"] = usage
        if body.get("stream"):
            self._stream(reply, choice)
        else:
            self._json(200, reply)

    def _embed(self, body: dict[str, Any], fault: str) -> None:
        given = body["input"]
        texts = [given] if isinstance(given, str) else given
        rows: list[Any] = [embed(text) for text in texts]
        if fault in {"empty", "nochoices"}:
            rows = []
        elif fault == "null":
            rows[-1] = None
        elif fault == "truncated":
            rows[-1] = rows[-1][:-3]
        elif fault == "badsyntax":
            rows[-1] = [0.0] * DIMENSIONS
        elif fault == "refusal":
            rows.pop()
        tokens = sum(len(text) for text in texts) // 4
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        self.server.fake.bill(fault or "ok", usage | {"completion_tokens": 0})
        data = [
            {"object": "embedding", "index": number, "embedding": row}
            for number, row in enumerate(rows)
        ]
        reply: dict[str, Any] = {"object": "list", "data": data}
        reply["model"] = self.server.fake.options.model
        if self.server.fake.options.usage:
            reply["usage"] = usage
        self._json(200, reply)

    def _stream(self, reply: dict[str, Any], choice: dict[str, Any]) -> None:
        text = choice["message"]["content"] or ""
        usage = reply.pop("usage", None)
        head = reply | {"object": "chat.completion.chunk"}
        deltas = [{"role": "assistant", "content": ""}]
        deltas += [{"content": text[i : i + 40]} for i in range(0, len(text), 40)]
        chunks = [
            head | {"choices": [{"index": 0, "delta": d, "finish_reason": None}]}
            for d in deltas
        ]
        end = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
        chunks += [head | {"choices": [end]}]
        if usage is not None:
            chunks += [head | {"choices": [], "usage": usage}]
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        data = "".join([*lines, "data: [DONE]\n\n"]).encode()
        self._bytes(200, data, "text/event-stream")

    def _error(
        self, status: int, message: str, headers: dict[str, str] | None = None
    ) -> None:
        error = {"message": message, "type": "injected", "code": str(status)}
        self._json(status, {"error": error}, headers)

    def _json(
        self, status: int, data: object, headers: dict[str, str] | None = None
    ) -> None:
        self._bytes(status, json.dumps(data).encode(), "application/json", headers)

    def _bytes(
        self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def embed(text: str) -> list[float]:
    """Count the n-grams of three characters in as many places as there are."""
    row = [0.0] * DIMENSIONS
    for start in range(max(len(text) - 2, 1)):
        gram = text[start : start + 3].encode("utf-8", "replace")
        row[zlib.crc32(gram) % DIMENSIONS] += 1.0
    return row


def _tool_calls(
    digest: str, wanted: list[tuple[str, str]], fault: str
) -> list[dict[str, Any]]:
    """Calls as the protocol writes them; none in an answer that is spoiled."""
    if fault:
        return []
    return [
        {
            "id": f"call_{digest[:8]}_{number}",
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for number, (name, arguments) in enumerate(wanted)
    ]


def _spoiled(content: str, fault: str) -> tuple[str | None, str]:
    """Spoil an answer; return it with its finish reason."""
    match fault:
        case "empty":
            return "", "stop"
        case "null":
            return None, "stop"
        case "truncated":
            return content[: len(content) * 2 // 3], "length"
        case "refusal":
            return REFUSAL, "stop"
        case "filtered":
            return None, "content_filter"
        case "badsyntax":
            return content.replace("return ", "return ) "), "stop"
        case _:
            return content, "stop"


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--api-key")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME=RATE", help=str(FAULTS)
    )
    options = parser.parse_args()
    rates = {k: float(v) for k, _, v in (f.partition("=") for f in options.fault)}
    with FakeOpenAI(
        options.port,
        seed=options.seed,
        latency=options.latency,
        api_key=options.api_key,
        rates=rates,
    ) as server:
        print(server.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
