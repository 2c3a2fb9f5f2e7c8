"""Limits of a provider: requests and tokens a minute, and calls in flight.

The arithmetic is that of a token bucket that holds one minute and starts full; time
comes from a passed clock.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from evolve.llm.settings import ModelSettings

MINUTE = 60.0


class Bucket:
    """What may be used of something that flows back at a constant rate.

    Parameters
    ----------
    per_minute
        Capacity, and what flows back in a minute.
    now
        Seconds on the clock that later calls read too.
    """

    def __init__(self, per_minute: float, now: float) -> None:
        self._capacity = per_minute
        self._level = per_minute
        self._seen = now

    def take(self, amount: float, now: float) -> float:
        """Take ``amount`` and return the seconds to wait before it may be used.

        What is taken is owed at once, so callers are served in the order in which they
        come. More than the capacity is taken as the capacity: it could never be had.
        """
        self._refill(now)
        self._level -= min(amount, self._capacity)
        return max(-self._level, 0.0) * MINUTE / self._capacity

    def give_back(self, amount: float, now: float) -> None:
        """Return what was taken and not used."""
        self._refill(now)
        self._level = min(self._level + amount, self._capacity)

    def _refill(self, now: float) -> None:
        flowed = (now - self._seen) * self._capacity / MINUTE
        self._level = min(self._level + flowed, self._capacity)
        self._seen = now


class Pace:
    """Holds the calls of one model within the limits of its provider.

    Parameters
    ----------
    settings
        The limits; those that are None do not hold anybody up.
    clock, sleep
        Seconds that never go back, and how to wait for them.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        requests, tokens = settings.requests_per_minute, settings.tokens_per_minute
        now = clock()
        self._requests = None if requests is None else Bucket(requests, now)
        self._tokens = None if tokens is None else Bucket(tokens, now)
        self._places = (
            None
            if settings.concurrency is None
            else asyncio.Semaphore(settings.concurrency)
        )

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Hold one of the places for calls in flight."""
        if self._places is None:
            yield
            return
        async with self._places:
            yield

    async def request(self, tokens: int) -> None:
        """Wait until one request of so many tokens may be sent; each try is one."""
        now = self._clock()
        waits = [0.0]
        if self._requests is not None:
            waits.append(self._requests.take(1, now))
        if self._tokens is not None:
            waits.append(self._tokens.take(tokens, now))
        if max(waits) > 0:
            await self._sleep(max(waits))

    def answered(self, asked: int, used: int) -> None:
        """Give back what a request of ``asked`` tokens did not use."""
        if self._tokens is not None:
            self._tokens.give_back(max(asked - used, 0), self._clock())
