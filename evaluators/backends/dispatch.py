"""Hands jobs to members that may be lost, and has each one answered exactly once.

Pure asyncio: belongs to one event loop, knows neither Ray nor sandboxes.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from evaluators.backends.station import LARGEST_BATCH
from evaluators.base import Sandbox
from evaluators.errors import EvaluatorError
from evaluators.sandbox.host import ZygoteLostError
from evaluators.sandbox.outcome import Received
from problems.base import Split
from problems.errors import InfrastructureError

ATTEMPTS = 3
"""How often a job is given out before our machinery counts as failed."""

CALLS = 2
"""Calls of one member at once: one brings results while the other brings jobs."""

_BACKLOG = 4
_LINGER_SECONDS = 0.002
"""How long a member with work is left without a call, for the next job to carry it."""


class MemberLostError(EvaluatorError):
    """A member does not answer; what it had is to be given to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """First part of a job, and the split that gives its second part."""

    head: bytes
    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What came out of a sandbox of ``member`` (its index)."""

    received: Received
    sandbox: Sandbox
    member: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A job without result; ``lost``: its zygote died, else it could not start."""

    message: str
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Results of one call by key, and the isolation that they ran under."""

    sandbox: Sandbox
    results: Sequence[tuple[int, Received | Failed]]


class Member(Protocol):
    """Somebody who runs jobs."""

    @property
    def slots(self) -> int:
        """How many jobs it runs at once."""

    async def exchange(self, jobs: Sequence[tuple[int, Job]]) -> Reply:
        """Bring jobs, take results; raises MemberLostError."""

    async def revive(self) -> None:
        """Return once it serves again; raises InfrastructureError if it never will."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Ticket:
    key: int
    job: Job
    answer: asyncio.Future[Finished]
    avoid: int | None
    attempts: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class _Standing:
    """A member and what is under way there; ``epoch`` counts its losses."""

    index: int
    member: Member
    up: bool = True
    retired: bool = False
    epoch: int = 0
    calls: int = 0
    outstanding: dict[int, _Ticket] = field(default_factory=dict)

    @property
    def load(self) -> float:
        return len(self.outstanding) / self.member.slots


