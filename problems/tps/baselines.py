"""Players that need no model: three that know the answers, and one that guesses."""

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random

from problems.base import Json
from problems.benchmark import Baseline, Question, Reply, Sample, Tool, ToolCall
from problems.tps.dialogue import PLAN, TRY_AGAIN, error_text
from problems.tps.generate import use
from problems.tps.records import Key, key_from_data
from problems.tps.repository import tools

_RANDOM_TOOLS, _RANDOM_TURNS, _RANDOM_CALLS = 10, 3, 8

_AGAIN = error_text(TRY_AGAIN)

Player = Callable[[Question], Reply]


class _Planned:
    """Makes the calls of each turn of a plan, again while they fail, then answers."""

    def __init__(self, key: Key, plan: Sequence[Sequence[int]]) -> None:
        self._key = key
        self._turns = [list(turn) for turn in plan]
        self._made: Sequence[int] = ()

    def __call__(self, question: Question) -> Reply:
        if question.template == PLAN:
            return Reply(text=json.dumps({"tools": list(self._key.gold_tools)}))
        failed = [int(name) for name, text in question.results if text == _AGAIN]
        if failed:
            self._turns.insert(0, failed)
        if not self._turns or not question.tools:
            lines = [f"{one.desc}: {one.value}" for one in self._key.subtasks]
            return Reply(text="\n".join(lines))
        return Reply(calls=tuple(self._call(k) for k in self._turns.pop(0)))

    def _call(self, k: int) -> ToolCall:
        one = self._key.subtasks[k]
        name = use(one, self._key.gold_tools)
        return ToolCall(id=str(k), name=name, arguments=json.dumps(one.args))


def _oracle(sample: Sample, _: int) -> Player:
    key = key_from_data(sample.secret)
    return _Planned(key, key.plan)


def _oracle_serial(sample: Sample, _: int) -> Player:
    key = key_from_data(sample.secret)
    return _Planned(key, [[k] for k in range(len(key.subtasks))])


def _all_at_once(sample: Sample, _: int) -> Player:
    key = key_from_data(sample.secret)
    return _Planned(key, [range(len(key.subtasks))])


def _random(sample: Sample, seed: int) -> Player:
    rng = Random(f"{sample.id}/{seed}")
    words = " ".join(sample.data["items"]).replace("(", " ").replace(")", " ").split()
    seen: list[str] = []
    turns = 0

    def play(question: Question) -> Reply:
        nonlocal turns
        if question.template == PLAN:
            chosen = rng.sample(list(tools()), _RANDOM_TOOLS)
            return Reply(text=json.dumps({"tools": chosen}))
        seen.extend(text for _, text in question.results)
        if turns == _RANDOM_TURNS or not question.tools:
            return Reply(text="\n".join(seen) or "nothing")
        turns += 1
        calls = tuple(
            _guess(rng, rng.choice(question.tools), words, f"{turns}-{k}")
            for k in range(_RANDOM_CALLS)
        )
        return Reply(calls=calls)

    return play


def _guess(rng: Random, tool: Tool, words: Sequence[str], name: str) -> ToolCall:
    """Call a tool with words of the task; two for a text, since many names have two."""

    def value(schema: Mapping[str, Json]) -> Json:
        if schema["type"] == "string":
            start = rng.randrange(len(words))
            return " ".join(words[start : start + rng.randint(1, 2)])
        if schema["type"] == "array":
            return [rng.randrange(100) for _ in range(3)]
        return rng.randrange(1, 100)

    properties = json.loads(tool.parameters)["properties"]
    arguments = {key: value(schema) for key, schema in properties.items()}
    return ToolCall(id=name, name=tool.name, arguments=json.dumps(arguments))


BASELINES: Mapping[str, Baseline] = {
    "oracle": Baseline(
        doc="knows all arguments and latencies: fewest turns, least time in them",
        play=_oracle,
    ),
    "oracle_serial": Baseline(
        doc="knows all arguments, makes one call in a turn", play=_oracle_serial
    ),
    "all_at_once": Baseline(
        doc="makes all calls in one turn, as if every argument had been guessed right; "
        "only what depends on nothing counts",
        play=_all_at_once,
    ),
    "random": Baseline(
        doc="10 random tools, 24 calls with words of the task", play=_random
    ),
}
