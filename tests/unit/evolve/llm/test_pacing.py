import asyncio

import pytest

from evolve.llm.pacing import Bucket, Pace
from evolve.llm.settings import ModelSettings


class Time:
    """A clock that goes on when somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def a_pace(time, **limits):
    return Pace(ModelSettings(name="m", **limits), clock=time, sleep=time.sleep)


def test_a_bucket_lends_a_minute_and_then_as_fast_as_it_fills():
    bucket = Bucket(60, 0.0)
    assert [bucket.take(1, 0.0) for _ in range(62)][-3:] == [0.0, 1.0, 2.0]
    assert bucket.take(1, 100.0) == 0.0


def test_a_request_larger_than_the_limit_waits_a_minute_not_for_ever():
    bucket = Bucket(10, 0.0)
    bucket.take(10, 0.0)
    assert bucket.take(1_000, 0.0) == pytest.approx(60)


def test_requests_are_spread_over_minutes():
    async def run():
        time = Time()
        pace = a_pace(time, requests_per_minute=2)
        for _ in range(6):
            await pace.request(1_000)
        return time.now

    assert asyncio.run(run()) == pytest.approx(120)


def test_tokens_that_were_not_used_can_be_used_by_others():
    async def run(used):
        time = Time()
        pace = a_pace(time, tokens_per_minute=1000)
        for _ in range(4):
            await pace.request(500)
            pace.answered(500, used)
        return time.now

    assert asyncio.run(run(100)) == 0
    assert asyncio.run(run(500)) == pytest.approx(60)


def test_without_limits_nobody_waits():
    async def run():
        time = Time()
        pace = a_pace(time)
        for _ in range(1000):
            async with pace.call():
                await pace.request(10**6)
        return time.slept

    assert asyncio.run(run()) == []


def test_no_more_calls_are_in_flight_than_the_model_takes():
    async def run():
        pace, flying, most = a_pace(Time(), concurrency=3), 0, 0

        async def one():
            nonlocal flying, most
            async with pace.call():
                flying += 1
                most = max(most, flying)
                await asyncio.sleep(0)
                flying -= 1

        await asyncio.gather(*(one() for _ in range(12)))
        return most

    assert asyncio.run(run()) == 3
