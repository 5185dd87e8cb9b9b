"""Preferences of people and channels in memory: forms open without a read of the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.services.cache import MAX_ENTRIES, FallbackCache
from bot.store import Session, Store
from bot.store.batched_read import BatchedRead
from bot.store.models import UserPreferences
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

    async def load(self) -> None:
        """Read everybody's, so that their first form has their language. Raises DatabaseError."""
        rows = await self._store.read(lambda s: preferences.list_chosen(s, MAX_ENTRIES))
        for row in rows:
            self._people.put((row.team, row.person), _stored(row))

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
        key = (team, person)

        def work(session: Session) -> StoredPreferences:
            change(session)
            return _read_person(session, key)

        self._people.put(key, await self._store.transact(work))

    async def change_channel(
        self, team: str, channel: str, change: Callable[[Session], None]
    ) -> None:
        """Change a channel's preferences in one transaction."""
        await self._store.transact(change)
        self._channels.invalidate((team, channel))


def _read_person(session: Session, key: tuple[str, str]) -> StoredPreferences:
    return _stored(preferences.get_user_preferences(session, *key))


def _stored(row: UserPreferences) -> StoredPreferences:
    return StoredPreferences(row.locale, row.default_app)
