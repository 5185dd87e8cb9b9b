"""A cache of responses that expire; concurrent requests for the same entry share one fetch."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from cachetools import TLRUCache

from bot.ports import Clock

Value = TypeVar("Value")
_MAX_BYTES: Final = 64 * 1024 * 1024
_MAX_ENTRIES: Final = 256


@dataclass(frozen=True, slots=True)
class CacheEntry(Generic[Value]):
    """A value, when it expires, and its size."""

    value: Value
    expires_at: dt.datetime
    size_bytes: int = 0


class Cache:
    """Values by key, until each expires. The least recently used one makes room for a new one.

    An entry counts as at least `max_bytes / max_entries`, so that neither limit is exceeded.
    """

    def __init__(
        self, clock: Clock, *, max_bytes: int = _MAX_BYTES, max_entries: int = _MAX_ENTRIES
    ) -> None:
        self._entries: TLRUCache[Hashable, CacheEntry[Any]] = TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, _now: entry.expires_at.timestamp(),
            timer=lambda: clock.now().timestamp(),
            getsizeof=lambda entry: max(entry.size_bytes, max_bytes // max_entries),
        )
        self._in_flight: dict[Hashable, asyncio.Task[CacheEntry[Any]]] = {}

    async def get(
        self,
        key: Hashable,
        fetch: Callable[[], Awaitable[CacheEntry[Value]]],
        is_usable: Callable[[Value], bool] = lambda _: True,
    ) -> Value:
        """Return the cached value if it is usable, else the one `fetch` returns.

        An error is raised to every caller that waits for the same fetch, and is not cached. A
        caller that is cancelled does not cancel the fetch for the others.
        """
        entry = self._entries.get(key)
        while entry is None or not is_usable(entry.value):
            task = self._in_flight.get(key)
            if task is None:
                entry = await asyncio.shield(self._start(key, fetch))
                break
            entry = await asyncio.shield(task)
        return cast("Value", entry.value)

    async def close(self) -> None:
        """Cancel the fetches that are still running."""
        tasks = list(self._in_flight.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(
        self, key: Hashable, fetch: Callable[[], Awaitable[CacheEntry[Value]]]
    ) -> asyncio.Task[CacheEntry[Any]]:
        task = self._in_flight[key] = asyncio.ensure_future(self._fetch(key, fetch))
        task.add_done_callback(lambda done: self._remove_task(key, done))
        return task

    async def _fetch(
        self, key: Hashable, fetch: Callable[[], Awaitable[CacheEntry[Value]]]
    ) -> CacheEntry[Value]:
        entry = await fetch()
        with suppress(ValueError):  # larger than the whole cache
            self._entries[key] = entry
        return entry

    def _remove_task(self, key: Hashable, task: asyncio.Task[CacheEntry[Any]]) -> None:
        self._in_flight.pop(key, None)
        if not task.cancelled():
            task.exception()  # retrieved here, in case every caller was cancelled
