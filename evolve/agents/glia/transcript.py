"""The words of a session: what each of the two is shown. Pure functions."""

from collections.abc import Sequence
from dataclasses import replace

from prompts.records import Message

_KEPT = 200
"""Characters that stay of a tool's answer that was shortened."""


def size(history: Sequence[Message]) -> int:
    """Characters of a conversation, arguments of calls included."""
    return sum(
        len(message.text) + sum(len(call.arguments) for call in message.calls)
        for message in history
    )


def shortened(history: Sequence[Message], limit: int) -> tuple[Message, ...]:
    """Shorten answers of tools, oldest first, until the conversation fits.

    It may still be too large if there is nothing left to shorten.
    """
    kept, over = list(history), size(history) - limit
    for place, message in enumerate(kept):
        if over <= 0:
            break
        if message.role != "tool":
            continue
        text = _brief(message.text)
        over -= len(message.text) - len(text)
        kept[place] = replace(message, text=text)
    return tuple(kept)


def _brief(text: str) -> str:
    left = len(text) - _KEPT
    note = f" [... {left} characters left out; call the tool again if you need them]"
    return text if left <= len(note) else text[:_KEPT] + note


def words(history: Sequence[Message], start: int) -> str:
    """Give what the Researcher wrote from message ``start`` on: no code, no results.

    Tools are named, so that the Supervisor knows what was done, but not what came.
    """
    said = []
    for message in history[start:]:
        if message.role != "assistant":
            continue
        if message.text.strip():
            said.append(without_code(message.text))
        if message.calls:
            names = ", ".join(call.name for call in message.calls)
            said.append(f"[calls {names}]")
    return "\n\n".join(said)


def without_code(text: str) -> str:
    """Leave out what stands in Markdown fences."""
    kept: list[str] = []
    fence = ""
    for line in text.strip().split("\n"):
        mark = line.strip()
        if fence:
            fence = "" if mark.startswith(fence) and not mark.strip("`~") else fence
        elif mark.startswith(("```", "~~~")):
            fence = mark[:3]
            kept.append("[code]")
        else:
            kept.append(line)
    return "\n".join(kept)


def stops(advice: str) -> bool:
    """Whether the Supervisor ends the session: its first word is STOP."""
    words_ = advice.split(maxsplit=1)
    return bool(words_) and words_[0].strip("*_.,:;!`\"'") == "STOP"
