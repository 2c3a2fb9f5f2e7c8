"""What is asked of a model."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that a model may call.

    Attributes
    ----------
    parameters
        JSON Schema of its arguments, as text.
    """

    name: str
    doc: str
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call that a model asks for.

    Attributes
    ----------
    id
        Name of the call, chosen by the provider.
    arguments
        As the model wrote them: JSON, or what it took for JSON.
    """

    id: str
    name: str
    arguments: str


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
