from __future__ import annotations

import asyncio
import datetime as dt
import gc
from typing import Any

import pytest

from bot.clouds.cache import Cache, CacheEntry


class Source:
    """A fetch that counts its calls, and returns when released."""

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


async def test_a_fresh_response_is_reused(clock: Any) -> None:
    """A second caller gets the cached response until it is stale."""
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


async def test_what_cannot_be_used_is_fetched_again(clock: Any) -> None:
    """Callers that need the second value share its fetch; it replaces the first."""
    cache = Cache(clock)
    source = Source(clock)
    source.gate.clear()
    needs = (lambda _: True, lambda value: value > 1, lambda value: value > 1)
    callers = [asyncio.ensure_future(cache.get("q", source, need)) for need in needs]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*callers) == [1, 2, 2]
    assert await cache.get("q", source) == source.requested == 2


async def test_a_cancelled_caller_does_not_cancel_the_others(clock: Any) -> None:
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


async def test_an_error_reaches_all_callers_and_is_not_cached(clock: Any) -> None:
    """Every waiting caller gets the error; the next caller fetches again."""
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
    """The cache holds no more bytes than its limit."""
    cache = Cache(clock, max_bytes=100)
    source = Source(clock, size_bytes=60)
    await cache.get("a", source)
    await cache.get("b", source)
    await cache.get("b", source)
    assert source.requested == 2
    await cache.get("a", source)
    assert source.requested == 3


async def test_the_default_cache_has_room_for_256_responses(clock: Any) -> None:
    """Small ones count as a 256th of its bytes; the least recently used is evicted."""
    cache = Cache(clock)
    source = Source(clock)
    for key in range(256):
        await cache.get(key, source)
    assert await cache.get(0, source) == 1
    await cache.get("one more", source)
    assert await cache.get(0, source) == 1
    assert source.requested == 257
    await cache.get(1, source)
    assert source.requested == 258


@pytest.mark.parametrize(("size_bytes", "requested"), [(64 * 1024 * 1024, 1), (2**26 + 1, 2)])
async def test_a_response_larger_than_the_cache_is_not_kept(
    clock: Any, size_bytes: int, requested: int
) -> None:
    """64 MiB fit exactly; a larger one is returned all the same."""
    cache = Cache(clock)
    source = Source(clock, size_bytes=size_bytes)
    assert await cache.get("q", source) == 1
    await cache.get("q", source)
    assert source.requested == requested


async def test_closing_cancels_what_is_running(clock: Any) -> None:
    """Whoever waits is cancelled; nothing is left to await."""
    cache = Cache(clock)
    source = Source(clock)
    source.gate.clear()
    waiting = asyncio.ensure_future(cache.get("q", source))
    await asyncio.sleep(0)
    await cache.close()
    assert cache._in_flight == {}
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_error_nobody_waits_for_is_not_logged(clock: Any) -> None:
    """The loop is not warned of an exception that was never retrieved."""
    cache = Cache(clock)
    gate = asyncio.Event()
    warnings: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: warnings.append(context))

    async def fail() -> CacheEntry[int]:
        await gate.wait()
        raise ValueError("no")

    waiting = asyncio.ensure_future(cache.get("q", fail))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()
    loop.set_exception_handler(None)
    assert warnings == []
    assert cache._in_flight == {}
