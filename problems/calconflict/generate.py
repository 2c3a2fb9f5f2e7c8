"""Samples: a user's year each, with a unique best invitation in every conflict."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from itertools import pairwise
from random import Random

from problems.base import Json
from problems.benchmark import Sample, Settings
from problems.calconflict import calendar
from problems.calconflict.model import Event, Phase, plain, plain_phase
from problems.calconflict.preferences import (
    POINT,
    phases,
    principle,
    ranked,
    separated,
    tier,
)
from problems.calconflict.profile import check
from problems.calconflict.world import World, world
from problems.errors import ConfigError

TRIES = 1000
"""Conflicts drawn for one round before its settings are given up."""


def samples(settings: Settings) -> tuple[Sample, ...]:
    """Draw the years of all users.

    Raises
    ------
    ConfigError
        If a setting is out of range, or no conflict is clear enough for ``delta``.
    """
    check(settings)
    return tuple(_year(number, settings) for number in range(settings["users"]))


def stream(*parts: object) -> Random:
    """Independent random numbers for whatever the parts name."""
    text = "/".join(map(str, parts))
    return Random(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))


def phase_at(found: Sequence[Phase], number: int) -> Phase:
    """Return the phase that holds in a round."""
    return [one for one in found if one.start <= number][-1]


def _year(number: int, settings: Settings) -> Sample:
    seed = settings["seed"]
    place = world(number, stream(seed, number, "world"))
    hidden = phases(settings, stream(seed, number, "preferences"))
    running = calendar.series(place, settings, stream(seed, number, "series"))
    shown, secret = [], []
    for index, day in enumerate(calendar.days(settings["rounds"])):
        phase = phase_at(hidden, index)
        rng = stream(seed, number, "round", index)
        events = _conflict(place, settings, running, (day, phase), rng)
        shown.append(
            {"date": day.isoformat(), "events": [plain(one) for one in events]}
        )
        secret.append(_gold(phase, events))
    user = place.user
    return Sample(
        id=f"cal-s{seed}-u{number:03d}",
        group=place.kind,
        level=0,
        data={
            "user": {
                "name": user.name,
                "role": user.role,
                "reports_to": user.reports_to,
            },
            "organisation": place.shown(),
            "rounds": shown,
        },
        secret={"phases": [plain_phase(one) for one in hidden], "rounds": secret},
    )


def _conflict(
    place: World,
    settings: Settings,
    running: Sequence[calendar.Plan],
    when: tuple[date, Phase],
    rng: Random,
) -> list[Event]:
    day, phase = when
    count = rng.randrange(settings["min_events"], settings["max_events"] + 1)
    delta = round(POINT * settings["delta"])
    for _ in range(TRIES):
        events = calendar.conflict(place, settings, running, (day, count), rng)
        if separated(phase, events, delta):
            return events
    raise ConfigError(
        f"parameter delta is {settings['delta']}, and none of {TRIES} conflicts has a "
        "best invitation so far ahead; lower it or raise the spreads of the weights"
    )


def _gold(phase: Phase, events: Sequence[Event]) -> Json:
    """Return the user's ranking, and why each neighbour in it comes after the other."""
    order = ranked(phase, events)
    pairs = list(pairwise(order))
    return {
        "ranking": [one.id for one in order],
        "principles": [principle(phase, one, other) for one, other in pairs],
        "rule_matters": tier(phase, order[0]) > tier(phase, order[-1]),
    }
