"""Which servers of the Model Context Protocol a run calls: the file of a client.

The usual form, ``{"mcpServers": {NAME: {"command": ..., "args": [...]}}}`` or with a
``url`` for streamable HTTP. Keys that only other clients know are passed over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from problems.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How a server is reached; what is secret in it is never written anywhere.

    Attributes
    ----------
    command, args, env, cwd
        Program that talks over its standard input and output; its environment is the
        harmless part of ours with ``env`` added. Empty if there is a ``url``.
    url, headers
        Of a server that talks HTTP.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def read_servers(path: Path) -> tuple[Server, ...]:
    """Read the servers of a file, without those that are disabled.

    Raises
    ------
    ConfigError
        If the file cannot be read or does not have the usual form.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    rows = data.get("mcpServers") if isinstance(data, dict) else None
    if not isinstance(rows, dict) or not rows:
        raise ConfigError(f'{path}: needs {{"mcpServers": {{NAME: {{...}}}}}}')
    found = tuple(
        _server(f"{path}: mcpServers.{name}", name, row)
        for name, row in rows.items()
        if not (isinstance(row, dict) and row.get("disabled") is True)
    )
    if not found:
        raise ConfigError(f"{path}: all servers are disabled")
    return found


def _server(where: str, name: str, row: Any) -> Server:
    if not isinstance(row, dict):
        raise ConfigError(f"{where} is no object")
    if ("command" in row) == ("url" in row):
        raise ConfigError(f"{where} needs either a command or a url")
    if row.get("type", "") == "sse":
        raise ConfigError(f"{where} talks SSE, which MCP gave up; use streamable HTTP")
    return Server(
        name=name,
        command=_text(where, row, "command"),
        args=_texts(where, row.get("args", [])),
        env=_pairs(where, row, "env"),
        cwd=_text(where, row, "cwd") or None,
        url=_text(where, row, "url"),
        headers=_pairs(where, row, "headers"),
    )


def _text(where: str, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise ConfigError(f"{where}.{key} is no text")
    return value


def _texts(where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f"{where}.args is no list of texts")
    return tuple(value)


def _pairs(where: str, row: Mapping[str, Any], key: str) -> dict[str, str]:
    value = row.get(key, {})
    if not isinstance(value, dict) or not all(
        isinstance(one, str) for one in value.values()
    ):
        raise ConfigError(f"{where}.{key} is no object of texts")
    return dict(value)
