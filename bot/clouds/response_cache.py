"""Figures of whole apps kept between questions and restarts. Asks no cloud; knows none."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from bot.call import Distribution, Trend, Usage
from bot.clouds.errors import NotYetPublishedError
from bot.errors import (
    CloudError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.ports import Clock

_DENIED_STATUSES: Final = (401, 403)
_RECENT: Final = dt.timedelta(seconds=70)  # an allowance of a minute, and its margins
_POLL_DELAYS_S: Final = (0.2, 0.4, 0.8, 1.0)  # a cloud that is well answers within two seconds
_VERSION: Final = "1"  # of the kept form; an answer in another form is asked for anew


Sleep = Callable[[float], Awaitable[None]]


class ResponseCache(Protocol):
    """Where the last answer to a question is kept, whichever process asked it."""

    async def get(self, cache_key: str) -> tuple[str, dt.datetime] | None:
        """Return the last answer and when it was fetched."""

    async def put(self, cache_key: str, result: str, at: dt.datetime) -> None:
        """Keep an answer, replacing the one before."""


class InMemoryResponseCache:
    """Answers kept as long as the process lives."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, dt.datetime]] = {}

    async def get(self, cache_key: str) -> tuple[str, dt.datetime] | None:
        """Return the last answer and when it was fetched."""
        return self._entries.get(cache_key)

    async def put(self, cache_key: str, result: str, at: dt.datetime) -> None:
        """Keep an answer, replacing the one before."""
        self._entries[cache_key] = (result, at)


@dataclass(frozen=True, slots=True)
class PartialMetrics:
    """The figures one question brought. Times are aware.

    `fresh_at` is when the cloud can tell more than this.
    """

    fetched_at: dt.datetime
    fresh_at: dt.datetime
    since: dt.datetime
    until: dt.datetime
    trends: tuple[Trend, ...] = ()
    usages: tuple[Usage, ...] = ()
    distributions: tuple[Distribution, ...] = ()

    def only(self, *names: str) -> PartialMetrics:
        """The same with the trends of these names alone, in their order."""
        by_name = {trend.name.value: trend for trend in self.trends}
        return replace(self, trends=tuple(by_name[name] for name in names if name in by_name))


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What became of one question: its figures, new or kept, and what went wrong with asking."""

    endpoint_name: str
    metrics: PartialMetrics | None = None
    error: CloudError | None = None

    @property
    def fresh_at(self) -> dt.datetime | None:
        """When asking again brings more; None when a failure leaves that open."""
        if isinstance(self.error, CloudQuotaExceededError):
            return self.error.retry_at
        return self.metrics.fresh_at if self.metrics and self.error is None else None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One question: what its endpoint is called, what its answer is kept as, how it is asked."""

    endpoint_name: str
    cache_key: str
    fetch: Callable[[], Awaitable[PartialMetrics]]


class CachedFetcher:
    """Asks only what is not known well enough, and falls back on what was known before."""

    def __init__(
        self, response_cache: ResponseCache, clock: Clock, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._response_cache = response_cache
        self._clock = clock
        self._sleep = sleep
        self._locks: dict[str, asyncio.Lock] = {}

    async def fetch_all(self, requests: Iterable[FetchRequest]) -> list[FetchResult]:
        """Ask one after the other; a cloud that is away or closed is not asked the rest."""
        results: list[FetchResult] = []
        denied: CloudError | None = None
        for each in requests:
            result = await self.ask(
                each if denied is None else replace(each, fetch=_failing_fetch(denied))
            )
            if result.error is not None and _is_denied(result.error):
                denied = result.error
            results.append(result)
        return results

    async def ask(self, ask: FetchRequest) -> FetchResult:
        """Return the kept answer while nothing newer can be had, else the one `fetch` brings.

        When fetching fails, the kept answer comes with the error. Raises nothing of a cloud's.
        """
        async with self._locks.setdefault(ask.cache_key, asyncio.Lock()):
            cached = await self._load(ask.cache_key)
            if cached is not None and self._clock.now() < cached.fresh_at:
                return FetchResult(ask.endpoint_name, cached)
            try:
                metrics = await ask.fetch()
            except CloudError as error:
                return await self._after_failure(error, ask.endpoint_name, ask.cache_key)
            result = msgspec.json.encode([_VERSION, metrics]).decode()
            await self._response_cache.put(ask.cache_key, result, metrics.fetched_at)
            return FetchResult(ask.endpoint_name, metrics)

    async def _after_failure(
        self, error: CloudError, endpoint_name: str, cache_key: str
    ) -> FetchResult:
        """Another process may have got the answer that we were refused, or be getting it."""
        cached = await self._load(cache_key)
        over = isinstance(error, CloudQuotaExceededError) and not isinstance(
            error, NotYetPublishedError
        )
        if over and cached is None and self._was_just_requested(error):
            cached = await self._wait_for_other_process(cache_key)
        if over and cached is not None and self._clock.now() < cached.fresh_at:
            return FetchResult(endpoint_name, cached)
        return FetchResult(endpoint_name, cached, error)

    def _was_just_requested(self, error: CloudError) -> bool:
        """Tell whether our own count refused, of calls that went out within the last minute."""
        if not isinstance(error, CloudQuotaExceededError) or error.status:
            return False
        return error.retry_at - self._clock.now() <= _RECENT

    async def _wait_for_other_process(self, cache_key: str) -> PartialMetrics | None:
        """Look again for an answer that is on its way to somebody else."""
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
            version, metrics = msgspec.json.decode(stored[0], type=tuple[str, PartialMetrics])
        except msgspec.MsgspecError:
            return None
        return metrics if version == _VERSION else None


def _is_denied(error: CloudError) -> bool:
    """Tell what would meet every other question too: nobody answers, or the key is refused."""
    refused = isinstance(error, CloudRefusedError) and error.status in _DENIED_STATUSES
    return refused or isinstance(error, CloudUnreachableError)


def _failing_fetch(error: CloudError) -> Callable[[], Awaitable[PartialMetrics]]:
    async def fetch() -> PartialMetrics:
        raise error

    return fetch
