"""Conversations and tools as JSON texts, and back."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from prompts.records import Message, Prompt, Tool, ToolCall


def pack_history(history: Sequence[Message]) -> str | None:
    """Messages as JSON; None if there are none."""
    return _packed([asdict(message) for message in history])


def unpack_history(text: str | None) -> tuple[Message, ...]:
    """Inverse of ``pack_history``."""
    return tuple(
        Message(**{**data, "calls": tuple(ToolCall(**c) for c in data["calls"])})
        for data in _unpacked(text)
    )


def pack_tool_calls(calls: Sequence[ToolCall]) -> str | None:
    """Tool calls as JSON; None if there are none."""
    return _packed([asdict(call) for call in calls])


def unpack_tool_calls(text: str | None) -> tuple[ToolCall, ...]:
    """Inverse of ``pack_tool_calls``."""
    return tuple(ToolCall(**data) for data in _unpacked(text))


def tools_text(prompt: Prompt) -> str:
    """Return the tools of a prompt as JSON, the same for equal tools."""
    return json.dumps([asdict(tool) for tool in prompt.tools])


def unpack_tools(text: str | None) -> tuple[Tool, ...]:
    """Inverse of ``tools_text``."""
    return tuple(Tool(**data) for data in _unpacked(text))


def _packed(items: list[dict[str, Any]]) -> str | None:
    return json.dumps(items) if items else None


def _unpacked(text: str | None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [] if text is None else json.loads(text)
    return items
