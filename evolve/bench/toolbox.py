"""Tools that are not simulated: on real servers, or on a cassette of such a run."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol

from evolve.bench.cassette import Cassette, Take
from problems.benchmark import Tool, ToolCall, ToolResult

NOT_RECORDED = "not_recorded"


class Toolbox(Protocol):
    """Makes calls of tools that a benchmark asks for."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What can be called."""

    def make(
        self, first: Take, calls: Sequence[ToolCall]
    ) -> "Future[tuple[ToolResult, ...]]":
        """Make calls at the same time; results in their order, never an error.

        ``first`` names the first of them; the others count on.
        """

    def close(self) -> None:
        """End what was started."""


class Replayed:
    """Answers from a cassette alone, with the durations of then.

    A call that a run of the same model made at this place has its own result; any
    other gets the first result that the same call had anywhere on the cassette.
    """

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Those that were offered then."""
        return self._cassette.tools

    def make(
        self, first: Take, calls: Sequence[ToolCall]
    ) -> "Future[tuple[ToolResult, ...]]":
        """Look calls up."""
        done: Future[tuple[ToolResult, ...]] = Future()
        done.set_result(
            tuple(self._one(take, call) for take, call in zip_takes(first, calls))
        )
        return done

    def close(self) -> None:
        """Nothing was started."""

    def _one(self, take: Take, call: ToolCall) -> ToolResult:
        found = self._cassette.find(take, call) or self._cassette.find_alike(call)
        if found is None:
            text = "this call was not recorded"
            return ToolResult(id=call.id, text=text, error=NOT_RECORDED)
        return replace(found, id=call.id)


class Caller(Protocol):
    """What makes one call at a server, in a loop of its own."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop in which it runs, in another thread."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What its servers offer."""

    async def call(self, call: ToolCall) -> ToolResult:
        """Make a call; its failure is a result."""

    def close(self) -> None:
        """End the servers."""


class Recorded:
    """Real servers, all of whose answers are recorded; a recorded call is not made."""

    def __init__(self, caller: Caller, cassette: Cassette) -> None:
        self._caller = caller
        self._cassette = cassette

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Those that the servers offer."""
        return self._cassette.tools

    def make(
        self, first: Take, calls: Sequence[ToolCall]
    ) -> "Future[tuple[ToolResult, ...]]":
        """Make those calls that are not recorded yet."""
        return asyncio.run_coroutine_threadsafe(
            self._all(first, calls), self._caller.loop
        )

    def close(self) -> None:
        """End the servers."""
        self._caller.close()

    async def _all(
        self, first: Take, calls: Sequence[ToolCall]
    ) -> tuple[ToolResult, ...]:
        found = await asyncio.gather(
            *(self._one(take, call) for take, call in zip_takes(first, calls))
        )
        return tuple(found)

    async def _one(self, take: Take, call: ToolCall) -> ToolResult:
        found = self._cassette.find(take, call)
        if found is None:
            made = await self._caller.call(call)
            found = self._cassette.add(take, call, made)
        return replace(found, id=call.id)


def zip_takes(first: Take, calls: Sequence[ToolCall]) -> list[tuple[Take, ToolCall]]:
    """Name calls that are made together."""
    return [
        (replace(first, number=first.number + k), call) for k, call in enumerate(calls)
    ]
