"""Samples whose tools are real: their calls are asked for instead of simulated.

The tasks and what they are judged by stay the same, so what is not a tool of the
repository can be called but does no item. Times are those of the calls as they were.
"""

import json
from collections.abc import Collection, Sequence

from problems.base import Json
from problems.benchmark import Question, Reply, Sample, Settings, Tool, ToolCall
from problems.errors import ConfigError
from problems.tps.dialogue import TpsDialogue, error_text
from problems.tps.repository import tools
from problems.tps.score import Made
from problems.tps.tool import ToolFaultError, checked

CALL = "call"
"""The stage in which calls are being made."""


class LiveDialogue(TpsDialogue):
    """As ``TpsDialogue``, with tools from outside.

    Raises ConfigError if the settings cannot be.
    """

    def __init__(
        self, sample: Sample, settings: Settings, offered: Sequence[Tool]
    ) -> None:
        super().__init__(sample, settings)
        if settings["failures_per_mille"]:
            raise ConfigError(
                "failures_per_mille makes simulated tools fail; real ones fail by "
                "themselves, so leave it at 0"
            )
        self._tools = {tool.name: tool for tool in offered}
        self._asked: tuple[ToolCall, ...] = ()
        self._refusals: dict[int, tuple[Made, str]] = {}

    def question(self) -> Question | None:
        """Return what to ask now, or which calls to make; None once it is over."""
        if self._stage == CALL:
            asked = [c for k, c in enumerate(self._asked) if k not in self._refusals]
            return Question(calls=tuple(asked), fresh=False)
        return super().question()

    def answer(self, reply: Reply) -> None:
        """Go on with the reply to the question, or with the results of calls."""
        if self._stage != CALL:
            super().answer(reply)
            return
        found = iter(reply.results)
        results = []
        for position, call in enumerate(self._asked):
            if position in self._refusals:
                made, text = self._refusals[position]
            else:
                result = next(found)
                text = error_text(result.text) if result.error else result.text
                made = Made(
                    turn=self._used.turns,
                    tool=call.name,
                    args=_arguments(call),
                    error=result.error,
                    latency_ms=round(1000 * result.seconds),
                )
            self._made.append(made)
            results.append((call.id, text))
        self._end_turn(results)

    def _turn(self, calls: tuple[ToolCall, ...]) -> None:
        self._asked = calls
        self._refusals = {}
        for position, call in enumerate(calls):
            error, why = self._fault(position, call)
            if error:
                self._refusals[position] = self._refused(call, error, why)
        self._stage = CALL
        if len(self._refusals) == len(calls):
            self.answer(Reply())

    def _fault(self, position: int, call: ToolCall) -> tuple[str, str]:
        """Why a call is not made: kind and words; empty if it is."""
        if position >= self._settings["calls_per_turn"]:
            return "too_many_calls", ""
        if call.name not in self._tools:
            return "unknown_tool", ""
        if call.name not in self._chosen:
            return "tool_not_chosen", ""
        if read_object(call.arguments) is None:
            return "bad_arguments", "arguments are not a JSON object"
        return "", ""

    def _known(self) -> Collection[str]:
        return self._tools

    def _offered(self, name: str) -> Tool:
        return self._tools[name]

    def _listed(self) -> list[Json]:
        servers: dict[str, list[Json]] = {}
        for tool in self._tools.values():
            shown = {"name": tool.name, "doc": tool.doc}
            servers.setdefault(tool.name.partition("__")[0], []).append(shown)
        return [{"name": name, "tools": found} for name, found in servers.items()]


def read_object(text: str) -> dict[str, Json] | None:
    """Read the arguments of a call; None if they are no JSON object."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def check_tools(offered: Sequence[Tool]) -> None:
    """Check that something can be scored.

    Raises
    ------
    ConfigError
        If none of the tools is one that the tasks need.
    """
    if not any(tool.name in tools() for tool in offered):
        raise ConfigError(
            "none of the servers has a tool that the tasks of tps need, such as "
            "weather__forecast_high; `heuresis serve tps --config` prints those that do"
        )


def _arguments(call: ToolCall) -> dict[str, Json] | None:
    """Arguments of a call as the scorer knows them; None if no task needs them."""
    tool = tools().get(call.name)
    if tool is None:
        return None
    try:
        return checked(tool, read_object(call.arguments))
    except ToolFaultError:
        return None
