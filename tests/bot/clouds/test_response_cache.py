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


@pytest.fixture(params=["passing", "kept"])
def response_cache(request: Any, store: Any) -> ResponseCache:
    """Both places where answers are kept."""
    return InMemoryResponseCache() if request.param == "passing" else SqlResponseCache(store)


def tell(
    counted: list[int], error: CloudError | None = None
) -> Callable[[], Awaitable[PartialMetrics]]:
    """A question that counts how often it goes out."""

    async def fetch() -> PartialMetrics:
        counted.append(1)
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return PART

    return fetch


async def test_an_answer_comes_back_whole(response_cache: ResponseCache, clock: Any) -> None:
    """Another process reads exactly what was told, without asking."""
    asked: list[int] = []
    first = await CachedFetcher(response_cache, clock).fetch(FetchRequest("live", "q", tell(asked)))
    again = await CachedFetcher(response_cache, clock).fetch(FetchRequest("live", "q", tell(asked)))
    assert (first.metrics, again.metrics) == (PART, PART)
    assert asked == [1]


async def test_asked_together_is_asked_once(clock: Any) -> None:
    """Ten people who ask at once cost one question."""
    asked: list[int] = []
    asker = CachedFetcher(InMemoryResponseCache(), clock)
    found = await asyncio.gather(
        *(asker.fetch(FetchRequest("live", "q", tell(asked))) for _ in range(10))
    )
    assert [each.metrics for each in found] == [PART] * 10
    assert asked == [1]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '["0", {}]', '["1", {"fetched_at": 1}]'])
async def test_what_cannot_be_read_is_asked_anew(
    text: str, response_cache: ResponseCache, clock: Any
) -> None:
    """An answer another version kept is no answer."""
    await response_cache.put("q", text, NOON)
    asked: list[int] = []
    found = await CachedFetcher(response_cache, clock).fetch(FetchRequest("live", "q", tell(asked)))
    assert (found.metrics, asked) == (PART, [1])


async def test_somebody_else_was_quicker(response_cache: ResponseCache, clock: Any) -> None:
    """Refused for the quota, we find the answer of the process that used it up."""
    other = CachedFetcher(response_cache, clock)

    async def fetch() -> PartialMetrics:
        await other.fetch(FetchRequest("live", "q", tell([])))
        raise quota_exceeded(ROW, NOON + dt.timedelta(minutes=1))

    found = await CachedFetcher(response_cache, clock).fetch(FetchRequest("live", "q", fetch))
    assert (found.metrics, found.error) == (PART, None)


async def test_somebody_else_is_just_asking(response_cache: ResponseCache, clock: Any) -> None:
    """Refused by our count while another process waits for its answer: that one is ours, too."""
    slept_s: list[float] = []
    asked: list[int] = []

    async def sleep(pause_s: float) -> None:
        slept_s.append(pause_s)
        if len(slept_s) == 2:
            await CachedFetcher(response_cache, clock).fetch(FetchRequest("live", "q", tell(asked)))

    for minutes, looks in ((10, 0), (1, 2)):
        error = quota_exceeded(ROW, NOON + dt.timedelta(minutes=minutes))
        ask = FetchRequest("live", "q", tell([], error))
        found = await CachedFetcher(response_cache, clock, sleep).fetch(ask)
        assert looks == len(slept_s)
        assert (PART if looks else None) == found.metrics
    assert found.error is None
    assert asked == [1]


async def test_a_closed_cloud_is_not_asked_the_rest(clock: Any) -> None:
    """What is kept of the other questions is shown all the same, each with the same reason."""
    asked: list[int] = []
    asker = CachedFetcher(InMemoryResponseCache(), clock)
    await asker.fetch(FetchRequest("b", "b", tell([])))
    clock.advance(minutes=2)
    away = unreachable(ROW, "timeout", maybe_arrived=True)
    asks = [
        FetchRequest("a", "a", tell(asked, away)),
        FetchRequest("b", "b", tell(asked)),
        FetchRequest("c", "c", tell(asked)),
    ]
    found = await asker.fetch_all(asks)
    assert asked == [1]
    assert [each.metrics for each in found] == [None, PART, None]
    told = merge_results(Topic.LIVE, "kids", "agora", clock.now(), found)
    assert (
        len(told.failures),
        len(told.missing),
        told.fetched_at,
        told.fresh_at,
    ) == (1, 3, NOON, None)
