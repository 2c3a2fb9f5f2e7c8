"""Record what a model says, and replay it without the model.

The file is JSON lines: first the model with its price, then one line per call with
the digest of its prompt, the seed (null fits any), and its response or failure.
"""

import json
import os
from collections import defaultdict, deque
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from evolve.errors import StoreError
from evolve.llm.errors import ModelCallError
from evolve.llm.pricing import Price
from evolve.ports import ChatModel
from evolve.records import Response, Usage
from problems.errors import ConfigError
from prompts.records import Prompt, ToolCall

_FORMAT = "heuresis-responses-1"
_MILLION = 1_000_000
_Key: TypeAlias = tuple[str, int | None]


class RecordingModel:
    """Passes calls on and keeps every answer, durably, before it is returned.

    Parameters
    ----------
    model
        The model that is asked.
    path
        File to append to; it is made if it does not exist.

    Raises
    ------
    ConfigError
        If the file cannot be written. Later on that is a StoreError.
    """

    def __init__(self, model: ChatModel, path: Path) -> None:
        self._model = model
        self._path = path
        try:
            if not path.exists() or path.stat().st_size == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._append({"format": _FORMAT, "model": model.name} | _prices(model))
            else:
                _mend(path)
        except OSError as error:
            raise ConfigError(
                f"cannot record responses in {path}: {error.strerror}"
            ) from None

    @property
    def name(self) -> str:
        """Name of the model that is asked."""
        return self._model.name

    async def complete(self, prompt: Prompt, *, seed: int) -> Response:
        """Ask, and keep the answer or the failure."""
        entry: dict[str, Any] = {"prompt": prompt.digest, "seed": seed}
        try:
            response = await self._model.complete(prompt, seed=seed)
        except ModelCallError as error:
            self._keep(entry | {"failure": str(error)})
            raise
        self._keep(entry | {"response": asdict(response)})
        return response

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Price of the model that is asked."""
        return self._model.price(prompt_tokens, completion_tokens)

    def _keep(self, entry: dict[str, Any]) -> None:
        try:
            self._append(entry)
        except OSError as error:
            raise StoreError(
                f"cannot record responses in {self._path}: {error.strerror}"
            ) from None

    def _append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, sort_keys=True) + "\n"
        # A file per append: nothing is left open when a run is cut off.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)


class ReplayModel:
    """Gives recorded answers: the n-th call of a prompt gets its n-th record.

    Records that were made with the seed of the call come first, then those without a
    seed. A call that was never recorded fails with ModelCallError.

    Raises
    ------
    ConfigError
        If the file cannot be read or is no recording.
    """

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        self.name = f"replay:{path}" if name is None else name
        self._path = path
        head, *entries = _read(path)
        self._price = _price(head)
        self._records: defaultdict[_Key, deque[Response | ModelCallError]]
        self._records = defaultdict(deque)
        for number, entry in enumerate(entries, start=2):
            try:
                record = _record(entry)
            except (TypeError, KeyError) as error:
                raise ConfigError(f"{path}, record {number}: {error!r}") from None
            self._records[entry["prompt"], entry.get("seed")].append(record)

    async def complete(self, prompt: Prompt, *, seed: int) -> Response:
        """Give the recorded answer."""
        for key in ((prompt.digest, seed), (prompt.digest, None)):
            if not self._records[key]:
                continue
            record = self._records[key].popleft()
            if isinstance(record, ModelCallError):
                raise record
            return record
        raise ModelCallError(
            f"{self._path} has no further answer to prompt {prompt.digest[:12]} with "
            f"seed {seed}; the campaign differs from the recorded one"
        )

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Price of the recorded model, so that budgets end where they ended."""
        price = self._price
        return None if price is None else price.of(prompt_tokens, completion_tokens)


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ConfigError(f"cannot read recording {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is no recording of responses") from None
    if lines[-1]:
        lines.pop()  # cut off in the middle of an append
    try:
        entries = [json.loads(line) for line in lines if line]
    except ValueError as error:
        raise ConfigError(f"{path} is no recording of responses: {error}") from None
    if not entries or not _is_recording(entries):
        raise ConfigError(f"{path} is no recording of responses ({_FORMAT})")
    return entries


def _is_recording(entries: list[Any]) -> bool:
    head, *calls = entries
    return (
        isinstance(head, dict)
        and head.get("format") == _FORMAT
        and all(isinstance(call, dict) and "prompt" in call for call in calls)
    )


def _record(entry: dict[str, Any]) -> Response | ModelCallError:
    if "failure" in entry:
        return ModelCallError(entry["failure"])
    fields = entry["response"]
    calls = tuple(ToolCall(**call) for call in fields.get("tool_calls", ()))
    usage = Usage(**fields["usage"])
    return Response(**fields | {"usage": usage, "tool_calls": calls})


def _prices(model: ChatModel) -> dict[str, float | None]:
    return {
        "usd_per_million_prompt_tokens": model.price(_MILLION, 0),
        "usd_per_million_completion_tokens": model.price(0, _MILLION),
    }


def _price(head: dict[str, Any]) -> Price | None:
    prompt = head.get("usd_per_million_prompt_tokens")
    completion = head.get("usd_per_million_completion_tokens")
    if prompt is None or completion is None:
        return None
    return Price(prompt=prompt / _MILLION, completion=completion / _MILLION)


def _mend(path: Path) -> None:
    """Cut off a last line that was not finished."""
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)
