"""Stored metrics of whole apps: what is fetched again, and what a failure falls back on."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace
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
from bot.clouds.errors import (
    not_yet_published,
    quota_exceeded,
    refused,
    server_error,
    unreachable,
)
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


class Script:
    """A fetch that returns or raises the next of a list, and counts."""

    def __init__(self, *results: PartialMetrics | CloudError) -> None:
        self.results = list(results)
        self.requested = 0

    async def __call__(self) -> PartialMetrics:
        """Return or raise the next result."""
        self.requested += 1
        result = self.results.pop(0)
        if isinstance(result, CloudError):
            raise result
        return result


def again_at(minutes: float, **changes: Any) -> CloudError:
    """A used-up quota that is free again so many minutes after noon."""
    return quota_exceeded(ROW, NOON + dt.timedelta(minutes=minutes), **changes)


@pytest.mark.parametrize(("seconds", "requested"), [(59, 1), (60, 2)])
async def test_a_response_is_fresh_until_its_time(clock: Any, seconds: int, requested: int) -> None:
    """From that moment on it is fetched again, and replaced."""
    newer = replace(PART, fresh_at=NOON + dt.timedelta(hours=1), trends=())
    script = Script(PART, newer)
    fetcher = CachedFetcher(InMemoryResponseCache(), clock)
    await fetcher.fetch(FetchRequest("live", "q", script))
    clock.advance(seconds=seconds)
    for _ in range(2):
        result = await fetcher.fetch(FetchRequest("live", "q", script))
    assert script.requested == requested
    assert result.metrics == (PART if requested == 1 else newer)
    assert result.fresh_at == result.metrics.fresh_at


@pytest.mark.parametrize(
    ("error", "fresh_at"),
    [
        (unreachable(ROW, "timeout", maybe_arrived=True), None),
        (refused(ROW, status=400), None),
        (again_at(5), NOON + dt.timedelta(minutes=5)),
        (again_at(1), NOON + dt.timedelta(minutes=1)),
    ],
)
async def test_an_older_response_stands_beside_the_error(
    clock: Any, error: CloudError, fresh_at: dt.datetime | None
) -> None:
    """It is no longer fresh; when it can be fetched again is known of a quota only."""
    fetcher = CachedFetcher(InMemoryResponseCache(), clock, clock.sleep)
    await fetcher.fetch(FetchRequest("live", "q", Script(PART)))
    clock.advance(minutes=1)
    result = await fetcher.fetch(FetchRequest("live", "q", Script(error)))
    assert (result.metrics, result.error, result.fresh_at) == (PART, error, fresh_at)
    assert clock.slept_s == []


POLLS = [0.2, 0.4, 0.8, 1.0]


@pytest.mark.parametrize(
    ("error", "slept_s"),
    [
        (again_at(1), POLLS),
        (again_at(70 / 60), POLLS),
        (again_at(71 / 60), []),
        (again_at(1, status=429), []),
        (not_yet_published(ROW, NOON, status=0, code=""), []),
        (unreachable(ROW, "timeout", maybe_arrived=True), []),
    ],
)
async def test_another_process_may_be_fetching(
    clock: Any, error: CloudError, slept_s: list[float]
) -> None:
    """It is waited for where our own count says that somebody requested it within the minute."""
    fetcher = CachedFetcher(InMemoryResponseCache(), clock, clock.sleep)
    result = await fetcher.fetch(FetchRequest("live", "q", Script(error)))
    assert (result.metrics, result.error) == (None, error)
    assert clock.slept_s == slept_s


async def test_a_response_that_arrives_meanwhile_may_be_old(clock: Any) -> None:
    """It is displayed with the error: a newer one cannot be fetched yet."""
    cache = InMemoryResponseCache()
    clock.advance(minutes=2)

    async def sleep(_: float) -> None:
        await CachedFetcher(cache, clock).fetch(FetchRequest("live", "q", Script(PART)))

    error = again_at(3)
    result = await CachedFetcher(cache, clock, sleep).fetch(
        FetchRequest("live", "q", Script(error))
    )
    assert (result.metrics, result.error) == (PART, error)


@pytest.mark.parametrize(
    ("error", "is_error"),
    [(not_yet_published(ROW, NOON, status=0, code=""), True), (again_at(1), False)],
)
async def test_unpublished_data_is_an_error_beside_a_fresh_response(
    clock: Any, error: CloudError, is_error: object
) -> None:
    """Only a used-up quota is no error when another process has just fetched the same."""
    cache = InMemoryResponseCache()

    async def fetch() -> PartialMetrics:
        await CachedFetcher(cache, clock).fetch(FetchRequest("live", "q", Script(PART)))
        raise error

    result = await CachedFetcher(cache, clock).fetch(FetchRequest("live", "q", fetch))
    assert (result.metrics, result.error) == (PART, error if is_error else None)


@pytest.mark.parametrize(
    ("error", "is_for_all"),
    [
        (refused(ROW, status=401), True),
        (refused(ROW, status=403), True),
        (unreachable(ROW, "timeout", maybe_arrived=False), True),
        (refused(ROW, status=400), False),
        (refused(ROW, status=404), False),
        (server_error(ROW, status=503), False),
        (again_at(60), False),
    ],
)
async def test_what_affects_every_request(
    clock: Any, error: CloudError, is_for_all: object
) -> None:
    """After a refused key or without a connection the other requests are not sent."""
    fetcher = CachedFetcher(InMemoryResponseCache(), clock)
    second = Script(PART)
    results = await fetcher.fetch_all(
        [FetchRequest("a", "a", Script(error)), FetchRequest("b", "b", second)]
    )
    assert [each.endpoint_name for each in results] == ["a", "b"]
    assert results[0].error is error
    assert second.requested == (0 if is_for_all else 1)
    assert results[1].error is (error if is_for_all else None)


def test_trends_are_chosen_by_name() -> None:
    """In the order of the names; a name without a trend is left out, the rest is kept."""
    trends = [
        Trend(Code("agora.live_metric", name), Unit.NUMBER, ()) for name in ("pcu", "pcc", "x")
    ]
    part = replace(PART, trends=tuple(trends))
    only = part.only("x", "unknown", "pcu")
    assert only.trends == (trends[2], trends[0])
    assert only.usages == PART.usages
