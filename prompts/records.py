"""What is asked of a model."""

from dataclasses import dataclass
from typing import Literal

from problems.benchmark import Tool, ToolCall

__all__ = ["Message", "Prompt", "Tool", "ToolCall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation after its opening prompt.

    Attributes
    ----------
    calls
        What an assistant asked to be called.
    answers
        Id of the call that a tool's message answers; empty otherwise.
    """

    role: Literal["user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A rendered prompt.

    Attributes
    ----------
    template
        Name of the template that it came from.
    digest
        SHA-256 of everything that is sent, hexadecimal.
    history
        What was said after ``user``, in order; empty for a single question.
    tools
        What the model may call.
    """

    system: str
    user: str
    template: str
    digest: str
    history: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
