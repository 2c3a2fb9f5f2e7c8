"""Players without a model: two that know or ignore everything, three that do not.

They answer the questions that a model gets, and see nothing else; only ``oracle`` looks
at the secret.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from math import exp
from random import Random
from types import MappingProxyType

from problems.base import Json
from problems.benchmark import Baseline, Question, Reply, Sample
from problems.calconflict.generate import stream
from problems.calconflict.model import STANDINGS, TOPICS, URGENCIES, Event, event_of

STEP = 0.3
PASSES = 3

Player = Callable[[Question], Reply]
Order = Callable[[Question], list[str]]


def _reply(ranking: Sequence[str], reason: str) -> Reply:
    answer = {"accept": ranking[0], "ranking": list(ranking), "reason": reason}
    return Reply(text=json.dumps(answer))


def _events(question: Question) -> list[Event]:
    return [event_of(one) for one in question.values["events"]]


def _player(order: Order, reason: str) -> Player:
    return lambda question: _reply(order(question), reason)


def oracle(sample: Sample, seed: int) -> Player:  # noqa: ARG001  # one signature for all
    """Know the user."""
    rounds = sample.secret["rounds"]
    return _player(lambda q: rounds[q.values["round"] - 1]["ranking"], "known")


def uniform(sample: Sample, seed: int) -> Player:
    """Rank in any order."""
    rng = stream(seed, sample.id, "random")

    def order(question: Question) -> list[str]:
        names = [one.id for one in _events(question)]
        return rng.sample(names, len(names))

    return _player(order, "chance")


def organisation(sample: Sample, seed: int) -> Player:  # noqa: ARG001
    """Rank by the rank of the organiser; ties go to the earlier one in the list."""

    def order(question: Question) -> list[str]:
        return [e.id for e in sorted(_events(question), key=lambda e: e.org_level)]

    return _player(order, "rank")


def urgency(sample: Sample, seed: int) -> Player:  # noqa: ARG001
    """Rank by what organisers claim; ties go to the rank of the organiser."""

    def order(question: Question) -> list[str]:
        events = sorted(
            _events(question),
            key=lambda e: (-URGENCIES.index(e.urgency), e.org_level),
        )
        return [one.id for one in events]

    return _player(order, "urgency")


def features(event: Event) -> list[float]:
    """Return what the learner sees of an event."""
    level, topic = event.org_level, TOPICS.index(event.topic)
    return [
        *(float(level == index) for index in range(len(STANDINGS))),
        *(float(topic == index) for index in range(len(TOPICS))),
        float(event.location == "onsite"),
        (13 - event.start) / 5,
        (event.size - 6) / 5,
        float(event.direct),
        float(event.recurring),
    ]


class Learner:
    """Online logistic regression on pairs of a winner and a loser.

    It learns from the last round in the history only, once, so it needs a history.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._weights: list[float] = []
        self._learned = 0

    def __call__(self, question: Question) -> Reply:
        """Learn from the feedback on the last round, then rank."""
        history = question.values["history"]
        if history and history[-1]["round"] > self._learned:
            self._learned = history[-1]["round"]
            self._learn(history[-1])
        events = _events(question)
        self._rng.shuffle(events)
        events.sort(key=lambda event: -self._value(features(event)))
        return _reply([one.id for one in events], "learned")

    def _learn(self, past: Mapping[str, Json]) -> None:
        seen = {one["id"]: features(event_of(one)) for one in past["events"]}
        for _ in range(PASSES):
            for better, worse in _pairs(past, list(seen)):
                self._step(seen[better], seen[worse])

    def _step(self, better: list[float], worse: list[float]) -> None:
        gap = [one - other for one, other in zip(better, worse, strict=True)]
        self._weights = self._weights or [0.0] * len(gap)
        size = STEP / (1 + exp(min(700.0, self._value(gap))))
        self._weights = [w + size * x for w, x in zip(self._weights, gap, strict=True)]

    def _value(self, values: Sequence[float]) -> float:
        return sum(w * x for w, x in zip(self._weights, values, strict=False))


def _pairs(past: Mapping[str, Json], names: Sequence[str]) -> list[tuple[str, str]]:
    """Winner and loser of every pair that the feedback says something about.

    If only right or wrong is told, a wrong choice is taken for worse than all others.
    """
    chosen = past["accepted"]
    winner = past["attended"] or (chosen if past["right"] else None)
    if winner is not None:
        return [(winner, name) for name in names if name != winner]
    return [(name, chosen) for name in names if name != chosen] if chosen else []


def learner(sample: Sample, seed: int) -> Player:
    """Learn a linear utility online; ties go to chance."""
    return Learner(stream(seed, sample.id, "learner"))


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "oracle": Baseline(doc="knows the user", play=oracle),
        "random": Baseline(doc="any order", play=uniform),
        "organisation": Baseline(doc="highest rank first", play=organisation),
        "urgency": Baseline(doc="most urgent first", play=urgency),
        "learner": Baseline(
            doc=f"online pairwise logit, {PASSES} passes per round, step {STEP}",
            play=learner,
        ),
    }
)
