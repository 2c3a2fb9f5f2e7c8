"""A sample under way: choose tools, call them turn by turn, answer."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from problems.base import Json
from problems.benchmark import (
    Outcome,
    Question,
    Reply,
    Sample,
    Settings,
    Tool,
    ToolCall,
)
from problems.errors import ConfigError
from problems.tps.parse import is_call, read_choice
from problems.tps.records import key_from_data
from problems.tps.repository import servers, tools
from problems.tps.score import (
    Made,
    choice_measures,
    credit,
    time_measures,
    told,
)
from problems.tps.tool import ToolFaultError, canonical, read_arguments
from problems.tps.world import make_world

PLAN, WORK, CLOSE = "bench/tps_plan", "bench/tps_work", "bench/tps_close"

ERRORS: Mapping[str, str] = {
    "no_reply": "the provider gave no answer",
    "cut_off": "a reply ended at the provider's limit",
    "plan_loose": "the choice of tools was not only the JSON that was asked for",
    "plan_unreadable": "no choice of tools could be read",
    "plan_unknown_tool": "a tool was chosen that does not exist",
    "plan_repeated_tool": "a tool was chosen twice",
    "plan_over_cap": "a tool was chosen beyond the cap",
    "unknown_tool": "a tool was called that does not exist",
    "tool_not_chosen": "a tool was called that had not been chosen",
    "bad_arguments": "the arguments of a call were no JSON or not what the tool takes",
    "tool_refused": "a tool did not know what it was asked for",
    "unavailable": "a tool failed for no reason; the same call may succeed",
    "server_lost": "the server of a tool ended, or could not be reached (live)",
    "server_hung": "a server gave no answer in time (live)",
    "not_recorded": "a call that the cassette does not hold (replay)",
    "too_many_calls": "a call was beyond the cap of a turn",
    "out_of_turns": "calls did not end by themselves",
    "call_as_text": "the final answer was a tool call written as text",
    "no_answer": "the final answer was empty",
}
"""Kinds of errors; what each counts."""

TRY_AGAIN = "temporarily unavailable; try again"

_LONGEST_ANSWER = 4_000
"""So much of the final answer is kept in an outcome."""


class TpsDialogue:
    """Asks for tools, then lets them be called until a reply calls none.

    Raises ConfigError if the settings cannot be.
    """

    def __init__(self, sample: Sample, settings: Settings) -> None:
        _check(settings)
        self._sample = sample
        self._settings = settings
        self._key = key_from_data(sample.secret)
        self._stage = PLAN
        self._chosen: tuple[str, ...] = ()
        self._made: list[Made] = []
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._results: tuple[tuple[str, str], ...] = ()
        self._used = _Used()

    def question(self) -> Question | None:
        """Return what to ask now; None once the sample is over."""
        values: dict[str, Json] = {"items": self._sample.data["items"]}
        if self._stage == PLAN:
            values |= {"servers": self._listed(), "cap": self._settings["tool_cap"]}
            return Question(template=PLAN, values=values)
        offered = tuple(map(self._offered, self._chosen))
        if self._stage == CLOSE:
            return Question(
                template=CLOSE, values=values, results=self._results, fresh=False
            )
        if self._stage == WORK and not self._used.turns:
            values |= {"turns": self._settings["max_turns"]}
            return Question(template=WORK, values=values, tools=offered)
        if self._stage == WORK:
            return Question(tools=offered, results=self._results, fresh=False)
        return None

    def answer(self, reply: Reply) -> None:
        """Go on with the reply to the question."""
        if not self._stage:
            return
        self._used.count(reply, self._settings)
        if reply.failure:
            self._used.errors["no_reply"] += 1
            self._stage = ""
            return
        self._used.errors["cut_off"] += reply.finish_reason == "length"
        if self._stage == PLAN:
            choice = read_choice(reply.text, self._known(), self._settings["tool_cap"])
            self._chosen = choice.names
            self._used.errors.update(choice.errors)
            self._stage = WORK
        elif self._stage == WORK and reply.calls:
            self._turn(reply.calls)
        else:
            self._finish(reply.text)

    def outcome(self) -> Outcome:
        """Judge the sample; one that is not over counts as if nothing more came."""
        key, used = self._key, self._used
        credited = credit(key.subtasks, self._made)
        said = told(key.subtasks, used.answer)
        done = [k in credited.by_subtask and said[k] for k in range(len(said))]
        tool = time_measures(key, self._made, credited.by_subtask)
        measures = {
            "completion": sum(done) / len(done),
            "strict": float(all(done)),
            "called": len(credited.by_subtask) / len(done),
            "told": sum(said) / len(done),
            **choice_measures(key, self._chosen),
            **tool,
            "llm_s": used.seconds,
            "time_s": used.seconds + tool["tool_s"],
            "turns": float(used.turns),
            "calls": float(len(self._made)),
            "redundant_calls": float(credited.redundant),
            "dependency_violations": float(credited.violations),
            "prompt_tokens": float(used.prompt_tokens),
            "completion_tokens": float(used.completion_tokens),
        }
        return Outcome(
            sample=self._sample.id,
            group=self._sample.group,
            level=self._sample.level,
            correct=measures["completion"],
            measures=measures,
            errors={kind: used.errors[kind] for kind in ERRORS if used.errors[kind]},
            parsed={
                "tools": list(self._chosen),
                "done": done,
                "calls": [
                    [call.turn, call.tool, call.error, call.latency_ms]
                    for call in self._made
                ],
                "answer": used.answer[-_LONGEST_ANSWER:],
            },
        )

    def _known(self) -> Collection[str]:
        """Names of the tools that may be chosen."""
        return tools()

    def _offered(self, name: str) -> Tool:
        return _offered(name)

    def _listed(self) -> list[Json]:
        return _listed()

    def _finish(self, text: str) -> None:
        self._used.answer = text
        self._used.errors["no_answer"] += not text.strip()
        self._used.errors["call_as_text"] += is_call(text)
        self._stage = ""

    def _turn(self, calls: tuple[ToolCall, ...]) -> None:
        results = []
        for position, call in enumerate(calls):
            if position < self._settings["calls_per_turn"]:
                made, text = self._call(call)
            else:
                made, text = self._refused(call, "too_many_calls")
            self._made.append(made)
            results.append((call.id, text))
        self._end_turn(results)

    def _end_turn(self, results: Sequence[tuple[str, str]]) -> None:
        """Count the calls of the turn; the next question says their results."""
        self._used.errors.update(
            call.error for call in self._made[len(self._made) - len(results) :]
        )
        self._results = tuple(results)
        self._stage = WORK
        self._used.turns += 1
        if self._used.turns >= self._settings["max_turns"]:
            self._used.errors["out_of_turns"] += 1
            self._stage = CLOSE

    def _call(self, call: ToolCall) -> tuple[Made, str]:
        tool = tools().get(call.name)
        if tool is None:
            return self._refused(call, "unknown_tool")
        if call.name not in self._chosen:
            return self._refused(call, "tool_not_chosen")
        try:
            args = read_arguments(tool, call.arguments)
        except ToolFaultError as fault:
            return self._refused(call, "bad_arguments", str(fault))
        world = make_world(self._sample.data["world_seed"])
        same = (tool.name, canonical(args))
        attempt = self._attempts[same]
        self._attempts[same] += 1
        error, text = "", ""
        if tool.fails(world.seed, args, attempt, self._settings["failures_per_mille"]):
            error, text = "unavailable", error_text(TRY_AGAIN)
        else:
            try:
                text = json.dumps(tool.shape.call(world, args))
            except ToolFaultError as fault:
                error, text = "tool_refused", error_text(str(fault))
        latency = tool.latency_ms(world.seed, args, attempt)
        made = Made(
            turn=self._used.turns,
            tool=tool.name,
            args=args,
            error=error,
            latency_ms=latency,
        )
        return made, text

    def _refused(self, call: ToolCall, error: str, why: str = "") -> tuple[Made, str]:
        made = Made(turn=self._used.turns, tool=call.name[:100], error=error)
        return made, error_text(why or ERRORS[error])


def _check(settings: Settings) -> None:
    if settings["clock"] not in ("tokens", "measured"):
        raise ConfigError("clock must be 'tokens' or 'measured'")
    for name in ("tool_cap", "max_turns", "calls_per_turn", "tokens_per_s"):
        if not settings[name] > 0:
            raise ConfigError(f"{name} must be positive")
    if not 0 <= settings["failures_per_mille"] <= 1000:
        raise ConfigError("failures_per_mille must be 0 to 1000")


class _Used:
    """What the replies took so far, and what came of them."""

    def __init__(self) -> None:
        self.turns = 0
        self.seconds = 0.0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.answer = ""
        self.errors: Counter[str] = Counter()

    def count(self, reply: Reply, settings: Settings) -> None:
        """Add the time and tokens of a reply; unless said, four characters are one."""
        size = len(reply.text)
        size += sum(len(call.name) + len(call.arguments) for call in reply.calls)
        tokens = reply.completion_tokens or -(-size // 4)
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += tokens
        if settings["clock"] == "measured":
            self.seconds += reply.seconds
        else:
            self.seconds += (
                settings["first_token_s"] + tokens / settings["tokens_per_s"]
            )


@cache
def _offered(name: str) -> Tool:
    return tools()[name].offered()


@cache
def _listed() -> list[Json]:
    """List the repository as the planning question shows it."""
    return [
        {
            "name": server,
            "tools": [{"name": tool.name, "doc": tool.doc} for tool in found],
        }
        for server, found in servers().items()
    ]


def error_text(text: str) -> str:
    """Write the result of a call that failed, as a model reads it."""
    return json.dumps({"error": text})
