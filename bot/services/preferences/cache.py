"""Preferences of people and channels in memory: forms open without a read of the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.services.cache import FallbackCache
from bot.store import Session, Store
from bot.store.batched_read import BatchedRead
from bot.store.preferences import preferences

TTL_S: Final = 3.0  # another process may have changed them


@dataclass(frozen=True, slots=True)
class StoredPreferences:
    """A person's preferences; "" is none."""

    locale: str = ""
    default_app: str = ""


class PreferencesCache:
    """Reads preferences at most every three seconds; changes made here are seen at once."""

    def __init__(self, store: Store, timer: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._stored_people: BatchedRead[tuple[str, str], StoredPreferences] = BatchedRead(
            store, _read_person
        )
        self._stored_channels: BatchedRead[tuple[str, str], str] = BatchedRead(
            store, lambda session, key: preferences.channel_locale(session, *key)
        )
        self._people: FallbackCache[StoredPreferences] = FallbackCache(TTL_S, timer)
        self._channels: FallbackCache[str] = FallbackCache(TTL_S, timer)

    async def of_person(self, team: str, person: str) -> StoredPreferences:
        """Return a person's preferences. Raises DatabaseError."""
        key = (team, person)
        return await self._people.get(key, lambda: self._stored_people.get(key))

    def last_of_person(self, team: str, person: str) -> StoredPreferences:
        """Return a person's preferences as they were read last, without the database."""
        return self._people.last((team, person)) or StoredPreferences()

    async def channel_locale(self, team: str, channel: str) -> str:
        """Return the language chosen for a channel, "" for none. Raises DatabaseError."""
        key = (team, channel)
        return await self._channels.get(key, lambda: self._stored_channels.get(key))

    async def change_person(
        self, team: str, person: str, change: Callable[[Session], None]
    ) -> None:
        """Change a person's preferences in one transaction."""
        await self._store.transact(change)
        self._people.invalidate((team, person))

    async def change_channel(
        self, team: str, channel: str, change: Callable[[Session], None]
    ) -> None:
        """Change a channel's preferences in one transaction."""
        await self._store.transact(change)
        self._channels.invalidate((team, channel))


def _read_person(session: Session, key: tuple[str, str]) -> StoredPreferences:
    row = preferences.get_user_preferences(session, *key)
    return StoredPreferences(row.locale, row.default_app)
