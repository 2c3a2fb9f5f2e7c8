"""Gate V6: hit ratios of the prefix cache on the conversation trace of Mooncake."""

from functools import cache

import pytest

from problems.llm_serving.prefix import PrefixCache
from problems.llm_serving.traces import mooncake
from tests.unit.problems.llm_serving.shared_data import shared

PUBLISHED = {2_000: 0.054, 5_000: 0.110, 10_000: 0.211, 50_000: 0.355, None: 0.366}
"""Of a cache that drops the block that was used least recently, whatever its place."""

TOLERANCE = 0.003
"""Ours drops only blocks that no other one in it builds on."""


@cache
def prefixes():
    path = shared("mooncake_fast25/conversation_trace.jsonl.gz")
    return tuple(one.prefix for one in mooncake(path))


def hit_ratio(size):
    """Share of blocks that are there when a request comes; it then uses all its own."""
    cache, hits, total = PrefixCache(), 0, 0
    for ids in prefixes():
        hits += cache.match(ids, len(ids))
        total += len(ids)
        cache.hold(ids, 0, len(ids))
        if size is not None:
            cache.shrink(size)
        cache.release(ids, len(ids))
        if size is not None:
            cache.shrink(size)
            assert cache.size <= size
    return hits / total


@pytest.mark.slow
@pytest.mark.parametrize("size", PUBLISHED)
def test_the_cache_hits_as_often_as_published(size):
    assert hit_ratio(size) == pytest.approx(PUBLISHED[size], abs=TOLERANCE)
