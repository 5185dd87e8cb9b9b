"""Answers kept while they are true, and one call for many askers. Knows no cloud."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.ports import Clock

Value = TypeVar("Value")
_MAX_BYTES: Final = 64 * 1024 * 1024
_MAX_ENTRIES: Final = 256


@dataclass(frozen=True, slots=True)
class CacheEntry(Generic[Value]):
    """An answer, when it was fetched, and until when it need not be asked again."""

    value: Value
    fetched_at: dt.datetime
    expires_at: dt.datetime
    size_bytes: int = 0


class Cache(Generic[Value]):
    """Keeps answers by question. Identical questions asked at the same time cost one call."""

    def __init__(
        self, clock: Clock, *, max_bytes: int = _MAX_BYTES, max_entries: int = _MAX_ENTRIES
    ) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, CacheEntry[Value]] = OrderedDict()
        self._in_flight: dict[Hashable, asyncio.Task[CacheEntry[Value]]] = {}

    async def get(
        self, cache_key: Hashable, fetch: Callable[[], Awaitable[CacheEntry[Value]]]
    ) -> CacheEntry[Value]:
        """Return the kept answer while it is fresh, else the one `fetch` brings.

        An error reaches everybody who waits for the same answer, and is not kept. Somebody who
        gives up waiting does not stop the question for the others.
        """
        entry = self._entries.get(cache_key)
        if entry is not None and self._clock.now() < entry.expires_at:
            self._entries.move_to_end(cache_key)
            return entry
        task = self._in_flight.get(cache_key)
        if task is None:
            task = asyncio.ensure_future(self._fetch(cache_key, fetch))
            self._in_flight[cache_key] = task
            task.add_done_callback(lambda done: self._drop_task(cache_key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Stop what is still being asked."""
        tasks = list(self._in_flight.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(
        self, cache_key: Hashable, fetch: Callable[[], Awaitable[CacheEntry[Value]]]
    ) -> CacheEntry[Value]:
        entry = await fetch()
        self._entries[cache_key] = entry
        self._entries.move_to_end(cache_key)
        while len(self._entries) > self._max_entries or self._bytes() > self._max_bytes:
            self._entries.popitem(last=False)
        return entry

    def _bytes(self) -> int:
        return sum(entry.size_bytes for entry in self._entries.values())

    def _drop_task(self, cache_key: Hashable, task: asyncio.Task[CacheEntry[Value]]) -> None:
        self._in_flight.pop(cache_key, None)
        if not task.cancelled():
            task.exception()  # seen: the askers got it, if any still wait
