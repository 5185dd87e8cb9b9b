"""A cache that falls back to expired values when fetching fails."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from cachetools import LRUCache, TTLCache

Value = TypeVar("Value")

MAX_ENTRIES: Final = 10_000


class FallbackCache(Generic[Value]):
    """Values by key for `ttl_s` seconds. `last` returns expired values too."""

    def __init__(self, ttl_s: float, timer: Callable[[], float] = time.monotonic) -> None:
        self._fresh: TTLCache[tuple[str, ...], Value] = TTLCache(MAX_ENTRIES, ttl_s, timer=timer)
        self._last: LRUCache[tuple[str, ...], Value] = LRUCache(MAX_ENTRIES)

    async def get(self, key: tuple[str, ...], fetch: Callable[[], Awaitable[Value]]) -> Value:
        """Return the cached value, else fetch and cache it. Raises what `fetch` raises."""
        try:
            return self._fresh[key]
        except KeyError:
            value = await fetch()
        self.put(key, value)
        return value

    def fresh(self, key: tuple[str, ...]) -> Value | None:
        """Return the cached value, None when it has expired."""
        return self._fresh.get(key)

    def put(self, key: tuple[str, ...], value: Value) -> None:
        """Cache a value."""
        self._fresh[key] = self._last[key] = value

    def last(self, key: tuple[str, ...]) -> Value | None:
        """Return the value fetched last, however old."""
        return self._last.get(key)

    def invalidate(self, key: tuple[str, ...]) -> None:
        """Fetch anew next time; `last` still returns the old value until then."""
        self._fresh.pop(key, None)

    def remove(self, key: tuple[str, ...]) -> None:
        """Fetch anew next time; `last` returns None until then."""
        self._fresh.pop(key, None)
        self._last.pop(key, None)
