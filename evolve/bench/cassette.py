"""What real tools answered, in a file: each call with its result and its duration.

The first line lists the tools, each other one is a call. A line is on the disk before a
model sees the result, so a run that was killed makes no call again that was answered.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from problems.benchmark import Tool, ToolCall, ToolResult
from problems.errors import ConfigError, InfrastructureError

FORMAT = "heuresis-tool-calls-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Which call of which sample of which model: the name of a recorded call.

    Attributes
    ----------
    number
        Counts the calls of the sample, from 0.
    """

    model: str
    sample: str
    number: int


class Cassette:
    """Recorded calls; new ones are added at the end of the file.

    Parameters
    ----------
    tools
        What the servers offer; None to take the list from the file.

    Raises
    ------
    ConfigError
        If the file is no cassette, is not there, or holds other tools.
    InfrastructureError
        If it cannot be written.
    """

    def __init__(self, path: Path, tools: Sequence[Tool] | None = None) -> None:
        self.path = path
        self._exact: dict[tuple[str, str, int, str, str], ToolResult] = {}
        self._alike: dict[tuple[str, str], ToolResult] = {}
        if tools is not None and not path.exists():
            self.tools = tuple(tools)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(
                {"format": FORMAT, "tools": [asdict(tool) for tool in self.tools]}
            )
            return
        self.tools = self._read()
        if tools is not None and self.tools != tuple(tools):
            raise ConfigError(
                f"{path} was recorded with other tools than the servers offer now; "
                "choose another file with --cassette"
            )

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, take: Take, call: ToolCall) -> ToolResult | None:
        """Return the result of exactly this call of a run."""
        return self._exact.get(_key(take, call))

    def find_alike(self, call: ToolCall) -> ToolResult | None:
        """Return the first result of the same tool and arguments in any sample."""
        return self._alike.get((call.name, same_arguments(call.arguments)))

    def add(self, take: Take, call: ToolCall, result: ToolResult) -> ToolResult:
        """Record a call, and return its result as a replay will give it.

        It is on the disk when this returns.

        Raises
        ------
        InfrastructureError
            If it cannot be written.
        """
        row = {
            **asdict(take),
            "tool": call.name,
            "arguments": call.arguments,
            "error": result.error,
            "text": result.text,
            "seconds": round(result.seconds, 6),
        }
        self._append(row)
        return self._keep(row)

    def _keep(self, row: Any) -> ToolResult:
        take = Take(model=row["model"], sample=row["sample"], number=row["number"])
        call = ToolCall(id="", name=row["tool"], arguments=row["arguments"])
        result = ToolResult(
            id="", text=row["text"], error=row["error"], seconds=row["seconds"]
        )
        self._exact.setdefault(_key(take, call), result)
        self._alike.setdefault((call.name, same_arguments(call.arguments)), result)
        return result

    def _append(self, row: Any) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InfrastructureError(f"cannot record calls: {error}") from error

    def _read(self) -> tuple[Tool, ...]:
        """Read all lines; one that was cut off by a kill is taken away."""
        try:
            data = self.path.read_bytes()
            end = data.rfind(b"\n") + 1
            if end < len(data):
                os.truncate(self.path, end)
            head, *rows = [json.loads(line) for line in data[:end].splitlines()]
            if head["format"] != FORMAT:
                raise ConfigError(f"{self.path}: is no cassette of {FORMAT}")
            for row in rows:
                self._keep(row)
            return tuple(Tool(**tool) for tool in head["tools"])
        except OSError as error:
            raise ConfigError(f"{self.path}: {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self.path}: is no cassette of bench --live ({error!r})"
            ) from error


def same_arguments(text: str) -> str:
    """Write arguments so that those that differ in form only are written the same."""
    try:
        return json.dumps(json.loads(text or "{}"), sort_keys=True)
    except (ValueError, RecursionError):
        return text


def _key(take: Take, call: ToolCall) -> tuple[str, str, int, str, str]:
    arguments = same_arguments(call.arguments)
    return take.model, take.sample, take.number, call.name, arguments
