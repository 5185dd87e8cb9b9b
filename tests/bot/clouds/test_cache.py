from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from bot.clouds.cache import Cache, CacheEntry


class Source:
    """Answers with how often it was asked, once it is let go."""

    def __init__(self, clock: Any, fresh_s: float = 60, size_bytes: int = 0) -> None:
        self.clock = clock
        self.fresh_s = fresh_s
        self.size_bytes = size_bytes
        self.requested = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> CacheEntry[int]:
        """Answer."""
        self.requested += 1
        await self.gate.wait()
        now = self.clock.now()
        until = now + dt.timedelta(seconds=self.fresh_s)
        return CacheEntry(self.requested, until, self.size_bytes)


async def test_an_answer_is_kept_while_it_is_fresh(clock: Any) -> None:
    """The second asker gets the first one's answer until it is stale."""
    cache = Cache(clock)
    source = Source(clock)
    first = await cache.get("q", source)
    clock.advance(seconds=59)
    assert first == await cache.get("q", source)
    clock.advance(seconds=1)
    assert await cache.get("q", source) == 2


async def test_one_call_serves_all_who_ask_at_once(clock: Any) -> None:
    """Ten askers of one question cost one call; another question costs its own."""
    cache = Cache(clock)
    source = Source(clock)
    source.gate.clear()
    callers = [asyncio.ensure_future(cache.get("q", source)) for _ in range(10)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*callers) == [1] * 10
    await cache.get("other", source)
    assert source.requested == 2


async def test_an_asker_who_leaves_takes_nobody_along(clock: Any) -> None:
    """Cancelling one asker leaves the question alive for the other."""
    cache = Cache(clock)
    source = Source(clock)
    source.gate.clear()
    leaving, staying = (asyncio.ensure_future(cache.get("q", source)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    source.gate.set()
    assert await staying == 1
    assert leaving.cancelled()


async def test_an_error_reaches_all_and_is_not_kept(clock: Any) -> None:
    """Everybody who waits gets the error; the next asker asks anew."""
    cache = Cache(clock)
    requested = 0

    async def fail() -> CacheEntry[int]:
        nonlocal requested
        requested += 1
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(
        *(cache.get("q", fail) for _ in range(3)), return_exceptions=True
    )
    assert [ValueError] * 3 == [type(result) for result in results]
    with pytest.raises(ValueError, match="no"):
        await cache.get("q", fail)
    assert requested == 2


async def test_the_oldest_answers_make_room(clock: Any) -> None:
    """The cache holds no more bytes than it may."""
    cache = Cache(clock, max_bytes=100)
    source = Source(clock, size_bytes=60)
    await cache.get("a", source)
    await cache.get("b", source)
    await cache.get("b", source)
    assert source.requested == 2
    await cache.get("a", source)
    assert source.requested == 3
