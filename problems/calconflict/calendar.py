"""The calendar of a year: who invites whom to what, by role and season."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from problems.benchmark import Settings
from problems.calconflict.model import (
    EXTERNAL,
    FAMILY,
    FIRST_HOUR,
    LAST_HOUR,
    STANDINGS,
    TOPICS,
    URGENCIES,
    Event,
)
from problems.calconflict.texts import PRIVATE, SUBJECTS, WORK
from problems.calconflict.world import Person, World

YEAR = 2027
SERIES = 8
"""Series in a user's year."""

_RHYTHMS = ("weekly", "monthly", "quarterly")
_TOPICS_OF_RANK = {
    1: (4, 3, 3, 2, 2, 1, 1, 1),
    2: (2, 3, 2, 3, 3, 1, 1, 1),
    3: (1, 3, 1, 3, 2, 3, 2, 1),
}
_TOPICS_OF_FAMILY = (1, 2, 1, 1, 1, 2, 6, 4)
_SEASONS = {
    "board": (3, 6, 9, 12),
    "hiring": (1, 2, 3, 9),
    "launch": (4, 5, 10),
    "review": (6, 7, 12),
    "training": (1, 2, 8),
    "social": (7, 12),
}
"""Months in which a topic is twice as frequent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an invitation is about, without a place in the calendar.

    Attributes
    ----------
    words
        Its title and description.
    """

    organizer: Person
    topic: str
    location: str
    size: int
    words: tuple[str, str]
    recurrence: str = "once"


def days(count: int) -> list[date]:
    """Spread ``count`` rounds evenly over the working days of the year."""
    every = (date(YEAR, 1, 1) + timedelta(days=n) for n in range(365))
    working = [day for day in every if day.weekday() < 5]
    return [working[index * len(working) // count] for index in range(count)]


def series(world: World, settings: Settings, rng: Random) -> tuple[Plan, ...]:
    """Draw the series that go through a user's year."""
    return tuple(
        replace(plan(world, settings, None, rng), recurrence=rng.choice(_RHYTHMS))
        for _ in range(SERIES)
    )


def plan(world: World, settings: Settings, day: date | None, rng: Random) -> Plan:
    """Draw an invitation; ``day`` says the season, None stands for all of the year."""
    if rng.random() < settings["role_specific"]:
        organizer, topic = _typical(world, day, rng)
        location = "remote" if rng.random() < _remote(organizer) else "onsite"
        size = 2 if topic == "one_on_one" else rng.randrange(2, 13)
    else:
        organizer = rng.choice(world.of_level(rng.randrange(len(STANDINGS))))
        topic = rng.choice(TOPICS)
        location = rng.choice(("remote", "onsite"))
        size = rng.randrange(2, 13)
    texts = PRIVATE if organizer.org_level == FAMILY else WORK
    subject = rng.choice(SUBJECTS[world.kind])
    title, description = rng.choice(texts[topic])
    return Plan(
        organizer=organizer,
        topic=topic,
        location=location,
        size=size,
        words=(title.format(s=subject), description.format(s=subject)),
    )


def conflict(
    world: World,
    settings: Settings,
    running: Sequence[Plan],
    when: tuple[date, int],
    rng: Random,
) -> list[Event]:
    """Draw invitations that all overlap.

    Parameters
    ----------
    running
        Series that some of them may be part of, each at most once.
    when
        The day and the number of invitations.
    """
    day, count = when
    spare = rng.sample(running, len(running))
    plans = [
        spare.pop()
        if spare and rng.random() < settings["series"]
        else plan(world, settings, day, rng)
        for _ in range(count)
    ]
    spread = settings["start_spread"]
    first = rng.randrange(FIRST_HOUR, LAST_HOUR - spread + 1)
    starts = [first + rng.randrange(spread + 1) for _ in plans]
    return [
        _event(
            world, one, f"E{number}", (start, max(starts) + rng.randrange(1, 3)), rng
        )
        for number, (one, start) in enumerate(zip(plans, starts, strict=True), 1)
    ]


def _event(
    world: World, one: Plan, name: str, hours: tuple[int, int], rng: Random
) -> Event:
    guests = rng.sample(world.circle(one.organizer), one.size - 2)
    return Event(
        id=name,
        title=one.words[0],
        organizer=one.organizer.name,
        role=one.organizer.role,
        org_level=one.organizer.org_level,
        relationship=world.relationship(one.organizer),
        attendees=tuple(guest.name for guest in guests),
        size=one.size,
        topic=one.topic,
        location=one.location,
        start=hours[0],
        end=hours[1],
        recurrence=one.recurrence,
        urgency=_urgency(one.organizer, rng),
        description=one.words[1],
    )


def _urgency(organizer: Person, rng: Random) -> str:
    """Draw a claim: the higher the rank, the more urgent; outside it is even."""
    level = organizer.org_level
    high = 2 if level >= EXTERNAL else 5 - level
    return rng.choices(URGENCIES, (6 - high, 3, high))[0]


def _typical(world: World, day: date | None, rng: Random) -> tuple[Person, str]:
    rank = world.user.org_level
    near = [max(1, 4 - abs(level - rank)) for level in range(EXTERNAL)]
    level = rng.choices(range(len(STANDINGS)), (*near, 5 - rank, 2))[0]
    usual = _TOPICS_OF_FAMILY if level == FAMILY else _TOPICS_OF_RANK[rank]
    month = day.month if day else 0
    weights = [
        weight * (1 + (month in _SEASONS.get(topic, ())))
        for topic, weight in zip(TOPICS, usual, strict=True)
    ]
    people = world.of_level(level)
    closer = [2 if world.relationship(p) != "other" else 1 for p in people]
    return rng.choices(people, closer)[0], rng.choices(TOPICS, weights)[0]


def _remote(organizer: Person) -> float:
    return {EXTERNAL: 0.7, FAMILY: 0.1}.get(organizer.org_level, 0.5)
