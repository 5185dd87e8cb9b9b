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
class Kept(Generic[Value]):
    """An answer, when it was fetched, and until when it need not be asked again."""

    value: Value
    fetched_at: dt.datetime
    fresh_until: dt.datetime
    size_bytes: int = 0


class Cache(Generic[Value]):
    """Keeps answers by question. Identical questions asked at the same time cost one call."""

    def __init__(
        self, clock: Clock, *, max_bytes: int = _MAX_BYTES, max_entries: int = _MAX_ENTRIES
    ) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._kept: OrderedDict[Hashable, Kept[Value]] = OrderedDict()
        self._asked: dict[Hashable, asyncio.Task[Kept[Value]]] = {}

    async def get(
        self, question: Hashable, fetch: Callable[[], Awaitable[Kept[Value]]]
    ) -> Kept[Value]:
        """Return the kept answer while it is fresh, else the one `fetch` brings.

        An error reaches everybody who waits for the same answer, and is not kept. Somebody who
        gives up waiting does not stop the question for the others.
        """
        kept = self._kept.get(question)
        if kept is not None and self._clock.now() < kept.fresh_until:
            self._kept.move_to_end(question)
            return kept
        task = self._asked.get(question)
        if task is None:
            task = asyncio.ensure_future(self._fetch(question, fetch))
            self._asked[question] = task
            task.add_done_callback(lambda done: self._forget_task(question, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Stop what is still being asked."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(
        self, question: Hashable, fetch: Callable[[], Awaitable[Kept[Value]]]
    ) -> Kept[Value]:
        kept = await fetch()
        self._kept[question] = kept
        self._kept.move_to_end(question)
        while len(self._kept) > self._max_entries or self._bytes() > self._max_bytes:
            self._kept.popitem(last=False)
        return kept

    def _bytes(self) -> int:
        return sum(kept.size_bytes for kept in self._kept.values())

    def _forget_task(self, question: Hashable, task: asyncio.Task[Kept[Value]]) -> None:
        self._asked.pop(question, None)
        if not task.cancelled():
            task.exception()  # seen: the askers got it, if any still wait
