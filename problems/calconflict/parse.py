"""Read a reply: strictly as one JSON object, or leniently wherever it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from problems.answers import last_object
from problems.base import Json
from problems.benchmark import Reply

FATAL = (
    "model_failed",
    "truncated",
    "filtered",
    "no_output",
    "parse",
    "schema",
    "unknown_event",
)
"""Kinds of error that leave no decision."""

FLAWS = (
    "format",
    "no_reason",
    "unknown_in_ranking",
    "duplicate_in_ranking",
    "missing_in_ranking",
    "accept_not_first",
    "memory",
    "memory_cut",
)
"""Kinds of error beside which the decision stands; strictly it does not count."""

_CUT = {"length": "truncated", "content_filter": "filtered"}
"""By reason of the end; what precedes it may be a draft, so only all of it counts."""

REASON_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much a list of strategies may hold: items, and characters of each."""

    items: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was understood of a reply.

    Attributes
    ----------
    accept
        Id of the accepted event; None if there is no decision.
    ranking
        All events, the most preferred first; None if there is no usable ranking.
    memory
        The new list of strategies; None if the old one stays.
    errors
        Kinds of error, each at most once; empty for an answer that is right to the
        letter.
    """

    accept: str | None = None
    ranking: tuple[str, ...] | None = None
    reason: str = ""
    memory: tuple[str, ...] | None = None
    errors: tuple[str, ...] = ()


def read(reply: Reply, events: Sequence[str], bounds: Bounds | None) -> Answer:
    """Understand a reply, whatever it holds.

    Parameters
    ----------
    events
        Ids of the events of the conflict.
    bounds
        Of the list of strategies; None if the agent keeps none.
    """
    if reply.failure:
        return Answer(errors=("model_failed",))
    found = last_object(reply.text)
    if found is None or (reply.finish_reason in _CUT and not found.strict):
        return Answer(errors=(_why_nothing(reply),))
    content = found.value
    accept: Json = content.get("accept")
    ranking: Json = content.get("ranking")
    if not isinstance(accept, str) or not _texts(ranking):
        return Answer(errors=("schema",))
    if accept not in events:
        return Answer(errors=("unknown_event",))
    reason = content.get("reason")
    reason = clean(reason, REASON_CHARS) if isinstance(reason, str) else ""
    fault = _fault(accept, ranking, events)
    memory, lapse = _memory(content, bounds)
    flaws = (
        "" if found.strict else "format",
        "" if reason else "no_reason",
        fault,
        lapse,
    )
    return Answer(
        accept=accept,
        ranking=tuple(ranking) if fault in ("", "accept_not_first") else None,
        reason=reason,
        memory=memory,
        errors=tuple(flaw for flaw in flaws if flaw),
    )


def clean(text: str, limit: int) -> str:
    """Put a text on one line that every store takes, cut to ``limit`` characters."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    return " ".join(shown.split())[:limit]


def _why_nothing(reply: Reply) -> str:
    if reply.finish_reason in _CUT:
        return _CUT[reply.finish_reason]
    return "parse" if reply.text.strip() else "no_output"


def _texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _fault(accept: str, ranking: Sequence[str], events: Sequence[str]) -> str:
    """Return the gravest fault of a ranking; empty if it has none."""
    if not set(ranking) <= set(events):
        return "unknown_in_ranking"
    if len(set(ranking)) < len(ranking):
        return "duplicate_in_ranking"
    if len(ranking) < len(events):
        return "missing_in_ranking"
    return "" if ranking[0] == accept else "accept_not_first"


def _memory(
    content: dict[str, Json], bounds: Bounds | None
) -> tuple[tuple[str, ...] | None, str]:
    if bounds is None or "memory" not in content:
        return None, ""
    given = content["memory"]
    if not _texts(given):
        return None, "memory"
    kept = [clean(one, bounds.chars) for one in given[: bounds.items]]
    cut = len(given) > bounds.items or any(len(one) > bounds.chars for one in given)
    return tuple(one for one in kept if one), "memory_cut" if cut else ""
