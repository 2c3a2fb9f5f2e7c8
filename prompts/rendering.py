"""Render a template to a prompt.

A template is a file ``NAME.md.jinja`` with the blocks ``system`` and ``user``. What
stays the same in a campaign stands first, so that providers can cache the prefix.
Texts of programs and models are data: they go through the filter ``fenced``, which
no text can leave.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from prompts.records import Message, Prompt, Tool

if TYPE_CHECKING:
    from jinja2 import Environment

SUFFIX = ".md.jinja"
_TICKS = re.compile(r"`{3,}")


def render(template: str, /, **context: object) -> Prompt:
    """Fill in a template.

    Parameters
    ----------
    template
        Name without folder and suffix: ``mutate_diff``.
    context
        What the template names; a missing name raises ``jinja2.UndefinedError``.
    """
    loaded = _environment().get_template(template + SUFFIX)
    parts = {
        name: "".join(loaded.blocks[name](loaded.new_context(dict(context)))).strip()
        for name in ("system", "user")
    }
    return Prompt(
        system=parts["system"],
        user=parts["user"],
        template=template,
        digest=_digest(parts["system"], parts["user"]),
    )


def conversation(
    opening: Prompt,
    history: Sequence[Message],
    tools: Sequence[Tool] = (),
    *,
    template: str | None = None,
) -> Prompt:
    """Let a conversation go on after ``opening``; the digest covers all of it.

    The opening stays as it is, so that providers can cache it. ``template`` is what the
    last messages came from, that of the opening by default.
    """
    said = [asdict(message) for message in history]
    offered = [asdict(tool) for tool in tools]
    return replace(
        opening,
        history=tuple(history),
        tools=tuple(tools),
        template=opening.template if template is None else template,
        digest=_digest(opening.system, opening.user, json.dumps([said, offered])),
    )


def embedding(texts: Sequence[str]) -> Prompt:
    """Ask for the embeddings of texts, which are given as they are."""
    asked = json.dumps(list(texts))
    return Prompt(
        system="", user=asked, template="embedding", digest=_digest("", asked)
    )


def texts_of(prompt: Prompt) -> list[str]:
    """Return the texts of a prompt that ``embedding`` made."""
    texts: list[str] = json.loads(prompt.user)
    return texts


def _digest(*texts: str) -> str:
    joined = "\0".join(texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def fenced(text: str, language: str = "") -> str:
    """Put a text into a Markdown fence longer than any that it holds."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def cut(text: str, limit: int) -> str:
    """Shorten a text to about ``limit`` characters, with a note where it was cut."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    note = f"\n# [... {len(text) - head - tail} characters left out here ...]\n"
    return text[:head] + note + text[len(text) - tail :]


def line(text: str, limit: int = 200) -> str:
    """Put a text on one line of at most about ``limit`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def gap(value: float | None) -> str:
    """Write a gap, a fraction, in per cent; lower is better."""
    return "none" if value is None else f"{100 * value:.2f} %"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - Markdown for a model, not HTML
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"fenced": fenced, "cut": cut, "gap": gap, "line": line}
    return environment


def _source(name: str) -> str | None:
    path = files("prompts").joinpath(name)
    return path.read_text(encoding="utf-8") if path.is_file() else None
