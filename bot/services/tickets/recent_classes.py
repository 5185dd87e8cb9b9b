"""The classes that a person reported lately, for the form with which they report another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.services.cache import FallbackCache
from bot.services.context import Context
from bot.store.batched_read import BatchedRead
from bot.store.tickets import tickets
from bot.store.tickets.tickets import RecentClass

__all__ = ["RecentClass", "RecentClasses"]

_TICKETS: Final = 30
_CLASSES: Final = 10
_TTL_S: Final = 3.0  # another process may have taken a report


class RecentClasses:
    """A cache of them, so that a form opens without the database."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._cache: FallbackCache[Sequence[RecentClass]] = FallbackCache(_TTL_S)
        self._stored: BatchedRead[tuple[str, str], Sequence[RecentClass]] = BatchedRead(
            context.store, lambda session, key: tickets.list_recent_classes(session, *key, _TICKETS)
        )

    async def load(self, team: str, person: str) -> None:
        """Read a person's classes, unless they were read seconds ago."""
        key = (team, person)
        await self._cache.get(key, lambda: self._stored.get(key))

    def last(self, team: str, person: str) -> Sequence[RecentClass]:
        """Return those of configured apps as they were read last, the newest first."""
        apps = self._context.clouds_of(team)
        classes = self._cache.last((team, person)) or ()
        return [each for each in classes if each.app in apps][:_CLASSES]

    def add_report(self, team: str, person: str) -> None:
        """Read them anew for the form after the next."""
        self._cache.invalidate((team, person))

    def remove(self, team: str, person: str) -> None:
        """Offer none until they are read anew: one of them was wrong, and is corrected."""
        self._cache.remove((team, person))
