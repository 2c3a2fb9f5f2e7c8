"""Records of a year of conflicts: invitations and what a user prefers in secret."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from problems.base import Json

STANDINGS = ("top", "second", "third", "fourth", "fifth", "external", "family")
"""Where an organiser stands, by index: five ranks, then outside of the organisation."""

EXTERNAL = STANDINGS.index("external")
FAMILY = STANDINGS.index("family")
TOPICS = (
    "board",
    "one_on_one",
    "hiring",
    "launch",
    "review",
    "training",
    "social",
    "medical",
)
URGENCIES = ("low", "normal", "high")
FIRST_HOUR = 8
LAST_HOUR = 17

Relationship = Literal["manager", "report", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One invitation.

    Attributes
    ----------
    role
        Title of the organiser.
    org_level
        Standing of the organiser, index into ``STANDINGS``.
    relationship
        Whether the user reports to the organiser, or the other way round.
    start, end
        Full hours of the day.
    size
        Number of people, the user and the organiser included.
    attendees
        Names of the others, ``size - 2`` of them.
    recurrence
        ``once``, or how often it takes place.
    urgency
        What the organiser claims; the user does not care.
    """

    id: str
    title: str
    organizer: str
    role: str
    org_level: int
    relationship: Relationship
    attendees: tuple[str, ...]
    size: int
    topic: str
    location: str
    start: int
    end: int
    recurrence: str
    urgency: str
    description: str

    @property
    def direct(self) -> bool:
        """Whether the organiser is the user's manager or reports to the user."""
        return self.relationship != "other"

    @property
    def recurring(self) -> bool:
        """Whether it takes place more than once."""
        return self.recurrence != "once"


def plain(event: Event) -> dict[str, Json]:
    """Turn an event into plain data."""
    data = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    return {**data, "attendees": list(event.attendees)}


def event_of(data: Mapping[str, Json]) -> Event:
    """Event from plain data."""
    return Event(**{**data, "attendees": tuple(data["attendees"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What features of an invitation are worth, in thousandths of a point.

    Attributes
    ----------
    role
        By standing of the organiser.
    topic
        In the order of ``TOPICS``.
    onsite, direct, recurring
        If it is so.
    early
        For every 5 hours before 13:00.
    size
        For every 5 people beyond 6.
    """

    role: tuple[int, ...]
    topic: tuple[int, ...]
    onsite: int
    early: int
    size: int
    direct: int
    recurring: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What a user prefers from a round on.

    Attributes
    ----------
    start
        Its first round, from 0.
    rules
        Names of hard rules, the one that matters most first.
    """

    start: int
    rules: tuple[str, ...]
    weights: Weights


def plain_phase(phase: Phase) -> dict[str, Json]:
    """Turn a phase into plain data."""
    weights = asdict(phase.weights)
    lists = {"role": list(phase.weights.role), "topic": list(phase.weights.topic)}
    return {
        "start": phase.start,
        "rules": list(phase.rules),
        "weights": weights | lists,
    }


def phases_of(data: Sequence[Mapping[str, Json]]) -> tuple[Phase, ...]:
    """Phases from plain data."""
    return tuple(
        Phase(
            start=one["start"],
            rules=tuple(one["rules"]),
            weights=Weights(
                **{
                    **one["weights"],
                    "role": tuple(one["weights"]["role"]),
                    "topic": tuple(one["weights"]["topic"]),
                }
            ),
        )
        for one in data
    )
