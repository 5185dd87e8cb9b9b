"""What the clients of all clouds share: connections, cache, endpoints and priority."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, Self, TypeVar

from bot.clouds.cache import Cache, CacheEntry
from bot.clouds.endpoint import Endpoint
from bot.clouds.http import CloudHttp
from bot.clouds.publication import time_to_live
from bot.clouds.windows import RequestWindow
from bot.ports import Clock, Priority, RemainingQuota, Window

Body = TypeVar("Body")
AT_ONCE: Final = dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class WindowResponse(Generic[Body]):
    """A response about a window, and when it was fetched."""

    endpoint: Endpoint
    window: Window
    body: Body
    fetched_at: dt.datetime

    def is_current(self, wanted: Window, now: dt.datetime) -> bool:
        """Return whether another request would return the same until the end of a window."""
        kept = time_to_live(self.endpoint, wanted.until, self.fetched_at)
        return self.window.until >= wanted.until and now < self.fetched_at + kept


@dataclass(frozen=True, kw_only=True)
class CloudClient(ABC):
    """Sends requests to one cloud. `apps` maps our names of apps to the cloud's app ids.

    Documented delays are multiplied by `delay_scale`, which is below 1 in the demo and in tests.
    """

    http: CloudHttp
    clock: Clock
    cache: Cache
    apps: Mapping[str, str]
    delay_scale: float
    priority: Priority = Priority.INTERACTIVE

    @property
    @abstractmethod
    def endpoints(self) -> Sequence[Endpoint]:
        """The endpoints that this client may call."""

    def with_priority(self, priority: Priority) -> Self:
        """Return a client with the same connections and cache, and another priority."""
        return replace(self, priority=priority)

    async def remaining_quotas(
        self, app: str, names: Collection[str] | None = None
    ) -> tuple[RemainingQuota, ...]:
        """Return what is left of an app's quotas, of these endpoints only where some are named."""
        endpoints = [each for each in self.endpoints if names is None or each.name in names]
        return await self.http.remaining_quotas(endpoints, self.apps[app])

    async def remaining_today(self, app: str, endpoint: Endpoint) -> int | None:
        """Return how many calls background work may still make this UTC day, None: no limit."""
        return await self.http.remaining_today(endpoint, self.apps[app])

    async def close(self) -> None:
        """Cancel running requests and close connections."""
        await self.cache.close()
        await self.http.close()

    def _scaled(self, endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, delay_s=endpoint.delay_s * self.delay_scale)

    async def _cached(
        self,
        key: Hashable,
        request: Callable[[], Awaitable[tuple[Body, int]]],
        ttl: dt.timedelta,
    ) -> Body:
        """Return the cached body for this key, else that of `request` (a body and its size)."""

        async def fetch() -> CacheEntry[Body]:
            body, size_bytes = await request()
            return CacheEntry(body, self.clock.now() + ttl, size_bytes)

        return await self.cache.get(key, fetch)

    async def _cached_window(
        self,
        key: Hashable,
        endpoint: Endpoint,
        window: RequestWindow,
        request: Callable[[Window], Awaitable[tuple[Body, int]]],
        *,
        kept: dt.timedelta = AT_ONCE,
        outdated: bool = False,
    ) -> WindowResponse[Body]:
        """Return the cached response with what is wanted of a window, else request the wider one.

        `outdated`: one that ends earlier will do, if it is `kept` so long.
        """
        now, wanted, wider = self.clock.now(), window.wanted, window.wider

        async def fetch() -> CacheEntry[WindowResponse[Body]]:
            body, size_bytes = await request(wider)
            expires_at = now + max(kept, time_to_live(endpoint, wanted.until, now))
            return CacheEntry(WindowResponse(endpoint, wider, body, now), expires_at, size_bytes)

        def serves(cached: WindowResponse[Body]) -> bool:
            reaches_back = cached.window.since <= wanted.since
            return reaches_back and (outdated or cached.is_current(wanted, now))

        return await self.cache.get(key, fetch, serves)
