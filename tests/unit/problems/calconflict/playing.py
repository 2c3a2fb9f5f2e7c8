"""Years of the benchmark, and players that go through them."""

import json
from functools import cache

from problems.benchmark import Reply, settings_of
from problems.registry import load_benchmark

BENCHMARK = load_benchmark("calconflict")


def changed(**changes):
    return settings_of(BENCHMARK.profile, changes)


@cache
def frozen(name):
    """Settings and samples of a frozen set."""
    settings = settings_of(BENCHMARK.profile, BENCHMARK.sets[name].changes)
    return settings, BENCHMARK.samples(settings)


def answer_all(sample, settings, player):
    """Outcome of one year, and the questions asked."""
    dialogue = BENCHMARK.start(sample, settings)
    asked = []
    while (question := dialogue.question()) is not None:
        asked.append(question)
        dialogue.answer(player(question))
    return dialogue.outcome(), asked


def play(name, settings, samples, seed=0):
    """Outcomes of a baseline."""
    baseline = BENCHMARK.baselines[name]
    return [answer_all(s, settings, baseline.play(s, seed))[0] for s in samples]


@cache
def played(name, of_set, seed=0):
    """Outcomes of a baseline on a frozen set."""
    return play(name, *frozen(of_set), seed)


def accept(question, place=0, **more):
    """A reply that is right to the letter: one event first, the others as listed."""
    names = [event["id"] for event in question.values["events"]]
    ranking = [names[place], *names[:place], *names[place + 1 :]]
    content = {"accept": ranking[0], "ranking": ranking, "reason": "why"} | more
    return Reply(text=json.dumps(content))