class Dispatcher:
    """Spreads jobs over members, in batches, with bounded queues and retries.

    Parameters
    ----------
    patience
        Seconds without any member after which the waiting jobs fail.
    """

    def __init__(self, members: Sequence[Member], *, patience: float) -> None:
        self._standings = [
            _Standing(index=i, member=member) for i, member in enumerate(members)
        ]
        self._patience = patience
        self._waiting: deque[_Ticket] = deque()
        self._keys = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.Handle] = {}
        self._failure: InfrastructureError | None = None

    async def submit(self, job: Job, avoid: int | None = None) -> Finished:
        """Have ``job`` run, by another member than ``avoid`` if there is one.

        Raises
        ------
        ZygoteLostError
            If sandboxes died each time.
        EvaluatorError
            If the machinery failed otherwise, or there is nobody left.
        """
        if self._failure is not None:
            raise self._failure
        ticket = _Ticket(
            key=next(self._keys),
            job=job,
            answer=asyncio.get_running_loop().create_future(),
            avoid=avoid,
        )
        self._waiting.append(ticket)
        # Not at once: what arrives in the same turn of the loop travels together.
        self._soon()
        try:
            return await ticket.answer
        finally:
            ticket.answer.cancel()

    async def close(self) -> None:
        """Fail what is under way; ends all tasks."""
        self._fail(EvaluatorError("the evaluator is closed"), forever=True)
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _soon(self) -> None:
        if "flush" not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers["flush"] = loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Give out what waits, as far as there is room."""
        self._timers.pop("flush", None)
        while batches := self._batches():
            for index, batch in batches.items():
                self._call(self._standings[index], batch)
        self._watch()

    def _batches(self) -> dict[int, list[_Ticket]]:
        """Choose who gets which of those that wait; one batch each at most."""
        batches: dict[int, list[_Ticket]] = {}
        skipped: list[_Ticket] = []
        while self._waiting and (able := self._able(batches)):
            ticket = self._waiting.popleft()
            if ticket.answer.done():
                continue
            fit = [standing for standing in able if standing.index != ticket.avoid]
            if not fit and self._elsewhere(ticket):
                skipped.append(ticket)
                continue
            standing = min(fit or able, key=lambda standing: standing.load)
            standing.outstanding[ticket.key] = ticket
            batches.setdefault(standing.index, []).append(ticket)
        self._waiting.extendleft(reversed(skipped))
        return batches

    def _able(self, batches: Mapping[int, Sequence[_Ticket]]) -> list[_Standing]:
        return [
            standing
            for standing in self._standings
            if standing.up
            and len(standing.outstanding) < 2 * standing.member.slots + _BACKLOG
            and standing.calls < CALLS
            and len(batches.get(standing.index, ())) < LARGEST_BATCH
        ]

    def _elsewhere(self, ticket: _Ticket) -> bool:
        """Whether somebody else will have room for it."""
        return any(
            standing.up and standing.index != ticket.avoid
            for standing in self._standings
        )

    def _watch(self) -> None:
        """See to it, a little later, that each member with work has a call."""
        if "poll" not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers["poll"] = loop.call_later(_LINGER_SECONDS, self._poll)

    def _poll(self) -> None:
        self._timers.pop("poll", None)
        for standing in self._standings:
            if standing.up and standing.outstanding and not standing.calls:
                self._call(standing, [])

    def _call(self, standing: _Standing, batch: Sequence[_Ticket]) -> None:
        standing.calls += 1
        self._spawn(self._exchange(standing, batch))

    async def _exchange(self, standing: _Standing, batch: Sequence[_Ticket]) -> None:
        epoch = standing.epoch
        try:
            reply = await standing.member.exchange([(t.key, t.job) for t in batch])
        except MemberLostError as error:
            # Both calls of a lost member fail; the first to do so says it all.
            if epoch == standing.epoch:
                self._lose(standing, str(error))
            return
        if epoch == standing.epoch:
            standing.calls -= 1
        for key, result in reply.results:
            # Unknown are those given to others after a false alarm.
            ticket = standing.outstanding.pop(key, None)
            if ticket is None:
                continue
            if isinstance(result, Failed):
                self._again(ticket, standing, result)
            elif not ticket.answer.done():
                ticket.answer.set_result(
                    Finished(
                        received=result,
                        sandbox=reply.sandbox,
                        member=standing.index,
                    )
                )
        if self._waiting:
            self._flush()
        else:
            self._watch()

    def _again(self, ticket: _Ticket, standing: _Standing, failed: Failed) -> None:
        ticket.attempts += 1
        ticket.avoid = standing.index
        if ticket.answer.done():
            return
        if ticket.attempts < ATTEMPTS:
            self._waiting.appendleft(ticket)
            return
        kind = ZygoteLostError if failed.lost else EvaluatorError
        ticket.answer.set_exception(kind(failed.message))

    def _lose(self, standing: _Standing, message: str) -> None:
        standing.up = False
        standing.epoch += 1
        standing.calls = 0
        tickets = list(standing.outstanding.values())
        standing.outstanding.clear()
        for ticket in reversed(tickets):
            self._again(ticket, standing, Failed(message=message, lost=False))
        self._spawn(self._revive(standing))
        if not any(other.up for other in self._standings):
            why = f"no evaluator was there for {self._patience:g} s: {message}"
            self._timers["patience"] = asyncio.get_running_loop().call_later(
                self._patience, self._fail, EvaluatorError(why)
            )
        self._soon()

    async def _revive(self, standing: _Standing) -> None:
        try:
            await standing.member.revive()
        except InfrastructureError as error:
            standing.retired = True
            if all(other.retired for other in self._standings):
                self._fail(error, forever=True)
            return
        standing.up = True
        if (timer := self._timers.pop("patience", None)) is not None:
            timer.cancel()
        self._soon()

    def _fail(self, error: InfrastructureError, *, forever: bool = False) -> None:
        if forever:
            self._failure = error
        under_way = [t for s in self._standings for t in s.outstanding.values()]
        for ticket in [*self._waiting, *under_way]:
            if not ticket.answer.done():
                ticket.answer.set_exception(error)
        self._waiting.clear()

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nobody would be told otherwise, and those who wait would do so for ever.
            self._fail(EvaluatorError(f"the executor failed: {error!r}"), forever=True)
