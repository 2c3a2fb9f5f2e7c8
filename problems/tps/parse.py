"""Read what a model writes: its choice of tools, and values in its final answer."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from problems.base import Json

_LONGEST = 50_000
"""Only so many characters of a text are read, the last ones."""

_MOST_OBJECTS = 50
_NAME = re.compile(r"(?<!\w)[a-z]{1,20}__\w{1,40}", re.ASCII)
_NUMBER = re.compile(
    r"(?:(?<![\w.])-)?(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,18})(?:\.\d{1,18})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The tools that a reply chooses.

    Attributes
    ----------
    names
        Known tools, each once, in the order of the reply, at most ``cap``.
    errors
        What was wrong, by kind.
    """

    names: tuple[str, ...] = ()
    errors: dict[str, int] = field(default_factory=dict)


def read_choice(text: str, known: Collection[str], cap: int) -> Choice:
    """Read a choice of tools: JSON, or else every known name that is mentioned."""
    text = text[-_LONGEST:]
    errors: dict[str, int] = {}
    wanted = _names(_loads(text))
    if wanted is None:
        errors["plan_loose"] = 1
        inside = (_names(found) for found in _objects(text))
        mentioned = [name for name in _NAME.findall(text) if name in known]
        wanted = next((names for names in inside if names is not None), mentioned)
    if not wanted:
        return Choice(errors={"plan_unreadable": 1})
    names = list(dict.fromkeys(name for name in wanted if name in known))
    counts = {
        "plan_unknown_tool": sum(name not in known for name in wanted),
        "plan_repeated_tool": sum(name in known for name in wanted) - len(names),
        "plan_over_cap": max(0, len(names) - cap),
    }
    errors |= {kind: count for kind, count in counts.items() if count}
    return Choice(names=tuple(names[:cap]), errors=errors)


def is_call(text: str) -> bool:
    """Whether an answer is a tool call that was written as text."""
    found = _loads(_unfenced(text[-_LONGEST:]))
    return isinstance(found, dict) and bool({"arguments", "parameters"} & set(found))


class Said:
    """A text that values are looked for in."""

    def __init__(self, text: str) -> None:
        text = text[-_LONGEST:].replace("\u2212", "-")
        self._text = " ".join(text.casefold().split())
        self._numbers = sorted(
            {float(found.replace(",", "")) for found in _NUMBER.findall(text)}
        )

    def holds(self, value: Json) -> bool:
        """Whether a value occurs: a text as whole words, a number up to rounding."""
        if isinstance(value, str):
            wanted = re.escape(" ".join(value.casefold().split()))
            return bool(re.search(rf"(?<!\w){wanted}(?!\w)", self._text))
        slack = tolerance(value)
        return any(abs(number - value) <= slack for number in self._numbers)


def tolerance(value: float) -> float:
    """How far a number in an answer may be off: a thousandth, at most half a cent."""
    return 1e-9 if isinstance(value, int) else min(0.005, abs(value) / 1000) + 1e-9


def _loads(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _objects(text: str) -> Iterable[Json]:
    """JSON objects and lists within a text, the last ones first."""
    decoder = json.JSONDecoder()
    starts = [match.start() for match in re.finditer(r"[{\[]", text)]
    for start in reversed(starts[-_MOST_OBJECTS:]):
        try:
            yield decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue


def _names(found: Json) -> list[str] | None:
    """Names in ``{"tools": [...]}`` or in a list of texts; None if it is neither."""
    if isinstance(found, dict):
        found = found.get("tools")
    if not isinstance(found, Sequence) or isinstance(found, str):
        return None
    if not all(isinstance(name, str) for name in found):
        return None
    return [name.strip() for name in found]


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.strip("`").removeprefix("json")
    return text
