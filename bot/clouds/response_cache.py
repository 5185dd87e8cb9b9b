"""Metrics of whole apps, stored so that requests and restarts can reuse them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from bot.call import Distribution, Trend, Usage
from bot.clouds.errors import NotYetPublishedError
from bot.decoding import decode_json
from bot.errors import (
    CloudError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.ports import Clock

_DENIED_STATUSES: Final = (401, 403)
_RECENT: Final = dt.timedelta(seconds=70)  # a quota of a minute, and its margins
_POLL_DELAYS_S: Final = (0.2, 0.4, 0.8, 1.0)  # a healthy cloud answers within two seconds
_VERSION: Final = "1"  # of the stored format; an entry in another format is fetched again


Sleep = Callable[[float], Awaitable[None]]


class ResponseCache(Protocol):
    """Stores the last response to a request, for all processes."""

    async def get(self, cache_key: str) -> tuple[str, dt.datetime] | None:
        """Return the last response and when it was fetched."""

    async def put(self, cache_key: str, result: str, at: dt.datetime) -> None:
        """Store a response, replacing an earlier one."""


class InMemoryResponseCache:
    """Keeps responses in memory."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, dt.datetime]] = {}

    async def get(self, cache_key: str) -> tuple[str, dt.datetime] | None:
        """Return the last response and when it was fetched."""
        return self._entries.get(cache_key)

    async def put(self, cache_key: str, result: str, at: dt.datetime) -> None:
        """Store a response, replacing an earlier one."""
        self._entries[cache_key] = (result, at)


@dataclass(frozen=True, slots=True)
class PartialMetrics:
    """The metrics of one response. Times are aware.

    `fresh_at` is when the cloud may have newer data.
    """

    fetched_at: dt.datetime
    fresh_at: dt.datetime
    since: dt.datetime
    until: dt.datetime
    trends: tuple[Trend, ...] = ()
    usages: tuple[Usage, ...] = ()
    distributions: tuple[Distribution, ...] = ()

    def only(self, *names: str) -> PartialMetrics:
        """Return a copy with only the metrics of these names, trends in this order."""
        by_name = {trend.name.value: trend for trend in self.trends}
        return replace(
            self,
            trends=tuple(by_name[name] for name in names if name in by_name),
            usages=tuple(usage for usage in self.usages if usage.metric.value in names),
        )


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The result of one request: its metrics, new or cached, and the error, if any."""

    endpoint_name: str
    metrics: PartialMetrics | None = None
    error: CloudError | None = None

    @property
    def fresh_at(self) -> dt.datetime | None:
        """When newer data can be fetched; None when a failure leaves that unknown."""
        if isinstance(self.error, CloudQuotaExceededError):
            return self.error.retry_at
        return self.metrics.fresh_at if self.metrics and self.error is None else None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One request: the name of its endpoint, its cache key, and the function that sends it."""

    endpoint_name: str
    cache_key: str
    fetch: Callable[[], Awaitable[PartialMetrics]]


class CachedFetcher:
    """Fetches what is not cached, and falls back on an older response when that fails."""

    def __init__(
        self, response_cache: ResponseCache, clock: Clock, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._response_cache = response_cache
        self._clock = clock
        self._sleep = sleep
        self._locks: dict[str, asyncio.Lock] = {}

    async def fetch_all(self, requests: Iterable[FetchRequest]) -> list[FetchResult]:
        """Fetch one after the other; after an error that affects all, the rest is not sent."""
        results: list[FetchResult] = []
        denied: CloudError | None = None
        for each in requests:
            result = await self.fetch(
                each if denied is None else replace(each, fetch=_failing_fetch(denied))
            )
            if result.error is not None and _is_denied(result.error):
                denied = result.error
            results.append(result)
        return results

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """Return the cached response while it is fresh, else fetch it.

        When that fails, the cached response is returned with the error; no CloudError is raised.
        """
        async with self._locks.setdefault(request.cache_key, asyncio.Lock()):
            cached = await self._load(request.cache_key)
            if cached is not None and self._clock.now() < cached.fresh_at:
                return FetchResult(request.endpoint_name, cached)
            try:
                metrics = await request.fetch()
            except CloudError as error:
                return await self._after_failure(error, request.endpoint_name, request.cache_key)
            result = msgspec.json.encode([_VERSION, metrics]).decode()
            await self._response_cache.put(request.cache_key, result, metrics.fetched_at)
            return FetchResult(request.endpoint_name, metrics)

    async def _after_failure(
        self, error: CloudError, endpoint_name: str, cache_key: str
    ) -> FetchResult:
        """Another process may have fetched what our quota refused, or be fetching it."""
        cached = await self._load(cache_key)
        is_over_quota = isinstance(error, CloudQuotaExceededError) and not isinstance(
            error, NotYetPublishedError
        )
        if is_over_quota and cached is None and self._was_just_requested(error):
            cached = await self._wait_for_other_process(cache_key)
        if is_over_quota and cached is not None and self._clock.now() < cached.fresh_at:
            return FetchResult(endpoint_name, cached)
        return FetchResult(endpoint_name, cached, error)

    def _was_just_requested(self, error: CloudError) -> bool:
        """Return whether our own quota refused, because of requests of the last minute."""
        if not isinstance(error, CloudQuotaExceededError) or error.status:
            return False
        return error.retry_at - self._clock.now() <= _RECENT

    async def _wait_for_other_process(self, cache_key: str) -> PartialMetrics | None:
        """Poll for a response that another process is fetching."""
        for pause_s in _POLL_DELAYS_S:
            await self._sleep(pause_s)
            cached = await self._load(cache_key)
            if cached is not None:
                return cached
        return None

    async def _load(self, cache_key: str) -> PartialMetrics | None:
        stored = await self._response_cache.get(cache_key)
        if stored is None:
            return None
        try:
            version, metrics = decode_json(stored[0], tuple[str, PartialMetrics])
        except msgspec.MsgspecError:
            return None
        return metrics if version == _VERSION else None


def _is_denied(error: CloudError) -> bool:
    """Tell an error that affects every request: the cloud is down, or the key is refused."""
    refused = isinstance(error, CloudRefusedError) and error.status in _DENIED_STATUSES
    return refused or isinstance(error, CloudUnreachableError)


def _failing_fetch(error: CloudError) -> Callable[[], Awaitable[PartialMetrics]]:
    async def fetch() -> PartialMetrics:
        raise error

    return fetch
