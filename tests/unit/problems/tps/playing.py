"""Play samples of tps without a model."""

from functools import cache

from problems.benchmark import Reply, ToolCall, settings_of
from problems.tps.benchmark import BENCHMARK

SETTINGS = settings_of(BENCHMARK.profile, {})


@cache
def samples():
    return tuple(BENCHMARK.samples(SETTINGS))


def play(sample, player, **changes):
    dialogue = BENCHMARK.start(sample, SETTINGS | changes)
    while (question := dialogue.question()) is not None:
        dialogue.answer(player(question))
    return dialogue.outcome()


def baseline(sample, name, seed=0, **changes):
    return play(sample, BENCHMARK.baselines[name].play(sample, seed), **changes)


def saying(*replies):
    """A player that gives these replies in turn, then an empty one."""
    left = list(replies)
    return lambda _: left.pop(0) if left else Reply()


def calling(*calls):
    return Reply(
        calls=tuple(
            ToolCall(id=str(k), name=name, arguments=arguments)
            for k, (name, arguments) in enumerate(calls)
        )
    )
