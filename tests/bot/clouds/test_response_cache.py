"""Stored metrics of whole apps: what is fetched again, and what a failure falls back on."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.call import (
    Code,
    Distribution,
    DistributionRow,
    Media,
    MetricDefinition,
    Trend,
    Unit,
    Usage,
)
from bot.clouds.endpoints import find_endpoint
from bot.clouds.errors import quota_exceeded, unreachable
from bot.clouds.merge import merge_results
from bot.clouds.response_cache import (
    CachedFetcher,
    FetchRequest,
    InMemoryResponseCache,
    PartialMetrics,
    ResponseCache,
)
from bot.errors import CloudError
from bot.ports import Topic
from bot.store.response_cache import SqlResponseCache

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
ROW = find_endpoint("agora", "live_scale", generation="seed")
CODE = Code("agora.live_metric", "pcu")
PART = PartialMetrics(
    fetched_at=NOON,
    fresh_at=NOON + dt.timedelta(minutes=1),
    since=NOON - dt.timedelta(hours=1),
    until=NOON,
    trends=(
        Trend(
            CODE, Unit.PERCENT, ((NOON, 0.54),), MetricDefinition(CODE, Media.AUDIO, 200, part=CODE)
        ),
    ),
    usages=(Usage(NOON.date(), CODE, Unit.SECONDS, 4.0),),
    distributions=(
        Distribution(
            "os", Unit.MS, (DistributionRow((CODE, CODE), 5.0),), MetricDefinition(CODE), NOON
        ),
    ),
)


@pytest.fixture(params=["memory", "database"])
def response_cache(request: Any, store: Any) -> ResponseCache:
    """Run with each kind of cache: in memory and stored."""
    return InMemoryResponseCache() if request.param == "memory" else SqlResponseCache(store)


def fetch_part(
    counted: list[int], error: CloudError | None = None
) -> Callable[[], Awaitable[PartialMetrics]]:
    """Return a fetch that counts its calls."""

    async def fetch() -> PartialMetrics:
        counted.append(1)
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return PART

    return fetch


async def test_a_stored_response_is_restored(response_cache: ResponseCache, clock: Any) -> None:
    """Another process reads exactly the stored response, without a request."""
    requested: list[int] = []
    first = await CachedFetcher(response_cache, clock).fetch(
        FetchRequest("live", "q", fetch_part(requested))
    )
    again = await CachedFetcher(response_cache, clock).fetch(
        FetchRequest("live", "q", fetch_part(requested))
    )
    assert (first.metrics, again.metrics) == (PART, PART)
    assert requested == [1]


async def test_concurrent_requests_are_sent_once(clock: Any) -> None:
    """Ten people who ask at once cost one question."""
    requested: list[int] = []
    caller = CachedFetcher(InMemoryResponseCache(), clock)
    matches = await asyncio.gather(
        *(caller.fetch(FetchRequest("live", "q", fetch_part(requested))) for _ in range(10))
    )
    assert [each.metrics for each in matches] == [PART] * 10
    assert requested == [1]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '["0", {}]', '["1", {"fetched_at": 1}]'])
async def test_an_unreadable_response_is_fetched_again(
    text: str, response_cache: ResponseCache, clock: Any
) -> None:
    """A response stored by another version is ignored."""
    await response_cache.put("q", text, NOON)
    requested: list[int] = []
    matches = await CachedFetcher(response_cache, clock).fetch(
        FetchRequest("live", "q", fetch_part(requested))
    )
    assert (matches.metrics, requested) == (PART, [1])


async def test_response_of_a_faster_process_is_used(
    response_cache: ResponseCache, clock: Any
) -> None:
    """Refused for the quota, we find the answer of the process that used it up."""
    other = CachedFetcher(response_cache, clock)

    async def fetch() -> PartialMetrics:
        await other.fetch(FetchRequest("live", "q", fetch_part([])))
        raise quota_exceeded(ROW, NOON + dt.timedelta(minutes=1))

    matches = await CachedFetcher(response_cache, clock).fetch(FetchRequest("live", "q", fetch))
    assert (matches.metrics, matches.error) == (PART, None)


async def test_response_of_a_process_in_flight_is_used(
    response_cache: ResponseCache, clock: Any
) -> None:
    """Refused by our count while another process waits for its answer: that one is ours, too."""
    slept_s: list[float] = []
    requested: list[int] = []

    async def sleep(pause_s: float) -> None:
        slept_s.append(pause_s)
        if len(slept_s) == 2:
            await CachedFetcher(response_cache, clock).fetch(
                FetchRequest("live", "q", fetch_part(requested))
            )

    for minutes, looks in ((10, 0), (1, 2)):
        error = quota_exceeded(ROW, NOON + dt.timedelta(minutes=minutes))
        send = FetchRequest("live", "q", fetch_part([], error))
        matches = await CachedFetcher(response_cache, clock, sleep).fetch(send)
        assert looks == len(slept_s)
        assert (PART if looks else None) == matches.metrics
    assert matches.error is None
    assert requested == [1]


async def test_other_requests_are_skipped_for_an_unreachable_cloud(clock: Any) -> None:
    """Cached responses of the other requests are still returned, each with the same error."""
    requested: list[int] = []
    caller = CachedFetcher(InMemoryResponseCache(), clock)
    await caller.fetch(FetchRequest("b", "b", fetch_part([])))
    clock.advance(minutes=2)
    away = unreachable(ROW, "timeout", maybe_arrived=True)
    asks = [
        FetchRequest("a", "a", fetch_part(requested, away)),
        FetchRequest("b", "b", fetch_part(requested)),
        FetchRequest("c", "c", fetch_part(requested)),
    ]
    matches = await caller.fetch_all(asks)
    assert requested == [1]
    assert [each.metrics for each in matches] == [None, PART, None]
    result = merge_results(Topic.LIVE, "kids", "agora", clock.now(), matches)
    assert (
        len(result.failures),
        len(result.missing),
        result.fetched_at,
        result.fresh_at,
    ) == (1, 3, NOON, None)
