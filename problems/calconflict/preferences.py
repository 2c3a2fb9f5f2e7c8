"""The hidden user: hard rules before everything else, then a weighted sum.

All values are integers, so that a comparison comes out the same on every machine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType

from problems.benchmark import Settings
from problems.calconflict.model import (
    EXTERNAL,
    FAMILY,
    STANDINGS,
    TOPICS,
    Event,
    Phase,
    Weights,
)

POINT = 5000
"""Units of worth in a point: thousandths, and fifths of an hour or person."""

RULES: Mapping[str, Callable[[Event], bool]] = MappingProxyType(
    {
        "medical": lambda event: event.topic == "medical",
        "family": lambda event: event.org_level == FAMILY,
        "top": lambda event: event.org_level == 0,
        "external": lambda event: event.org_level == EXTERNAL,
        "direct": lambda event: event.direct,
        "not_late": lambda event: event.start < 15,
        "not_large": lambda event: event.size <= 8,
    }
)
"""Hard rules by name: an event that keeps a rule beats every one that does not."""

Worth = tuple[int, int]
"""Tier by hard rules and the weighted sum in units; compared in this order."""


def parts(weights: Weights, event: Event) -> dict[str, int]:
    """Return what each feature adds to the weighted sum of an event, in units."""
    return {
        "role": 5 * weights.role[event.org_level],
        "topic": 5 * weights.topic[TOPICS.index(event.topic)],
        "location": 5 * weights.onsite * (event.location == "onsite"),
        "time_of_day": weights.early * (13 - event.start),
        "size": weights.size * (event.size - 6),
        "relationship": 5 * weights.direct * event.direct,
        "recurrence": 5 * weights.recurring * event.recurring,
    }


def tier(phase: Phase, event: Event) -> int:
    """Return kept rules as a number whose order is lexicographic in the rules."""
    kept = 0
    for rule in phase.rules:
        kept = 2 * kept + RULES[rule](event)
    return kept


def worth(phase: Phase, event: Event) -> Worth:
    """Return what an event is worth to the user, higher is better."""
    return tier(phase, event), sum(parts(phase.weights, event).values())


def ranked(phase: Phase, events: Sequence[Event]) -> list[Event]:
    """Events, the best one first."""
    return sorted(events, key=lambda event: worth(phase, event), reverse=True)


def separated(phase: Phase, events: Sequence[Event], delta: int) -> bool:
    """Whether no two are worth the same and the best is ahead by ``delta`` units.

    An event that is ahead by a hard rule is far enough ahead.
    """
    first, second, *rest = sorted((worth(phase, e) for e in events), reverse=True)
    values = {first, second, *rest}
    ahead = first[0] > second[0] or first[1] - second[1] >= delta
    return ahead and len(values) == len(events)


def principle(phase: Phase, better: Event, worse: Event) -> str:
    """Why one event is better than another.

    The most important hard rule that only it keeps, as ``rule_NAME``; without one, the
    feature that speaks most for it, as ``weight_NAME``.
    """
    for rule in phase.rules:
        if RULES[rule](better) and not RULES[rule](worse):
            return f"rule_{rule}"
    mine, other = parts(phase.weights, better), parts(phase.weights, worse)
    return "weight_" + max(mine, key=lambda name: mine[name] - other[name])


def phases(settings: Settings, rng: Random) -> tuple[Phase, ...]:
    """Draw what a user prefers, and how it drifts over the year.

    A drift draws the weights of topics anew and replaces one hard rule by one that was
    not in force, if there is any. Drift j of d lies near round j T / (d + 1).
    """
    known = list(settings["principles"])
    rules = tuple(rng.sample(known, settings["hard_rules"]))
    found = [Phase(start=0, rules=rules, weights=_weights(settings, rng))]
    drifts, rounds = settings["drifts"], settings["rounds"]
    for number in range(1, drifts + 1):
        slot = rounds / (drifts + 1)
        start = int(number * slot) + rng.randrange(-int(slot / 4), int(slot / 4) + 1)
        found.append(_drifted(found[-1], start, settings, rng))
    return tuple(found)


def _drifted(phase: Phase, start: int, settings: Settings, rng: Random) -> Phase:
    topic = _normal(rng, settings["topic_sd"], len(TOPICS))
    rules = list(phase.rules)
    spare = [name for name in settings["principles"] if name not in rules]
    if rules and spare:
        rules[rng.randrange(len(rules))] = rng.choice(spare)
    return Phase(
        start=start, rules=tuple(rules), weights=replace(phase.weights, topic=topic)
    )


def _weights(settings: Settings, rng: Random) -> Weights:
    def one(name: str) -> int:
        return _normal(rng, settings[name], 1)[0]

    return Weights(
        role=_normal(rng, settings["role_sd"], len(STANDINGS)),
        topic=_normal(rng, settings["topic_sd"], len(TOPICS)),
        onsite=one("location_sd"),
        early=one("early_sd"),
        size=one("size_sd"),
        direct=one("relationship_sd"),
        recurring=one("recurrence_sd"),
    )


def _normal(rng: Random, sd: float, count: int) -> tuple[int, ...]:
    return tuple(round(1000 * rng.gauss(0.0, sd)) for _ in range(count))
